"""The corpus is fixed: which half a text is in follows from its hash and from nothing else."""

from __future__ import annotations

import hashlib
import tomllib
from collections import Counter, defaultdict

import numpy as np

from benchmarks.screening.cases import TEXTS, all_cases, make
from benchmarks.screening.chance import held_out
from benchmarks.screening.run import judge_case
from benchmarks.screening.section import made
from benchmarks.screening.voices import Studio


def test_the_half_is_that_of_the_hash() -> None:
    for case in all_cases():
        digest = hashlib.sha256("\0".join(("half", case.language, case.text)).encode()).digest()
        assert case.held_out == (digest[0] < 128)
    # written down once: a change here moves texts between the halves and makes every figure worthless
    assert [held_out("en", text) for text in ("Hello?", "Yes?", "Hi.", "Leave a message.")] == HALVES


HALVES = [True, True, False, False]


def test_all_recordings_of_a_text_are_in_one_half_and_both_halves_are_large() -> None:
    halves = defaultdict(set)
    for case in all_cases():
        halves[case.language, case.text].add(case.held_out)
    assert all(len(found) == 1 for found in halves.values())
    counts = Counter((case.truth, case.held_out) for case in all_cases())
    assert min(counts["human", True], counts["human", False]) >= 200
    assert min(counts["machine", True], counts["machine", False]) >= 200


def test_there_are_languages_enough_and_no_text_twice() -> None:
    texts = tomllib.loads(TEXTS.read_text("utf-8"))
    assert len(texts) >= 9
    for data in texts.values():
        for kind in ("word", "name", "phrase", "company", "greeting"):
            assert len(set(data[kind])) == len(data[kind])


def test_the_same_case_gives_the_same_sound(studio: Studio) -> None:
    for case in all_cases()[:: len(all_cases()) // 6]:
        first, second = make(case, studio), make(case, studio)
        assert np.array_equal(first.sound, second.sound)
        assert first.first_word_ms == second.first_word_ms


def test_the_section_counts_what_was_judged() -> None:
    cases = [case for case in all_cases() if case.truth == "nobody"][:3]
    section = made([judge_case(case) for case in cases])
    assert section.key == "screening"
    assert any("0 of 0 machines taken for a human" in str(part) for part in section.parts)
