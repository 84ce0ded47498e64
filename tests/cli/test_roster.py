"""``hotline roster``, ``line`` and ``night`` against a real guard, and without one."""

from __future__ import annotations

import re
import stat
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from appliance.domain.commands import CommandError, ErrorCode
from bench.addresses import free_port
from tests.cli.conftest import Box, Hotline, make_box
from tests.cli.peer import ScriptedGuard
from tests.cli.process import Running, running

EVA = '\n[[person]]\nid = "eva"\nname = "Eva"\nmobile = "+420777000112"\nemail = "eva@example.com"\npin = "4711"\n'
CALENDAR = Path(__file__).parents[1] / "roster" / "duty.ics"


@pytest.fixture
async def real_guard(box: Box) -> AsyncIterator[Running]:
    async with running("guard", "--config", box.config) as process:
        await process.until("connected to")
        yield process


async def exported(box: Box, hotline: Hotline, file: Path) -> str:
    ran = await hotline("roster", "export", file, "--config", box.config)
    assert (ran.code, ran.err) == (0, "")
    return _private(file)


def _private(file: Path) -> str:
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    return file.read_text("utf-8")


def _hidden(folder: Path) -> list[Path]:
    return list(folder.glob(".*"))


async def test_the_roster_goes_out_and_comes_back_changed(
    box: Box, real_guard: Running, hotline: Hotline, tmp_path: Path
) -> None:
    file, config = tmp_path / "roster.toml", ("--config", box.config)
    text = await exported(box, hotline, file)
    assert 'members = ["duty"]' in text
    file.write_text(text + EVA, "utf-8")

    shown = await hotline("roster", "import", file, "--dry-run", *config)
    assert (shown.code, shown.out) == (0, "person eva: added\nonly shown; without --dry-run it is done\n")
    assert "eva" not in await exported(box, hotline, tmp_path / "still.toml")

    done = await hotline("roster", "import", file, *config)
    assert (done.code, done.out) == (0, "person eva: added\nrevision 2 stands\n")
    again = await hotline("roster", "import", file, *config)
    assert (again.code, again.out) == (0, "nothing changes; revision 2 stands\n")  # the same PIN, too

    file.write_text(text + EVA.replace("112", "113"), "utf-8")
    late = await hotline("roster", "import", file, *config)
    assert late.code == 1
    assert "yours began at 1; export it again (conflict)" in late.err

    undone = await hotline("roster", "undo", *config)
    assert (undone.code, undone.out) == (0, "person eva: removed\nrevision 3 stands\n")
    nothing = await hotline("roster", "undo", *config)
    assert nothing.code == 1
    assert "4711" not in real_guard.seen


async def test_a_calendar_fills_a_rota_and_duty_can_be_given_back_to_it(
    box: Box, real_guard: Running, hotline: Hotline, tmp_path: Path
) -> None:
    config, calendar = ("--config", box.config), tmp_path / "duty.ics"
    text = CALENDAR.read_text("utf-8")
    doubtful = await hotline("roster", "import-calendar", CALENDAR, "--rota", "weeks", *config)
    assert (doubtful.code, doubtful.out) == (2, "")
    assert doubtful.err != ""

    head, event = text.split("BEGIN:VEVENT")[:2]
    later = event.replace("2026", "2090").replace("COUNT=3", "COUNT=2").replace("ann@EXAMPLE.com", "x@y")
    calendar.write_text(f"{head}BEGIN:VEVENT{later.replace('Duty week', 'tech-1 has duty')}END:VCALENDAR\n", "utf-8")
    none = await hotline("roster", "import-calendar", calendar, "--rota", "weeks", *config)
    assert none.code == 2
    assert "no events from now on" in none.err

    calendar.write_text(calendar.read_text("utf-8").replace("2090", "2026").replace("COUNT=2", "COUNT=99"), "utf-8")
    done = await hotline("roster", "import-calendar", calendar, "--rota", "weeks", *config)
    assert done.code == 0, done.err
    assert "rota weeks: added\nrevision 2 stands\n" in done.out
    assert "[[rota]]" in await exported(box, hotline, tmp_path / "roster.toml")

    back = await hotline("duty", "auto", *config)
    assert (back.code, back.out) == (0, "on duty by the roster: Technician 1 +420777000111\n")


async def test_the_night_switch(box: Box, real_guard: Running, hotline: Hotline) -> None:
    config = ("--config", box.config)
    assert (await hotline("night", "on", *config)).out == "service: closed\n"
    assert (await hotline("night", "auto", *config)).out == "service: by the clock\n"
    timed = await hotline("line", "mode", "service", "holiday", "--minutes", "30", *config)
    end = timed.out.removeprefix("service: holiday until ").rstrip()
    assert re.fullmatch(r"(\d{4}-\d\d-\d\d )?\d\d:\d\d:\d\d", end), "by the clock of the box"
    assert (await hotline("night", "off", "--line", "service", *config)).out == "service: open\n"
    wrong = await hotline("night", "on", "--line", "x", *config)
    assert wrong.code == 1
    assert "there is no line 'x'; there is service" in wrong.err


async def test_without_a_guard_the_journals_roster_is_written_and_said_so(
    box: Box, tmp_path: Path, hotline: Hotline
) -> None:
    (tmp_path / "other").mkdir()
    lonely_box = make_box(tmp_path / "other", free_port())
    async with running("guard", "--config", box.config) as process:
        await process.until("connected to")
    ran = await hotline("roster", "export", "--config", box.config)
    assert ran.code == 0
    assert 'default = "tech-1"' in ran.out
    assert "as the journal keeps it" in ran.err

    never = await hotline("roster", "export", "--config", lonely_box.config)
    assert (never.code, never.out) == (3, "")
    assert "there is no journal" in never.err


@pytest.mark.parametrize("with_configuration", [True, False])
async def test_a_file_is_checked_without_a_guard(
    lonely_box: Box, hotline: Hotline, tmp_path: Path, with_configuration: bool
) -> None:
    config = ("--config", lonely_box.config if with_configuration else tmp_path / "absent.toml")
    file = tmp_path / "roster.toml"
    file.write_text(f'[duty]\ndefault = "zoe"\n{EVA.replace("+420777000112", "+420777000100")}', "utf-8")
    ran = await hotline("roster", "check", file, *config)
    assert (ran.code, ran.out) == (2, "")
    circle = [f"{file}: person.0.mobile: is the service number +420777000100 itself"] if with_configuration else []
    expected = [f"{file}: duty.default: nobody has the id 'zoe'; there is 'eva' (line 2)", *circle]
    assert [line.partition(", so calls")[0] for line in ran.err.splitlines()] == expected

    file.write_text(f'[duty]\ndefault = "eva"\n{EVA}', "utf-8")
    right = await hotline("roster", "check", file, *config)
    assert (right.code, right.out) == (0, f"{file}: usable, 1 warning\n")
    assert "no line takes the calls" in right.err
    assert (await hotline("roster", "check", tmp_path / "absent", *config)).code == 2


async def test_an_import_that_cannot_be_done_changes_nothing(
    box: Box, guard: ScriptedGuard, hotline: Hotline, tmp_path: Path
) -> None:
    file = tmp_path / "roster.toml"
    file.write_text("[duty]\n", "utf-8")
    silent = await hotline("roster", "import", file, "--config", box.config)  # this guard knows no roster
    assert silent.code == 1
    assert "unknown_command" in silent.err
    nowhere = await hotline("roster", "export", tmp_path / "no" / "where", "--config", box.config)
    assert nowhere.code == 1
    assert _hidden(tmp_path) == []


async def test_an_import_is_the_way_out_of_a_roster_that_cannot_be_read(
    box: Box, guard: ScriptedGuard, hotline: Hotline, tmp_path: Path
) -> None:
    def unreadable(_args: Mapping[str, Any]) -> Mapping[str, Any]:
        raise CommandError(ErrorCode.FAILED, "the roster cannot be read")

    given: list[Mapping[str, Any]] = []
    guard.handlers["roster.get"] = unreadable
    guard.handlers["roster.set"] = lambda args: given.append(args) or {"revision": 3}
    file = tmp_path / "roster.toml"
    file.write_text(f'revision = 2\n[duty]\ndefault = "eva"\n{EVA}', "utf-8")

    shown = await hotline("roster", "import", file, "--dry-run", "--config", box.config)
    assert (shown.code, given) == (0, [])
    done = await hotline("roster", "import", file, "--config", box.config)
    assert (done.code, done.out) == (0, "revision 3 stands\n")
    assert "the roster cannot be read (failed)" in done.err
    ((sent,),) = [given]
    assert "revision" not in sent
    assert [person["id"] for person in sent["roster"]["person"]] == ["eva"]


async def test_a_device_that_never_ends_and_a_place_that_is_no_file_are_told(
    box: Box, real_guard: Running, hotline: Hotline
) -> None:
    ran = await hotline("roster", "check", "/dev/zero", "--config", box.config)
    assert (ran.code, ran.err) == (2, "hotline: /dev/zero: has more than 1048576 bytes\n")
    for place in ("/", "."):
        ran = await hotline("roster", "export", place, "--config", box.config)
        assert (ran.code, ran.err) == (2, f"hotline: {place}: is a directory; name a file\n")
    ran = await hotline("roster", "export", "", "--config", box.config)
    assert ran.code == 2
    assert "is empty; write a path" in ran.err


@pytest.mark.parametrize("account", ["phones", "taken"])
async def test_an_account_with_a_name_of_the_exchanges_own_is_refused_by_check_and_guard(
    box: Box, real_guard: Running, hotline: Hotline, tmp_path: Path, account: str
) -> None:
    file, config = tmp_path / "roster.toml", ("--config", box.config)
    text = await exported(box, hotline, file)
    file.write_text(text + EVA + f'sip = "{account}"\nsip_password = "tajneheslo"\n', "utf-8")
    for words in (("check",), ("import",)):
        ran = await hotline("roster", *words, file, *config)
        told = f"'{account}' is what the exchange calls a trunk, a node or all phones" in ran.err
        assert (ran.code, told) == ((2, True) if account == "phones" else (0, False)), ran.err
