"""The corpus before the judge, on all processors."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing import get_context

import numpy as np

from appliance.screening.frames import FRAME_MS
from appliance.screening.trial import Conversation, Trial, judge_recording
from benchmarks.screening.caller import Caller, spans
from benchmarks.screening.cases import Case, Take, make
from benchmarks.screening.voices import RATE_HZ, Studio, pcm

TOLD_EVERY = 200
LASTS_S = 50.0  # so long callers stay at least


@dataclass(frozen=True, slots=True)
class Result:
    """``from_word_ms``: the verdict's time from the first word (or sound) on. ``us_a_frame``: processor time."""

    case: Case
    trial: Trial
    from_word_ms: float | None
    us_a_frame: float

    @property
    def found_out_ms(self) -> float | None:
        """From the first word until the second net found something against who had been taken for a human."""
        watched = self.trial.watched
        if watched is None or watched.kind == "human" or self.from_word_ms is None:
            return None
        return self.from_word_ms + watched.at_ms - self.trial.verdict.at_ms

    @property
    def column(self) -> str:
        """The verdict as the matrix has it."""
        return self.trial.verdict.kind


def judge_case(case: Case) -> Result:
    """Make the recording and judge it."""
    take = make(case, Studio())
    sound = pcm(take.sound)
    began = time.thread_time_ns()
    conversation = _conversation(case, take, sound) if case.truth in ("machine", "talk") else None
    trial = judge_recording(sound, early_media=case.early, conversation=conversation)
    last_ms = trial.watched.at_ms if trial.watched is not None else trial.verdict.at_ms
    settled = trial.verdict.kind == "machine" or trial.watched is not None
    heard_ms = max(last_ms, 0 if settled else trial.recording_ms)
    frames = max(1, heard_ms // FRAME_MS)
    us_a_frame = (time.thread_time_ns() - began) / 1000 / frames
    from_word_ms = None if take.first_word_ms is None else trial.verdict.at_ms - take.first_word_ms
    return Result(case, trial, from_word_ms, us_a_frame)


def _conversation(case: Case, take: Take, sound: bytes) -> Conversation:
    """Both sides from the moment they are connected: a recording stays silent when it has ended."""

    def both(at: int) -> tuple[bytes, bytes]:
        caller = Caller(case.name, case.language, case.text, Studio())
        length_s = max(len(take.clean) / RATE_HZ, LASTS_S) if case.truth == "machine" else len(take.clean) / RATE_HZ
        connected_s = at / 2 / RATE_HZ
        long = case.kind == "hears out"
        said = caller.talk(spans(take.clean), connected_s, length_s, long=long)
        recorded = np.frombuffer(sound[at:], dtype="<i2").astype(np.float64) / 32768.0
        recorded = np.concatenate((recorded, np.zeros(max(0, len(said) - len(recorded)))))[: len(said)]
        return pcm(recorded + caller.echo(said)), pcm(said + caller.echo(recorded))

    return both


def judge_all(cases: Sequence[Case], progress: Callable[[str], None]) -> list[Result]:
    """All of them, in their order."""
    results: list[Result] = []
    with get_context("spawn").Pool(len(os.sched_getaffinity(0))) as pool:
        for result in pool.imap(judge_case, cases, chunksize=8):
            results.append(result)
            if len(results) % TOLD_EVERY == 0:
                progress(f"{len(results)} of {len(cases)} recordings")
    return results
