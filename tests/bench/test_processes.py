"""Processes of the bench: stood still, killed, ended, and gone when the bench itself is killed."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from bench.processes import Process


def state_of(pid: int) -> str | None:
    """The state letter of a process (proc(5)), ``None`` once it is gone or only waits to be reaped."""
    try:
        letter = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if letter == "Z" else letter


async def until_state(pid: int, wanted: str) -> None:
    async with asyncio.timeout(10):
        while state_of(pid) != wanted:  # noqa: ASYNC110 - the kernel has no event for it
            await asyncio.sleep(0.01)


def sleeper(tmp_path: Path) -> Process:
    return Process("sleeper", ["sleep", "600"], tmp_path / "log", tmp_path)


async def test_it_stands_still_goes_on_and_ends(tmp_path: Path) -> None:
    process = sleeper(tmp_path)
    await process.start()
    assert process.pid is not None
    pid = process.pid
    await process.start()
    assert process.pid == pid, "a running one is left alone"
    await until_state(pid, "S")
    process.freeze()
    await until_state(pid, "T")
    assert process.frozen
    process.thaw()
    await until_state(pid, "S")
    await process.stop()
    assert (process.pid, process.returncode) == (None, -signal.SIGTERM)


async def test_a_frozen_or_stubborn_one_is_ended_too(tmp_path: Path) -> None:
    frozen = sleeper(tmp_path)
    await frozen.start()
    frozen.freeze()
    await frozen.kill()
    assert frozen.returncode == -signal.SIGKILL
    script = "trap '' TERM; echo ready; while :; do sleep 0.05; done"
    stubborn = Process("stubborn", ["sh", "-c", script], tmp_path / "stubborn.log", tmp_path)
    await stubborn.start()
    async with asyncio.timeout(10):
        while "ready" not in stubborn.log_tail():  # noqa: ASYNC110 - a file has no event
            await asyncio.sleep(0.01)
    await stubborn.stop(grace_s=0.2)
    assert stubborn.returncode == -signal.SIGKILL


async def test_the_last_words_are_told(tmp_path: Path) -> None:
    process = Process("talker", ["sh", "-c", "echo first; echo it broke >&2; exit 3"], tmp_path / "log", tmp_path)
    await process.start()
    assert await process.wait() == 3
    assert "talker ended with 3" in str(process.died())
    assert "it broke" in str(process.died())


def test_nothing_is_left_behind_when_the_bench_is_killed(tmp_path: Path) -> None:
    program = (
        "import asyncio, sys\nfrom pathlib import Path\nfrom bench.processes import Process\n"
        "async def main():\n    here = Path(sys.argv[1])\n"
        "    process = Process('sleeper', ['sleep', '600'], here / 'log', here)\n    await process.start()\n"
        "    while Path(f'/proc/{process.pid}/comm').read_text().strip() != 'sleep':\n"
        "        await asyncio.sleep(0.01)\n"
        "    print(process.pid, flush=True)\n    await asyncio.sleep(600)\nasyncio.run(main())\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2] / "hil-tests")}
    with subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, text=True, env=environment
    ) as bench:
        assert bench.stdout is not None
        child = int(bench.stdout.readline())
        assert state_of(child) is not None
        bench.kill()
        bench.wait()
    deadline = time.monotonic() + 10
    while state_of(child) is not None and time.monotonic() < deadline:
        time.sleep(0.01)
    assert state_of(child) is None
