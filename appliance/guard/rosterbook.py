"""The roster as the journal keeps it: the standing one, and the last twenty before it, to go back to.

Each of those has a place of its own; the standing document says how far back one may go. It is written last, so that
a power cut between the two leaves what stood.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from appliance.domain.phrase import joined, phrase
from appliance.guard.ports import JournalPort
from appliance.roster.load import validate
from appliance.roster.models import Roster, to_document

ROSTER_KEY = "roster"
KEPT_BEFORE = 20


class UnreadableRosterError(Exception):
    """What is kept is no roster that can be used; the message says why."""


@dataclass(frozen=True, slots=True)
class Page:
    """The standing roster. ``edited`` is the revision of the last change of the plan itself: night switches raise the
    revision only. ``past`` counts the documents set aside ever, ``depth`` how many of them one may go back."""

    roster: Roster
    at: str
    edited: int
    past: int = 0
    depth: int = 0


class RosterBook:
    """Reads and writes pages; decides nothing."""

    def __init__(self, journal: JournalPort) -> None:
        self._journal = journal

    async def read(self) -> Page | None:
        """The standing page; ``None`` where there never was one. Raises :class:`UnreadableRosterError`."""
        kept = await self._journal.recall(ROSTER_KEY)
        if kept is None:
            return None
        if not isinstance(kept, dict):
            raise UnreadableRosterError(phrase("what is kept is no table"))
        roster = _roster(kept.get("roster"))
        edited, past, depth = (_number(kept, key) for key in ("edited", "past", "depth"))
        return Page(roster, str(kept.get("at")), edited, past, min(depth, KEPT_BEFORE))

    async def numbers(self) -> tuple[int, int, int]:
        """``revision``, ``past`` and ``depth`` of the standing page, also where its roster cannot be read."""
        kept = await self._journal.recall(ROSTER_KEY)
        document = kept if isinstance(kept, dict) else {}
        depth = min(_number(document, "depth"), KEPT_BEFORE)
        return _number(document.get("roster"), "revision"), _number(document, "past"), depth

    async def write(self, page: Page) -> bool:
        """Let ``page`` stand; ``False`` while the disk refuses (it is then kept in memory)."""
        return await self._journal.remember(
            ROSTER_KEY,
            {
                "schema": 1,
                "at": page.at,
                "edited": page.edited,
                "past": page.past,
                "depth": page.depth,
                "roster": to_document(page.roster),
            },
        )

    async def turn(self, standing: Page, page: Page) -> tuple[Page, bool]:
        """Set ``standing`` aside and let ``page`` stand; the page as it stands, and whether it is on the disk."""
        await self._journal.remember(
            _key(standing.past), {"number": standing.past, "roster": to_document(standing.roster)}
        )
        turned = replace(page, past=standing.past + 1, depth=min(standing.depth + 1, KEPT_BEFORE))
        return turned, await self.write(turned)

    async def before(self, past: int, depth: int) -> Roster | None:
        """The roster set aside last; ``None`` where there is none left. Raises :class:`UnreadableRosterError`."""
        if depth == 0:
            return None
        kept = await self._journal.recall(_key(past - 1))
        if not isinstance(kept, dict) or kept.get("number") != past - 1:
            return None  # its place was taken by a page that a power cut kept from standing
        return _roster(kept.get("roster"))


def _key(number: int) -> str:
    return f"roster.before.{number % KEPT_BEFORE}"


def _number(document: Any, key: str) -> int:
    found = document.get(key) if isinstance(document, dict) else None
    return found if isinstance(found, int) and not isinstance(found, bool) and found >= 0 else 0


def _roster(document: Any) -> Roster:
    if not isinstance(document, dict):
        raise UnreadableRosterError(phrase("what is kept is no table"))
    roster, mistakes = validate(document)
    if roster is None:
        raise UnreadableRosterError(joined("; ", (str(one) for one in mistakes[:5])))
    return roster
