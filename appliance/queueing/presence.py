"""Whether an agent takes calls, as they or somebody for them said last (MISSION Q1). Pure.

What was said is kept by person and queue, ``*`` for all queues, each with when it was said: the last word counts,
whoever said it and whichever exchange heard it first. So what two exchanges heard can be put together in any order
and comes out the same (:func:`merged`), and an exchange without a broker can take a word and pass it on later.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from appliance.domain.times import rfc3339

ALL = "*"


class Presence(StrEnum):
    """Whether calls are brought to an agent."""

    IN = "in"
    PAUSED = "paused"  # logged in, but rung by nobody
    OUT = "out"


@dataclass(frozen=True, slots=True)
class Word:
    """What was said ``at`` a time. A pause may have an end, after which the agent is in again."""

    presence: Presence
    at: datetime
    by: str = ""
    until: datetime | None = None
    reason: str | None = None

    @property
    def rank(self) -> tuple[datetime, str, str]:
        """Of two words the one that counts ranks higher; of two said in the same moment, always the same one."""
        return self.at, self.presence, self.by


Words = Mapping[str, Mapping[str, Word]]  # by person, then by queue


def said(words: Words, person: str, queue: str, word: Word) -> Words:
    """With one more word, if it is the newest of its kind. A word about all queues takes back those before it."""
    theirs = words.get(person, {})
    if queue in theirs and theirs[queue].rank >= word.rank:
        return words
    kept = {about: one for about, one in theirs.items() if queue != ALL or one.rank > word.rank}
    return {**words, person: {**kept, queue: word}}


def merged(words: Words, others: Words) -> Words:
    """Both put together."""
    for person, theirs in others.items():
        for queue, word in theirs.items():
            words = said(words, person, queue, word)
    return words


def last_word(words: Words, person: str, queue: str) -> Word | None:
    """What counts for a person in a queue; ``None`` where nothing was ever said."""
    theirs = words.get(person, {})
    return max((theirs[about] for about in (ALL, queue) if about in theirs), key=lambda one: one.rank, default=None)


def presence_of(words: Words, person: str, queue: str, begin: Presence, now: datetime) -> Presence:
    """Whether calls of the queue are brought to the person. ``begin`` holds until anything was said."""
    word = last_word(words, person, queue)
    if word is None:
        return begin
    if word.presence is Presence.PAUSED and word.until is not None and word.until <= now:
        return Presence.IN
    return word.presence


def next_end(words: Words, now: datetime) -> datetime | None:
    """When the next pause ends."""
    ends = (word.until for theirs in words.values() for word in theirs.values() if word.until is not None)
    return min((end for end in ends if end > now), default=None)


def of_people(words: Words, people: Collection[str]) -> Words:
    """Without what was said about those who are no more."""
    return {person: theirs for person, theirs in words.items() if person in people}


def to_document(words: Words) -> dict[str, Any]:
    """As JSON can carry it."""
    return {person: {queue: _told(word) for queue, word in theirs.items()} for person, theirs in words.items()}


def from_document(document: Any) -> Words:
    """What can be read of a document; the rest is passed over."""
    words: dict[str, dict[str, Word]] = {}
    for person, theirs in document.items() if isinstance(document, dict) else ():
        for queue, told in theirs.items() if isinstance(theirs, dict) else ():
            word = read_word(told)
            if word is not None and isinstance(person, str) and isinstance(queue, str):
                words.setdefault(person, {})[queue] = word
    return words


def read_word(told: Any) -> Word | None:
    """One word, or ``None`` where it is none."""
    if not isinstance(told, dict) or told.get("presence") not in [*Presence]:
        return None
    at, until = _moment(told.get("at")), _moment(told.get("until"))
    if at is None or (until is None and told.get("until") is not None):
        return None
    reason = told.get("reason")
    return Word(
        Presence(told["presence"]), at, str(told.get("by") or ""), until, reason if isinstance(reason, str) else None
    )


def _told(word: Word) -> dict[str, Any]:
    told = {"presence": word.presence.value, "at": rfc3339(word.at), "by": word.by, "reason": word.reason}
    if word.until is not None:
        told["until"] = rfc3339(word.until)
    return {key: value for key, value in told.items() if value is not None}


def _moment(value: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo is not None else None
