"""Commands about recordings: found, and read in pieces; through the box's exchange also those of the others.

``as`` says for whom: somebody of the roster, who hears their own calls, or all where they are supervisor or
administrator. Without it the operator asks, who may give commands at all.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from appliance.domain.commands import Command, CommandError, ErrorCode
from appliance.domain.phone import NotANumber, parse
from appliance.domain.phrase import phrase
from appliance.domain.times import rfc3339
from appliance.exchange.archive import Archive
from appliance.exchange.commands.arguments import CommandTable
from appliance.exchange.commands.elsewhere import Ask
from appliance.exchange.commands.sounds import FindSounds, ReadSound, SoundDesk
from appliance.exchange.world import Standing
from appliance.mqtt.topics import Topics
from appliance.recordings import entry, names
from appliance.recordings.book import RecordingsError
from appliance.recordings.entry import Recording, State, Wanted
from appliance.roster.models import Person

FIND, READ = "recordings.find", "recording.read"


class _Find(FindSounds):
    person: str | None = None
    line: str | None = None
    queue: str | None = None


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
        self._region, self._archive = region, archive
        self._desk = SoundDesk("recordings", FIND, READ, topics, standing, ask, others)
        self.table = CommandTable({FIND: (_Find, self._find), READ: (ReadSound, self._read)}, frozenset({FIND, READ}))

    async def _find(self, args: _Find, _: Command) -> Mapping[str, Any]:
        person = self._desk.person(args.as_)
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
            found = [entry.told(one, self._desk.exchange) for one in await self._archive.book.find(wanted)]
        except RecordingsError as error:
            raise CommandError(ErrorCode.FAILED, str(error)) from None
        return await self._desk.listed(args, found)

    async def _read(self, args: ReadSound, _: Command) -> Mapping[str, Any]:
        if (answer := await self._desk.read_elsewhere(args)) is not None:
            return answer
        person = self._desk.person(args.as_)
        try:
            recording = await self._archive.book.get(args.id) if names.is_name(args.id) else None
        except RecordingsError as error:
            raise CommandError(ErrorCode.FAILED, str(error)) from None
        # who may not hear it is told the same as for one that is not there
        if recording is None or recording.state is State.ERASING or not _may(person, recording):
            raise CommandError(
                ErrorCode.BAD_REQUEST, phrase("there is no recording {id}; it may have been erased", id=repr(args.id))
            )
        if recording.state is State.RECORDING:
            raise CommandError(ErrorCode.CONFLICT, phrase("it is still being recorded"))
        return await self._desk.read(args, self._archive.keeper.path(recording))

    def _number(self, text: str | None) -> str | None:
        if text is None:
            return None
        try:
            return parse(text, self._region).e164
        except NotANumber:
            return text  # short numbers and extensions have no E.164 form


def _may(person: Person | None, recording: Recording) -> bool:
    return person is None or entry.may_hear(person, recording)
