"""Passwords, certificates, access lists: right, wrong, and broken files."""

from __future__ import annotations

import asyncio
import logging
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import aiomqtt
import pytest

from appliance.config.models import Mqtt
from appliance.mqtt import credentials
from appliance.mqtt.topics import Topics
from tests.mqtt import broker as brokers
from tests.mqtt.broker import Broker
from tests.mqtt.conftest import Box, link_to

NAMES_AND_RULES = """
allow_anonymous false
password_file {dir}/passwords
acl_file {dir}/rules
"""


@pytest.fixture
def make_broker() -> Iterator[Callable[[str], Broker]]:
    if brokers.find() is None:
        pytest.skip("there is no mosquitto: neither on the PATH nor in the bench's root")
    made: list[Broker] = []

    def make(extra: str) -> Broker:
        made.append(Broker(extra))
        return made[-1]

    yield make
    for broker in made:
        broker.remove()


@pytest.fixture
def guarded(make_broker: Callable[[str], Broker]) -> Broker:
    """A broker that knows one box, which may say all but events."""
    broker = make_broker(NAMES_AND_RULES)
    found = brokers.find()
    assert found is not None
    command, root = found
    tool = [*command[:-1], "mosquitto_passwd"] if root != Path("/") else ["mosquitto_passwd"]
    passwords = str(broker.inside / "passwords")
    for user in ("box", "operator"):
        create = ["-c"] if user == "box" else []
        subprocess.run([*tool, "-b", *create, passwords, user, "s3cret"], check=True, capture_output=True)
    (broker.directory / "rules").write_text(
        "user box\ntopic write hotline/box-1/availability\ntopic write hotline/box-1/state\n"
        "topic read hotline/box-1/command\nuser operator\ntopic readwrite #\n"
    )
    broker.start()
    return broker


def run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)


@pytest.fixture
def certificates(tmp_path: Path) -> Path:
    if shutil.which("openssl") is None:
        pytest.skip("making certificates needs openssl")
    place = tmp_path / "tls"
    place.mkdir()
    new = ("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2")
    run(*new, "-keyout", f"{place}/ca.key", "-out", f"{place}/ca.pem", "-subj", "/CN=Test CA")
    for name in ("server", "client"):
        run(
            *new, "-keyout", f"{place}/{name}.key", "-out", f"{place}/{name}.pem", "-subj", f"/CN={name}",
            "-CA", f"{place}/ca.pem", "-CAkey", f"{place}/ca.key", "-addext", "subjectAltName=IP:127.0.0.1",
        )  # fmt: skip
    return place


async def heard_from(broker: Broker, topic: str, **login: Any) -> bytes:
    async with aiomqtt.Client("127.0.0.1", broker.port, **login) as client:
        await client.subscribe(topic, qos=1)
        async for message in client.messages:
            assert isinstance(message.payload, bytes)
            return message.payload
    raise AssertionError("unreachable")


async def test_a_password_and_an_access_list_that_refuses_events(
    guarded: Broker, box: Box, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    password_file = tmp_path / "password"
    password_file.write_text("s3cret\n")
    await box.journal.append("boot", {})
    async with box.linked(link_to(guarded, username="box", password_file=password_file)):
        login = {"username": "operator", "password": "s3cret"}
        assert await heard_from(guarded, "hotline/box-1/availability", **login) == b"online"
        await logged(caplog, "the broker refuses hotline/box-1/event")
        await heard_from(guarded, "hotline/box-1/state", **login)
    assert await box.journal.cursor("local") == 0  # what was refused was not delivered
    assert "s3cret" not in caplog.text


async def test_a_wrong_password_is_told_once(
    guarded: Broker, box: Box, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    password_file = tmp_path / "password"
    password_file.write_text("wr0ng")
    with caplog.at_level(logging.DEBUG):
        async with box.linked(link_to(guarded, username="box", password_file=password_file)):
            await logged(caplog, "Not authorized")
            password_file.write_text("s3cret")  # mended while the box runs
            await logged(caplog, "connected to 127.0.0.1")
    assert caplog.text.count("Not authorized") == 1
    assert "wr0ng" not in caplog.text


async def logged(caplog: pytest.LogCaptureFixture, text: str) -> None:
    async with asyncio.timeout(60):
        while text not in caplog.text:  # noqa: ASYNC110  (the log has no event)
            await asyncio.sleep(0.01)


async def test_tls_with_certificates_on_both_sides(
    make_broker: Callable[[str], Broker], box: Box, certificates: Path
) -> None:
    broker = make_broker(
        "allow_anonymous true\ncafile {dir}/ca.pem\ncertfile {dir}/server.pem\nkeyfile {dir}/server.key\n"
        "require_certificate true"
    )
    for name in ("ca.pem", "server.pem", "server.key"):
        shutil.copy(certificates / name, broker.directory)
    broker.start()
    link = link_to(
        broker,
        tls=True,
        ca_file=certificates / "ca.pem",
        cert_file=certificates / "client.pem",
        key_file=certificates / "client.key",
    )
    event = await box.journal.append("boot", {})
    async with box.linked(link):
        context = credentials.broker(link, Topics("operator")).tls
        assert await heard_from(broker, "hotline/box-1/availability", tls_context=context) == b"online"
        await box.journal_delivered("local", event.id)


async def test_a_server_that_says_nothing_during_the_handshake_does_not_hold_up_the_end(
    box: Box, certificates: Path
) -> None:
    arrived = asyncio.Event()

    async def silent(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        arrived.set()
        writers.append(writer)

    writers: list[asyncio.StreamWriter] = []
    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    link = Mqtt(host="127.0.0.1", port=port, tls=True, ca_file=certificates / "ca.pem")
    async with asyncio.timeout(8):  # the handshake alone would be waited for longer
        async with box.linked(link):
            await arrived.wait()
            await asyncio.sleep(0.05)
    for writer in writers:
        writer.close()
    server.close()


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"password_file": "absent", "username": "u"}, "password_file .*absent: No such file"),
        ({"password_file": "binary", "username": "u"}, "password_file .*binary: is not UTF-8"),
        ({"tls": True, "ca_file": "absent"}, "ca_file .*absent: No such file"),
        ({"tls": True, "ca_file": "binary"}, "ca_file .*binary: "),
        ({"tls": True, "cert_file": "binary", "key_file": "binary"}, "cert_file .*binary"),
    ],
)
def test_a_broken_file_is_named(tmp_path: Path, settings: dict[str, Any], words: str) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    placed = {key: tmp_path / value if key.endswith("_file") else value for key, value in settings.items()}
    with pytest.raises(credentials.CredentialsError, match=words):
        credentials.broker(Mqtt(**placed), Topics("box-1"))
