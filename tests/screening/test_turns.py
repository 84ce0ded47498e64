"""How two take turns: a person answers the caller, a recording does not."""

from __future__ import annotations

import numpy as np
import pytest

from appliance.screening.activity import Burst
from appliance.screening.trial import judge_recording
from appliance.screening.turns import Said, own, turn
from appliance.screening.verdict import Verdict
from tests.screening.sound import Sound, noise, pcm, silence, voice

CONNECTED = 100  # frames of 20 ms: two seconds


def said(*spans: tuple[float, float], peak_db: float = -20.0) -> list[Said]:
    """Begin and end in seconds."""
    return [Said(round(start * 50), round(end * 50), peak_db) for start, end in spans]


WORD = (0.5, 1.0)


@pytest.mark.parametrize(
    ("callee", "caller", "now", "plain"),
    [
        pytest.param([WORD], [], 9.0, None, id="nobody says anything"),
        pytest.param([WORD], [(2.3, 5.0)], 6.0, None, id="the caller has just spoken"),
        pytest.param([WORD, (5.2, 5.3)], [(2.3, 5.0)], 5.4, "answered", id="a person answers"),
        pytest.param([WORD, (2.4, 6.5)], [], 6.6, "goes on", id="a greeting goes on"),
        pytest.param([WORD, (2.4, 4.6), (5.6, 7.5)], [], 7.6, "goes on", id="with a pause"),
        pytest.param([WORD, (2.4, 6.5)], [(2.6, 5.0)], 6.6, "goes on", id="over the caller"),
        pytest.param([WORD, (2.4, 4.2), (6.0, 6.8)], [], 6.9, None, id="says something, waits, asks"),
        pytest.param([WORD, (2.4, 5.0), (6.0, 8.4)], [(5.1, 5.9)], 8.5, None, id="question and answer"),
        pytest.param([WORD, (3.4, 4.0)], [(2.3, 3.2)], 4.1, None, id="a pause with a word of the caller's"),
        pytest.param([WORD], [(2.3, 3.0)], 7.3, "does not answer", id="the caller asks in vain"),
        pytest.param([WORD], [(2.3, 3.0), (5.0, 5.5)], 8.4, "does not answer", id="and asks again"),
        pytest.param([WORD], [(2.3 + at, 3.2 + at) for at in range(20)], 22.0, None, id="tells a long story"),
        pytest.param([WORD], [(2.3, 2.5)], 9.0, None, id="a cough of the caller's"),
        pytest.param([WORD], [(1.0, 2.05)], 9.0, None, id="words from before they were connected"),
    ],
)
def test_turns(
    callee: list[tuple[float, float]], caller: list[tuple[float, float]], now: float, plain: str | None
) -> None:
    assert turn(said(*callee), said(*caller), CONNECTED, round(now * 50)) == plain


def test_an_echo_is_nobodys_word() -> None:
    caller = [Burst(100, 200, 90, 0, -15.0)]
    echo, word = Burst(105, 204, 90, 0, -38.0), Burst(105, 204, 90, 0, -20.0)
    assert own([echo], caller) == []
    assert own([word], caller) == [Said(105, 204, -20.0)]
    assert own([Burst(150, 300, 90, 0, -38.0)], caller) != []  # it goes on without the other
    assert own(caller, [echo]) == [Said(100, 200, -15.0)]


ANSWER = (silence(0.4), voice(0.4), silence(1.2))  # taken for a human 1.8 s after the beginning
CONNECTED_S = 1.84


def watched(callee: tuple[Sound, ...], caller: tuple[Sound, ...], echo: float = 0.0) -> Verdict | None:
    """What came of it with both sides; ``callee`` from 2 s on, ``caller`` from the connection on."""
    recorded = np.concatenate((*ANSWER, *callee))

    def both(at: int) -> tuple[bytes, bytes]:
        said = np.concatenate(caller)
        theirs = np.concatenate((recorded[at // 2 :], np.zeros(len(said))))[: len(said)]
        return pcm(theirs + echo * said), pcm(said + echo * theirs)

    trial = judge_recording(pcm(recorded), conversation=both)
    assert trial.verdict.kind == "human"
    return trial.watched


CALLS = (silence(0.6), voice(1.8, from_hz=220, to_hz=180))


@pytest.mark.parametrize("echo", [0.0, 0.05])
def test_by_ear(echo: float) -> None:
    answers = watched((silence(3.0), voice(3.0), silence(2)), (*CALLS, silence(6)), echo)
    assert answers is not None
    assert answers.kind == "human"
    goes_on = watched((voice(2.2), silence(0.4), voice(2.2), silence(2)), (*CALLS, silence(6)), echo)
    assert goes_on is not None
    assert (goes_on.kind, "goes on" in goes_on.why) == ("doubt", True)
    silent = watched((silence(9),), (*CALLS, silence(7)), echo)
    assert silent is not None
    assert (silent.kind, "does not answer" in silent.why) == ("doubt", True)


def test_with_a_caller_who_says_nothing_nobody_is_asked() -> None:
    hissing = watched((silence(50),), (noise(46, 0.001),))
    assert hissing is not None
    assert hissing.kind == "human"
