"""S9: a PIN is tried once, and once only; also across a restart of the guard."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.mobile.modem import SimulatedModem
from bench.mobile.personalities import PERSONALITIES
from bench.mobile.ports import TcpPort
from tests.integration.rig import OWN, TECH_1, rig, subscriber


async def test_the_right_pin_opens_the_sim(tmp_path: Path) -> None:
    network, sim = subscriber(pin="4321")
    (tmp_path / "pin").write_text("4321\n")
    port = TcpPort(0)
    async with (
        SimulatedModem(network, OWN, port, PERSONALITIES["quectel-ec25"]),
        rig(tmp_path, network, port.address, modem_extra=f'pin_file = "{tmp_path / "pin"}"') as box,
    ):
        await box.until_target(TECH_1)
        assert sim.pin_attempts == ["4321"]
        assert "4321" not in (tmp_path / "guard.log").read_text()


async def test_a_wrong_pin_is_tried_exactly_once_also_across_a_restart(tmp_path: Path) -> None:
    network, sim = subscriber(pin="4321")
    (tmp_path / "pin").write_text("1111\n")
    port = TcpPort(0)
    async with (
        SimulatedModem(network, OWN, port, PERSONALITIES["quectel-ec25"]) as modem,
        rig(tmp_path, network, port.address, modem_extra=f'pin_file = "{tmp_path / "pin"}"') as box,
    ):

        def locked(state: Mapping[str, Any]) -> bool:
            return state["modem"]["sim"] in ("pin", "blocked") and state["modem"]["health"] == "up"

        await box.until(lambda state: locked(state) and bool(sim.pin_attempts))
        for restart in (box.guard.kill, box.guard.stop):
            before = (await box.until(locked))["boot_id"]
            await restart()
            await box.guard.start()
            await box.until(lambda state: locked(state) and state["boot_id"] != before)  # noqa: B023
            await asyncio.sleep(1.0)
        assert sim.pin_attempts == ["1111"], "one try, remembered on disk before it was sent"
        assert sim.pin_tries_left == 2
        assert box.target() is None
        # the right one, once somebody writes it into the file
        (tmp_path / "pin").write_text("4321\n")
        await box.guard.stop()
        await box.guard.start()
        await box.until_target(TECH_1)
        assert sim.pin_attempts == ["1111", "4321"]
        assert modem.power_ups == 1


async def test_no_sim_is_told_and_a_sim_put_in_later_is_used(tmp_path: Path) -> None:
    network, sim = subscriber()
    port = TcpPort(0)
    async with (
        SimulatedModem(network, None, port, PERSONALITIES["quectel-ec25"]) as modem,
        rig(tmp_path, network, port.address) as box,
    ):
        await box.until(lambda state: state["modem"]["sim"] == "absent")
        assert box.target() is None
        modem.change_sim(OWN)
        await box.until_target(TECH_1, timeout_s=50)
        assert sim.pin_attempts == []
