"""The corpus before the judge, on all processors."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing import get_context

from appliance.screening.frames import FRAME_MS
from appliance.screening.trial import Trial, judge_recording
from benchmarks.screening.cases import Case, make
from benchmarks.screening.voices import Studio, pcm

TOLD_EVERY = 200


@dataclass(frozen=True, slots=True)
class Result:
    """``from_word_ms``: the verdict's time from the first word (or sound) on. ``us_a_frame``: processor time."""

    case: Case
    trial: Trial
    from_word_ms: float | None
    us_a_frame: float

    @property
    def taken_back_ms(self) -> float | None:
        """From the first word until the caller was taken back from a machine that had been taken for a human."""
        if self.trial.taken_back is None or self.from_word_ms is None:
            return None
        return self.from_word_ms + self.trial.taken_back.at_ms - self.trial.verdict.at_ms

    @property
    def column(self) -> str:
        """The verdict as the matrix has it."""
        return self.trial.verdict.kind


def judge_case(case: Case) -> Result:
    """Make the recording and judge it."""
    take = make(case, Studio())
    sound = pcm(take.sound)
    began = time.thread_time_ns()
    trial = judge_recording(sound, early_media=case.early)
    last_ms = trial.watched.at_ms if trial.watched is not None else trial.verdict.at_ms
    settled = trial.verdict.kind == "machine" or trial.watched is not None
    heard_ms = max(last_ms, 0 if settled else trial.recording_ms)
    frames = max(1, heard_ms // FRAME_MS)
    us_a_frame = (time.thread_time_ns() - began) / 1000 / frames
    from_word_ms = None if take.first_word_ms is None else trial.verdict.at_ms - take.first_word_ms
    return Result(case, trial, from_word_ms, us_a_frame)


def judge_all(cases: Sequence[Case], progress: Callable[[str], None]) -> list[Result]:
    """All of them, in their order."""
    results: list[Result] = []
    with get_context("spawn").Pool(len(os.sched_getaffinity(0))) as pool:
        for result in pool.imap(judge_case, cases, chunksize=8):
            results.append(result)
            if len(results) % TOLD_EVERY == 0:
                progress(f"{len(results)} of {len(cases)} recordings")
    return results
