"""The roster's owner: takes it up at the start, changes it by command, tells it to every exchange.

Where what is kept cannot be read, the people of the configuration file stand in. Then nothing is told and nothing is
written, so that the exchanges keep the last good one, and so does a journal that heals.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from appliance.domain.commands import CommandError, ErrorCode
from appliance.domain.events import EventType
from appliance.domain.people import Person
from appliance.domain.phone import PhoneNumber
from appliance.domain.phrase import phrase
from appliance.domain.times import rfc3339
from appliance.guard.ports import JournalPort
from appliance.guard.rosterbook import Page, RosterBook, UnreadableRosterError
from appliance.mqtt.board import StateBoard
from appliance.roster import modes
from appliance.roster.changes import changes, in_brief
from appliance.roster.load import Circumstances, Loaded, load_document
from appliance.roster.models import LineMode, Roster, to_document
from appliance.roster.rota import next_change, on_duty
from appliance.roster.secrets import with_kept_secrets, without_secrets
from appliance.roster.seed import seed
from appliance.threads import in_daemon_thread

LOOK_AGAIN_S = 30.0  # at the clock, which may be set meanwhile
ALL_LINES = "*"
Situation = Literal["open", "closed", "holiday", "auto"]
Say = Callable[[str, Mapping[str, Any]], None]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the first roster comes from, and what each one is judged by."""

    people: Callable[[], Awaitable[Collection[Person] | None]]  # the journal's; None while it cannot be read
    file_people: tuple[Person, ...]
    default: str
    timezone: str
    service_number: str
    taken_accounts: frozenset[str] = frozenset()
    listen_extension: str | None = None


class RosterDesk:
    """Open it before use. ``changed`` is called after each change with who made it."""

    def __init__(
        self, journal: JournalPort, say: Say, board: StateBoard, origin: Origin, unix: Callable[[], float]
    ) -> None:
        self._book = RosterBook(journal)
        self._say, self._board, self._origin, self._unix = say, board, origin, unix
        self._page = Page(seed(origin.file_people, origin.default), "", 0)
        self._stands_in: str | None = phrase("it was not read yet")
        self._changing = asyncio.Lock()
        self._turned = asyncio.Event()
        self.changed: Callable[[str], Awaitable[None]] = _nobody

    @property
    def roster(self) -> Roster:
        """The standing roster, or what stands in for it."""
        return self._page.roster

    async def people(self) -> Mapping[str, Person]:
        """Everybody, by id."""
        return {one.id: Person(one.id, one.name, PhoneNumber(one.mobile)) for one in self.roster.person}

    def duty_at(self, unix: float) -> tuple[str, float | None]:
        """Who has duty by the roster, and until when (Unix seconds) as far as that is known."""
        now = datetime.fromtimestamp(unix, UTC)
        until = next_change(self.roster, now, self._origin.timezone)
        return on_duty(self.roster, now, self._origin.timezone), None if until is None else until.timestamp()

    async def open(self) -> None:
        """Take up the kept roster; begin one where there never was one."""
        async with self._changing:
            await self._take_up()

    async def run(self) -> None:
        """End night switches at their time, and take up a roster that could not be read once it can; for ever."""
        while True:
            self._turned.clear()
            wait_s = LOOK_AGAIN_S
            async with self._changing:
                if self._stands_in is not None:
                    await self._take_up()
                await self._end_switches()
                end = modes.next_end(self.roster)
            if end is not None:
                wait_s = min(wait_s, max(0.0, end.timestamp() - self._unix()))
            try:
                async with asyncio.timeout(wait_s):
                    await self._turned.wait()
            except TimeoutError:
                continue

    def get(self, *, secrets: bool) -> dict[str, Any]:
        """The document as a command answers it."""
        if self._stands_in is not None:
            unread = phrase(
                "the roster cannot be read ({why}); the people of the configuration file stand in; "
                "give it anew with roster.set, or roster.undo",
                why=self._stands_in,
            )
            raise CommandError(ErrorCode.FAILED, unread)
        told = self._told()
        return told if secrets else {**told, "roster": without_secrets(told["roster"])}

    async def set(self, document: Mapping[str, Any], revision: int | None, by: str) -> dict[str, Any]:
        """Replace the roster. Raises :class:`CommandError` with every mistake, or for a revision that is over."""
        async with self._changing:
            standing = self._page
            if revision is not None and self._stands_in is None:
                _compare(revision, standing)
            loaded = await self._judged(document, standing)
            if loaded.roster is None:
                raise CommandError(ErrorCode.BAD_REQUEST, "\n".join(map(str, loaded.mistakes)))
            new = modes.with_modes_of(standing.roster, loaded.roster)
            what: list[str] = [phrase("the roster: given anew")]
            if self._stands_in is None:
                what = changes(standing.roster, new)
            durable = await self._turn(new, by, in_brief(what))
        return {"revision": self.roster.revision, "durable": durable, "changes": what}

    async def check(self, document: Mapping[str, Any], revision: int | None) -> dict[str, Any]:
        """What :meth:`set` would say and change; nothing is kept or told. Raises as it does for a revision."""
        async with self._changing:
            standing, known = self._page, self._stands_in is None
            if revision is not None and known:
                _compare(revision, standing)
        loaded = await self._judged(document, standing)
        told: dict[str, Any] = {"revision": standing.roster.revision, "changes": []}
        told["mistakes"] = [{"path": one.path, "message": one.message} for one in loaded.mistakes]
        told["warnings"] = [{"path": one.path, "message": one.message} for one in loaded.warnings]
        if loaded.roster is not None and known:
            told["changes"] = changes(standing.roster, modes.with_modes_of(standing.roster, loaded.roster))
        return told

    async def undo(self, by: str) -> dict[str, Any]:
        """Go back to the roster before the standing one; again, and further back."""
        async with self._changing:
            revision, past, depth = await self._book.numbers()
            try:
                before = await self._book.before(past, depth)
            except UnreadableRosterError as error:
                unread = phrase("the roster before cannot be read: {why}", why=str(error))
                raise CommandError(ErrorCode.FAILED, unread) from None
            if before is None:
                raise CommandError(ErrorCode.CONFLICT, phrase("there is no roster before this one"))
            revision = max(revision, self.roster.revision) + 1
            restored = modes.with_modes_of(self.roster, before).model_copy(update={"revision": revision})
            what = changes(self.roster, restored)
            page = Page(restored, rfc3339(self._now()), revision, past - 1, depth - 1)
            durable = await self._book.write(page)
            await self._stand(page, by, phrase("undone: {what}", what=in_brief(what)))
        return {"revision": revision, "durable": durable, "changes": what}

    async def switch(self, line: str, situation: Situation, minutes: float | None, by: str) -> dict[str, Any]:
        """The night switch of one line or of all. Raises :class:`CommandError` where there is no such line."""
        async with self._changing:
            if self._stands_in is not None:
                unread = phrase("the roster cannot be read ({why})", why=self._stands_in)
                raise CommandError(ErrorCode.FAILED, unread)
            ids = [one.id for one in self.roster.line]
            if line != ALL_LINES and line not in ids:
                listing = ", ".join(ids) or phrase("none")
                unknown = phrase("there is no line {name}; there is {listing}", name=repr(line), listing=listing)
                raise CommandError(ErrorCode.BAD_REQUEST, unknown)
            until = None if minutes is None else (self._now() + timedelta(minutes=minutes)).replace(microsecond=0)
            mode = None if situation == "auto" else LineMode(situation=situation, until=until, by=by)
            durable = await self._switch(ids if line == ALL_LINES else [line], mode)
            self._say(
                EventType.LINE_MODE,
                {"line": line, "situation": situation, "until": until and rfc3339(until), "by": by},
            )
        return {"revision": self.roster.revision, "durable": durable, "lines": self._modes()}

    async def _judged(self, document: Mapping[str, Any], standing: Page) -> Loaded:
        origin = self._origin
        judged_by = Circumstances(
            self._now(), origin.timezone, origin.service_number, origin.taken_accounts, origin.listen_extension
        )
        # in a thread: PINs are made to take their time, and the holidays of countries are many
        return await in_daemon_thread(
            lambda: load_document(with_kept_secrets(document, standing.roster), "roster", judged_by), "roster"
        )

    async def _end_switches(self) -> None:
        over = modes.over(self.roster, self._now())
        if over:
            await self._switch(over, None)
        for id_ in over:
            self._say(
                EventType.LINE_MODE, {"line": id_, "situation": "auto", "until": None, "by": phrase("the clock")}
            )

    async def _switch(self, lines: Collection[str], mode: LineMode | None) -> bool:
        roster = modes.switched(self.roster, lines, mode)
        roster = roster.model_copy(update={"revision": self.roster.revision + 1})
        page = replace(self._page, roster=roster, at=rfc3339(self._now()))
        durable = await self._book.write(page)  # before it is told: a revision must not come twice
        self._page = page
        self._tell()
        return durable

    async def _take_up(self) -> None:
        try:
            page = await self._book.read()
        except UnreadableRosterError as error:
            self._stand_in(str(error))
            return
        if page is None:
            people = await self._origin.people()
            if people is None:
                self._stand_in(phrase("the journal cannot be read"))
                return
            first = seed(people or self._origin.file_people, self._origin.default)
            page = Page(first, rfc3339(self._now()), first.revision)
            await self._book.write(page)
            began = {"revision": 1, "by": phrase("the first start"), "what": phrase("began")}
            self._say(EventType.ROSTER_CHANGED, began)
        self._page, self._stands_in = page, None
        self._tell()
        await self.changed(phrase("the roster"))

    def _stand_in(self, why: str) -> None:
        if why == self._stands_in:
            return
        self._stands_in = why
        log.error("the roster cannot be read (%s); the people of the configuration file stand in", why)
        what = phrase("cannot be read, the configuration file stands in: {why}", why=why)
        self._say(EventType.ROSTER_CHANGED, {"revision": None, "by": phrase("the journal"), "what": what})

    async def _turn(self, new: Roster, by: str, what: str) -> bool:
        revision, past, depth = await self._book.numbers()
        revision = max(revision, self.roster.revision) + 1
        page = Page(new.model_copy(update={"revision": revision}), rfc3339(self._now()), revision, past, depth)
        if self._stands_in is None:
            page, durable = await self._book.turn(self._page, page)
        else:
            durable = await self._book.write(page)
        await self._stand(page, by, what)
        return durable

    async def _stand(self, page: Page, by: str, what: str) -> None:
        self._page, self._stands_in = page, None
        self._tell()
        self._say(EventType.ROSTER_CHANGED, {"revision": page.roster.revision, "by": by, "what": what})
        await self.changed(phrase("the roster"))

    def _tell(self) -> None:
        self._board.publish(self._told())
        self._turned.set()

    def _told(self) -> dict[str, Any]:
        roster = self._page.roster
        return {"schema": 1, "revision": roster.revision, "at": self._page.at, "roster": to_document(roster)}

    def _modes(self) -> dict[str, Any]:
        return {one.id: one.mode.model_dump(mode="json") if one.mode else None for one in self.roster.line}

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._unix(), UTC)


async def _nobody(_: str) -> None:
    """Nobody wants to know."""


def _compare(revision: int, standing: Page) -> None:
    current = standing.roster.revision
    if not standing.edited <= revision <= current:
        raise CommandError(
            ErrorCode.CONFLICT,
            phrase(
                "the roster has changed: it is at revision {current}, changed last at {edited}, "
                "and yours began at {yours}; export it again",
                current=str(current),
                edited=str(standing.edited),
                yours=str(revision),
            ),
        )
