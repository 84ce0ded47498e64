"""The guard's commands about agents: arguments checked, then done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from appliance.domain.commands import Command
from appliance.guard.agentdesk import AgentDesk
from appliance.guard.arguments import A_YEAR_MIN, Args, NoArgs, Words
from appliance.queueing.presence import Presence


class AgentSet(Args):
    """``minutes`` ends a pause by itself; ``at`` is when it was said, RFC 3339."""

    person: str = Field(min_length=1, max_length=64)
    presence: Literal["in", "paused", "out"]
    queue: str | None = Field(default=None, min_length=1, max_length=64)
    minutes: float | None = Field(default=None, gt=0, le=A_YEAR_MIN)
    reason: Words | None = Field(default=None, max_length=200)
    at: str | None = Field(default=None, max_length=40)
    by: Words | None = Field(default=None, max_length=100)


class AgentCommands:
    """``agent.set`` and ``agent.list``."""

    def __init__(self, desk: AgentDesk) -> None:
        self._desk = desk

    async def set(self, args: AgentSet, command: Command) -> Mapping[str, Any]:
        """Log in, log out, pause."""
        presence = Presence(args.presence)
        by = args.by or command.link
        return await self._desk.set(args.person, presence, args.queue, args.minutes, args.reason, args.at, by)

    async def list(self, _: NoArgs, __: Command) -> Mapping[str, Any]:
        """What was said last of whom."""
        return self._desk.list()
