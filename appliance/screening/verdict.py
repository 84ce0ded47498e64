"""The words of screening: what was concluded of the answering side, and what was known beforehand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["human", "machine", "doubt"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """``at_ms`` is how much audio of the answering side was needed; ``why`` is for the call log and for a person."""

    kind: Kind
    at_ms: int
    why: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What signalling said before the answer. ``None`` means not known, which speaks neither for nor against.

    ``ring_s`` seconds from the first sign of ringing (or the INVITE) to the answer; ``rang`` a 180 or 183 came at
    all; ``connected_differs`` the connected number (RFC 4916, P-Asserted-Identity) is not the one dialled;
    ``diverted`` the answer or a 181 carried a Diversion or History-Info; ``suspected`` they were connected already,
    and took no notice of the caller.
    """

    ring_s: float | None = None
    rang: bool | None = None
    connected_differs: bool = False
    diverted: bool = False
    suspected: bool = False
