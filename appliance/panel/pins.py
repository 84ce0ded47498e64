"""The pins, by gpiozero: the one place where its threads and the event loop meet.

Every call into the library runs in one thread of its own, for a library may block, and edges of the button come from
a thread of the library. gpiozero is imported only here, in that thread, when a panel is configured.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from appliance.config.models import Panel as Settings
from appliance.domain.phrase import number, phrase
from appliance.panel.patterns import Colour
from appliance.worker import Worker

ANSWER_S = 10.0  # a pin that is not set by then never will be
CLOSE_S = 0.5
OnButton = Callable[[bool, float], None]  # closed or open, when (monotonic seconds)


class PinsError(Exception):
    """The pins cannot be used; the message says why."""


class PinsHungError(PinsError):
    """The library does not come back: its thread is lost, and trying again would only lose another."""


@dataclass(frozen=True, slots=True)
class _Devices:
    lights: dict[Colour, Any]
    buzzer: Any | None
    button: Any | None

    def all(self) -> tuple[Any, ...]:
        return (*self.lights.values(), *(one for one in (self.buzzer, self.button) if one is not None))


class Pins:
    """The lights, buzzer and button of one panel."""

    def __init__(self, worker: Worker, devices: _Devices) -> None:
        self._worker, self._devices = worker, devices

    @classmethod
    async def open(cls, settings: Settings, on_button: OnButton) -> Pins:
        """Claim them; ``on_button`` is called in the event loop. Raises :class:`PinsError`."""
        loop = asyncio.get_running_loop()

        def edge(closed: bool) -> None:  # in the library's thread
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(on_button, closed, time.monotonic())

        worker = Worker("panel")
        try:
            return cls(worker, await _answer(worker, lambda: _claim(settings, edge)))
        except BaseException:
            await worker.close(CLOSE_S)
            raise

    async def show(self, colour: Colour | None, *, beep: bool) -> None:
        """Light this colour alone, or none. Raises :class:`PinsError`."""
        await _answer(self._worker, lambda: _set(self._devices, colour, beep))

    async def closed(self) -> bool:
        """Whether the button's contact is closed now. Raises :class:`PinsError`."""
        button = self._devices.button
        return button is not None and bool(await _answer(self._worker, lambda: button.is_pressed))

    async def close(self) -> None:
        """Darkness; never raises, never waits long."""
        closing = self._worker.start(lambda: _release(self._devices))
        await self._worker.close(CLOSE_S)
        if closing.done():
            closing.exception()


async def _answer(worker: Worker, job: Callable[[], Any]) -> Any:
    def attempt() -> tuple[Any, str]:
        try:
            return job(), ""
        except Exception as error:  # pin libraries raise whatever they like
            # only its words leave the thread: its traceback would keep half-made devices alive, and their pins taken
            return None, f"{type(error).__name__}: {error}"

    try:
        async with asyncio.timeout(ANSWER_S):
            result, trouble = await worker.start(attempt)
    except TimeoutError:
        raise PinsHungError(phrase("the pin library does not come back within {s} s", s=number(ANSWER_S))) from None
    if trouble:
        raise PinsError(trouble)
    return result


def _claim(settings: Settings, edge: Callable[[bool], None]) -> _Devices:
    from gpiozero import LED, Button, Buzzer

    claimed: list[Any] = []

    def keep(device: Any) -> Any:
        claimed.append(device)
        return device

    try:
        lights = {
            colour: keep(LED(pin, active_high=not settings.active_low))
            for colour, pin in zip(
                (Colour.GREEN, Colour.YELLOW, Colour.RED),
                (settings.green_pin, settings.yellow_pin, settings.red_pin),
                strict=True,
            )
            if pin is not None
        }
        buzzer = keep(Buzzer(settings.buzzer_pin)) if settings.buzzer_pin is not None else None
        button = keep(Button(settings.button_pin)) if settings.button_pin is not None else None
        if button is not None:
            button.when_pressed = lambda: edge(True)
            button.when_released = lambda: edge(False)
    except BaseException:
        for device in claimed:
            device.close()
        raise
    return _Devices(lights, buzzer, button)


def _set(devices: _Devices, colour: Colour | None, beep: bool) -> None:
    # a panel with one light says everything by its rhythm
    lit = colour if colour is None or colour in devices.lights else next(iter(devices.lights), None)
    for one, light in devices.lights.items():
        light.value = one is lit
    if devices.buzzer is not None:
        devices.buzzer.value = beep


def _release(devices: _Devices) -> None:
    with contextlib.suppress(Exception):
        _set(devices, None, False)
    for device in devices.all():
        device.close()
