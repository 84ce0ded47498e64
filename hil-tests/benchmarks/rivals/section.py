"""The section of the page: how fast, how often for nothing, against whom, and by which rules."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence

from benchmarks.figures import Section, Table
from benchmarks.machine import machine, today
from benchmarks.rivals.checkers import FOR_SCALE, RIVALS
from benchmarks.rivals.guard_run import setting_of
from benchmarks.rivals.links import RTT_S
from benchmarks.rivals.trials import (
    BLIP_EVERY_S,
    BLIPS_S,
    FULL,
    LOSSES,
    QUICK,
    SETTLING_S,
    Score,
    Where,
    guard_score,
    rival_score,
)
from benchmarks.setting import contract_config

Progress = Callable[[str], None]


def measure(*, quick: bool, seed: int, progress: Progress) -> Section:
    """Play everything and write it down."""
    size, chance = QUICK if quick else FULL, random.Random(seed)
    setting = setting_of(contract_config())
    ours = {}
    for where in Where:
        progress(f"the guard: loss and blips on {where}")
        ours[where] = guard_score(setting, where, size, chance)
    rivals = []
    for checker in (*RIVALS, FOR_SCALE):
        progress(checker.name)
        rivals.append(rival_score(checker, size, chance))
    return Section(
        "rivals",
        "Against what others ship",
        today(),
        f"{machine()}; in virtual time, so the machine does not matter",
        [
            f"The primary trunk is watched through a link that loses packets, each independently and each way "
            f"({RTT_S * 1000:.0f} ms there and back). Time to switch runs from its death, at a random moment, to the "
            f"decision ({size.deaths} deaths a figure, after at least {SETTLING_S / 60:.0f} minutes of that loss). A "
            f"false switch leaves a trunk that lives: for loss, or for a blip (one every {BLIP_EVERY_S / 60:.0f} "
            f"minutes). The guard plays {size.guard_days:g} simulated day(s) a figure and begins with the loss, the "
            f"rivals {size.rival_days:g}. Every one of them gets the same switch, which takes no time.",
            f"Hotline is the product's own decision code and sending schedule with the default watchdog, two trunks, "
            f"two nodes, two references (one DNS, one TCP). On its row loss and blips hit {Where.PATH} or "
            f"{Where.UPLINK}; the rivals watch one target, so that both are the same to them.",
            _speed(ours, rivals),
            _falsehood(ours, rivals),
            *_verdict(ours, rivals),
            _sources(),
        ],
    )


def _rows(ours: Mapping[Where, Score], rivals: Sequence[Score]) -> list[tuple[str, Score]]:
    return [(f"**Hotline**, {where}", score) for where, score in ours.items()] + [
        (score.name + (" (for scale)" if score.name == FOR_SCALE.name else ""), score) for score in rivals
    ]


def _speed(ours: Mapping[Where, Score], rivals: Sequence[Score]) -> Table:
    return Table(
        "Seconds from the death of the primary trunk to the decision, median / worst, by loss each way:",
        ("", *(f"{loss:.0%} loss" for loss in LOSSES)),
        [(name, *(score.to_switch_s[loss].words() for loss in LOSSES)) for name, score in _rows(ours, rivals)],
    )


def _falsehood(ours: Mapping[Where, Score], rivals: Sequence[Score]) -> Table:
    return Table(
        "False switches a day, by loss each way and by length of the blips:",
        ("", *(f"{loss:.0%} loss" for loss in LOSSES), *(f"{length_s:g} s" for length_s in BLIPS_S)),
        [
            (
                name,
                *(_rate(score.false_by_loss[loss]) for loss in LOSSES),
                *(_rate(score.false_by_blip[length_s]) for length_s in BLIPS_S),
            )
            for name, score in _rows(ours, rivals)
        ],
    )


def _rate(a_day: float) -> str:
    if a_day == 0:
        return "0"
    return f"{a_day:.0f}" if a_day >= 10 else f"{a_day:.2g}"


def behind(ours: Mapping[Where, Score], rivals: Sequence[Score]) -> list[str]:
    """Every figure in which a rival is better than the guard, in words."""
    found = []
    for where, score in ours.items():
        mine = dict(score.columns())
        for rival in rivals:
            found += [
                f"{rival.name}: {column}, {theirs:.3g} against {mine[column]:.3g} ({where})"
                for column, theirs in rival.columns()
                if theirs < mine[column]
            ]
    return found


def _verdict(ours: Mapping[Where, Score], rivals: Sequence[Score]) -> list[str]:
    to_beat = [score for score in rivals if score.name != FOR_SCALE.name]
    lost = behind(ours, to_beat)
    words = []
    if lost:
        words.append("Behind: " + "; ".join(lost) + ".")
    else:
        fastest = min(to_beat, key=lambda score: score.to_switch_s[0.0].middle)
        slowest_of_ours = max(score.to_switch_s[0.0].middle for score in ours.values())
        ratio = fastest.to_switch_s[0.0].middle / slowest_of_ours
        words.append(
            f"No rival is better than Hotline in any of these figures; some equal its zeros. The fastest of them, "
            f"{fastest.name}, takes {ratio:.1f} times as long (medians, clean link)."
        )
    scale = next(score for score in rivals if score.name == FOR_SCALE.name)
    words.append(
        f"{scale.name} is no telephony product and stands for what a plain fast check costs: it decides in "
        f"{scale.to_switch_s[0.0].middle:.1f} s and leaves a living trunk {_rate(scale.false_by_blip[BLIPS_S[-1]])} "
        f"times a day for blips of {BLIPS_S[-1]:g} s. Hotline waits longer because moving a forwarding there and "
        f"back takes longer than such a blip."
    )
    return words


def _sources() -> Table:
    return Table(
        "What was taken as the rivals' behaviour (a question is sent again as RFC 3261 or TCP says), and what was "
        "read in their favour:",
        ("rival", "source", "in its favour"),
        [(checker.name, checker.source, checker.favour) for checker in (*RIVALS, FOR_SCALE)],
        text=True,
    )
