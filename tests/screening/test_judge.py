"""The judge before small sounds made for it: what each rule is for."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.screening.judge import Facts, Judge, Verdict
from appliance.screening.trial import Trial, judge_recording
from tests.screening.sound import Sound, noise, pcm, silence, tone, voice


def judged(*pieces: Sound, early_media: bool = False) -> Trial:
    return judge_recording(pcm(*pieces), early_media=early_media)


def test_a_word_and_then_waiting_is_a_human_within_the_budget() -> None:
    trial = judged(silence(0.5), voice(0.4), silence(3))
    assert trial.verdict.kind == "human"
    assert 1300 <= trial.verdict.at_ms - 500 <= 1500
    assert trial.doubt is None


def test_a_question_does_not_have_to_wait_longer_than_a_word() -> None:
    asked = judged(silence(0.5), voice(0.8, from_hz=110, to_hz=160), silence(3)).verdict
    stated = judged(silence(0.5), voice(0.8), silence(3)).verdict
    assert (asked.kind, stated.kind) == ("human", "human")
    assert asked.at_ms - 500 <= 1500 < stated.at_ms - 500


def test_a_question_as_long_as_a_phrase_of_a_greeting_has_to_be_waited_for() -> None:
    asked = judged(voice(1.1, from_hz=110, to_hz=160), silence(3)).verdict
    assert asked.kind == "human"
    assert asked.at_ms > 2200
    paused = judged(voice(1.1, from_hz=110, to_hz=160), silence(0.9), voice(1.6), silence(0.4), voice(2.5)).verdict
    assert paused.kind != "human"


def test_a_word_a_pause_within_the_budget_and_more_words_are_never_a_human() -> None:
    for pause_s in (0.3, 0.6, 0.85):
        trial = judged(silence(0.3), voice(0.45), silence(pause_s), voice(1.5), silence(0.4), voice(2.5), silence(3))
        assert trial.verdict.kind != "human", pause_s


def test_a_sentence_has_to_be_followed_by_more_silence_than_recordings_pause_for() -> None:
    trial = judged(voice(1.8), silence(3))
    assert (trial.verdict.kind, trial.doubt) == ("human", None)
    assert 1800 + 1400 <= trial.verdict.at_ms <= 1800 + 1500
    for pause_s in (0.5, 0.9, 1.3):
        assert judged(voice(1.8), silence(pause_s), voice(2.5), silence(3)).verdict.kind != "human", pause_s
    assert judged(voice(2.4), silence(3)).verdict.kind == "doubt"


def test_speech_that_goes_on_is_doubted_early_and_then_a_machine() -> None:
    trial = judged(silence(0.4), *(voice(1.6), silence(0.3)) * 4, silence(1))
    assert trial.verdict.kind == "machine"
    assert trial.doubt is not None
    assert trial.doubt.at_ms < 2700 < trial.verdict.at_ms < 6000


def test_silence_is_a_doubt_before_anybody_hangs_up() -> None:
    trial = judged(silence(8))
    assert (trial.verdict.kind, trial.verdict.at_ms) == ("doubt", 2500)


def test_a_word_after_the_doubt_about_silence_is_a_human_after_all() -> None:
    trial = judged(silence(3.5), voice(0.4), silence(3))
    assert trial.verdict.kind == "human"
    assert trial.doubt is not None


def test_words_after_sound_that_may_have_been_words_stay_a_doubt() -> None:
    trial = judged(silence(0.5), noise(0.8, 0.1), silence(2), voice(0.4), silence(3))
    assert trial.verdict.kind == "doubt"


def test_noise_alone_is_no_human_and_no_machine() -> None:
    for level in (0.003, 0.03, 0.2):
        assert judged(noise(8, level)).verdict.kind == "doubt"


def test_a_word_over_noise_is_heard() -> None:
    sound = noise(4, 0.01)
    sound[4000 : 4000 + 3200] += voice(0.4)
    assert judged(sound).verdict.kind == "human"


@pytest.mark.parametrize(
    "lines_hz", [(1000.0,), (620.0,), (2100.0,), (1100.0,), (950.0,), (480.0, 620.0), (697.0, 1209.0)], ids=str
)
def test_a_tone_is_a_machine(lines_hz: tuple[float, ...]) -> None:
    for early_media in (False, True):
        trial = judged(silence(0.5), tone(0.4, *lines_hz), silence(2), early_media=early_media)
        assert trial.verdict.kind == "machine"
        assert trial.verdict.at_ms <= 1000


@pytest.mark.parametrize("hz", [400.0, 425.0, 440.0])
def test_a_beep_where_ringing_lies_is_a_beep_behind_words(hz: float) -> None:
    assert judged(voice(0.5), silence(0.6), tone(0.3, hz), silence(3)).verdict.kind == "machine"


@pytest.mark.parametrize("lines_hz", [(425.0,), (400.0, 450.0), (440.0, 480.0), (413.0, 438.0)], ids=str)
def test_ringing_is_nobody(lines_hz: tuple[float, ...]) -> None:
    cycle = (tone(0.4, *lines_hz), silence(0.2), tone(1.0, *lines_hz), silence(2.0))
    for early_media in (False, True):
        assert judged(*cycle, *cycle, *cycle, early_media=early_media).verdict.kind == "doubt"


def test_speech_before_the_answer_is_a_machine() -> None:
    trial = judged(silence(0.5), voice(1.0), early_media=True)
    assert trial.verdict.kind == "machine"
    assert trial.verdict.at_ms <= 1200
    assert judged(silence(4), early_media=True).verdict.kind == "doubt"


@pytest.mark.parametrize(
    "facts",
    [
        Facts(diverted=True),
        Facts(connected_differs=True),
        Facts(ring_s=0.4),
        Facts(rang=False),
    ],
    ids=str,
)
def test_with_facts_against_a_human_the_key_is_asked_for_at_once(facts: Facts) -> None:
    judge = Judge(facts=facts)
    told = [verdict for at in range(300) if (verdict := judge.feed(_hello()[320 * at : 320 * (at + 1)]))]
    assert [(verdict.kind, verdict.at_ms) for verdict in told] == [("doubt", 20)]


def test_facts_that_are_not_known_speak_against_nobody() -> None:
    assert Judge(facts=Facts(ring_s=8.0, rang=True)).feed(_hello()) == Judge().feed(_hello())


def test_a_recording_that_ends_with_its_word_is_followed_by_quiet() -> None:
    trial = judged(silence(0.3), voice(0.4), silence(0.2))
    assert trial.verdict.kind == "human"
    assert trial.behind_ms > 0
    cut = judged(silence(0.3), voice(0.4))
    assert (cut.verdict.kind, cut.behind_ms) == ("doubt", 0)


@settings(max_examples=20)
@given(cuts=st.lists(st.integers(0, 2 * 8000 * 3), max_size=30))
def test_how_the_sound_is_cut_into_pieces_changes_nothing(cuts: list[int]) -> None:
    sound = _hello()
    judge = Judge()
    bounds = [0, *sorted(cuts), len(sound)]
    told = [verdict for a, b in itertools.pairwise(bounds) if (verdict := judge.feed(sound[a:b]))]
    assert told == [Verdict("human", told[0].at_ms, told[0].why)]
    whole = Judge()
    assert whole.feed(sound) == told[0]
    assert whole.feed(sound) is None
    assert whole.end() == told[0]


@settings(max_examples=10)
@given(garbage=st.binary(max_size=8000))
def test_garbage_breaks_nothing(garbage: bytes) -> None:
    judge = Judge()
    for _ in range(10):
        judge.feed(garbage)
    assert judge.end().kind in ("human", "machine", "doubt")


def test_a_minute_and_more_is_bounded() -> None:
    judge = Judge()
    for _ in range(70):
        judge.feed(pcm(silence(1.0)))
    assert judge.end().kind == "doubt"


def _hello() -> bytes:
    return pcm(silence(0.4), voice(0.4), silence(2.2))
