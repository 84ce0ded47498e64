"""The second net: a beep takes the caller back from a machine; nothing that people do takes them from a person."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.screening.judge import Judge, Verdict
from appliance.screening.trial import judge_recording
from appliance.screening.watch import LISTENS_MS, LONGEST_MS
from tests.screening.sound import Sound, noise, pcm, silence, tone, voice

ANSWER = (silence(0.4), voice(0.4), silence(1.6))
GREETING = (voice(1.8), silence(0.6), voice(2.2))


def watched(*pieces: Sound) -> Verdict | None:
    """What came of it after a word that was taken for a human's."""
    trial = judge_recording(pcm(*ANSWER, *pieces))
    assert trial.verdict.kind == "human"
    return trial.watched


@pytest.mark.parametrize("hz", [400.0, 425.0, 440.0, 620.0, 1000.0, 1400.0, 2000.0])
@pytest.mark.parametrize("pause_s", [0.2, 1.5])
def test_a_beep_behind_a_greeting_and_then_silence_is_a_machine(hz: float, pause_s: float) -> None:
    verdict = watched(*GREETING, silence(pause_s), tone(0.4, hz), silence(3))
    assert verdict is not None
    assert verdict.kind == "machine"
    beep_ended_ms = 1000 * (2.4 + 4.6 + pause_s + 0.4)
    assert 1000 <= verdict.at_ms - beep_ended_ms <= 1080


def test_it_is_told_over_a_line_with_hiss() -> None:
    sound = (*GREETING, silence(0.5), tone(0.4, 1000.0), silence(3))
    whole = np.concatenate((*ANSWER, *sound))
    assert judge_recording(pcm(whole + noise(len(whole) / 8000, 0.002))).taken_back is not None


@pytest.mark.parametrize(
    "pieces",
    [
        pytest.param((*GREETING, *GREETING, *GREETING, silence(1)), id="talks without a break"),
        pytest.param((*GREETING, silence(0.5), tone(0.4, 1000.0), silence(0.6), voice(1), silence(1)), id="goes on"),
        pytest.param((*GREETING, silence(0.5), tone(0.3, 697.0, 1209.0), silence(3)), id="presses a key"),
        pytest.param((*GREETING, silence(0.5), *(tone(0.5, 1000.0), silence(0.5)) * 5, silence(2)), id="an alarm"),
        pytest.param((*GREETING, silence(0.5), *(tone(0.5, 425.0), silence(0.5)) * 5, silence(2)), id="busy tone"),
        pytest.param(
            (*GREETING, silence(0.5), *(tone(1.0, 425.0), silence(4)) * 2, silence(2)), id="rings elsewhere"
        ),
        pytest.param((*GREETING, silence(0.5), tone(4.0, 425.0), silence(2)), id="dial tone"),
        pytest.param((*GREETING, silence(0.5), tone(0.4, 1000.0, level=0.005), silence(3)), id="in the room"),
        pytest.param((*GREETING, tone(0.4, 1000.0), silence(3)), id="a sound of the voice itself"),
        pytest.param((*GREETING, silence(0.5), tone(0.4, 200.0), silence(3)), id="hums"),
        pytest.param((*GREETING, silence(3.0), tone(0.4, 1000.0), silence(3)), id="while they listen"),
        pytest.param((*GREETING, silence(0.5), tone(0.08, 1000.0), silence(3)), id="a chirp"),
    ],
)
def test_who_talks_is_never_cut_off(pieces: tuple[Sound, ...]) -> None:
    verdict = watched(*pieces)
    assert verdict is None or verdict.kind == "human"


def test_the_watch_is_over_once_the_other_side_has_listened() -> None:
    verdict = watched(voice(1.0), silence(6), voice(1), silence(0.5), tone(0.4, 1000.0), silence(3))
    assert verdict is not None
    assert verdict.kind == "human"
    assert 0 <= verdict.at_ms - (3400 + LISTENS_MS) <= 60


def test_it_does_not_last_for_ever() -> None:
    verdict = watched(*(voice(1.5), silence(0.5)) * 20)
    assert verdict is not None
    assert (verdict.kind, verdict.at_ms) == ("human", LONGEST_MS)


@settings(max_examples=10)
@given(cuts=st.lists(st.integers(0, 2 * 8000 * 9), max_size=30))
def test_how_the_sound_is_cut_into_pieces_changes_nothing(cuts: list[int]) -> None:
    sound = pcm(*ANSWER, *GREETING, silence(0.5), tone(0.4, 1000.0), silence(2))
    whole = judge_recording(sound).taken_back
    judge, ear, told = Judge(), None, []
    for a, b in itertools.pairwise([0, *sorted(cuts), len(sound)]):
        piece = sound[a:b]
        if ear is None and judge.feed(piece) is not None and judge.settled:
            ear, piece = judge.watch(), b""
        if ear is not None and (verdict := ear.feed(piece)) is not None:
            told.append(verdict)
    assert told == [whole]


@settings(max_examples=5)
@given(garbage=st.binary(max_size=8000))
def test_garbage_breaks_nothing(garbage: bytes) -> None:
    judge = Judge()
    judge.feed(pcm(*ANSWER))
    watch = judge.watch()
    for _ in range(10):
        watch.feed(garbage)
