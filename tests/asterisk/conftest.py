from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from bench.addresses import Subnet, claim_subnet
from tests.asterisk.world import RealAsterisk, SipPeer


@pytest.fixture
def subnet() -> Iterator[Subnet]:
    claimed = claim_subnet()
    yield claimed
    claimed.release()


@pytest.fixture
async def asterisk(subnet: Subnet, tmp_path: Path) -> AsyncIterator[RealAsterisk]:
    server = RealAsterisk(subnet, tmp_path)
    await server.start()
    yield server
    await server.process.kill()


@pytest.fixture
async def peer(subnet: Subnet) -> AsyncIterator[Callable[[int], Awaitable[SipPeer]]]:
    started: list[SipPeer] = []

    async def start(number: int) -> SipPeer:
        one = SipPeer(subnet.host(number))
        await one.start()
        started.append(one)
        return one

    yield start
    for one in started:
        one.close()
