"""OPTIONS over TLS: whom to trust, and what is said when it is not to be trusted."""

from __future__ import annotations

import asyncio
import shutil
import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from blockbuster import blockbuster_ctx

from appliance.domain.endpoints import SipEndpoint, Transport
from appliance.probes.sip_stream import SipStreamProber
from bench.addresses import free_port
from tests.probes.peers import TRUNK, answers, silence, sip_stream

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="certificates are made with openssl")


@dataclass(frozen=True)
class Authority:
    """A certificate authority of our own; ``served`` has a certificate for 127.0.0.1, ``stray`` one for another."""

    ca_file: Path
    served: ssl.SSLContext
    stray: ssl.SSLContext


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    place = tmp_path_factory.mktemp("authority")

    def openssl(words: str) -> None:
        subprocess.run(["openssl", *words.split()], cwd=place, check=True, capture_output=True)

    def certified(name: str, subject: str) -> ssl.SSLContext:
        (place / f"{name}.ext").write_text(f"subjectAltName={subject}\n")
        openssl(f"req -newkey ec:params -nodes -keyout {name}.key -out {name}.csr -subj /CN={name}")
        openssl(
            f"x509 -req -in {name}.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2"
            f" -extfile {name}.ext -out {name}.pem"
        )
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(place / f"{name}.pem", place / f"{name}.key")
        return context

    openssl("ecparam -name prime256v1 -out params")
    openssl("req -x509 -newkey ec:params -nodes -keyout ca.key -out ca.pem -days 2 -subj /CN=authority")
    return Authority(place / "ca.pem", certified("served", "IP:127.0.0.1"), certified("stray", "DNS:elsewhere"))


def prober(port: int, ca_file: Path | None, *, verify: bool = True) -> SipStreamProber:
    return SipStreamProber(TRUNK, SipEndpoint("127.0.0.1", port, Transport.TLS), (), ca_file, verify)


async def test_a_trusted_peer_is_asked_over_one_connection(authority: Authority) -> None:
    async with sip_stream(answers(), authority.served) as peer:
        asking = prober(peer.port, authority.ca_file)
        assert [(await asking.probe(30.0)).detail for _ in range(3)] == ["200"] * 3
        await asking.close()
    assert peer.connections == 1
    assert peer.asked[0].headers["via"].startswith("SIP/2.0/TLS ")


async def test_an_unknown_authority_is_refused_in_words(authority: Authority) -> None:
    async with sip_stream(answers(), authority.served) as peer:
        sample = await prober(peer.port, None).probe(30.0)
    assert not sample.ok
    assert sample.detail.startswith("certificate refused: ")
    assert peer.asked == []


async def test_a_certificate_for_another_host_is_refused(authority: Authority) -> None:
    async with sip_stream(answers(), authority.stray) as peer:
        sample = await prober(peer.port, authority.ca_file).probe(30.0)
    assert sample.detail.startswith("certificate refused: ")
    assert "127.0.0.1" in sample.detail


async def test_who_wants_no_check_gets_none(authority: Authority) -> None:
    async with sip_stream(answers(), authority.stray) as peer:
        asking = prober(peer.port, None, verify=False)
        assert (await asking.probe(30.0)).ok
        await asking.close()


async def test_a_mended_ca_file_is_read_without_a_restart(authority: Authority, tmp_path: Path) -> None:
    ca_file = tmp_path / "ca.pem"
    async with sip_stream(answers(), authority.served) as peer:
        asking = prober(peer.port, ca_file)
        assert (await asking.probe(30.0)).detail == f"CA file {ca_file} cannot be used: No such file or directory"
        ca_file.write_text("no certificate")
        assert (await asking.probe(30.0)).detail.startswith(f"CA file {ca_file} cannot be used: ")
        shutil.copy(authority.ca_file, ca_file)
        assert (await asking.probe(30.0)).ok
        await asking.close()


async def test_an_idle_connection_that_was_closed_costs_no_miss(authority: Authority) -> None:
    async with sip_stream(lambda request: [request.response(), b""], authority.served) as peer:
        asking = prober(peer.port, authority.ca_file)
        assert [(await asking.probe(30.0)).detail for _ in range(3)] == ["200"] * 3
        await asking.close()
    assert peer.connections == 3


async def test_a_peer_that_died_between_probes_is_a_miss(authority: Authority) -> None:
    async with sip_stream(answers(), authority.served, free_port()) as peer:
        asking = prober(peer.port, authority.ca_file)
        assert (await asking.probe(30.0)).ok
    await asyncio.sleep(0.05)
    assert [(await asking.probe(30.0)).detail for _ in range(2)] == ["connection refused"] * 2
    await asking.close()


async def test_a_peer_without_tls_and_a_silent_one(authority: Authority) -> None:
    async with sip_stream(answers()) as plain:
        plain.behave = silence
        sample = await prober(plain.port, authority.ca_file).probe(0.9)
        assert sample.detail == "no TLS handshake in 0.9 s"
        plain.complaints.clear()


async def test_nothing_blocks_the_loop(authority: Authority) -> None:
    async with sip_stream(answers(), authority.served) as peer:
        with blockbuster_ctx():
            asking = prober(peer.port, authority.ca_file)
            assert (await asking.probe(30.0)).ok
            await asking.close()
