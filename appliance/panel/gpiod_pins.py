"""Pins for gpiozero by the kernel's own library, libgpiod: Debian has no lgpio any more.

gpiozero finds it by the name ``gpiod`` (an entry point of this package; ``GPIOZERO_PIN_FACTORY=gpiod``). It knows
what a panel and a relay need: outputs, inputs with a pull, edges. It knows no PWM.
"""

from __future__ import annotations

import glob
import threading
from typing import Any

from gpiozero.exc import (
    PinFixedPull,
    PinInvalidBounce,
    PinInvalidFunction,
    PinInvalidPull,
    PinSetInput,
    PinUnknownPi,
)
from gpiozero.pins.local import LocalPiFactory, LocalPiPin

# the header's chip by the names that the kernel's drivers give: Pi 1 to 3, 4, 5
LABELS = ("pinctrl-bcm2835", "pinctrl-bcm2711", "pinctrl-rp1")
CONSUMER = "hotline"
WAIT_S = 0.2
# the header with 40 pins is the same on each board that has one; this is a Pi 4's
ANY_BOARD = 0xC03111


class GpiodFactory(LocalPiFactory):  # type: ignore[misc]
    """Pins of the chip behind the header."""

    def __init__(self) -> None:
        import gpiod

        super().__init__()
        self.gpiod = gpiod
        self.chip = self._find()
        self.pin_class = GpiodPin

    def _get_revision(self) -> int:
        """The board's own revision, which U-Boot does not hand on with the device tree that it loads, or any."""
        try:
            return int(super()._get_revision())
        except PinUnknownPi:
            return ANY_BOARD

    def _find(self) -> str:
        for path in sorted(glob.glob("/dev/gpiochip*")):
            if self.gpiod.is_gpiochip_device(path):
                with self.gpiod.Chip(path) as chip:
                    if chip.get_info().label in LABELS:
                        return path
        raise OSError(f"no pins: none of /dev/gpiochip* is one of {', '.join(LABELS)}")


class GpiodPin(LocalPiPin):  # type: ignore[misc]
    """One pin; requested from the kernel anew whenever its settings change, as they belong to the request."""

    def __init__(self, factory: GpiodFactory, info: Any) -> None:
        super().__init__(factory, info)
        self._function, self._pull, self._bounce, self._edges = "input", "floating", None, "both"
        self._request: Any = None
        self._watcher: threading.Thread | None = None
        self._stop = threading.Event()
        self._claim()

    def close(self) -> None:
        """Give the pin back to the kernel."""
        self._disable_event_detect(claim=False)
        if self._request is not None:
            self._request.release()
            self._request = None

    def _claim(self, *, level: bool = False, edges: bool = False) -> None:
        line, gpiod = self.factory.gpiod.line, self.factory.gpiod
        if self._request is not None:
            self._request.release()
            self._request = None
        if self._function == "output":
            value = line.Value.ACTIVE if level else line.Value.INACTIVE
            settings = gpiod.LineSettings(direction=line.Direction.OUTPUT, output_value=value)
        else:
            settings = gpiod.LineSettings(
                direction=line.Direction.INPUT,
                bias={"up": line.Bias.PULL_UP, "down": line.Bias.PULL_DOWN, "floating": line.Bias.DISABLED}[
                    self._pull
                ],
                edge_detection=getattr(line.Edge, self._edges.upper()) if edges else line.Edge.NONE,
            )
        self._request = gpiod.request_lines(self.factory.chip, consumer=CONSUMER, config={self._number: settings})

    def _get_function(self) -> str:
        return self._function

    def _set_function(self, value: str) -> None:
        if value not in ("input", "output"):
            raise PinInvalidFunction(f'invalid function "{value}" for pin {self!r}')
        self._disable_event_detect(claim=False)
        self._function = value
        self._claim()

    def output_with_state(self, state: bool) -> None:
        """An output that has its level from its first moment: a relay must not click by being claimed."""
        self._disable_event_detect(claim=False)
        self._function = "output"
        self._claim(level=bool(state))

    def _get_state(self) -> bool:
        return bool(self._request.get_value(self._number) == self.factory.gpiod.line.Value.ACTIVE)

    def _set_state(self, value: float) -> None:
        if self._function == "input":
            raise PinSetInput(f"cannot set state of pin {self!r}")
        line = self.factory.gpiod.line
        self._request.set_value(self._number, line.Value.ACTIVE if value else line.Value.INACTIVE)

    def _get_pull(self) -> str:
        return self._pull

    def _set_pull(self, value: str) -> None:
        if self._function != "input":
            raise PinFixedPull(f"cannot set pull on non-input pin {self!r}")
        if self.info.pull not in (value, ""):
            raise PinFixedPull(f"{self!r} has a physical pull-{self.info.pull} resistor")
        if value not in ("up", "down", "floating"):
            raise PinInvalidPull(f'invalid pull "{value}" for pin {self!r}')
        self._pull = value
        self._claim()

    def _get_bounce(self) -> float | None:
        return self._bounce

    def _set_bounce(self, value: float | None) -> None:
        if value is not None:  # the panel judges bounces itself
            raise PinInvalidBounce("this factory filters no bounces")

    def _get_edges(self) -> str:
        return self._edges

    def _set_edges(self, value: str) -> None:
        watched = self._watcher is not None
        self._disable_event_detect()
        self._edges = value
        if watched:
            self._enable_event_detect()

    def _enable_event_detect(self) -> None:
        self._claim(edges=True)
        self._stop.clear()
        self._watcher = threading.Thread(target=self._watch, name=f"pin {self._number}", daemon=True)
        self._watcher.start()

    def _disable_event_detect(self, *, claim: bool = True) -> None:
        if self._watcher is None:
            return
        self._stop.set()
        self._watcher.join()
        self._watcher = None
        if claim:
            self._claim()

    def _watch(self) -> None:
        rising = self.factory.gpiod.EdgeEvent.Type.RISING_EDGE
        while not self._stop.is_set():
            if self._request.wait_edge_events(WAIT_S):
                for event in self._request.read_edge_events():
                    self._call_when_changed(event.timestamp_ns / 1e9, int(event.event_type == rising))
