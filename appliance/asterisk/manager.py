"""Asterisk's manager interface (AMI) over loopback: what ARI cannot say, its database and its SIP registrations.

One action is in flight at a time and no events are asked for, so nothing has to be read between actions. A reply that
does not come in time, or that cannot be followed, ends the connection: what came later would be taken for the answer
to something else. Connecting again is the caller's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Self

from appliance.asterisk.site import ACCOUNT

TIMEOUT_S = 5.0
MOST_EVENTS = 10_000
Message = Mapping[str, str]
_NOT_FOUND = "Database entry not found"


class ManagerError(Exception):
    """Asterisk refused an action, or is not there; the message says which."""


class Manager:
    """One logged-in connection; made by :meth:`connect`."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, timeout_s: float) -> None:
        self._reader = reader
        self._writer = writer
        self._timeout_s = timeout_s
        self._turn = asyncio.Lock()
        self._number = 0

    @classmethod
    async def connect(
        cls, host: str, port: int, secret: str, *, user: str = ACCOUNT, timeout_s: float = TIMEOUT_S
    ) -> Self:
        """Connect and log in; ``timeout_s`` is for each step and each action after it. Raises
        :class:`ManagerError`."""
        try:
            async with asyncio.timeout(timeout_s):
                reader, writer = await asyncio.open_connection(host, port)
        except TimeoutError:
            raise ManagerError(f"the manager interface does not take a connection in {timeout_s:g} s") from None
        except OSError as error:
            raise ManagerError(f"the manager interface cannot be reached: {error.strerror or error}") from None
        manager = cls(reader, writer, timeout_s)
        try:
            await manager._greeting()
            await manager.action("Login", Username=user, Secret=secret, Events="off")
        except BaseException:
            manager.close()
            raise
        return manager

    @property
    def connected(self) -> bool:
        """Whether the connection can still be used, as far as is known."""
        return not self._writer.is_closing() and not self._reader.at_eof()

    def close(self) -> None:
        """Let go of the connection."""
        self._writer.close()

    async def action(self, name: str, **headers: str) -> Message:
        """One action and its reply. Raises :class:`ManagerError`."""
        async with self._turn:
            return (await self._ask(name, headers, events=False))[0]

    async def listing(self, name: str, **headers: str) -> tuple[Message, ...]:
        """One action and the events that answer it. Raises :class:`ManagerError`."""
        async with self._turn:
            return tuple((await self._ask(name, headers, events=True))[1])

    async def db_put(self, family: str, key: str, value: str) -> None:
        """Keep a value in Asterisk's own database, over its restarts. Raises :class:`ManagerError`."""
        await self.action("DBPut", Family=family, Key=key, Val=value)

    async def db_get(self, family: str, key: str) -> str | None:
        """A value of Asterisk's own database. Raises :class:`ManagerError`."""
        try:
            found = await self.listing("DBGet", Family=family, Key=key)
        except RefusedError as error:
            if error.message == _NOT_FOUND:
                return None
            raise
        return next((event.get("Val", "") for event in found if event.get("Event") == "DBGetResponse"), None)

    async def registrations(self) -> dict[str, str]:
        """What became of our registration at each trunk that has one: ``registered``, ``unregistered``, ``rejected``,
        ``stopped``. Raises :class:`ManagerError`."""
        try:
            found = await self.listing("PJSIPShowRegistrationsOutbound")
        except RefusedError:  # this is how it says that there are none
            return {}
        return {
            event["ObjectName"]: event.get("Status", "unknown").lower()
            for event in found
            if event.get("Event") == "OutboundRegistrationDetail" and "ObjectName" in event
        }

    async def _greeting(self) -> None:
        try:
            async with asyncio.timeout(self._timeout_s):
                if not await self._reader.readline():
                    raise ManagerError("the manager interface hung up at once")
        except TimeoutError:
            raise ManagerError(f"the manager interface does not greet in {self._timeout_s:g} s") from None
        except (OSError, ValueError) as error:
            raise ManagerError(f"the manager interface cannot be understood: {error}") from None

    async def _ask(self, name: str, headers: Mapping[str, str], *, events: bool) -> tuple[Message, list[Message]]:
        if self._writer.is_closing():
            raise ManagerError("the connection to the manager interface is closed")
        self._number += 1
        number = str(self._number)
        lines = [f"Action: {name}", f"ActionID: {number}", *(f"{key}: {value}" for key, value in headers.items())]
        if any("\r" in line or "\n" in line for line in lines):
            raise ValueError(f"a header of {name} holds a line break")
        try:
            async with asyncio.timeout(self._timeout_s):
                self._writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
                await self._writer.drain()
                return await self._reply(name, number, events)
        except RefusedError:
            raise
        except TimeoutError:
            self.close()
            raise ManagerError(f"Asterisk does not answer {name} in {self._timeout_s:g} s") from None
        except (OSError, ValueError) as error:  # ValueError: a line longer than any reply has
            self.close()
            raise ManagerError(f"the manager connection broke: {error}") from None
        except BaseException:  # an answer may come that nobody waits for any more
            self.close()
            raise

    async def _reply(self, name: str, number: str, events: bool) -> tuple[Message, list[Message]]:
        found: list[Message] = []
        response: Message | None = None
        while len(found) < MOST_EVENTS:
            message = await self._message()
            if message.get("ActionID") != number:
                continue
            if "Response" in message:
                if message["Response"] not in ("Success", "Goodbye"):
                    raise RefusedError(name, message.get("Message", message["Response"]))
                response = message
                if not events:
                    return response, found
            elif message.get("EventList") == "Complete":
                return response or {}, found
            elif message.get("EventList") == "Cancelled":
                raise RefusedError(name, message.get("Message", "cancelled"))
            else:
                found.append(message)
        raise ValueError(f"the answer to {name} has no end")

    async def _message(self) -> Message:
        headers: dict[str, str] = {}
        while True:
            line = await self._reader.readline()
            if not line.endswith(b"\n"):
                raise ConnectionResetError("Asterisk hung up")
            text = line.decode(errors="replace").rstrip("\r\n")
            if not text:
                return headers
            key, _, value = text.partition(":")
            headers.setdefault(key, value.removeprefix(" "))


class RefusedError(ManagerError):
    """Asterisk understood and said no."""

    def __init__(self, action: str, message: str) -> None:
        super().__init__(f"Asterisk refuses {action}: {message}")
        self.message = message
