"""UDP from the emulated network to one address of the bench: QEMU shows the box 127.0.0.1 alone."""

from __future__ import annotations

import asyncio
from typing import Self


class _Back(asyncio.DatagramProtocol):
    def __init__(self, front: asyncio.DatagramTransport, peer: tuple[str, int]) -> None:
        self._front, self._peer = front, peer

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._front.sendto(data, self._peer)


class UdpRelay(asyncio.DatagramProtocol):
    """``async with UdpRelay(source, target) as relay``: ``relay.port`` on 127.0.0.1 leads to ``target``."""

    def __init__(self, source: str, target: tuple[str, int]) -> None:
        self._source, self._target = source, target
        self._backs: dict[tuple[str, int], asyncio.DatagramTransport] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._front: asyncio.DatagramTransport | None = None
        self.port = 0

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._front, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=("127.0.0.1", 0))
        self.port = self._front.get_extra_info("sockname")[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        for transport in (self._front, *self._backs.values()):
            if transport is not None:
                transport.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if (back := self._backs.get(addr)) is not None:
            back.sendto(data)
            return
        task = asyncio.get_running_loop().create_task(self._open(data, addr))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _open(self, data: bytes, addr: tuple[str, int]) -> None:
        front = self._front
        assert front is not None
        back, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: _Back(front, addr), local_addr=(self._source, 0), remote_addr=self._target
        )
        self._backs[addr] = back
        back.sendto(data)
