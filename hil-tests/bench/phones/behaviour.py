"""What a telephone does when it rings. Pure; the same over the bench's control socket as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

BUSY, DECLINED, NOT_FOUND, UNAVAILABLE = 486, 603, 404, 480
# P-Asserted-Identity (RFC 3325) with the answer; already while it rings; Remote-Party-ID, as older switches have it;
# 181 with Diversion (RFC 5806) before it rings; History-Info (RFC 7044) with the answer
WAYS_TO_TELL = ("asserted", "ringing", "remote-party", "diverted", "history")
SUBSCRIBER_ABSENT = 20  # Q.850: how a mobile network tells a phone that is switched off


@dataclass(frozen=True, slots=True)
class Behaviour:
    """One telephone's manners. Times are seconds.

    ``answers_after_s`` counts from the first ring; ``None``: nobody ever does. ``refuses`` is the SIP status given
    instead, with the Q.850 ``cause`` where the network tells one. With ``rings`` off it tells nobody that it rings,
    as a network that swallows the call. ``early`` is a sound played before any answer, ``says`` one played
    ``says_after_s`` after it, when the phone is at the ear; both are names of the bench's sounds. Its own tone
    begins ``tone_after_s`` after that: a person waits for a word of the other side. ``answers_as`` is another
    number that is told to be connected, ``tells_by`` how (one of :data:`WAYS_TO_TELL`). ``presses`` are digits,
    pressed ``presses_after_s`` after the answer.
    Whoever has got no sound at all for ``gives_up_after_s``, not even silence, takes the line for dead and hangs
    up. ``lines`` are the calls it takes at once; the next one gets the busy tone.
    """

    answers_after_s: float | None = 1.5
    refuses: int | None = None
    refuses_after_s: float = 0.0
    cause: int | None = None
    rings: bool = True
    early: str | None = None
    says: str | None = "hello"
    says_after_s: float = 0.6
    tone: bool = True
    tone_after_s: float = 2.0
    mute: bool = False
    presses: str = ""
    presses_after_s: float = 1.0
    hangs_up_after_s: float | None = None
    answers_as: str | None = None
    tells_by: str = "asserted"
    gives_up_after_s: float = 12.0
    lines: int = 1


NORMAL = Behaviour()
BY_NAME = {
    "normal": NORMAL,
    "quick": Behaviour(answers_after_s=0.6, says=None, tone_after_s=0.1),  # for calls that nobody screens
    "busy": Behaviour(refuses=BUSY, rings=False),
    "rejects": Behaviour(refuses=DECLINED, refuses_after_s=0.5),
    "unreachable": Behaviour(refuses=UNAVAILABLE, cause=SUBSCRIBER_ABSENT, rings=False),
    "swallows": Behaviour(rings=False, answers_after_s=None),
    "never": Behaviour(answers_after_s=None),
    "voicemail": Behaviour(answers_after_s=2.0, says="voicemail", tone=False),
    "early-voicemail": Behaviour(answers_after_s=None, early="unavailable", tone=False),
    "silent": Behaviour(says=None, tone=False, mute=True),
}


def behaviour(given: Mapping[str, Any], base: Behaviour = NORMAL) -> Behaviour:
    """From JSON: ``like`` names a known one instead of ``base``; further keys differ. Raises ``ValueError``."""
    changes = dict(given)
    if (like := changes.pop("like", None)) is not None:
        if like not in BY_NAME:
            raise ValueError(f"no telephone behaves like {like!r}; known are {', '.join(BY_NAME)}")
        base = BY_NAME[like]
    known = {one.name for one in fields(Behaviour)}
    if unknown := set(changes) - known:
        raise ValueError(f"a telephone has no {', '.join(sorted(unknown))}; it has {', '.join(sorted(known))}")
    return Behaviour(**{**{name: getattr(base, name) for name in known}, **changes})
