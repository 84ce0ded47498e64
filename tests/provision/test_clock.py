"""When the mobile network's time sets the clock."""

from __future__ import annotations

import argparse
import json
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from appliance.cli import clock as command
from appliance.cli.exits import CliError
from appliance.guard.timekeeper import FILE_NAME, Timekeeper
from appliance.provision.clock import Told, new_time

BUILT = 1_790_000_000.0
NOW = BUILT + 1_000_000


def test_a_wrong_clock_is_set_and_the_note_s_age_is_counted() -> None:
    assert new_time(Told(NOW, 100), BUILT, 160, BUILT, synchronised=False)[0] == NOW + 60


@pytest.mark.parametrize(
    ("told", "boottime", "synchronised", "why"),
    [
        (Told(NOW, 100), 160, True, "NTP"),
        (Told(BUILT - 1000, 100), 160, False, "cannot be"),
        (Told(9e9, 100), 160, False, "cannot be"),
        (Told(NOW, 500), 160, False, "another start"),
        (Told(NOW, 100), 10_000, False, "old"),
        (Told(BUILT + 2, 160), 160, False, "right"),
    ],
)
def test_it_is_left_alone(told: Told, boottime: float, synchronised: bool, why: str) -> None:
    set_to, said = new_time(told, BUILT, boottime, BUILT, synchronised=synchronised)
    assert set_to is None
    assert why in said


async def test_the_guard_notes_what_the_modem_says(tmp_path: Path) -> None:
    async def ask() -> datetime:
        return datetime(2026, 7, 1, 12, 0, tzinfo=UTC)

    keeper = Timekeeper(ask, tmp_path, synchronised=tmp_path / "synchronized")
    assert await keeper.note()
    note = json.loads((tmp_path / FILE_NAME).read_text())
    assert note["time"] == "2026-07-01T12:00:00+00:00"
    assert abs(note["boottime"] - time.clock_gettime(time.CLOCK_BOOTTIME)) < 60


async def test_nothing_is_noted_while_ntp_keeps_the_clock_or_the_modem_is_away(tmp_path: Path) -> None:
    async def ask() -> datetime | None:
        raise OSError("gone")

    async def unset() -> datetime | None:
        return None

    (tmp_path / "synchronized").touch()
    assert await Timekeeper(ask, tmp_path, synchronised=tmp_path / "synchronized").note()
    for question in (ask, unset):
        assert not await Timekeeper(question, tmp_path, synchronised=tmp_path / "none").note()
    assert not (tmp_path / FILE_NAME).exists()


def test_the_command_sets_what_is_decided(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    set_to: list[float] = []
    monkeypatch.setattr(time, "clock_settime", lambda _, seconds: set_to.append(seconds))
    with pytest.raises(CliError, match="no note"):
        command.run(argparse.Namespace(root=tmp_path))
    (tmp_path / command.NOTE).parent.mkdir(parents=True)
    future = datetime.fromtimestamp(time.time() + 5000, UTC)
    note = {"time": future.isoformat(), "boottime": time.clock_gettime(time.CLOCK_BOOTTIME)}
    (tmp_path / command.NOTE).write_text(json.dumps(note))
    command.run(argparse.Namespace(root=tmp_path))
    assert abs(set_to[0] - future.timestamp()) < 60
