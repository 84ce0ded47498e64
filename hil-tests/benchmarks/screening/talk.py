"""How people talk once they have answered: their side alone; the caller (:mod:`.caller`) speaks in the gaps.

The hard ones for a judge that looks for machines: those who go on at once as a greeting does, and those in whose talk
there are tones: keys they press, alarms and appliances in the room, a signal that their phone gives.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from benchmarks.screening import sounds
from benchmarks.screening.chance import chance
from benchmarks.screening.voices import Sound

TALKS = ("listens first", "speaks at once", "with tones", "converses", "hears out")
FIRST_GAP_S = {"speaks at once": (0.95, 1.6), "converses": (3.5, 7.0), "hears out": (9.0, 16.0)}
GAP_S = {"converses": (2.0, 6.0)}
KEYS_HZ = ((697.0, 1209.0), (770.0, 1336.0), (852.0, 1477.0), (941.0, 1209.0), (941.0, 1477.0))


def talked(phrases: Sequence[Sound], level: float, kind: str, name: str) -> Sound:
    """The phrases with the gaps before and between them. ``level`` is the voice's; ``name`` decides all chance."""
    luck = chance("talk", name)
    # before 0.9 s it would still be the answer itself, which the first verdict waits for
    parts: list[Sound] = [sounds.silence(luck.uniform(*FIRST_GAP_S.get(kind, (1.5, 3.5))))]
    toned = luck.randrange(len(phrases)) if kind == "with tones" else -1
    for at, phrase in enumerate(phrases):
        parts.append(phrase)
        if at == toned:
            parts += [sounds.silence(luck.uniform(0.1, 1.0)), _tones(level, f"{name} {at}")]
        listens = luck.random() < (0.1 if kind == "speaks at once" else 0.4)
        parts.append(
            sounds.silence(luck.uniform(*GAP_S.get(kind, (1.0, 3.5))) if listens else luck.uniform(0.12, 0.7))
        )
    return np.concatenate(parts)


def _tones(level: float, name: str) -> Sound:
    luck = chance("tones", name)
    what = luck.choice(("keys", "alarm", "room", "busy", "dial"))
    if what == "keys":
        one = [sounds.tone(luck.uniform(0.1, 0.35), *luck.choice(KEYS_HZ)), sounds.silence(0.15)]
        tones = np.concatenate(one * luck.randrange(1, 4))
    elif what == "alarm":
        on_s = luck.uniform(0.2, 0.6)
        tones = sounds.cadence(luck.uniform(2.0, 4.0), (on_s, on_s), luck.choice((1000.0, 1250.0, 2400.0, 2900.0)))
    elif what == "room":
        tones = sounds.tone(luck.uniform(0.2, 0.8), luck.choice((1000.0, 2000.0, 2400.0)))
        level -= luck.uniform(15.0, 25.0)
    elif what == "busy":
        tones = sounds.cadence(3.0, (0.5, 0.5), 425.0)
    else:
        tones = sounds.tone(luck.uniform(2.0, 4.0), 425.0)
    return sounds.at_level(tones, level)
