"""The command ``call.test``: one call to the technician or to somebody of the roster, and what came of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict
from typing import Any

from pydantic import Field

from appliance.domain.commands import Command, CommandError, ErrorCode
from appliance.domain.phrase import phrase
from appliance.exchange.commands.arguments import Args, CommandTable
from appliance.exchange.duty import number_of
from appliance.exchange.testcall import NoTestError, Trial
from appliance.exchange.world import Standing
from appliance.prompts.phrases import DEFAULT
from appliance.roster.models import Roster

Place = Callable[[str, str | None, str], Awaitable[Trial]]


class _Test(Args):
    person: str | None = Field(default=None, max_length=100)
    trunk: str | None = Field(default=None, max_length=100)


class CallTestCommands:
    """``place`` places the call. One at a time; nothing but the roster and duty leads to a number."""

    def __init__(self, standing: Standing, place: Place) -> None:
        self._standing, self._place = standing, place
        self._running = False
        self.table = CommandTable({"call.test": (_Test, self._test)})

    async def _test(self, args: _Test, _: Command) -> Mapping[str, Any]:
        number, person, language = self._whom(args.person)
        if self._running:
            raise CommandError(ErrorCode.CONFLICT, phrase("another test call goes on"))
        self._running = True
        try:
            return {"person": person, **asdict(await self._place(number, args.trunk, language))}
        except NoTestError as error:
            raise CommandError(ErrorCode.CONFLICT if error.busy else ErrorCode.FAILED, str(error)) from None
        finally:
            self._running = False

    def _whom(self, id_: str | None) -> tuple[str, str | None, str]:
        """Number, person and language."""
        roster, duty = self._standing.roster, self._standing.duty
        person = roster.person_by_id(id_ or duty.person or "")
        if id_ is not None and person is None:
            raise CommandError(ErrorCode.BAD_REQUEST, phrase("nobody has the id {id}", id=repr(id_)))
        number = number_of(roster, duty) if id_ is None or person is None else person.mobile
        if number is None:
            raise CommandError(ErrorCode.FAILED, phrase("nobody knows who has duty"))
        spoken = person.language if person is not None else None
        return number, person.id if person is not None else None, spoken or _language(roster)


def _language(roster: Roster) -> str:
    return roster.line[0].language if roster.line else DEFAULT
