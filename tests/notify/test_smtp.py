"""Mail to a real server on loopback, in every mood."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from blockbuster import blockbuster_ctx

from appliance.config.models import Smtp
from appliance.notify import smtp
from appliance.notify.mail import AddressError, Mail, address, composed
from appliance.notify.smtp import Mailer, MailError
from bench.addresses import free_port
from tests.notify.mailserver import Habits, certificate, mail_server

AT = datetime(2026, 7, 14, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def nothing_blocks_the_event_loop() -> Iterator[None]:
    with blockbuster_ctx("appliance.notify"):
        yield


def a_mail(to: str = "eva@example.org", **changes: Any) -> Mail:
    fields = {"subject": "Zmeškaný hovor", "text": "Kdo: +420601123456\nŽlutý kůň\n", "language": "cs"}
    return Mail(key="box:c1:missed", sender="hotline@example.com", to=to, at=AT, **{**fields, **changes})


def mailer(port: int, **settings: Any) -> Mailer:
    return Mailer(Smtp(host="127.0.0.1", port=port, sender="hotline@example.com", **{"tls": "none", **settings}))


async def test_a_mail_arrives_with_its_headers() -> None:
    async with mail_server() as (habits, port):
        await mailer(port).send(a_mail())
        await mailer(port).send(a_mail())
    first, second = habits.mails
    assert habits.envelopes[0] == ("hotline@example.com", ["eva@example.org"])
    assert first["From"] == "Hotline <hotline@example.com>"
    assert first["To"] == "eva@example.org"
    assert first["Subject"] == "Zmeškaný hovor"
    assert first["Date"].datetime == AT
    assert first["Auto-Submitted"] == "auto-generated"
    assert first["Content-Language"] == "cs"
    assert first["Message-ID"] == second["Message-ID"]
    assert first["Message-ID"].endswith("@example.com>")
    assert first.get_content() == "Kdo: +420601123456\r\nŽlutý kůň\r\n"
    assert all(len(line) < 998 for line in composed(a_mail(text="ž" * 5000)).split(b"\r\n"))


@pytest.mark.parametrize("how", ["starttls", "tls"])
async def test_over_tls_with_a_password(how: str, tmp_path: Path) -> None:
    context, cert = await asyncio.to_thread(certificate, tmp_path)
    password_file = tmp_path / "password"
    password_file.write_text("s3cret\n")
    habits = Habits(password="s3cret")
    async with mail_server(habits, tls=context, from_the_start=how == "tls") as (_, port):
        box = mailer(port, tls=how, ca_file=cert, username="hotline", password_file=password_file)
        await box.send(a_mail())
        password_file.write_text("changed")
        with pytest.raises(MailError, match="does not take the password") as caught:
            await box.send(a_mail())
        assert (caught.value.final, caught.value.server) == (False, True)
        habits.password = "changed"
        await box.send(a_mail())
    assert len(habits.mails) == 2
    if how == "starttls":
        assert habits.secured == [True, True]


@pytest.mark.parametrize("how", ["starttls", "tls"])
async def test_a_certificate_of_others_is_not_trusted(how: str, tmp_path: Path) -> None:
    context, _ = await asyncio.to_thread(certificate, tmp_path)
    async with mail_server(tls=context, from_the_start=how == "tls") as (habits, port):
        with pytest.raises(MailError, match="cannot be used") as caught:
            await mailer(port, tls=how).send(a_mail())
        assert caught.value.server
    assert habits.mails == []


async def test_a_server_without_starttls_gets_nothing(tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text("s3cret")
    async with mail_server() as (habits, port):
        with pytest.raises(MailError) as caught:
            await mailer(port, tls="starttls", username="u", password_file=secret).send(a_mail())
        assert caught.value.server
        assert not caught.value.final
    assert habits.mails == []


@pytest.mark.parametrize(
    ("habits", "final", "server"),
    [
        (Habits(once_rcpt=["550 no such user"]), True, False),
        (Habits(once_rcpt=["450 greylisted"]), False, False),
        (Habits(once_rcpt=["421 closing"]), False, False),
        (Habits(once_data=["554 spam"]), True, False),
        (Habits(once_data=["451 later"]), False, False),
        (Habits(every_mail_from="553 not you"), False, True),
        (Habits(drop_after_data=1), False, True),
        (Habits(drop_in_greeting=1), False, True),
    ],
    ids=["rcpt 5xx", "rcpt 4xx", "rcpt 421", "data 5xx", "data 4xx", "sender", "dies after data", "dies at once"],
)
async def test_what_a_server_refuses_is_told_apart(habits: Habits, final: bool, server: bool) -> None:
    async with mail_server(habits) as (_, port):
        with pytest.raises(MailError) as caught:
            await mailer(port).send(a_mail())
        assert (caught.value.final, caught.value.server) == (final, server)
        habits.every_mail_from = None
        await mailer(port).send(a_mail())


async def test_a_server_that_says_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp, "ANSWER_WITHIN_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:  # the kernel takes the connection, nobody speaks
        with pytest.raises(MailError) as caught:
            await mailer(silent.getsockname()[1]).send(a_mail())
        assert caught.value.server


async def test_nobody_there_is_for_now() -> None:
    with pytest.raises(MailError, match="cannot be reached") as caught:
        await mailer(free_port()).send(a_mail())
    assert (caught.value.final, caught.value.server) == (False, True)


@pytest.mark.parametrize(
    "to",
    [
        "a@b\r\nRCPT TO:<x@y>",
        "a b@example.org",
        "<a@example.org>",
        "a@",
        "@b",
        "a",
        "-f@x.org",
        'a"b@x.org',
        "a,b@x.org",
    ],
)
async def test_an_address_that_is_none_reaches_no_server(to: str) -> None:
    with pytest.raises(AddressError):
        address(to)
    async with mail_server() as (habits, port):
        with pytest.raises(MailError) as caught:
            await mailer(port).send(a_mail(to))
        assert caught.value.final
    assert habits.connections == 0


async def test_addresses_beyond_ascii(tmp_path: Path) -> None:
    async with mail_server() as (habits, port):
        await mailer(port).send(a_mail("eva@müller.example"))
        await mailer(port).send(a_mail("žofie@example.org"))
    assert habits.envelopes[0][1] == ["eva@xn--mller-kva.example"]
    assert habits.envelopes[1][1] == ["žofie@example.org"]
    assert str(habits.mails[1]["To"]) == "žofie@example.org"


@pytest.mark.parametrize("subject", ["x\r\nBcc: all@example.org", "x\nBcc: y", "x\r y"])
async def test_a_subject_cannot_become_a_header(subject: str) -> None:
    async with mail_server() as (habits, port):
        with pytest.raises(MailError) as caught:
            await mailer(port).send(a_mail(subject=subject))
        assert caught.value.final
    assert habits.mails == []


async def test_a_text_with_lines_of_dots_arrives_whole() -> None:
    text = ".\n..\n.\r\nQUIT\n"
    async with mail_server() as (habits, port):
        await mailer(port).send(a_mail(text=text))
    assert habits.mails[0].get_content().splitlines() == [".", "..", ".", "QUIT"]


@pytest.mark.parametrize("what", ["password_file", "ca_file"])
async def test_a_file_that_cannot_be_read_is_named_and_for_now(what: str, tmp_path: Path) -> None:
    more: dict[str, Any] = {what: tmp_path / "missing", "username": "u", "tls": "starttls"}
    with pytest.raises(MailError, match=f"{what} .*missing") as caught:
        await mailer(9, **more).send(a_mail())
    assert (caught.value.final, caught.value.server) == (False, True)


async def test_nothing_secret_is_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    secret = tmp_path / "password"
    secret.write_text("s3cret-word")
    async with mail_server(Habits(password="another")) as (_, port):
        with pytest.raises(MailError) as caught:
            await mailer(port, username="u", password_file=secret).send(a_mail())
    assert "s3cret" not in str(caught.value)
    assert "s3cret" not in caplog.text
    assert "601123456" not in caplog.text


def test_the_context_is_a_strict_one() -> None:
    context = smtp._context(None)
    assert context.check_hostname
    assert context.verify_mode is ssl.CERT_REQUIRED
