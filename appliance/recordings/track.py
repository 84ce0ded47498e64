"""The sound of a call's sides on one time line. Pure.

Asterisk sends each side's sound without a gap, silence too, so a side's place is how much of it has come. Where one
side falls behind, because its channel was made later or is made anew, it is silent for that time: the other must not
wait.
"""

from __future__ import annotations

from array import array

from appliance.recordings.wav import RATE_HZ, SAMPLE_BYTES

PATIENCE_FRAMES = RATE_HZ // 2  # how far a side may be behind before it counts as silent


class Track:
    """One recording's sides, one or two. :meth:`feed` them, :meth:`take` what is ready."""

    def __init__(self, sides: int) -> None:
        self._pending = [bytearray() for _ in range(sides)]

    @property
    def sides(self) -> int:
        """How many there are."""
        return len(self._pending)

    def feed(self, side: int, pcm: bytes) -> None:
        """Sound of a side has come: 16-bit little-endian mono."""
        self._pending[side] += pcm

    def take(self, *, all_of_it: bool = False) -> bytes:
        """What can be written now, sides interleaved; with ``all_of_it`` to the last sample of the longer side."""
        longest = max(len(one) for one in self._pending) // SAMPLE_BYTES
        least = longest if all_of_it else longest - PATIENCE_FRAMES
        for one in self._pending:
            if (missing := least - len(one) // SAMPLE_BYTES) > 0:
                del one[len(one) // SAMPLE_BYTES * SAMPLE_BYTES :]
                one.extend(bytes(missing * SAMPLE_BYTES))
        ready = min(len(one) for one in self._pending) // SAMPLE_BYTES * SAMPLE_BYTES
        taken = [bytes(one[:ready]) for one in self._pending]
        for one in self._pending:
            del one[:ready]
        return taken[0] if len(taken) == 1 else _interleaved(*taken)


def _interleaved(left: bytes, right: bytes) -> bytes:
    both = array("h", bytes(2 * len(left)))
    both[0::2] = array("h", left)
    both[1::2] = array("h", right)
    return both.tobytes()


def mixed(stereo: bytes) -> bytes:
    """Both sides as one, for a telephone's ear."""
    import numpy as np

    sound = np.frombuffer(stereo, dtype="<i2").reshape(-1, 2).astype(np.int32).sum(axis=1)
    return bytes(np.clip(sound, -32768, 32767).astype("<i2").tobytes())
