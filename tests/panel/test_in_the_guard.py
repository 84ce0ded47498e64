"""The panel plugged into the guard: it commands as a link does, and a guard without pins guards all the same."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gpiozero.pins.mock import MockFactory

from appliance.config.models import Panel
from appliance.doctor import panel as panel_check
from appliance.doctor.finding import Level
from appliance.domain.commands import Command
from appliance.domain.events import EventType
from appliance.guard.frontpanel import front_panel, has_pins, network_reset
from appliance.journal.journal import Journal
from bench.mobile.modem import SimulatedModem
from bench.mobile.personalities import PERSONALITIES
from bench.mobile.ports import TcpPort
from tests.cli.story import Story
from tests.integration.rig import OWN, TECH_1, rig, subscriber
from tests.panel.test_service import BUTTON, factory, until
from tests.panel.test_signals import state

__all__ = ["factory"]
SETTINGS = Panel(button_pin=BUTTON)


class Handler:
    """The guard's commands, written down."""

    names: Collection[str] = ("route.set", "route.auto")
    only_looking: Collection[str] = ()

    def __init__(self) -> None:
        self.commands: list[Command] = []

    async def execute(self, command: Command) -> Mapping[str, Any]:
        self.commands.append(command)
        return {}


async def test_the_button_goes_through_the_same_intake_as_a_link(tmp_path: Path, factory: MockFactory) -> None:
    journal = await Journal.open(tmp_path, boot_id="b", now=lambda: datetime.now(UTC))
    handler, said = Handler(), list[str]()
    serve = front_panel(
        SETTINGS, state, handler, journal, lambda type_, _: said.append(type_), network_reset(tmp_path)
    )
    task = asyncio.ensure_future(serve())
    try:
        await until(lambda: said == [EventType.PANEL_UP])
        factory.pin(BUTTON).drive_low()
        await until(lambda: len(handler.commands) == 1)
        command = handler.commands[0]
        assert (command.name, command.link) == ("route.set", "panel")
        await journal.wait_beyond(0)
        (event,) = await journal.after(0)
        assert event.type == EventType.COMMAND
        assert (event.data["link"], event.data["ok"]) == ("panel", True)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await journal.close()


async def test_without_a_pin_library_the_guard_guards_and_says_so(tmp_path: Path) -> None:
    network, _ = subscriber()
    port = TcpPort(0)
    async with (
        SimulatedModem(network, OWN, port, PERSONALITIES["generic"]),
        rig(tmp_path, network, port.address, modem_extra="[panel]\ngreen_pin = 17\nbutton_pin = 24") as box,
    ):
        failed = await box.until_event("panel.failed")
        assert failed["data"]["reason"]
        await box.until_target(TECH_1)


def test_a_box_without_a_panel_carries_none_of_it() -> None:
    assert not has_pins(Panel())
    assert not has_pins(Panel(active_low=True))
    assert has_pins(Panel(button_pin=4))
    loaded = "import sys, appliance.guard.app; print([m for m in sys.modules if 'gpio' in m or '.panel' in m])"
    ran = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True, timeout=60)
    assert ran.stdout.strip() == "[]"


def test_the_doctor_says_what_the_guard_said_of_it(tmp_path: Path) -> None:
    story = Story(tmp_path)
    story.tell(EventType.BOOT)
    assert list(panel_check.check(Panel(), tmp_path)) == []
    assert [one.level for one in panel_check.check(SETTINGS, tmp_path)] == [Level.WARN]
    story.tell(EventType.PANEL_FAILED, reason="PermissionError: /dev/gpiochip0")
    (found,) = panel_check.check(SETTINGS, tmp_path)
    assert (found.level, found.text) == (Level.WARN, "PermissionError: /dev/gpiochip0")
    assert "python3-lgpio" in found.mend
    story.tell(EventType.PANEL_UP)
    assert [one.level for one in panel_check.check(SETTINGS, tmp_path)] == [Level.OK]
