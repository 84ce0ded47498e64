"""A menu's question and its answer, key by key (MISSION R5, Q2). Pure: time comes in, acts go out.

Theory of operation. The question is asked; keys may be pressed meanwhile. :func:`judge` says what the keys pressed so
far mean: a choice, nothing at all, or that more may follow (``1`` where there is an option 1 and an extension 12).
Where more may follow, a pause or ``#`` settles it. A wrong key, and silence after the question, use up a try each;
when none is left, the caller is led to the operator. A burst of wrong keys is one mistake, and whatever is pressed,
no more than ``tries`` questions are asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

KEY_PAUSE_S = 2.5  # between two keys of an extension; people look at what they dial
DEAF_S = 0.5  # keys so soon after a wrong one belong to the same mistake
END_KEY = "#"
WRONG_KEY, NO_EXTENSION, NOTHING = "wrong-key", "menu-no-extension", "nothing-pressed"


@dataclass(frozen=True, slots=True)
class Choices:
    """Steps as plans write them: ``options`` by key, ``extensions`` by what is dialled."""

    options: Mapping[str, str] = field(default_factory=dict)
    extensions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Chosen:
    """The call is led to ``step``; ``keys`` were pressed."""

    step: str
    keys: str


@dataclass(frozen=True, slots=True)
class Ask:
    """The question is asked, from its beginning, after ``complaint`` (a prompt's name)."""

    complaint: str | None = None


@dataclass(frozen=True, slots=True)
class Listen:
    """The question ends, and the caller dials on."""


@dataclass(frozen=True, slots=True)
class GiveUp:
    """No try is left."""

    why: Literal["silence", "wrong keys"]


@dataclass(frozen=True, slots=True)
class Wrong:
    """The keys mean nothing; ``complaint`` is the prompt that says so."""

    complaint: str


@dataclass(frozen=True, slots=True)
class More:
    """More keys may follow."""


Act = Chosen | Ask | Listen | GiveUp


def judge(keys: str, choices: Choices) -> Chosen | Wrong | More:
    """What the keys pressed so far mean."""
    if len(keys) > 1 and keys.endswith(END_KEY):
        return settle(keys[:-1], choices)
    longer = any(one != keys and one.startswith(keys) for one in choices.extensions)
    return More() if longer else settle(keys, choices)


def settle(keys: str, choices: Choices) -> Chosen | Wrong:
    """What they mean where no more come."""
    step = choices.extensions.get(keys) or choices.options.get(keys)
    if step is not None:
        return Chosen(step, keys)
    return Wrong(WRONG_KEY if len(keys) == 1 else NO_EXTENSION)


class MenuDialogue:
    """One visit of one caller to one menu. Times are monotonic seconds."""

    def __init__(self, choices: Choices, wait_s: float, tries: int) -> None:
        self._choices, self._wait_s, self._tries = choices, wait_s, tries
        self._keys = ""
        self._deaf_until = float("-inf")
        self.wakes_at: float | None = None

    def begin(self) -> Ask:
        """The first question."""
        return self._ask(None)

    def asked(self, now: float) -> None:
        """The question has come to its end."""
        if not self._keys:
            self.wakes_at = now + self._wait_s

    def key(self, key: str, now: float) -> Act | None:
        """A key was pressed."""
        if now < self._deaf_until:
            return None
        self._keys += key
        return self._judged(judge(self._keys, self._choices), now)

    def wake(self, now: float) -> Act | None:
        """The time of :attr:`wakes_at` has come."""
        if self._keys:
            return self._judged(settle(self._keys, self._choices), now)
        return self._again(NOTHING, "silence")

    def _judged(self, verdict: Chosen | Wrong | More, now: float) -> Act:
        if isinstance(verdict, More):
            self.wakes_at = now + KEY_PAUSE_S
            return Listen()
        if isinstance(verdict, Wrong):
            self._deaf_until = now + DEAF_S
            return self._again(verdict.complaint, "wrong keys")
        return verdict

    def _again(self, complaint: str, why: Literal["silence", "wrong keys"]) -> Act:
        self._tries -= 1
        return self._ask(complaint) if self._tries > 0 else GiveUp(why)

    def _ask(self, complaint: str | None) -> Ask:
        self._keys, self.wakes_at = "", None
        return Ask(complaint)
