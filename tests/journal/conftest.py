from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import pytest

from appliance.journal import Journal, Limits

QUICK = Limits(retry_first_s=0.02, retry_most_s=0.1, lazy_s=0.05)


class Clock:
    """A clock that tests turn by hand."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.moment

    def turn(self, **by: float) -> None:
        self.moment += timedelta(**by)


class Opener(Protocol):
    async def __call__(self, state_dir: Path, limits: Limits = ..., **options: Any) -> Journal: ...


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def open_journal(clock: Clock) -> AsyncIterator[Opener]:
    async with AsyncExitStack() as stack:

        async def open_(state_dir: Path, limits: Limits = QUICK, **options: Any) -> Journal:
            journal = await Journal.open(state_dir, boot_id="boot-1", now=clock, limits=limits, **options)
            stack.push_async_callback(journal.close)
            return journal

        yield open_


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MB that can be filled for real; needs root."""
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("mounting a small file system needs root")
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip(f"mounting is not allowed here: {mounted.stderr.decode().strip()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


async def until(condition: Callable[[], bool], what: str) -> None:
    """Wait for something that is bound to come; the test's own timeout ends a wait in vain."""
    try:
        async with asyncio.timeout(20):
            while not condition():  # noqa: ASYNC110  (a condition of another thread or process has no event)
                await asyncio.sleep(0.01)
    except TimeoutError:
        pytest.fail(f"never came: {what}")


def names(directory: Path) -> list[str]:
    """The files there."""
    return sorted(path.name for path in directory.iterdir())
