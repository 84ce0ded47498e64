"""What a store that holds callers' numbers can do when somebody asks what is kept of them, or wants it erased."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

_NOT_DIGITS = re.compile(r"[^0-9]")


class HolderError(Exception):
    """The store cannot be read or changed now; the message says why. Ask again: nothing is done twice."""


@dataclass(frozen=True, slots=True)
class Erased:
    """How many things of the caller went, and how many are still in use: ask again once those are over."""

    erased: int
    in_use: int = 0


class Holder(Protocol):
    """One store. ``digits`` are those of the caller's number in E.164. Both raise :class:`HolderError`."""

    @property
    def kind(self) -> str:
        """What it holds, for the answer: ``calls``, ``recordings``."""

    async def export(self, digits: str) -> Sequence[Mapping[str, Any]]:
        """Everything of the caller, as JSON can carry it."""

    async def erase(self, digits: str) -> Erased:
        """Erase it; doing so again does no harm."""


def digits_of(number: str | None) -> str:
    """The digits of a number, which is how numbers are compared here."""
    return _NOT_DIGITS.sub("", number or "")
