"""Whether the exchange can take calls now, in one document that the guard reads. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

SCHEMA = 1
STALE_S = 10.0  # several rounds of asking; older news say nothing of now


@dataclass(frozen=True, slots=True)
class Seen:
    """What Asterisk last said. ``at`` in monotonic seconds, ``None`` before the first answer; ``trouble`` says why it
    cannot be asked now. ``registrations``: trunk → status."""

    at: float | None = None
    trouble: str = "Asterisk has not been asked yet"
    registrations: Mapping[str, str] = field(default_factory=dict)


def readiness(seen: Seen, *, ari: str, trunks: Sequence[str], now: float) -> dict[str, Any]:
    """The document. ``ari`` says why calls cannot be steered, empty when they can; ``trunks`` are all configured."""
    why = ari or _trouble(seen, now)
    known = seen.registrations if not _trouble(seen, now) else {}
    return {
        "schema": SCHEMA,
        "ready": not why,
        "why": why,
        "trunks": {name: _trunk(known.get(name), why) for name in trunks},
    }


def _trouble(seen: Seen, now: float) -> str:
    if seen.trouble:
        return seen.trouble
    if seen.at is None or now - seen.at > STALE_S:
        return "Asterisk has not answered for a while"
    return ""


def _trunk(status: str | None, why: str) -> dict[str, Any]:
    if status is None:
        return {"registered": False, "why": why or "no registration is set up; set register = true"}
    return {"registered": status == "registered", "why": "" if status == "registered" else status}
