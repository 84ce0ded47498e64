"""SIGKILL at any instruction loses nothing that was told to be durable."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from appliance.journal import JournalReader

ROOT = Path(__file__).parents[2]


def run_and_kill(state_dir: Path, after_lines: int, rng: random.Random) -> list[int]:
    """The ids that the process told of before it was killed."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.journal.killed", str(state_dir)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(after_lines)]
        for _ in range(rng.randrange(20_000)):  # somewhere within the next append
            pass
        process.kill()
        lines += process.stdout.readlines()
    assert process.returncode == -9
    return [int(line) for line in lines if line.endswith("\n")]


def test_a_killed_process_loses_no_durable_event(tmp_path: Path) -> None:
    rng = random.Random(1)
    told: list[int] = []
    for _ in range(8):
        told += run_and_kill(tmp_path, rng.randrange(1, 60), rng)
        with JournalReader(tmp_path) as reader:
            stored = [event.id for event in reader.events()]
            assert set(told) <= set(stored)
            assert reader.recall("last") >= told[-1]
    assert told == sorted(set(told))
    with closing(sqlite3.connect(tmp_path / "journal.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
