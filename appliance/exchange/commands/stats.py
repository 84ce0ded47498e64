"""The command ``stats``: figures over the call log, for pages and programs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import Field

from appliance.calls.reader import CallsUnreadableError
from appliance.config import Config
from appliance.domain.commands import Command, CommandError, ErrorCode
from appliance.exchange.commands.arguments import Args, CommandTable, Moment
from appliance.statistics import tell
from appliance.statistics.question import SERVICE_LEVEL_S, SHORT_ABANDON_S, By, Question
from appliance.statistics.read import answer
from appliance.threads import in_daemon_thread

DEFAULT_PERIOD = timedelta(days=30)
Seconds = Annotated[float, Field(ge=0, le=86_400, allow_inf_nan=False)]


class _Stats(Args):
    since: Moment | None = None
    until: Moment | None = None
    line: str | None = None
    queue: str | None = None
    person: str | None = None
    by: By | None = None
    service_level_s: Seconds = SERVICE_LEVEL_S
    short_abandon_s: Seconds = SHORT_ABANDON_S


class StatsCommands:
    """Reads the log's file beside its writer, in a thread: a year of calls takes seconds."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self.table = CommandTable({"stats": (_Stats, self._stats)}, frozenset({"stats"}))

    async def _stats(self, args: _Stats, _: Command) -> Mapping[str, Any]:
        until = args.until or datetime.now(UTC)
        since = args.since or until - DEFAULT_PERIOD
        if since >= until:
            raise CommandError(ErrorCode.BAD_REQUEST, "since: must be earlier than until")
        question = Question(
            since,
            until,
            ZoneInfo(self._config.device.timezone),
            args.line,
            args.queue,
            args.person,
            args.by,
            args.service_level_s,
            args.short_abandon_s,
        )
        best = self._config.route[0].name if self._config.route else None
        state_dir = self._config.device.state_dir
        try:
            return tell.document(await in_daemon_thread(lambda: answer(state_dir, question, best), "stats"))
        except CallsUnreadableError as error:
            raise CommandError(ErrorCode.FAILED, str(error)) from None
