"""``hotline screening try FILE.wav``: what a call would have made of a recording, by the code that calls use."""

from __future__ import annotations

import argparse
import json
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from appliance.cli.exits import CliError, Exit
from appliance.translation import _

if TYPE_CHECKING:  # numpy comes with it: only when a recording is judged
    from appliance.screening.trial import Trial

MOST_BYTES = 2**21  # over a minute of sound; nobody is screened that long


def run(arguments: argparse.Namespace) -> int:
    """Print the verdict."""
    from appliance.screening.trial import judge_recording

    recorded = _sound(arguments.file)
    caller = _sound(arguments.caller) if arguments.caller is not None else None
    trial = judge_recording(
        recorded,
        early_media=arguments.early_media,
        conversation=(lambda at: (recorded[at:], caller[at:])) if caller is not None else None,
    )
    print(json.dumps(_as_json(trial), ensure_ascii=False) if arguments.json else _as_line(trial))
    return Exit.DONE


def _as_line(trial: Trial) -> str:
    verdict = trial.verdict
    text = _("{kind} after {ms} ms: {why}").format(kind=verdict.kind, ms=verdict.at_ms, why=verdict.why)
    if trial.doubt:
        text += _(" (in doubt from {ms} ms on: {why})").format(ms=trial.doubt.at_ms, why=trial.doubt.why)
    if trial.behind_ms:
        text += _(" (the recording ends at {ms} ms; quiet is taken to follow)").format(ms=trial.recording_ms)
    if trial.taken_back:  # a line of its own: the first one stays what a call does at that moment
        back = trial.taken_back
        text += "\n" + _("taken back after {ms} ms: {why}").format(ms=back.at_ms, why=back.why)
    if trial.asked:
        text += "\n" + _("asked for a key after {ms} ms: {why}").format(ms=trial.asked.at_ms, why=trial.asked.why)
    return text


def _as_json(trial: Trial) -> dict[str, object]:
    return {
        "verdict": trial.verdict.kind,
        "after_ms": trial.verdict.at_ms,
        "why": trial.verdict.why,
        "doubt": {"after_ms": trial.doubt.at_ms, "why": trial.doubt.why} if trial.doubt else None,
        "taken_back_ms": trial.taken_back.at_ms if trial.taken_back else None,
        "asked_ms": trial.asked.at_ms if trial.asked else None,
        "recording_ms": trial.recording_ms,
    }


def _sound(path: Path) -> bytes:
    from appliance.screening.recording import RecordingError, pcm_of

    try:
        return pcm_of(*_read(path))
    except RecordingError as error:
        raise CliError(Exit.USAGE, f"{path}: {error}") from None
    except OSError as error:
        raise CliError(Exit.USAGE, f"{path}: {error.strerror or error}") from None


def _read(path: Path) -> tuple[bytes, int | None]:
    """The beginning of the file, and its size where it has one. Raises ``OSError``."""
    with path.open("rb") as file:
        about = os.fstat(file.fileno())
        return file.read(MOST_BYTES), about.st_size if stat.S_ISREG(about.st_mode) else None
