"""What trunks do to calls that come out of the cluster, and what they saw of each."""

from __future__ import annotations

import base64
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from bench.asterisk.agi import Answer
from bench.lab.roles import UnavailableError
from bench.phones.behaviour import Behaviour
from bench.phones.message import user_of

# Q.850 causes as Asterisk gives them these SIP responses (RFC 3398 §8.2.6.1)
REFUSALS = {"busy": "17", "forbid": "21", "unavailable": "42"}
MANNERS = {
    "ring": Behaviour(answers_after_s=None),
    "mute": Behaviour(says=None, tone=False, mute=True),
}
SWALLOW = "swallow"
WAYS = (*REFUSALS, *MANNERS, SWALLOW)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One call as it came to a trunk: ``at`` Unix seconds, ``by`` the exchange, identities as in the headers."""

    at: float
    trunk: str
    by: str
    number: str
    from_: str
    pai: str
    diversion: str
    verdict: str


class OutgoingCalls:
    """``broken``: trunk → way."""

    def __init__(self) -> None:
        self.seen: list[Outgoing] = []
        self.broken: dict[str, str] = {}

    def break_(self, trunk: str, how: str) -> None:
        """From now on. Raises :class:`UnavailableError`."""
        if how not in WAYS:
            raise UnavailableError(f"{how!r} is no way to break outgoing calls; ways are {', '.join(WAYS)}")
        self.broken[trunk] = how

    def manners(self, number: str, via: str) -> Behaviour | None:
        """What the trunk makes of a telephone."""
        del number
        return MANNERS.get(self.broken.get(via, ""))

    async def verdict(self, arguments: Sequence[str]) -> Answer:
        """Script ``outgoing TRUNK ENDPOINT NUMBER FROM PAI DIVERSION``, headers in base64."""
        trunk, by, number, *headers = (*arguments, "", "", "", "", "", "")[:6]
        from_, pai, diversion = (user_of(base64.b64decode(one).decode(errors="replace")) for one in headers)
        verdict = REFUSALS.get(self.broken.get(trunk, ""), "")
        self.seen.append(Outgoing(time.time(), trunk, by, number, from_, pai, diversion, verdict))
        return {"VERDICT": verdict}

    def records(self, since: float = 0.0) -> list[dict[str, Any]]:
        """As JSON."""
        return [asdict(one) for one in self.seen if one.at >= since]
