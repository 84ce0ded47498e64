"""Commands about messages in mailboxes: found, and read in pieces; through the box's exchange those of others, too.

``as`` says for whom: somebody of the roster, who gets what came to their own e-mail address, or all where they are
supervisor or administrator. Without it the operator asks, who may give commands at all.
"""

from __future__ import annotations

import base64
import sqlite3
from collections.abc import Callable, Collection, Mapping
from typing import Any

from pydantic import AwareDatetime, Field

from appliance.domain.commands import Command, CommandError, ErrorCode
from appliance.domain.privacy import digits_of
from appliance.domain.times import rfc3339
from appliance.exchange.commands.arguments import Args, CommandTable
from appliance.exchange.commands.elsewhere import Ask, Elsewhere
from appliance.exchange.mailbox.archive import Entry, MessageArchive
from appliance.exchange.world import Standing
from appliance.mqtt.topics import Topics
from appliance.notify.voicemail import Left
from appliance.recordings.entry import hears_all
from appliance.recordings.reading import MOST_BYTES, piece
from appliance.roster.models import Person
from appliance.threads import in_daemon_thread

MOST_ROWS = 500
FIND, READ = "voicemail.find", "voicemail.read"


class _Find(Args):
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    number: str | None = Field(default=None, max_length=60)
    limit: int = Field(default=50, ge=1, le=MOST_ROWS)
    as_: str | None = Field(default=None, alias="as")
    here: bool = False


class _Read(Args):
    id: str = Field(min_length=1, max_length=200)
    exchange: str | None = None
    offset: int = Field(default=0, ge=0, lt=2**63)  # what a file can be positioned to
    length: int = Field(default=MOST_BYTES, ge=1, le=MOST_BYTES)
    as_: str | None = Field(default=None, alias="as")


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
        self._name = topics.exchange or ""
        self._archive, self._standing = archive, standing
        self._elsewhere = Elsewhere(topics, ask, others)
        self.table = CommandTable({FIND: (_Find, self._find), READ: (_Read, self._read)}, frozenset({FIND, READ}))

    async def _find(self, args: _Find, _: Command) -> Mapping[str, Any]:
        person = self._person(args.as_)
        try:
            entries = await self._archive.entries()
        except sqlite3.Error as error:
            raise CommandError(ErrorCode.FAILED, f"messages cannot be read: {error}") from None
        own = [one for one in entries if _fits(args, one.message.left) and may_hear(person, one.message.left)]
        found: list[Mapping[str, Any]] = [_told(one) for one in own[: args.limit]]
        missing: list[str] = []
        if not args.here:
            document = {**args.model_dump(mode="json", by_alias=True, exclude_none=True), "here": True}
            more, missing = await self._elsewhere.found(FIND, document, "messages")
            found = sorted([*found, *more], key=lambda one: str(one["began_at"]), reverse=True)[: args.limit]
        return {"messages": found, "missing": missing}

    async def _read(self, args: _Read, _: Command) -> Mapping[str, Any]:
        if args.exchange not in (None, self._name):
            document = args.model_dump(mode="json", by_alias=True, exclude_none=True)
            return await self._elsewhere.result(args.exchange or "", READ, document)
        person = self._person(args.as_)
        try:
            message = await self._archive.get(args.id)
        except sqlite3.Error as error:
            raise CommandError(ErrorCode.FAILED, f"messages cannot be read: {error}") from None
        # who may not hear it is told the same as for one that is not there
        if message is None or not may_hear(person, message.left):
            raise CommandError(ErrorCode.BAD_REQUEST, f"there is no message {args.id!r}; it may have been erased")
        path = self._archive.path(message)
        try:
            data, size = await in_daemon_thread(lambda: piece(path, args.offset, args.length), "message")
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

    def _person(self, id_: str | None) -> Person | None:
        if id_ is None:
            return None
        person = self._standing.roster.person_by_id(id_)
        if person is None:
            raise CommandError(ErrorCode.BAD_REQUEST, f"as: nobody has the id {id_!r}")
        return person


def may_hear(person: Person | None, left: Left) -> bool:
    """Whether somebody may hear a message: who hears all, and to whose address it was sent."""
    if person is None or hears_all(person):
        return True
    return person.email is not None and person.email.casefold() in {one.casefold() for one in left.email}


def _fits(args: _Find, left: Left) -> bool:
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
