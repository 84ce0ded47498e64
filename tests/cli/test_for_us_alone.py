"""Services that somebody starts by hand, under a usual umask, leave nothing that everybody can read."""

from __future__ import annotations

import asyncio
import signal
from contextlib import suppress
from pathlib import Path

import pytest

from tests.cli.conftest import Box
from tests.cli.process import running


def open_to_all(folder: Path) -> list[str]:
    """What is there and lets others in, with its mode."""
    found = []
    for path in (folder, *folder.rglob("*")):
        with suppress(FileNotFoundError):  # what a database keeps beside it comes and goes
            found.append((path, path.stat().st_mode & 0o777))
    assert len(found) > 2
    return [f"{path.relative_to(folder)} {mode:o}" for path, mode in found if mode & 0o007]


@pytest.mark.parametrize(
    ("service", "files"),
    [
        ("guard", {"journal.db", "guard.lock"}),
        ("exchange", {"exchange/journal.db", "exchange/calls.db", "exchange.sock"}),
    ],
)
async def test_the_state_directory_and_all_in_it_is_for_us_and_our_group(
    lonely_box: Box, service: str, files: set[str]
) -> None:
    lonely_box.state_dir.rmdir()
    async with running(service, "--config", lonely_box.config) as process:
        async with asyncio.timeout(90):
            while not all((lonely_box.state_dir / name).exists() for name in files):  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        assert open_to_all(lonely_box.state_dir) == []
        assert await process.stop(signal.SIGTERM) in (0, 1)  # 1: it took too long to leave, and left hard
    assert open_to_all(lonely_box.state_dir) == []
