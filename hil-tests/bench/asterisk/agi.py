"""FastAGI: Asterisk asks the bench, in the middle of a call, what is to be done (AGI protocol, ``agi://``)."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from urllib.parse import urlsplit

Answer = Mapping[str, str]
Handler = Callable[[Sequence[str]], Awaitable[Answer]]


class AgiServer:
    """Serves named scripts: each gets the arguments of its ``AGI()`` call and returns channel variables to set."""

    def __init__(self, handlers: Mapping[str, Handler]) -> None:
        self._handlers = handlers
        self._server: asyncio.Server | None = None
        self.url = ""

    async def start(self, host: str) -> None:
        """Listen on a free port of ``host``; ``url`` is then where scripts are found."""
        self._server = await asyncio.start_server(self._serve, host, 0)
        self.url = "agi://{}:{}".format(*self._server.sockets[0].getsockname())

    def close(self) -> None:
        """Stop listening."""
        if self._server:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            script, arguments = await _request(reader)
            for name, value in (await self._handlers[script](arguments)).items():
                writer.write(f'SET VARIABLE {name} "{_escape(value)}"\n'.encode())
                await writer.drain()
                await reader.readline()
        with contextlib.suppress(ConnectionError):
            writer.close()
            await writer.wait_closed()


async def _request(reader: asyncio.StreamReader) -> tuple[str, list[str]]:
    variables: dict[str, str] = {}
    while line := (await reader.readline()).decode(errors="replace").strip():
        key, _, value = line.partition(": ")
        variables[key] = value
    arguments = sorted((key for key in variables if re.fullmatch(r"agi_arg_\d+", key)), key=lambda key: int(key[8:]))
    script = urlsplit(variables.get("agi_request", "")).path.strip("/")
    return script, [variables[key] for key in arguments]


def _escape(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"')
