"""The section of the page: three ways to ring many phones at once, side by side, and pacing."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from statistics import median

from benchmarks.figures import Section, Table
from benchmarks.machine import machine, today
from benchmarks.oncall.others import calm
from benchmarks.oncall.site import Site, Wanted, site
from benchmarks.origination.pacing import Pace, PacedRound, paced
from benchmarks.origination.rounds import RingBy, Round, RoundError, play
from benchmarks.summary import summary

PHONES = (3, 10, 30, 100)
PACES = (Pace(1.0, 10), Pace(3.0, 10), Pace(3.0, 30))
REFERENCE_CALLS_A_SECOND = 3
FULL_ROUNDS, QUICK_ROUNDS = 7, 2
FULL_PACED, QUICK_PACED = 3, 1
MS = 1000.0


@dataclass(slots=True)
class Record:
    """What was measured, and what went wrong."""

    rounds: dict[tuple[int, RingBy], list[Round]] = field(default_factory=dict)
    paced: dict[Pace, list[PacedRound]] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)


def measure(*, quick: bool, seed: int, progress: Callable[[str], None]) -> Section:
    """Play the rounds, the ways in an order of chance, then the paced ones."""
    return as_section(asyncio.run(_measure(quick, random.Random(seed), progress)))


async def _measure(quick: bool, chance: random.Random, progress: Callable[[str], None]) -> Record:
    record = Record()
    async with site(Wanted(counts=PHONES)) as made:
        await made.start_exchange()
        await _side_by_side(made, record, QUICK_ROUNDS if quick else FULL_ROUNDS, chance, progress)
        await made.stop_exchange()
        for pace in PACES:
            progress(f"cps = {pace.cps:g}, {pace.phones} phones")
            await made.start_exchange(pace.cps)
            record.paced[pace] = [await paced(made, pace) for _ in range(QUICK_PACED if quick else FULL_PACED)]
            await made.stop_exchange()
    return record


async def _side_by_side(
    made: Site, record: Record, rounds: int, chance: random.Random, progress: Callable[[str], None]
) -> None:
    for number in range(rounds + 1):
        progress(f"round {number} of {rounds}" if number else "one round to warm up")
        todo = [(phones, way) for phones in PHONES for way in RingBy]
        chance.shuffle(todo)
        for phones, way in todo:
            await calm(made.look)
            try:
                played = await play(made, way, phones)
            except RoundError as error:
                record.lost.append(f"{phones} phones, {error}")
                continue
            if number:
                record.rounds.setdefault((phones, way), []).append(played)


def as_section(record: Record) -> Section:
    """The figures as text and tables."""
    rows = []
    for (phones, way), rounds in sorted(record.rounds.items(), key=lambda item: (item[0][0], _ORDER[item[0][1]])):
        last = summary([one.rang_s[-1] * MS for one in rounds])
        exchange_ms = MS * sum(one.exchange_cpu_s for one in rounds) / len(rounds)
        rows.append(
            (
                str(phones),
                way.value,
                f"{median(one.rang_s[0] for one in rounds) * MS:.0f}",
                last.words(0),
                f"{median(one.calls_a_second for one in rounds):.0f}",
                f"{MS * sum(one.asterisk_cpu_s for one in rounds) / len(rounds):.0f}",
                f"{exchange_ms:.0f}" if way is RingBy.EXCHANGE else "-",
            )
        )
    count = max((len(rounds) for rounds in record.rounds.values()), default=0)
    return Section(
        "origination",
        "Ringing many phones at once",
        today(),
        machine(),
        [
            _setting(record, count),
            Table(
                f"The field's reference originates {REFERENCE_CALLS_A_SECOND} calls a second: its last of "
                f"{', '.join(str(phones) for phones in PHONES)} phones rings after "
                f"{', '.join(f'{(phones - 1) / REFERENCE_CALLS_A_SECOND:.1f}' for phones in PHONES)} s.",
                (
                    "phones",
                    "rung by",
                    "first rings, ms",
                    "last rings, ms, median / worst",
                    "calls a second",
                    "processor of Asterisk, ms",
                    "of the exchange, ms",
                ),
                rows,
            ),
            *_losses(record),
            *_pacing(record.paced),
        ],
    )


def _setting(record: Record, count: int) -> str:
    return (
        f"One Asterisk, configured by `hotline asterisk render`; in one run, round by round in an order of chance, "
        f"the same customer's call makes the same phones ring by each of three ways: our ring-all group (`hotline "
        f"exchange` beside that Asterisk, screening off), `Dial(a&b&…)` in the dialplan, and `app_queue` with the "
        f"strategy ringall. {count} rounds each after one to warm up. Operator, customer and all phones are a second "
        f"real Asterisk on the same machine; every phone is rung through one SIP trunk (UDP), which here allows so "
        f"many calls a second that pacing is not what is measured. Times run from when the customer's INVITE leaves "
        f"to when a phone, at the far side, begins to ring. Calls a second are phones by the time until the last "
        f"rings. Processor time, on average, is that of a whole round: ringing, hanging up, and for ours the log "
        f"row. All processes share the cores. Other programs ran on the machine: a round waited for up to half a "
        f"minute until they were nearly still; what they used in spite of that was {_others(record)} % of the cores, "
        f"median / worst of the rounds."
    )


def _others(record: Record) -> str:
    return summary([100 * one.others for rounds in record.rounds.values() for one in rounds]).words(0)


_ORDER = {way: number for number, way in enumerate(RingBy)}


def _losses(record: Record) -> list[str]:
    strange = sum(one.strange for rounds in record.rounds.values() for one in rounds)
    words = [f"**{strange} phones rang a second time within a round.**"] if strange else []
    if record.lost:
        words.append(
            f"**Rounds in which not every phone rang, which are in no figure above: {len(record.lost)}.** "
            + "; ".join(lost.splitlines()[0] for lost in record.lost)
            + "."
        )
    return words or ["In every round every phone rang, once."]


def _pacing(measured: Mapping[Pace, list[PacedRound]]) -> list[Table | str]:
    """The table, and whether what the trunk allows was kept."""
    if not measured:
        return []
    kept = all(one.most <= pace.at_once for pace, rounds in measured.items() for one in rounds)
    return [
        "What operators allow: with `cps` a trunk starts so many calls at once (one at least), and never more than "
        "that in any second, or in the longer time that a slower trunk asks for. "
        + ("That was kept in every round." if kept else "**That was not kept in every round.**")
        + " The log's `last_phone_rang_after_s` is held against what the phones saw.",
        _paced_table(measured),
    ]


def _paced_table(measured: Mapping[Pace, list[PacedRound]]) -> Table:
    rows = [
        (
            f"{pace.cps:g}",
            str(pace.phones),
            str(len(rounds)),
            f"{pace.soonest_s:.2f}",
            summary([one.first_to_last_s for one in rounds]).words(2),
            str(max(one.most for one in rounds)),
            summary([one.told_s for one in rounds]).words(2),
            f"{max(abs(one.told_s - one.first_to_last_s) for one in rounds) * MS:.0f}",
        )
        for pace, rounds in measured.items()
        if rounds
    ]
    return Table(
        "Seconds from the first phone's ringing to the last's, median / worst:",
        (
            "`cps`",
            "phones",
            "rounds",
            "soonest allowed",
            "seen by the phones",
            "most in a second",
            "told by the log",
            "largest difference, ms",
        ),
        rows,
    )
