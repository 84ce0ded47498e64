from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager

import pytest

from bench.mobile.memory import MemoryLink, MemoryPort
from bench.mobile.modem import SimulatedModem
from bench.mobile.network import MobileNetwork
from bench.mobile.personalities import PERSONALITIES
from bench.mobile.subscriber import Sim, Subscriber

SERVICE = "+420777000100"
FINAL = re.compile(
    rb"\r\n(OK|ERROR|NO CARRIER|COMMAND NOT SUPPORT|\+CM[ES] ERROR: [^\r]*)\r\n$|(^|\r\n)[034]\r$|\r\n> $"
)


class Terminal:
    """The other side of a modem's memory port: sends a command, returns the bytes of its answer."""

    def __init__(self, modem: SimulatedModem) -> None:
        assert isinstance(modem.port, MemoryPort)
        self.port = modem.port
        self.link: MemoryLink = self.port.open()

    async def at(self, command: str) -> bytes:
        self.link.write(command.encode() + b"\r")
        return await self.until(FINAL)

    async def until(self, pattern: re.Pattern[bytes]) -> bytes:
        data = b""
        while not pattern.search(data):
            piece = await self.link.read()
            if not piece:
                raise ConnectionResetError
            data += piece
        return data

    async def lines(self, command: str) -> list[str]:
        return [line for line in (await self.at(command)).decode().splitlines() if line]


@contextlib.asynccontextmanager
async def running(make: str = "generic", sim: Sim | None = None, **options: object) -> AsyncIterator[SimulatedModem]:
    network = MobileNetwork()
    network.add(Subscriber(SERVICE, sim or Sim()))
    async with SimulatedModem(network, SERVICE, MemoryPort(), PERSONALITIES[make], **options) as modem:  # type: ignore[arg-type]
        modem.settings.echo = False
        modem.settings.cmee = 1
        yield modem


@pytest.fixture
def modem_of() -> Callable[..., AbstractAsyncContextManager[SimulatedModem]]:
    return running


@pytest.fixture(autouse=True)
async def no_task_left() -> AsyncIterator[None]:
    before = asyncio.all_tasks()
    yield
    await asyncio.sleep(0)
    left = {task for task in asyncio.all_tasks() - before if task is not asyncio.current_task()}
    assert not left, left
