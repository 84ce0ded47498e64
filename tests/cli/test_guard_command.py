"""``hotline guard`` around a service of the test's own: signals, exit codes, and a service that will not leave."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Box

PROGRAM = """
import asyncio, sys, time, types
service = types.ModuleType("appliance.guard.app")

async def run(config, *, config_file):
    print("running", config.device.id, config_file.name, flush=True)
    {body}

service.run = run
sys.modules["appliance.guard.app"] = service
import appliance.guard
appliance.guard.app = service
from appliance.cli.main import main
sys.exit(main(["guard", "--config", sys.argv[1]]))
"""
TIDY = """
    try:
        await asyncio.sleep(3600)
    finally:
        print("tidied up", flush=True)
"""
STUCK = """
    await asyncio.to_thread(time.sleep, 3600)
"""


async def start(box: Box, body: str) -> asyncio.subprocess.Process:
    program = PROGRAM.format(body=body.strip())
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        program,
        str(box.config),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={name: value for name, value in os.environ.items() if name != "JOURNAL_STREAM"},
    )
    assert process.stdout is not None
    assert (await process.stdout.readline()).decode() == f"running {box.device} hotline.toml\n"
    return process


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_lets_it_tidy_up_and_is_exit_0(lonely_box: Box, number: signal.Signals) -> None:
    process = await start(lonely_box, TIDY)
    process.send_signal(number)
    out, err = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0
    assert out == b"tidied up\n"
    assert f"{number.name}: leaving" in err.decode()


async def test_a_thread_stuck_in_a_driver_does_not_keep_it(lonely_box: Box) -> None:
    process = await start(lonely_box, STUCK)
    process.send_signal(signal.SIGTERM)
    _out, err = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 1
    assert "leaving hard" in err.decode()


async def test_the_service_s_own_end_is_the_exit_code(lonely_box: Box) -> None:
    process = await start(lonely_box, "return 7")
    await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 7


async def test_an_error_of_the_service_is_logged_and_exit_1(lonely_box: Box) -> None:
    process = await start(lonely_box, 'raise RuntimeError("a bug")')
    _out, err = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 1
    assert "the guard was ended by an error of its own" in err.decode()
    assert "RuntimeError: a bug" in err.decode()


def test_the_unit_starts_this_command_and_leaves_a_wrong_configuration_alone() -> None:
    unit = (Path(__file__).parents[2] / "systemd" / "hotline-guard.service").read_text()
    for line in (
        "Type=notify",
        "ExecStart=/usr/bin/hotline guard --config /etc/hotline/hotline.toml",
        "Restart=always",
        "RestartPreventExitStatus=2",
        "StateDirectory=hotline",
    ):
        assert line in unit.splitlines()
    assert "network-online" not in unit
    assert "mosquitto" not in unit
