"""What the links need of a service that has no events of its own and takes no commands."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from typing import Any

from appliance.domain.commands import Command, CommandError, ErrorCode
from appliance.domain.events import Event


class NoEvents:
    """A journal in which nothing ever is."""

    last_id = 0

    async def append(self, type_: str, data: Mapping[str, Any]) -> Event:
        """An event that nobody keeps."""
        return Event(0, "", "", type_, data)

    async def after(self, cursor: int, limit: int = 100) -> list[Event]:
        """Nothing."""
        return []

    async def wait_beyond(self, event_id: int) -> None:
        """Never returns."""
        await asyncio.get_running_loop().create_future()

    async def cursor(self, consumer: str) -> int:
        """The beginning."""
        return 0

    async def advance(self, consumer: str, event_id: int) -> None:
        """Nothing to keep."""

    async def first_response(self, command_id: str) -> dict[str, Any] | None:
        """Nothing was ever asked."""
        return None

    async def keep_response(self, command_id: str, response: Mapping[str, Any]) -> None:
        """Nothing to keep."""


class NoCommands:
    """Carries nothing out."""

    names: Collection[str] = ()
    only_looking: Collection[str] = ()

    async def execute(self, command: Command) -> Mapping[str, Any]:
        """Refuses."""
        raise CommandError(ErrorCode.UNKNOWN_COMMAND, f"there is no command {command.name!r}")
