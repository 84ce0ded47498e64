"""A button held while the box is switched on: what letting go means, on gpiozero's mock pins."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from gpiozero.pins.mock import MockFactory, MockPin

from appliance.guard.frontpanel import network_reset
from appliance.panel.service import FrontPanel
from appliance.panel.starting import RESET_S, STARTING_S, STUCK_S, StartHold, starting
from appliance.provision.reset import REQUEST, asked
from tests.panel.test_service import BUTTON, RED, WHOLE, Guard, factory, guard, lit, until

__all__ = ["factory", "guard"]


@pytest.mark.parametrize(
    ("held_s", "meant"), [(RESET_S - 0.1, False), (RESET_S, True), (STUCK_S - 0.1, True), (STUCK_S, False)]
)
def test_it_counts_between_a_quarter_of_a_minute_and_a_minute(held_s: float, meant: bool) -> None:
    assert StartHold(100.0).meant(100.0 + held_s) is meant


def test_only_a_box_that_was_switched_on_just_now_looks_for_it() -> None:
    assert starting(20.0)
    assert not starting(STARTING_S)


class HeldPin(MockPin):  # type: ignore[misc]
    """A contact that is closed already when the pin is claimed: stronger than the pull."""

    def _set_pull(self, value: str) -> None:
        self._pull = value


def held(factory: MockFactory) -> None:
    """The finger is on the button."""
    factory.pin(BUTTON, pin_class=HeldPin).drive_low()


class Rig:
    """A panel whose button may be down from the start."""

    def __init__(self, guard: Guard, *, up_s: float = 20.0, reset_s: float = 0.2, stuck_s: float = 600.0) -> None:
        self.resets = 0
        self.guard = guard
        self._panel = FrontPanel(
            WHOLE, lambda: guard.picture, guard.act, guard.say, self.reset, hold_s=0.1, up_s=lambda: up_s,
            start_hold=lambda since: StartHold(since, reset_s, stuck_s),
        )  # fmt: skip

    async def reset(self) -> bool:
        self.resets += 1
        return True

    async def __aenter__(self) -> Rig:
        self._task = asyncio.create_task(self._panel.run())
        await until(lambda: bool(self.guard.said))
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def pressed_and_answered(self, factory: MockFactory) -> None:
        """The button works as ever: a hold is a command."""
        before = len(self.guard.commands)
        factory.pin(BUTTON).drive_low()
        await until(lambda: len(self.guard.commands) > before)
        factory.pin(BUTTON).drive_high()


async def test_held_and_let_go_it_asks_once_and_is_a_button_again(factory: MockFactory, guard: Guard) -> None:
    held(factory)
    async with Rig(guard) as rig:
        await until(lambda: lit(factory, RED))
        assert rig.resets == 0
        factory.pin(BUTTON).drive_high()
        await until(lambda: rig.resets == 1)
        assert guard.commands == []
        await rig.pressed_and_answered(factory)
        assert rig.resets == 1


async def test_let_go_too_early_means_nothing(factory: MockFactory, guard: Guard) -> None:
    held(factory)
    async with Rig(guard, reset_s=300.0) as rig:
        factory.pin(BUTTON).drive_high()
        await asyncio.sleep(0.2)  # beyond a bounce
        await rig.pressed_and_answered(factory)
        assert rig.resets == 0


async def test_a_button_that_is_stuck_means_nothing(factory: MockFactory, guard: Guard) -> None:
    held(factory)
    async with Rig(guard, reset_s=0.05, stuck_s=0.1) as rig:
        await asyncio.sleep(0.3)
        factory.pin(BUTTON).drive_high()
        await asyncio.sleep(0.2)
        await rig.pressed_and_answered(factory)
        assert rig.resets == 0


async def test_a_guard_that_is_started_again_later_sees_no_such_hold(factory: MockFactory, guard: Guard) -> None:
    held(factory)
    async with Rig(guard, up_s=86_400.0, reset_s=0.05) as rig:
        await asyncio.sleep(0.2)
        factory.pin(BUTTON).drive_high()
        await rig.pressed_and_answered(factory)
        assert rig.resets == 0


async def test_where_no_image_looks_after_the_network_it_is_refused(tmp_path: Path) -> None:
    assert await network_reset(tmp_path, tmp_path / "provisioning.json")() is False
    assert not (tmp_path / REQUEST).exists()
    (tmp_path / "provisioning.json").touch()
    assert await network_reset(tmp_path, tmp_path / "provisioning.json")() is True
    first = asked(tmp_path)
    assert first is not None
    assert (tmp_path / REQUEST).stat().st_mode & 0o777 == 0o640
    assert await network_reset(tmp_path, tmp_path / "provisioning.json")() is True
    assert asked(tmp_path) != first
