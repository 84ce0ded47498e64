"""Who sounds how: each answerer and each trunk has a frequency of its own, so that a call can be heard to be right.

All lie in the telephone band, at least 100 Hz apart, and none is a harmonic or sum of the others that A-law would
make out of them at a level near theirs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

NODE_HZ = (460, 570)
TRUNK_HZ = (1130, 1370)
MOBILE_HZ = (710, 830, 950)


@dataclass(frozen=True, slots=True)
class Tones:
    """The bench's tone plan: name → frequency in Hz."""

    answerers: Mapping[str, int]
    trunks: Mapping[str, int]

    def playtones(self, answerer: str, trunk: str | None = None) -> str:
        """The argument of Asterisk's ``Playtones`` for this answerer reached through this trunk."""
        tones = [self.answerers[answerer], *([self.trunks[trunk]] if trunk else [])]
        return "+".join(str(tone) for tone in tones)


def plan_tones(nodes: Sequence[str], trunks: Sequence[str], mobiles: Sequence[str]) -> Tones:
    """Give everybody a frequency."""
    answerers = dict(zip(nodes, NODE_HZ, strict=False)) | dict(zip(mobiles, MOBILE_HZ, strict=False))
    return Tones(answerers, dict(zip(trunks, TRUNK_HZ, strict=False)))
