"""A small client of Asterisk's manager interface (AMI): one action in flight, events are not asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

Message = Mapping[str, str]


class ManagerError(RuntimeError):
    """Asterisk refused an action, or went away."""


class Manager:
    """One logged-in connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._lock = asyncio.Lock()

    @classmethod
    async def connect(cls, host: str, port: int, user: str, secret: str) -> Manager:
        """Connect and log in. Raises ``OSError`` or :class:`ManagerError`."""
        reader, writer = await asyncio.open_connection(host, port)
        manager = cls(reader, writer)
        try:
            await reader.readline()  # the greeting
            await manager.action("Login", Username=user, Secret=secret, Events="off")
        except BaseException:
            manager.close()
            raise
        return manager

    async def action(self, name: str, **headers: str) -> str:
        """One action; what it printed, if anything. Raises :class:`ManagerError`."""
        async with self._lock:
            await self.send(name, **headers)
            while True:
                message, output = await self._message()
                if "Response" in message:  # events such as FullyBooted come unasked
                    break
        if message["Response"] not in ("Success", "Goodbye"):
            raise ManagerError(f"{name}: {message.get('Message', message['Response'])} {output}".strip())
        return output

    async def send(self, name: str, **headers: str) -> None:
        """Send an action whose answer nobody waits for; the connection is of no other use then."""
        lines = [f"Action: {name}", *(f"{key}: {value}" for key, value in headers.items())]
        self._writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        await self._writer.drain()

    async def originate(
        self, channel: str, context: str, exten: str, variables: Mapping[str, str], channel_id: str | None = None
    ) -> None:
        """Start a call between ``channel``, of this id, and ``exten`` of ``context``; returns at once."""
        assignments = ",".join(f"{key}={value}" for key, value in variables.items())
        await self.action(
            "Originate",
            Channel=channel,
            Context=context,
            Exten=exten,
            Priority="1",
            Variable=assignments,
            Async="true",
            CallerID=variables.get("CALLER", ""),
            **({"ChannelId": channel_id} if channel_id is not None else {}),
        )

    async def command(self, line: str) -> str:
        """One command of Asterisk's command line."""
        return await self.action("Command", Command=line)

    def close(self) -> None:
        """Let go of the connection."""
        self._writer.close()

    async def _message(self) -> tuple[dict[str, str], str]:
        headers: dict[str, str] = {}
        output: list[str] = []
        while True:
            line = await self._reader.readline()
            if not line:
                raise ManagerError("Asterisk closed the manager connection")
            text = line.decode(errors="replace").rstrip("\r\n")
            if not text:
                return headers, "\n".join(output)
            key, colon, value = text.partition(": ")
            if not colon:
                continue
            if key == "Output":
                output.append(value)
            else:
                headers[key] = value
