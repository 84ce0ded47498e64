"""Four restarts by faults within an hour, and what counts as one."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pytest

from appliance.cli import boots
from appliance.provision.budget import REMEMBERED, Start, begun, degraded, ended, lasted


def starts(*lasts: float, orderly: bool = False) -> tuple[Start, ...]:
    return (*(Start(one, orderly) for one in lasts), Start())


def test_four_restarts_within_an_hour_use_the_budget_up() -> None:
    assert not degraded(())
    assert not degraded(starts())
    assert not degraded(starts(60, 60, 60))
    assert degraded(starts(60, 60, 60, 60))


def test_an_hour_of_running_mends_it() -> None:
    tired = starts(60, 60, 60, 60)
    assert degraded(lasted(tired, 3000))
    assert not degraded(lasted(tired, 3600))


def test_faults_of_long_ago_do_not_count() -> None:
    assert not degraded(starts(60, 60, 60, 3600, 60))
    assert degraded(starts(3600, 60, 60, 60, 60))


def test_a_restart_that_was_asked_for_is_no_fault() -> None:
    assert not degraded(starts(*[60] * 9, orderly=True))
    assert ended((Start(10),), 20) == (Start(20, orderly=True),)


def test_the_list_stays_short() -> None:
    known: tuple[Start, ...] = ()
    for _ in range(100):
        known = begun(known)
    assert len(known) == REMEMBERED


def call(root: Path, what: str) -> None:
    boots.run(argparse.Namespace(root=root, what=what))


def test_the_mark_comes_and_goes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for number in range(1, 6):
        call(tmp_path, "begin")
        assert (tmp_path / boots.MARK).exists() == (number == 5)
    assert "too often" in capsys.readouterr().err
    for _ in range(5):
        call(tmp_path, "end")
        call(tmp_path, "begin")
    assert len(json.loads((tmp_path / boots.KEPT).read_text())) == 10


def test_what_was_kept_off_is_asked_back_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(5):
        call(tmp_path, "begin")
    monkeypatch.setattr("appliance.cli.boots.time.clock_gettime", lambda _clock: 3600.0)
    call(tmp_path, "beat")
    assert not (tmp_path / boots.MARK).exists()
    (tmp_path / boots.BACK).unlink()
    call(tmp_path, "beat")
    assert not (tmp_path / boots.BACK).exists()


@pytest.mark.parametrize("damage", ["", "[", "{}", '[{"lasted_s": "x"}]', "null", "3"])
def test_a_damaged_count_stops_nothing(damage: str, tmp_path: Path) -> None:
    (tmp_path / boots.KEPT).parent.mkdir(parents=True)
    (tmp_path / boots.KEPT).write_text(damage)
    call(tmp_path, "begin")
    assert len(json.loads((tmp_path / boots.KEPT).read_text())) == 1
