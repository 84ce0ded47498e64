"""The guard's commands about the roster: arguments checked, then done; the answer says what stands now."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from pydantic import Field

from appliance.domain.commands import Command
from appliance.guard.arguments import A_YEAR_MIN, Args
from appliance.guard.rosterdesk import RosterDesk, Situation
from appliance.roster.values import ONE_LINE


class RosterGet(Args):
    """``secrets``: SIP passwords and PIN hashes too."""

    secrets: bool = False


class RosterCheck(Args):
    """The whole document; ``revision`` is the one it was made from."""

    roster: dict[str, Any]
    revision: int | None = Field(default=None, ge=0)


class By(Args):
    """``by``: who wishes it, where that is not the link alone."""

    by: str | None = Field(default=None, min_length=1, max_length=100, pattern=ONE_LINE)


class RosterSet(RosterCheck, By):
    """As it is checked."""


class LineModeArgs(By):
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

    async def check(self, args: RosterCheck, _: Command) -> Mapping[str, Any]:
        """What setting it would change, and every mistake."""
        return await self._desk.check(args.roster, args.revision)

    async def set(self, args: RosterSet, command: Command) -> Mapping[str, Any]:
        """Replace it."""
        result = await self._desk.set(args.roster, args.revision, args.by or command.link)
        await self._settled()
        return result

    async def undo(self, args: By, command: Command) -> Mapping[str, Any]:
        """Go back to the one before."""
        result = await self._desk.undo(args.by or command.link)
        await self._settled()
        return result

    async def line_mode(self, args: LineModeArgs, command: Command) -> Mapping[str, Any]:
        """The night switch."""
        return await self._desk.switch(args.line, args.situation, args.minutes, args.by or command.link)
