"""Commands about recordings: found, and read in pieces; through the box's exchange also those of the others.

``as`` says for whom: somebody of the roster, who hears their own calls, or all where they are supervisor or
administrator. Without it the operator asks, who may give commands at all.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Collection, Mapping
from typing import Any

from pydantic import AwareDatetime, Field

from appliance.domain.commands import Command, CommandError, ErrorCode
from appliance.domain.phone import NotANumber, parse
from appliance.domain.times import rfc3339
from appliance.exchange.archive import Archive
from appliance.exchange.commands.arguments import Args, CommandTable
from appliance.exchange.commands.elsewhere import Ask, Elsewhere
from appliance.exchange.world import Standing
from appliance.mqtt.topics import Topics
from appliance.recordings import entry, names
from appliance.recordings.book import RecordingsError
from appliance.recordings.entry import Recording, State, Wanted
from appliance.recordings.reading import MOST_BYTES, piece
from appliance.roster.models import Person
from appliance.threads import in_daemon_thread

MOST_ROWS = 500
FIND, READ = "recordings.find", "recording.read"


class _Find(Args):
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    number: str | None = Field(default=None, max_length=60)
    person: str | None = None
    line: str | None = None
    queue: str | None = None
    limit: int = Field(default=50, ge=1, le=MOST_ROWS)
    as_: str | None = Field(default=None, alias="as")
    here: bool = False


class _Read(Args):
    id: str
    exchange: str | None = None
    offset: int = Field(default=0, ge=0, lt=2**63)  # what a file can be positioned to
    length: int = Field(default=MOST_BYTES, ge=1, le=MOST_BYTES)
    as_: str | None = Field(default=None, alias="as")


class RecordingsCommands:
    """``others`` are the names of the exchanges that can be asked; none, where this is not the box's."""

    def __init__(
        self,
        topics: Topics,
        region: str,
        archive: Archive,
        standing: Standing,
        ask: Ask,
        others: Callable[[], Collection[str]],
    ) -> None:
        self._topics, self._region = topics, region
        self._archive, self._standing = archive, standing
        self._elsewhere = Elsewhere(topics, ask, others)
        self.table = CommandTable({FIND: (_Find, self._find), READ: (_Read, self._read)}, frozenset({FIND, READ}))

    async def _find(self, args: _Find, _: Command) -> Mapping[str, Any]:
        person = self._person(args.as_)
        wanted = Wanted(
            since=rfc3339(args.since) if args.since is not None else None,
            until=rfc3339(args.until) if args.until is not None else None,
            number=self._number(args.number),
            person=args.person,
            line=args.line,
            queue=args.queue,
            heard_by=person.id if person is not None and not entry.hears_all(person) else None,
            limit=args.limit,
        )
        try:
            found = [entry.told(one, self._name) for one in await self._archive.book.find(wanted)]
        except RecordingsError as error:
            raise CommandError(ErrorCode.FAILED, str(error)) from None
        missing: list[str] = []
        if not args.here:
            document = {**args.model_dump(mode="json", by_alias=True, exclude_none=True), "here": True}
            more, missing = await self._elsewhere.found(FIND, document, "recordings")
            found = sorted([*found, *more], key=lambda one: str(one["began_at"]), reverse=True)[: args.limit]
        return {"recordings": found, "missing": missing}

    async def _read(self, args: _Read, _: Command) -> Mapping[str, Any]:
        if args.exchange not in (None, self._name):
            document = args.model_dump(mode="json", by_alias=True, exclude_none=True)
            return await self._elsewhere.result(args.exchange or "", READ, document)
        person = self._person(args.as_)
        try:
            recording = await self._archive.book.get(args.id) if names.is_name(args.id) else None
        except RecordingsError as error:
            raise CommandError(ErrorCode.FAILED, str(error)) from None
        # who may not hear it is told the same as for one that is not there
        if recording is None or recording.state is State.ERASING or not _may(person, recording):
            raise CommandError(ErrorCode.BAD_REQUEST, f"there is no recording {args.id!r}; it may have been erased")
        if recording.state is State.RECORDING:
            raise CommandError(ErrorCode.CONFLICT, "it is still being recorded")
        path = self._archive.keeper.path(recording)
        try:
            data, size = await in_daemon_thread(lambda: piece(path, args.offset, args.length), "recording")
        except OSError as error:
            raise CommandError(ErrorCode.FAILED, f"it cannot be read: {error.strerror}") from None
        return {
            "id": args.id,
            "exchange": self._name,
            "offset": args.offset,
            "data": base64.b64encode(data).decode(),
            "bytes": size,
            "last": args.offset + len(data) >= size,
        }

    @property
    def _name(self) -> str:
        return self._topics.exchange or ""

    def _person(self, id_: str | None) -> Person | None:
        if id_ is None:
            return None
        person = self._standing.roster.person_by_id(id_)
        if person is None:
            raise CommandError(ErrorCode.BAD_REQUEST, f"as: nobody has the id {id_!r}")
        return person

    def _number(self, text: str | None) -> str | None:
        if text is None:
            return None
        try:
            return parse(text, self._region).e164
        except NotANumber:
            return text  # short numbers and extensions have no E.164 form


def _may(person: Person | None, recording: Recording) -> bool:
    return person is None or entry.may_hear(person, recording)
