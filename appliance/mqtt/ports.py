"""What the links need of the rest of the box."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Protocol

from appliance.domain.commands import Command
from appliance.domain.events import Event


class Handler(Protocol):
    """Carries commands out."""

    @property
    def names(self) -> Collection[str]:
        """Every command there is."""

    @property
    def only_looking(self) -> Collection[str]:
        """Those that change nothing: they are answered, and leave no event in the journal."""

    async def execute(self, command: Command) -> Mapping[str, Any]:
        """The command's result. Raises :class:`appliance.domain.commands.CommandError`."""


class LinkJournal(Protocol):
    """The journal as the links use it; nothing of it raises because of the disk."""

    @property
    def last_id(self) -> int:
        """The newest event that can be read."""

    async def append(self, type_: str, data: Mapping[str, Any]) -> Event:
        """Record an event."""

    async def after(self, cursor: int, limit: int = 100) -> list[Event]:
        """Events beyond a cursor, in order."""

    async def wait_beyond(self, event_id: int) -> None:
        """Return when there are events beyond ``event_id``."""

    async def cursor(self, consumer: str) -> int:
        """How far a consumer has read; 0 for a new one."""

    async def advance(self, consumer: str, event_id: int) -> None:
        """The consumer has had everything up to ``event_id``."""

    async def first_response(self, command_id: str) -> dict[str, Any] | None:
        """The response given to this command within the last hour."""

    async def keep_response(self, command_id: str, response: Mapping[str, Any]) -> None:
        """Keep a command's response for an hour."""
