"""A rival at work on one target: when it switches away."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from benchmarks.rivals.checkers import Checker
from benchmarks.rivals.links import Link, answered_at


def switches_away(checker: Checker, links: Sequence[Link], until_s: float, chance: random.Random) -> Iterator[float]:
    """The times at which ``checker`` takes its target for dead, of a run that begins at 0 with the target up."""
    up, failures = True, 0
    last_answer, good_since = 0.0, 0.0
    began = chance.uniform(0.0, checker.interval_s)
    while began < until_s:
        answer = answered_at(links, began, checker.sends_s, checker.gives_up_s, chance)
        known = began + checker.gives_up_s if answer is None else answer
        if answer is None:
            failures += 1
            good_since = float("inf")
            if up and failures >= checker.fall:
                up = False
                yield known if checker.silence_s is None else min(known, last_answer + checker.silence_s)
        else:
            failures, last_answer = 0, answer
            good_since = min(good_since, answer)
            up = up or answer - good_since >= checker.hold_s
        pause_s = checker.down_interval_s if answer is None else None
        began = began + checker.interval_s if pause_s is None else known + pause_s


def time_to_switch(checker: Checker, loss: float, repetitions: int, chance: random.Random) -> list[float]:
    """Seconds from a death at a random moment to the switch. A repetition in which chance had the rival away already
    when the death came is played again."""
    found: list[float] = []
    while len(found) < repetitions:
        death_s = 4 * checker.interval_s + checker.hold_s + chance.uniform(0.0, checker.interval_s)
        link = Link(loss).dead_from(death_s)
        horizon_s = death_s + 3 * checker.interval_s + checker.gives_up_s
        away = list(switches_away(checker, (link,), horizon_s, chance))
        if away and away[-1] >= death_s:
            found.append(away[-1] - death_s)
    return found
