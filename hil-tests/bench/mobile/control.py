"""A control socket: one JSON object a line, over a unix socket.

Request ``{"do": NAME, "with": {...}}``; answer ``{"ok": true, "result": ...}`` or ``{"ok": false, "error": TEXT}``.
The names are those of :class:`bench.mobile.switches.Switches`.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
from pathlib import Path
from typing import Any, Self

from bench.mobile.switches import SwitchError, Switches

MAX_LINE_BYTES = 1_000_000


class ControlServer:
    """Serves the switches. Use as ``async with``."""

    def __init__(self, path: Path, switches: Switches) -> None:
        self.path = path
        self._switches = switches
        self._server: asyncio.Server | None = None
        self._clients: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        await asyncio.to_thread(self.path.unlink, missing_ok=True)
        self._server = await asyncio.start_unix_server(self._accept, self.path, limit=MAX_LINE_BYTES)
        os.chmod(self.path, 0o600)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.close()
            for task in list(self._clients):
                task.cancel()
            await asyncio.gather(*self._clients, return_exceptions=True)
            await self._server.wait_closed()
        await asyncio.to_thread(self.path.unlink, missing_ok=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer), name="control-client")
        self._clients.add(task)
        task.add_done_callback(self._clients.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                writer.write(json.dumps(await self._answer(line)).encode() + b"\n")
                await writer.drain()
        except (ConnectionError, ValueError):  # ValueError: a line beyond the limit
            return
        finally:
            writer.close()

    async def _answer(self, line: bytes) -> dict[str, Any]:
        try:
            request = json.loads(line)
            return {"ok": True, "result": await self._switches.call(request["do"], request.get("with", {}))}
        except SwitchError as error:
            return {"ok": False, "error": str(error)}
        except (ValueError, KeyError, TypeError, AttributeError):
            return {"ok": False, "error": 'write {"do": NAME, "with": {...}}'}


class ControlClient:
    """The other end, blocking: ``client("alter", reason="cfu", number=None)``. Raises :class:`SwitchError`."""

    def __init__(self, path: Path, timeout_s: float = 10.0) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(timeout_s)
        self._socket.connect(str(path))
        self._lines = self._socket.makefile("rb")

    def __call__(self, name: str, /, **arguments: Any) -> Any:
        """Do one thing and return its result."""
        self._socket.sendall(json.dumps({"do": name, "with": arguments}).encode() + b"\n")
        line = self._lines.readline()
        if not line:
            raise ConnectionError("the modem's process has closed the control socket")
        answer = json.loads(line)
        if not answer["ok"]:
            raise SwitchError(answer["error"])
        return answer["result"]

    def close(self) -> None:
        """Let go of the socket."""
        self._lines.close()
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
