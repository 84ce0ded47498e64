"""The exchange's commands: arguments checked, then done."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from typing import Any, Protocol

from pydantic import Field

from appliance.calls import codec
from appliance.calls.health import CallLogError
from appliance.calls.queries import CallQuery, Row
from appliance.domain.calls import CallRecord, Outcome
from appliance.domain.commands import Command, CommandError, ErrorCode
from appliance.exchange.commands.arguments import Args, CommandTable, NoArgs
from appliance.mqtt import payloads
from appliance.mqtt.dispatch import Dispatch, Handler

MOST_ROWS = 200  # a row has a kilobyte or two, and brokers bound what a packet may hold


class _Find(Args):
    since: str | None = None
    until: str | None = None
    number: str | None = None
    person: str | None = None
    line: str | None = None
    outcome: Outcome | None = None
    limit: int = Field(default=50, ge=1, le=MOST_ROWS)


class _After(Args):
    seq: int = Field(ge=0)
    limit: int = Field(default=100, ge=1, le=MOST_ROWS)


class _HangUp(Args):
    id: str = Field(min_length=1, max_length=200)


class ReadableLog(Protocol):
    """The call log as commands read it."""

    @property
    def last_seq(self) -> int:
        """The newest place."""

    async def after(self, seq: int, limit: int = 100) -> list[Row]:
        """What changed after."""

    async def find(self, query: CallQuery) -> list[CallRecord]:
        """What the query asks for."""


class ExchangeCommands(Dispatch):
    """Executes commands. ``picture`` is the state document without its time, ``hang_up`` ends a call by id, ``False``
    for none; ``tables`` are the commands of other parts."""

    def __init__(
        self,
        name: str,
        log: ReadableLog,
        picture: Callable[[], Mapping[str, Any]],
        hang_up: Callable[[str], bool],
        *tables: CommandTable,
    ) -> None:
        self._name, self._log, self._picture, self._hang_up = name, log, picture, hang_up
        handlers: dict[str, tuple[type[Args], Handler]] = {
            "status": (NoArgs, self._status),
            "calls.find": (_Find, self._find),
            "calls.after": (_After, self._after),
            "call.hangup": (_HangUp, self._end),
        }
        self._only_looking = {"status", "calls.find", "calls.after"}
        for table in tables:
            handlers |= table.handlers
            self._only_looking |= table.only_looking
        super().__init__(handlers)

    @property
    def only_looking(self) -> Collection[str]:
        """Those that change nothing."""
        return self._only_looking

    async def execute(self, command: Command) -> Mapping[str, Any]:
        """Do it. Raises :class:`CommandError`."""
        try:
            return await super().execute(command)
        except CallLogError as error:
            raise CommandError(ErrorCode.FAILED, str(error)) from None

    async def _status(self, _: NoArgs, __: Command) -> Mapping[str, Any]:
        return payloads.state(self._picture(), datetime.now(UTC))

    async def _find(self, args: _Find, _: Command) -> Mapping[str, Any]:
        query = CallQuery(args.since, args.until, args.number, args.person, args.line, args.outcome, args.limit)
        return {"calls": [codec.to_mapping(record) for record in await self._log.find(query)]}

    async def _after(self, args: _After, _: Command) -> Mapping[str, Any]:
        """This exchange's own calls: what was collected of others is theirs to tell."""
        rows = await self._log.after(args.seq, args.limit)
        told = [
            {"seq": row.seq, "call": codec.to_mapping(row.record)}
            for row in rows
            if row.record.exchange == self._name
        ]
        return {"rows": told, "next": rows[-1].seq if rows else args.seq, "last": self._log.last_seq}

    async def _end(self, args: _HangUp, _: Command) -> Mapping[str, Any]:
        if not self._hang_up(args.id):
            raise CommandError(ErrorCode.BAD_REQUEST, f"there is no call {args.id!r} now; status lists them")
        return {"id": args.id}
