"""The simulated bench as a person uses it: one terminal runs it, another breaks it; nothing is left behind."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bench.remote import NoBenchError, ask

pytestmark = [pytest.mark.lg_feature("simulated"), pytest.mark.timeout(600)]

BENCH_DIR = Path(__file__).parents[1]


def bench(run_dir: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bench", "--run-dir", str(run_dir), *words]
    return subprocess.run(command, cwd=BENCH_DIR, capture_output=True, text=True, check=False, timeout=180)


def stands(run_dir: Path) -> bool:
    """Whether it can be asked; the command for it would be a process for each look."""
    try:
        asyncio.run(ask(run_dir, "status"))
    except NoBenchError:
        return False
    return True


@contextmanager
def running(run_dir: Path, *words: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "bench", "--run-dir", str(run_dir), *words]
    with subprocess.Popen(command, cwd=BENCH_DIR, stdout=subprocess.PIPE, text=True) as process:
        try:
            while not stands(run_dir) and process.poll() is None:
                time.sleep(0.2)
            yield process
        finally:
            process.kill()


def alive(pids: dict[str, int | None]) -> list[str]:
    return [name for name, pid in pids.items() if pid and os.path.exists(f"/proc/{pid}/exe")]


def until_nothing_is_alive(pids: dict[str, int | None]) -> None:
    deadline = time.monotonic() + 60
    while alive(pids) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert alive(pids) == []


def test_run_is_broken_mended_and_called_from_another_terminal_and_ends_on_ctrl_c(tmp_path: Path) -> None:
    assert "no bench is running" in bench(tmp_path, "call").stderr
    with running(tmp_path, "run", "--plain", "--profile", "patient") as process:
        pids = json.loads(bench(tmp_path, "status").stdout)["pids"]
        assert len(alive(pids)) == len(pids) == 12  # the pages, too
        second = bench(tmp_path, "run")
        assert second.returncode != 0
        assert "running already" in second.stderr
        while "rung by node-1" not in bench(tmp_path, "call").stdout:
            time.sleep(0.2)  # the guard is arming the net still; the test's time limit ends this
        assert bench(tmp_path, "break", "node-1").returncode == 0
        said = bench(tmp_path, "call").stdout
        assert "tech-1 answered" in said
        assert "rung by node-2" in said
        assert bench(tmp_path, "mend").returncode == 0
        said = bench(tmp_path, "call").stdout
        assert "tech-1 answered" in said
        assert "rung by node-1" in said
        wrong = bench(tmp_path, "break", "coffee")
        assert wrong.returncode != 0
        assert "no part 'coffee'" in wrong.stderr
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=120)
        assert process.returncode == 0
        assert "nothing is left running" in said
    until_nothing_is_alive(pids)


def test_nothing_is_left_when_the_bench_is_killed(tmp_path: Path) -> None:
    with running(tmp_path, "serve") as process:
        pids = json.loads(bench(tmp_path, "status").stdout)["pids"]
        assert bench(tmp_path, "break", "trunk-b", "--how", "stop").returncode == 0
        process.kill()
        process.wait()
    until_nothing_is_alive(pids)
