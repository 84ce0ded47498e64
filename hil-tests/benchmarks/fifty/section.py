"""The section of the page: fifty recorded calls at once, through the exchange and through plain Dial()."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import median

from benchmarks.fifty.ears import Ears
from benchmarks.fifty.recordings import both_sides
from benchmarks.fifty.rounds import Load, Pair, Round, RoundError, Through, all_delays_s, play, tones_of
from benchmarks.fifty.rows import mistakes
from benchmarks.fifty.sound import LATEST_S
from benchmarks.figures import Section, Table
from benchmarks.machine import machine, today
from benchmarks.oncall.numbers import answering_phone, caller
from benchmarks.oncall.others import calm
from benchmarks.oncall.site import Site, Wanted, site
from benchmarks.oncall.undertest import mix_extension
from benchmarks.summary import summary

CALLS = 50
FULL_ROUNDS, QUICK_ROUNDS = 3, 1
FULL_MEASURING_S, QUICK_MEASURING_S = 15.0, 8.0
MS, MB = 1000.0, 1e6
TOLD = 5  # mistakes that are written out


@dataclass(slots=True)
class Record:
    """What was measured, and what was wrong."""

    measuring_s: float
    rounds: dict[Through, list[Round]] = field(default_factory=dict)
    rows_wrong: list[str] = field(default_factory=list)
    rows: int = 0
    unrecorded: dict[Through, int] = field(default_factory=lambda: dict.fromkeys(Through, 0))
    lost: list[str] = field(default_factory=list)


def measure(*, quick: bool, seed: int, progress: Callable[[str], None]) -> Section:
    """Play the rounds, in an order of chance."""
    return as_section(asyncio.run(_measure(quick, random.Random(seed), progress)))


async def _measure(quick: bool, chance: random.Random, progress: Callable[[str], None]) -> Record:
    record = Record(QUICK_MEASURING_S if quick else FULL_MEASURING_S)
    ears = Ears(tones_of)
    address = await ears.start("127.0.0.1")
    try:
        async with site(Wanted(answering=CALLS, ears=address)) as made:
            await made.start_exchange()
            for number in range((QUICK_ROUNDS if quick else FULL_ROUNDS) + 1):
                order = list(Through)
                chance.shuffle(order)
                for through in order:
                    progress(f"round {number}, {through.value}")
                    await _one(made, ears, through, record, warm_up=number == 0)
            await made.stop_exchange()
    finally:
        await ears.close()
    return record


async def _one(made: Site, ears: Ears, through: Through, record: Record, *, warm_up: bool) -> None:
    await calm(made.look)
    try:
        played = await play(made, ears, through, CALLS, record.measuring_s)
    except RoundError as error:
        record.lost.append(str(error))
        await made.quiet()
        return
    rows = await made.calls(played.began) if through is Through.EXCHANGE else []
    if through is Through.EXCHANGE:
        record.rows += CALLS
        record.rows_wrong += mistakes(played, rows)
    if through is not Through.NOTHING:
        names = {str(row.get("caller")): str(row.get("recording")) for row in rows}
        for pair in played.pairs:
            name = mix_extension(pair.caller) if through is Through.DIAL else names.get(caller(pair.caller), "none")
            record.unrecorded[through] += not await asyncio.to_thread(_recorded, pair, made, name)
    if not warm_up:
        record.rounds.setdefault(through, []).append(played)


def _recorded(pair: Pair, made: Site, name: str) -> bool:
    file = made.recording(name)
    if file is None or pair.phone is None:
        return False
    return both_sides(file, tones_of(caller(pair.caller)), tones_of(answering_phone(pair.phone)))


def as_section(record: Record) -> Section:
    """The figures as text and tables."""
    rounds = max((len(played) for played in record.rounds.values()), default=0)
    return Section(
        "fifty",
        f"{CALLS} recorded calls at once",
        today(),
        machine(),
        [
            _setting(record, rounds),
            _latency_table(record),
            _cost_table(record),
            *_verdict(record),
        ],
    )


def _setting(record: Record, rounds: int) -> str:
    return (
        f"One Asterisk, configured by `hotline asterisk render`; in one run, round by round in an order of chance, "
        f"{CALLS} customers call at the same moment: through our exchange (a line that records, a group of {CALLS} "
        f"with the strategy random, screening off), and through plain `Dial()` with `MixMonitor()` of the same "
        f"Asterisk, one phone a customer. {rounds} rounds each after one to warm up; all calls last "
        f"{record.measuring_s:g} s and more. Customers and phones are a second real Asterisk on the same machine, "
        f"whose `AudioSocket` ends lead into one process with one clock: each end says its own pair of tones in "
        f"bursts, and each burst's beginning is looked for, to the sample, in what the other end hears; later than "
        f"{LATEST_S:g} s is lost. *No Asterisk "
        f"between* is the same calls within the far side alone: the measurement's own share. Processor and memory "
        f"are those of the time in which all calls last. All processes share the cores. "
        f"Other programs ran on the machine: a round waited for up to half a minute until they were nearly still; "
        f"what they used in spite of that was {_others(record)} % of the cores, median / worst of the rounds."
    )


def _others(record: Record) -> str:
    return summary([100 * one.others for played in record.rounds.values() for one in played]).words(0)


def _latency_table(record: Record) -> Table:
    rows = []
    for through in Through:
        played = record.rounds.get(through, [])
        delays = sorted(one * MS for one in all_delays_s(played))
        if not delays:
            continue
        middles = [median(all_delays_s([one])) * MS for one in played]
        rows.append(
            (
                through.value,
                str(len(delays)),
                f"{median(delays):.2f}",
                f"{min(middles):.2f} to {max(middles):.2f}",
                f"{delays[int(0.95 * len(delays))]:.1f}",
                f"{delays[int(0.99 * len(delays))]:.1f}",
                f"{delays[-1]:.1f}",
                summary([one.connected_s for one in played]).words(2),
            )
        )
    return Table(
        "Milliseconds from one end to the other:",
        (
            "through",
            "bursts",
            "median",
            "medians of the rounds",
            "95 %",
            "99 %",
            "worst",
            f"seconds until all {CALLS} talk (the phone rings 0.5 s), median / worst",
        ),
        rows,
    )


def _cost_table(record: Record) -> Table:
    rows = []
    for through in (Through.EXCHANGE, Through.DIAL):
        played = record.rounds.get(through, [])
        if not played:
            continue
        rows.append((f"{through.value}: Asterisk", *_load_words([one.asterisk for one in played])))
        if through is Through.EXCHANGE:
            loads = [one.exchange for one in played if one.exchange]
            rows.append((f"{through.value}: exchange", *_load_words(loads)))
    return Table(
        "While all calls last, median / worst of the rounds:",
        ("", "processor, % of a core", "resident memory, MB", "of it more than just before, MB"),
        rows,
    )


def _load_words(loads: Sequence[Load]) -> tuple[str, str, str]:
    return (
        summary([100 * load.cpu_share for load in loads]).words(),
        summary([load.resident / MB for load in loads]).words(),
        summary([(load.resident - load.resident_before) / MB for load in loads]).words(),
    )


def _verdict(record: Record) -> list[str]:
    """None lost, or what was."""
    words = []
    for through, played in record.rounds.items():
        pairs = [pair for one in played for pair in one.pairs]
        deaf = sum(pair.phone is None for pair in pairs)
        ways = [way for pair in pairs for way in (pair.caller_to_phone, pair.phone_to_caller) if way]
        words.append(
            f"{through.value}: {len(pairs)} calls, {deaf} not heard both ways, {sum(way.lost for way in ways)} of "
            f"{sum(way.lost + len(way.delays_s) for way in ways)} bursts lost"
            + ("" if through is Through.NOTHING else f", {record.unrecorded[through]} without both sides recorded")
            + "."
        )
    wrong = record.rows_wrong
    rows = (
        f"The exchange's call log: {record.rows} rows held against what the ends heard and when, {len(wrong)} wrong"
    )
    words.append(rows + (": " + "; ".join(wrong[:TOLD]) if wrong else "") + ".")
    if record.lost:
        first_lines = "; ".join(lost.splitlines()[0] for lost in record.lost)
        words.append(f"**Rounds that are in no figure, since not every call was connected:** {first_lines}.")
    return words
