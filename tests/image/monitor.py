"""QEMU's monitor (QMP): plug a stick into the running machine, and pull it out again."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any, Self

ANSWERS_WITHIN_S = 60.0


class Monitor:
    """``async with Monitor(socket)``; one command at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._gone: set[str] = set()  # devices; told before or after the answer

    async def __aenter__(self) -> Self:
        self._streams = await asyncio.open_unix_connection(str(self._path))
        await self._said("QMP")
        await self.do("qmp_capabilities")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._streams is not None:
            self._streams[1].close()
            await self._streams[1].wait_closed()

    async def do(self, command: str, **arguments: object) -> Any:
        """Its return value. Raises ``RuntimeError`` where QEMU refuses."""
        assert self._streams is not None
        self._streams[1].write(json.dumps({"execute": command, "arguments": arguments}).encode() + b"\n")
        said = await self._said("return", "error")
        if "error" in said:
            raise RuntimeError(f"{command}: {said['error']}")
        return said["return"]

    async def plug(self, name: str, image: Path) -> None:
        """A USB stick that holds the bytes of ``image``."""
        file = {"driver": "file", "filename": str(image)}
        await self.do("blockdev-add", **{"node-name": name, "driver": "raw", "file": file})
        await self.do("device_add", driver="usb-storage", id=name, drive=name, bus="usb.0")

    async def pull(self, name: str) -> None:
        """Out of its socket, once the machine has let it go."""
        await self.do("device_del", id=name)
        while name not in self._gone:
            await self._said("event")
        await self.do("blockdev-del", **{"node-name": name})

    async def _said(self, *keys: str) -> dict[str, Any]:
        """The next message that has one of these keys."""
        assert self._streams is not None
        async with asyncio.timeout(ANSWERS_WITHIN_S):
            while True:
                said: dict[str, Any] = json.loads(await self._streams[0].readline())
                if said.get("event") == "DEVICE_DELETED":
                    self._gone.add(said["data"].get("device", ""))
                if any(key in said for key in keys):
                    return said
