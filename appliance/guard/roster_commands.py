"""The guard's commands about the roster: arguments checked, then done; the answer says what stands now."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from pydantic import Field

from appliance.domain.commands import Command
from appliance.guard.arguments import A_YEAR_MIN, Args, NoArgs
from appliance.guard.rosterdesk import RosterDesk, Situation


class RosterGet(Args):
    """``secrets``: SIP passwords and PIN hashes too."""

    secrets: bool = False


class RosterSet(Args):
    """The whole document; ``revision`` is the one it was made from."""

    roster: dict[str, Any]
    revision: int | None = Field(default=None, ge=0)


class LineModeArgs(Args):
    """``line`` is an id, or ``*`` for all."""

    line: str = Field(min_length=1, max_length=64)
    situation: Situation
    minutes: float | None = Field(default=None, gt=0, le=A_YEAR_MIN)


class RosterCommands:
    """``settled`` lets the decision follow what has changed."""

    def __init__(self, desk: RosterDesk, settled: Callable[[], Awaitable[Any]]) -> None:
        self._desk, self._settled = desk, settled

    async def get(self, args: RosterGet, _: Command) -> Mapping[str, Any]:
        """The roster, its revision and when it was changed."""
        return self._desk.get(secrets=args.secrets)

    async def set(self, args: RosterSet, command: Command) -> Mapping[str, Any]:
        """Replace it."""
        result = await self._desk.set(args.roster, args.revision, command.link)
        await self._settled()
        return result

    async def undo(self, _: NoArgs, command: Command) -> Mapping[str, Any]:
        """Go back to the one before."""
        result = await self._desk.undo(command.link)
        await self._settled()
        return result

    async def line_mode(self, args: LineModeArgs, command: Command) -> Mapping[str, Any]:
        """The night switch."""
        return await self._desk.switch(args.line, args.situation, args.minutes, command.link)
