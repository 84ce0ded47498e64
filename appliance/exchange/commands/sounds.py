"""What commands about recordings and about messages share: for whom they answer, lists of all exchanges, pieces."""

from __future__ import annotations

import base64
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import Field

from appliance.domain.commands import CommandError, ErrorCode
from appliance.domain.phrase import phrase
from appliance.exchange.commands.arguments import Args, Moment
from appliance.exchange.commands.elsewhere import Ask, Elsewhere
from appliance.exchange.world import Standing
from appliance.mqtt.topics import Topics
from appliance.recordings.reading import MOST_BYTES, piece
from appliance.roster.models import Person
from appliance.threads import in_daemon_thread

MOST_ROWS = 500


class FindSounds(Args):
    """Which; ``here`` leaves out the other exchanges."""

    since: Moment | None = None
    until: Moment | None = None
    number: str | None = Field(default=None, max_length=60)
    limit: int = Field(default=50, ge=1, le=MOST_ROWS)
    as_: str | None = Field(default=None, alias="as")
    here: bool = False


class ReadSound(Args):
    """Up to ``length`` bytes of a file from ``offset`` on."""

    id: str
    exchange: str | None = None
    offset: int = Field(default=0, ge=0, lt=2**63)  # what a file can be positioned to
    length: int = Field(default=MOST_BYTES, ge=1, le=MOST_BYTES)
    as_: str | None = Field(default=None, alias="as")


class SoundDesk:
    """Of one exchange and one ``kind``, which is what the answers call them, too: ``recordings``. ``others`` are the
    names of the exchanges that can be asked; none, where this is not the box's."""

    def __init__(
        self,
        kind: str,
        find: str,
        read: str,
        topics: Topics,
        standing: Standing,
        ask: Ask,
        others: Callable[[], Collection[str]],
    ) -> None:
        self.exchange = topics.exchange or ""
        self._kind, self._find, self._read = kind, find, read
        self._standing = standing
        self._elsewhere = Elsewhere(topics, ask, others)

    def person(self, id_: str | None) -> Person | None:
        """For whom it is; ``None``: for the operator. Raises :class:`CommandError`."""
        if id_ is None:
            return None
        person = self._standing.roster.person_by_id(id_)
        if person is None:
            raise CommandError(ErrorCode.BAD_REQUEST, phrase("as: nobody has the id {id}", id=repr(id_)))
        return person

    async def listed(self, args: FindSounds, own: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
        """The answer: ours and those of the others, newest first, with who of them did not answer."""
        found, missing = list(own), list[str]()
        if not args.here:
            more, missing = await self._elsewhere.found(self._find, {**_passed_on(args), "here": True}, self._kind)
            found += [one for one in more if "began_at" in one]
            found = sorted(found, key=lambda one: str(one["began_at"]), reverse=True)[: args.limit]
        return {self._kind: found, "missing": missing}

    async def read_elsewhere(self, args: ReadSound) -> Mapping[str, Any] | None:
        """What the exchange that is asked for answers; ``None``: it is this one. Raises :class:`CommandError`."""
        if args.exchange in (None, self.exchange):
            return None
        return await self._elsewhere.result(args.exchange or "", self._read, _passed_on(args))

    async def read(self, args: ReadSound, path: Path) -> Mapping[str, Any]:
        """The answer: a piece of the file. Raises :class:`CommandError`."""
        try:
            data, size = await in_daemon_thread(lambda: piece(path, args.offset, args.length), self._kind)
        except OSError as error:
            raise CommandError(
                ErrorCode.FAILED, phrase("it cannot be read: {why}", why=str(error.strerror))
            ) from None
        return {
            "id": args.id,
            "exchange": self.exchange,
            "offset": args.offset,
            "data": base64.b64encode(data).decode(),
            "bytes": size,
            "last": args.offset + len(data) >= size,
        }


def _passed_on(args: Args) -> dict[str, Any]:
    return args.model_dump(mode="json", by_alias=True, exclude_none=True)
