"""The section of the page: who was taken for whom, how quickly, in each half of the corpus."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from statistics import median

from benchmarks.figures import Section, Table
from benchmarks.machine import machine, today
from benchmarks.screening.cases import all_cases
from benchmarks.screening.run import Result, judge_all

COLUMNS = ("human", "doubt", "machine")
WITHIN_MS = 1500
QUICK_EVERY = 12
WHAT = {
    "word": "a word: “Haló?”",
    "name": "a name: “Novák.”",
    "phrase": "two: “Ja, bitte?”",
    "company": "a company's greeting",
    "cough": "a cough, then a word",
    "late": "1.5 to 4 s of silence, then a word",
    "twice": "a word, and again",
    "greeting": "a greeting, short and long",
    "beep": "a greeting with a beep",
    "pauses": "with pauses of 0.35 to 1.3 s",
    "pauses long": "with pauses of 1.3 to 2.5 s",
    "music": "with music",
    "recorded": "recorded by a person",
    "pauses, beep": "with such pauses, and a beep",
    "early": "before the answer",
    "listens first": "listens first, then talks",
    "speaks at once": "speaks on at once",
    "with tones": "talks, with keys, alarms and signals",
    "converses": "answers what the caller says",
    "hears out": "hears a long story out, then answers",
    "ringing": "ringing, before the answer",
    "silence": "silence",
    "noise": "noise",
}


def measure(*, quick: bool, progress: Callable[[str], None]) -> Section:
    """Judge the corpus."""
    cases = all_cases()[:: QUICK_EVERY if quick else 1]
    return made(judge_all(cases, progress))


def made(results: Sequence[Result]) -> Section:
    """The section from what was judged."""
    answers = [result for result in results if result.case.truth != "talk"]
    tuned = [result for result in answers if not result.case.held_out]
    measured = [result for result in answers if result.case.held_out]
    return Section(
        "screening",
        "Human or machine",
        today(),
        machine(),
        [
            "Answers and greetings in ten languages, spoken by espeak-ng with changing voices, speeds and pitches, "
            "and some English ones recorded by a person; over clean lines, hiss, A-law, GSM, and noise 10 to 22 dB "
            "under the voice. Thresholds were looked for in the tuning half only. Which half a text is in follows "
            "from its hash; the **held-out half** is only measured, and it is what counts. Synthetic speech is "
            "cleaner and more regular than people are: expect less of real lines.",
            *_half("Held-out half", measured),
            _by_language(measured),
            *_second_net(results),
            *_half("Tuning half", tuned),
            f"One frame of 20 ms costs {_percentile([result.us_a_frame for result in results], 50):.0f} µs of "
            f"processor time (median).",
        ],
    )


def _half(name: str, results: Sequence[Result]) -> list[Table | str]:
    people = [result for result in results if result.case.truth == "human"]
    machines = [result for result in results if result.case.truth == "machine"]
    taken = [result for result in people if result.column == "human"]
    quick = [result for result in taken if (result.from_word_ms or 0.0) <= WITHIN_MS]
    wrong = [result for result in machines if result.column == "human"]
    paused = [result for result in wrong if result.case.kind.startswith("pauses")]
    kept = [result for result in wrong if result.found_out_ms is None]
    return [
        _table(f"{name}, verdicts by what it was:", [("truth", _groups(results, lambda result: result.case.truth))]),
        _table(
            f"{name}, by kind. Times from the first word, median / 95 %, in ms:",
            [
                (truth, _groups([one for one in results if one.case.truth == truth], lambda one: WHAT[one.case.kind]))
                for truth in ("human", "machine", "nobody")
            ],
        ),
        f"{name}: {len(wrong)} of {len(machines)} machines taken for a human"
        f"{f' at first, {len(paused)} of them for a pause behind their first words' if wrong else ''}"
        f"{f', and {len(kept)} left with the caller' if wrong else ''}; "
        f"{_share(taken, people)} of {len(people)} people connected without a key, {_share(quick, people)} within "
        f"{WITHIN_MS / 1000} s of their first word.",
    ]


def _by_language(results: Sequence[Result]) -> Table:
    spoken = [result for result in results if result.case.language != "-"]
    rows = []
    for language, group in _groups(spoken, lambda result: result.case.language):
        people = [result for result in group if result.case.truth == "human"]
        machines = [result for result in group if result.case.truth == "machine"]
        wrong = sum(result.column == "human" for result in machines)
        taken = [result for result in people if result.column == "human"]
        rows.append((language, str(len(people)), _share(taken, people), str(len(machines)), str(wrong)))
    columns = ("language", "people", "connected without a key", "machines", "taken for a human")
    return Table("Held-out half, by language:", columns, rows)


def _second_net(results: Sequence[Result]) -> list[Table | str]:
    rows = []
    for name, held_out in (("held-out half", True), ("tuning half", False)):
        half = [result for result in results if result.case.held_out is held_out and result.column == "human"]
        machines = [result for result in half if result.case.truth == "machine"]
        talks = [result for result in half if result.case.truth == "talk"]
        for what, group in (
            ("machines", machines),
            *((f"machines {WHAT[kind]}", group) for kind, group in _groups(machines, lambda one: one.case.kind)),
            ("people", [result for result in half if result.case.truth == "human"]),
            *((f"people: {WHAT[kind]}", group) for kind, group in _groups(talks, lambda result: result.case.kind)),
        ):
            back = sum(result.trial.taken_back is not None for result in group)
            asked = sum(result.trial.asked is not None for result in group)
            times = [result.found_out_ms for result in group if result.found_out_ms is not None]
            after = f"{median(times):.0f} / {_percentile(times, 95):.0f}" if times else "-"
            kept = str(len(group) - back - asked)
            rows.append((f"{name}: {what}", str(len(group)), str(back), str(asked), kept, after))
    columns = ("", "taken for a human", "taken back", "asked for a key", "left with the caller", "after")
    people = [result for result in results if result.case.truth == "talk"]
    cut = [result for result in people if result.trial.taken_back is not None]
    asked_ = [result for result in people if result.trial.asked is not None]
    return [
        Table(
            "The second net, with a caller on the line who says why they call, waits, asks whether anybody is there, "
            "or talks over everything, and with echoes on both lines: of those whom a caller was connected with, "
            "from whom was the caller taken back, and who was asked for a key after all? Times from the first word, "
            "median / 95 %, in ms. *People* alone are heard for four seconds without any caller:",
            columns,
            rows,
        ),
        f"People who talk on after their answer: {len(people)} recordings in both halves, "
        f"{sum(result.column == 'human' for result in people)} of them connected by their answer alone, {len(cut)} "
        f"cut off, {len(asked_)} asked for a key after all.",
    ]


def _groups(results: Iterable[Result], key: Callable[[Result], str]) -> list[tuple[str, list[Result]]]:
    groups: dict[str, list[Result]] = {}
    for result in results:
        groups.setdefault(key(result), []).append(result)
    return list(groups.items())


def _table(caption: str, sets: Sequence[tuple[str, list[tuple[str, list[Result]]]]]) -> Table:
    rows = []
    for truth, groups in sets:
        for name, group in groups:
            label = name if truth in ("truth", name) else f"{truth}: {name}"
            counts = [str(sum(result.column == column for result in group)) for column in COLUMNS]
            rows.append((label, *counts, _times(group, "human"), _times(group, "doubt"), _times(group, "machine")))
    return Table(caption, ("", *COLUMNS, *(f"{column} after" for column in COLUMNS)), rows)


def _times(results: Iterable[Result], column: str) -> str:
    times = [result.from_word_ms for result in results if result.column == column and result.from_word_ms is not None]
    return f"{median(times):.0f} / {_percentile(times, 95):.0f}" if times else "-"


def _percentile(values: Iterable[float], percent: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))] if ordered else 0.0


def _share(part: Sequence[Result], whole: Sequence[Result]) -> str:
    return f"{100 * len(part) / len(whole):.1f} %" if whole else "-"
