"""The panel on gpiozero's own mock pins: what lights up, what the button does, and what broken pins do to nobody."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest
from gpiozero import Device
from gpiozero.pins.mock import MockFactory

from appliance.config.models import Panel
from appliance.domain.events import EventType
from appliance.panel import pins as pins_module
from appliance.panel.service import FrontPanel
from tests.panel.test_signals import state

GREEN, YELLOW, RED, BUZZER, BUTTON = 17, 27, 22, 23, 24
WHOLE = Panel(green_pin=GREEN, yellow_pin=YELLOW, red_pin=RED, buzzer_pin=BUZZER, button_pin=BUTTON)


class Guard:
    """The side of the guard: a picture, and commands that it refuses when told to."""

    def __init__(self) -> None:
        self.picture: Mapping[str, Any] | None = state()
        self.commands: list[tuple[str, Mapping[str, Any]]] = []
        self.said: list[tuple[EventType, Mapping[str, Any]]] = []
        self.willing = True

    async def act(self, name: str, args: Mapping[str, Any]) -> bool:
        self.commands.append((name, args))
        return self.willing

    async def reset(self) -> bool:
        return True

    def say(self, type_: EventType, data: Mapping[str, Any]) -> None:
        self.said.append((type_, data))

    @asynccontextmanager
    async def panel(self, settings: Panel = WHOLE, hold_s: float = 0.2) -> AsyncIterator[None]:
        panel = FrontPanel(
            settings, lambda: self.picture, self.act, self.say, self.reset,
            up_s=lambda: 86_400.0, hold_s=hold_s, try_again_s=0.05,
        )  # fmt: skip
        task = asyncio.create_task(panel.run())
        try:
            await until(lambda: bool(self.said))
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not true():  # noqa: ASYNC110  # pins have no event to wait for
            await asyncio.sleep(0.01)


@pytest.fixture
def factory() -> Iterator[MockFactory]:
    Device.pin_factory = MockFactory()
    yield Device.pin_factory
    Device.pin_factory.reset()
    Device.pin_factory = None


@pytest.fixture
def guard() -> Guard:
    return Guard()


def lit(factory: MockFactory, *pins: int) -> bool:
    """Whether exactly these of the three lights are lit now."""
    return {pin for pin in (GREEN, YELLOW, RED) if factory.pin(pin).state} == set(pins)


async def test_the_light_follows_the_picture_and_goes_out_at_the_end(factory: MockFactory, guard: Guard) -> None:
    async with guard.panel():
        await until(lambda: lit(factory, GREEN))
        guard.picture = state(service="partial")
        await until(lambda: lit(factory, YELLOW))
        guard.picture = state(modem__health="down")
        await until(lambda: lit(factory, RED))
        assert not factory.pin(BUZZER).states[1:]
    assert lit(factory)
    assert guard.said == [(EventType.PANEL_UP, {})]


async def test_one_light_says_everything(factory: MockFactory, guard: Guard) -> None:
    guard.picture = state(service="isolated")
    async with guard.panel(Panel(green_pin=GREEN)):
        await until(lambda: len(factory.pin(GREEN).states) > 8)


async def test_lights_to_the_supply_are_lit_by_a_low_pin(factory: MockFactory, guard: Guard) -> None:
    async with guard.panel(Panel(green_pin=GREEN, red_pin=RED, active_low=True)):
        await until(lambda: not factory.pin(GREEN).state and bool(factory.pin(RED).state))


async def test_a_short_press_is_answered_aloud_and_commands_nothing(factory: MockFactory, guard: Guard) -> None:
    async with guard.panel(hold_s=5.0):
        button = factory.pin(BUTTON)
        button.drive_low()
        await asyncio.sleep(0.1)
        button.drive_high()
        await until(lambda: sum(bool(one.state) for one in factory.pin(BUZZER).states) == 2)  # 1 = normal, and long
    assert guard.commands == []


async def test_a_hold_leads_calls_to_the_technician_and_the_next_one_back(factory: MockFactory, guard: Guard) -> None:
    async with guard.panel():
        button = factory.pin(BUTTON)
        button.drive_low()
        await until(lambda: len(guard.commands) == 1)
        assert guard.commands == [("route.set", {"route": "technician", "reason": "the button on the box"})]
        guard.picture = state(override={"route": "technician"})
        button.drive_high()
        await asyncio.sleep(0.1)
        button.drive_low()
        await until(lambda: len(guard.commands) == 2)
        assert guard.commands[1] == ("route.auto", {})


async def test_a_refusal_is_shown_and_heard(factory: MockFactory, guard: Guard) -> None:
    guard.willing = False
    async with guard.panel():
        factory.pin(BUTTON).drive_low()
        await until(lambda: sum(bool(one.state) for one in factory.pin(BUZZER).states) >= 10)


async def test_a_button_that_is_stuck_from_the_start_does_nothing(factory: MockFactory, guard: Guard) -> None:
    factory.pin(BUTTON).drive_low()
    async with guard.panel(hold_s=0.1):
        await until(lambda: lit(factory, GREEN))
        await asyncio.sleep(0.5)
    assert guard.commands == []


async def test_pins_that_cannot_be_had_are_told_once_and_tried_again(
    factory: MockFactory, guard: Guard, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = []

    def broken(_self: MockFactory, name: object, **_: object) -> object:
        tries.append(name)
        raise PermissionError(13, "Permission denied", "/dev/gpiochip0")

    with monkeypatch.context() as patch:
        patch.setattr(MockFactory, "pin", broken)
        async with guard.panel():
            await until(lambda: len(tries) >= 3)
            assert [type_ for type_, _ in guard.said] == [EventType.PANEL_FAILED]
            assert "/dev/gpiochip0" in guard.said[0][1]["reason"]
            patch.undo()
            await until(lambda: guard.said[-1][0] is EventType.PANEL_UP)
            await until(lambda: lit(factory, GREEN))


async def test_a_light_that_breaks_while_it_shines_is_told(
    factory: MockFactory, guard: Guard, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with guard.panel():
        await until(lambda: lit(factory, GREEN))
        with monkeypatch.context() as patch:

            def broken(*_: object) -> None:
                raise OSError(5, "Input/output error")

            patch.setattr(pins_module, "_set", broken)
            await until(lambda: guard.said[-1][0] is EventType.PANEL_FAILED)
        await until(lambda: guard.said[-1][0] is EventType.PANEL_UP)


async def test_no_library_at_all_is_told(guard: Guard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GPIOZERO_PIN_FACTORY", "lgpio")  # as the unit has it
    Device.pin_factory = None
    async with guard.panel():
        assert guard.said[0][0] is EventType.PANEL_FAILED
        assert "lgpio" in guard.said[0][1]["reason"]


async def test_a_library_that_never_comes_back_costs_one_thread_and_nothing_else(
    factory: MockFactory, guard: Guard, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold, tries = threading.Event(), []

    def hung(_self: MockFactory, name: object, **_: object) -> object:
        tries.append(name)
        hold.wait(30)
        raise OSError("at last")

    monkeypatch.setattr(MockFactory, "pin", hung)
    monkeypatch.setattr(pins_module, "ANSWER_S", 0.1)
    try:
        async with guard.panel():
            assert "does not come back" in guard.said[0][1]["reason"]
            await asyncio.sleep(0.3)
        assert len(tries) == 1
    finally:
        hold.set()
        await until(lambda: all(thread.name != "panel" for thread in threading.enumerate()))
