"""Names: looked up aside, kept while they serve, asked anew after a miss."""

from __future__ import annotations

import asyncio
import socket
import threading
from typing import Any

import pytest

from appliance.probes.addresses import Addresses
from appliance.probes.dns import DnsProber
from appliance.probes.words import words
from tests.probes.peers import REFERENCE, until


class NameServer:
    """Stands in for the resolver: knows ``names``, refuses others, and is silent while ``silent`` is cleared."""

    def __init__(self) -> None:
        self.names: dict[str, list[str]] = {}
        self.asked = 0
        self.speaks = threading.Event()
        self.speaks.set()

    def getaddrinfo(self, host: str, port: int, *, type: int, flags: int = 0) -> list[Any]:
        if flags & socket.AI_NUMERICHOST:
            return _GETADDRINFO(host, port, type=type, flags=flags)
        self.asked += 1
        assert self.speaks.wait(10)
        if host not in self.names:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [(socket.AF_INET, type, 6, "", (address, port)) for address in self.names[host]]


_GETADDRINFO = socket.getaddrinfo


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> NameServer:
    server = NameServer()
    monkeypatch.setattr("appliance.probes.addresses.socket.getaddrinfo", server.getaddrinfo)
    return server


async def here(addresses: Addresses) -> str:
    _, (host, *_) = await addresses.current()
    return str(host)


async def test_an_address_is_never_looked_up(server: NameServer) -> None:
    addresses = Addresses("127.0.0.1", 53)
    for _ in range(5):
        assert await addresses.current() == (socket.AF_INET, ("127.0.0.1", 53))
        addresses.missed()
    assert server.asked == 0


async def test_a_name_is_looked_up_once_while_it_serves(server: NameServer) -> None:
    server.names["pbx"] = ["192.0.2.1"]
    addresses = Addresses("pbx", 5060)
    for _ in range(3):
        assert await addresses.current() == (socket.AF_INET, ("192.0.2.1", 5060))
        addresses.answered()
    assert server.asked == 1


async def test_a_name_that_moved_is_followed_after_a_miss(server: NameServer) -> None:
    server.names["pbx"] = ["192.0.2.1"]
    addresses = Addresses("pbx", 5060)
    assert await here(addresses) == "192.0.2.1"
    server.names["pbx"] = ["192.0.2.7"]
    addresses.missed()
    await until(lambda: addresses._lookup is None)
    assert await here(addresses) == "192.0.2.7"


async def test_a_dead_name_server_takes_no_known_address_away(server: NameServer) -> None:
    server.names["pbx"] = ["192.0.2.1"]
    addresses = Addresses("pbx", 5060)
    await addresses.current()
    server.speaks.clear()
    addresses.missed()
    assert await here(addresses) == "192.0.2.1"
    server.names.clear()
    server.speaks.set()
    await until(lambda: addresses._lookup is None)
    assert await here(addresses) == "192.0.2.1"


async def test_one_that_has_answered_is_given_up_after_two_misses_others_after_one(server: NameServer) -> None:
    server.names["pbx"] = ["192.0.2.1", "192.0.2.2", "192.0.2.3"]
    addresses = Addresses("pbx", 5060)
    taken = []
    for answered in (False, True, False, False, False, False):
        taken.append((await here(addresses))[-1])
        if answered:
            addresses.answered()
        else:
            addresses.missed()
        await until(lambda: addresses._lookup is None)
    assert "".join(taken) == "122231"


async def test_an_unknown_name_is_a_miss_in_words(server: NameServer) -> None:
    asking = DnsProber(REFERENCE, "nowhere", 53)
    assert (await asking.probe(5.0)).detail == "name not resolved: name or service not known"
    await asking.close()


async def test_a_silent_name_server_holds_one_thread_and_is_named(server: NameServer) -> None:
    server.names["late"] = ["127.0.0.1"]
    server.speaks.clear()
    asking = DnsProber(REFERENCE, "late", 9)
    details = [(await asking.probe(0.05)).detail for _ in range(3)]
    assert details == ["no address of late in 0.05 s"] * 3
    assert server.asked == 1
    server.speaks.set()
    await asking.close()


@pytest.mark.parametrize("host", ["a" * 64 + ".example", ".leading.example"])
async def test_what_cannot_be_a_name_is_a_miss(host: str) -> None:
    asking = DnsProber(REFERENCE, host, 53)
    assert (await asking.probe(5.0)).detail == "name not resolved: no valid host name"


def test_a_loop_that_ends_before_the_look_up_is_left_in_peace(server: NameServer) -> None:
    server.speaks.clear()
    asking = DnsProber(REFERENCE, "late", 9)
    assert not asyncio.run(asking.probe(0.01)).ok
    server.speaks.set()
    for thread in threading.enumerate():
        if thread.name == "probe-helper":
            thread.join(5)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(101, "Network is unreachable"), "network unreachable"),
        (OSError(71, "Protocol error"), "protocol error"),
        (OSError("told without a number"), "told without a number"),
        (ConnectionAbortedError(), "ConnectionAbortedError"),
    ],
)
def test_system_errors_in_words(error: OSError, said: str) -> None:
    assert words(error) == said
