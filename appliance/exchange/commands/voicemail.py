"""Commands about messages in mailboxes: found, and read in pieces; through the box's exchange those of others, too.

``as`` says for whom: somebody of the roster, who gets what came to their own e-mail address, or all where they are
supervisor or administrator. Without it the operator asks, who may give commands at all.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Mapping
from typing import Any

from pydantic import Field

from appliance.domain.commands import Command, CommandError, ErrorCode
from appliance.domain.phrase import phrase
from appliance.domain.privacy import digits_of
from appliance.domain.times import rfc3339
from appliance.exchange.commands.arguments import CommandTable
from appliance.exchange.commands.elsewhere import Ask
from appliance.exchange.commands.sounds import FindSounds, ReadSound, SoundDesk
from appliance.exchange.mailbox.archive import Entry, MessageArchive
from appliance.exchange.world import Standing
from appliance.mqtt.topics import Topics
from appliance.notify.voicemail import Left
from appliance.recordings.entry import hears_all
from appliance.roster.models import Person

FIND, READ = "voicemail.find", "voicemail.read"


class _Read(ReadSound):
    id: str = Field(min_length=1, max_length=200)


class VoicemailCommands:
    """``others`` are the names of the exchanges that can be asked; none, where this is not the box's."""

    def __init__(
        self,
        topics: Topics,
        archive: MessageArchive,
        standing: Standing,
        ask: Ask,
        others: Callable[[], Collection[str]],
    ) -> None:
        self._archive = archive
        self._desk = SoundDesk("messages", FIND, READ, topics, standing, ask, others)
        self.table = CommandTable(
            {FIND: (FindSounds, self._find), READ: (_Read, self._read)},
            frozenset({FIND, READ}),
        )

    async def _find(self, args: FindSounds, _: Command) -> Mapping[str, Any]:
        person = self._desk.person(args.as_)
        try:
            entries = await self._archive.entries()
        except sqlite3.Error as error:
            raise CommandError(ErrorCode.FAILED, phrase("messages cannot be read: {why}", why=str(error))) from None
        own = [one for one in entries if _fits(args, one.message.left) and may_hear(person, one.message.left)]
        return await self._desk.listed(args, [_told(one) for one in own[: args.limit]])

    async def _read(self, args: _Read, _: Command) -> Mapping[str, Any]:
        if (answer := await self._desk.read_elsewhere(args)) is not None:
            return answer
        person = self._desk.person(args.as_)
        try:
            message = await self._archive.get(args.id)
        except sqlite3.Error as error:
            raise CommandError(ErrorCode.FAILED, phrase("messages cannot be read: {why}", why=str(error))) from None
        # who may not hear it is told the same as for one that is not there
        if message is None or not may_hear(person, message.left):
            raise CommandError(
                ErrorCode.BAD_REQUEST, phrase("there is no message {id}; it may have been erased", id=repr(args.id))
            )
        return await self._desk.read(args, self._archive.path(message))


def may_hear(person: Person | None, left: Left) -> bool:
    """Whether somebody may hear a message: who hears all, and to whose address it was sent."""
    if person is None or hears_all(person):
        return True
    return person.email is not None and person.email.casefold() in {one.casefold() for one in left.email}


def _fits(args: FindSounds, left: Left) -> bool:
    wanted = digits_of(args.number).lstrip("0")  # national spellings begin with one
    return (
        (args.since is None or left.began_at >= rfc3339(args.since))
        and (args.until is None or left.began_at < rfc3339(args.until))
        and (args.number is None or (wanted != "" and wanted in digits_of(left.caller)))
    )


def _told(entry: Entry) -> Mapping[str, Any]:
    left = entry.message.left
    return {
        "id": left.call,
        "exchange": left.exchange,
        "call": left.call,
        "began_at": left.began_at,
        "seconds": left.seconds,
        "caller": left.caller,
        "mailbox": left.mailbox,
        "line": left.line,
        "mailed": str(entry.mailed),
        "reason": entry.why,
    }
