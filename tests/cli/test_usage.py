"""Wrong usage, wrong configuration, and how light the command is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from appliance.cli.exits import Exit
from tests.cli.conftest import Box, Hotline
from tests.cli.story import Story
from tests.config.conftest import GOOD


def test_exit_codes_are_those_of_the_contract() -> None:
    assert {code.name: code.value for code in Exit} == {"DONE": 0, "REFUSED": 1, "USAGE": 2, "UNREACHABLE": 3}


@pytest.mark.parametrize(
    "argv",
    [
        (),
        ("bogus",),
        ("check-config",),
        ("route",),
        ("route", "set"),
        ("route", "set", "primary", "--minutes", "0"),
        ("route", "set", "primary", "--minutes", "soon"),
        ("route", "set", "primary", "--minutes", "nan"),
        ("duty", "set"),
        ("modem", "at"),
        ("status", "--timeout", "-1"),
        ("status", "--js"),  # no abbreviations: a later option must not change what a script means
    ],
)
async def test_wrong_usage_is_exit_2(hotline: Hotline, argv: tuple[str, ...]) -> None:
    ran = await hotline(*argv)
    assert (ran.code, ran.out) == (2, "")
    assert "usage: hotline" in ran.err


def test_a_full_disk_behind_the_output_is_said(tmp_path: Path) -> None:
    with Path("/dev/full").open("w") as full:
        ran = subprocess.run(
            [sys.executable, "-m", "appliance", "check-config", "/dev/null"],
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert ran.returncode == 2
    file = tmp_path / "hotline.toml"
    file.write_text(GOOD)
    with Path("/dev/full").open("w") as full:
        ran = subprocess.run(
            [sys.executable, "-m", "appliance", "check-config", str(file)],
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert (ran.returncode, ran.stderr.splitlines()[-1]) == (
        1,
        b"hotline: the output cannot be written: No space left on device",
    )


@pytest.mark.parametrize(
    "argv",
    [
        ("guard",),
        ("status",),
        ("watch",),
        ("route", "auto"),
        ("duty", "set", "tech-1"),
        ("probe",),
        ("events",),
        ("outage",),
        ("modem", "info"),
    ],
)
async def test_a_wrong_configuration_is_exit_2_with_its_mistakes(
    tmp_path: Path, hotline: Hotline, argv: tuple[str, ...]
) -> None:
    file = tmp_path / "hotline.toml"
    file.write_text("[device]\n")
    for order in (("--config", file, *argv), (*argv, "--config", file)):
        ran = await hotline(*order)
        assert (ran.code, ran.out) == (2, "")
        assert f"{file}: device.id: is missing" in ran.err
        assert "Traceback" not in ran.err


async def test_the_configuration_may_be_named_by_the_environment(
    lonely_box: Box, hotline: Hotline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOTLINE_CONFIG", str(lonely_box.config))
    ran = await hotline("status")
    assert ran.code == 3
    assert str(lonely_box.port) in ran.err


async def test_help_names_every_command(hotline: Hotline) -> None:
    ran = await hotline("--help")
    assert ran.code == 0
    for command in (
        "guard",
        "check-config",
        "status",
        "watch",
        "route",
        "duty",
        "probe",
        "events",
        "outage",
        "modem",
    ):
        assert f"\n    {command} " in ran.out


@pytest.mark.parametrize("argv", [("guard",), ("exchange",), ("web",), ("asterisk", "render")])
async def test_help_of_what_is_given_a_configuration_names_it(hotline: Hotline, argv: tuple[str, ...]) -> None:
    ran = await hotline(*argv, "--help")
    assert (ran.code, "--config FILE" in ran.out) == (0, True)


def loaded_by(code: str) -> set[str]:
    """The top-level modules that are loaded once ``code`` has run."""
    program = f"import sys\n{code}\nprint(*sorted({{name.partition('.')[0] for name in sys.modules}}))"
    return set(
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    )


def test_help_loads_nothing_heavy() -> None:
    loaded = loaded_by("from appliance.cli.parser import build_parser\nbuild_parser().format_help()")
    assert not loaded & {"pydantic", "phonenumbers", "rich", "aiomqtt", "serial", "sqlite_utils"}


def test_the_guard_s_command_carries_no_view() -> None:
    assert "rich" not in loaded_by("import appliance.cli.guard")


def test_a_reader_that_leaves_is_no_error(lonely_box: Box) -> None:
    story = Story(lonely_box.state_dir)
    story.normal()
    for _ in range(3):
        story.tell("command", name="x" * 60_000, link="local", ok=True)
    argv = [sys.executable, "-m", "appliance", "events", "--config", str(lonely_box.config)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(10)
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(60) == 0
