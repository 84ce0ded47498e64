"""gpiozero on pins of libgpiod, against a chip with state that refuses what the kernel refuses."""

from __future__ import annotations

import glob
import importlib.metadata
import queue
import sys
import types
from collections.abc import Iterator
from enum import Enum
from typing import Any

import pytest
from gpiozero import LED, Button
from gpiozero.exc import PinInvalidBounce, PinInvalidFunction, PinUnknownPi
from gpiozero.pins.local import LocalPiFactory

from appliance.panel.gpiod_pins import GpiodFactory


class Value(Enum):
    INACTIVE = 0
    ACTIVE = 1


class Direction(Enum):
    INPUT = 1
    OUTPUT = 2


class Bias(Enum):
    DISABLED = 1
    PULL_UP = 2
    PULL_DOWN = 3


class Edge(Enum):
    NONE = 1
    RISING = 2
    FALLING = 3
    BOTH = 4


class Type(Enum):
    RISING_EDGE = 1
    FALLING_EDGE = 2


class Chip:
    """The header's lines: who holds which, and their levels."""

    def __init__(self) -> None:
        self.held: dict[int, Any] = {}
        self.levels: dict[int, Value] = {}
        self.requests = 0

    def request(self, path: str, *, consumer: str, config: dict[int, Any]) -> Request:
        assert path == "/dev/gpiochip1"
        assert consumer == "hotline"
        ((number, settings),) = config.items()
        if number in self.held:
            raise OSError(16, "Device or resource busy")
        self.requests += 1
        request = self.held[number] = Request(self, number, settings)
        if settings.direction is Direction.OUTPUT:
            self.levels[number] = settings.output_value
        elif settings.bias is not Bias.DISABLED:
            self.levels[number] = Value.ACTIVE if settings.bias is Bias.PULL_UP else Value.INACTIVE
        return request

    def press(self, number: int, value: Value) -> None:
        self.levels[number] = value
        request = self.held[number]
        if request.settings.edge_detection is not Edge.NONE:
            kind = Type.RISING_EDGE if value is Value.ACTIVE else Type.FALLING_EDGE
            request.edges.put(types.SimpleNamespace(event_type=kind, timestamp_ns=10**9))


class Request:
    def __init__(self, chip: Chip, number: int, settings: Any) -> None:
        self.chip, self.number, self.settings = chip, number, settings
        self.edges: queue.Queue[Any] = queue.Queue()
        self._next: list[Any] = []

    def get_value(self, number: int) -> Value:
        assert number == self.number
        return self.chip.levels.get(number, Value.INACTIVE)

    def set_value(self, number: int, value: Value) -> None:
        if self.settings.direction is not Direction.OUTPUT:
            raise OSError(1, "Operation not permitted")
        self.chip.levels[number] = value

    def wait_edge_events(self, within_s: float) -> bool:
        try:
            self._next = [self.edges.get(timeout=within_s)]
        except queue.Empty:
            return False
        return True

    def read_edge_events(self) -> list[Any]:
        return self._next

    def release(self) -> None:
        del self.chip.held[self.number]


def settings(**given: Any) -> types.SimpleNamespace:
    given.setdefault("edge_detection", Edge.NONE)
    given.setdefault("bias", Bias.DISABLED)
    assert given.keys() <= {"direction", "bias", "edge_detection", "output_value"}
    return types.SimpleNamespace(**given)


class Opened:
    def __init__(self, path: str) -> None:
        self._path = path

    def __enter__(self) -> Opened:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def get_info(self) -> types.SimpleNamespace:
        label = {"/dev/gpiochip0": "raspberrypi-exp-gpio", "/dev/gpiochip1": "pinctrl-bcm2711"}[self._path]
        return types.SimpleNamespace(label=label)


@pytest.fixture
def chip(monkeypatch: pytest.MonkeyPatch) -> Chip:
    made = Chip()
    module = types.ModuleType("gpiod")
    vars(module).update(
        line=types.SimpleNamespace(Value=Value, Direction=Direction, Bias=Bias, Edge=Edge),
        EdgeEvent=types.SimpleNamespace(Type=Type),
        LineSettings=settings,
        request_lines=made.request,
        is_gpiochip_device=lambda path: True,
        Chip=Opened,
    )
    monkeypatch.setitem(sys.modules, "gpiod", module)
    monkeypatch.setattr(glob, "glob", lambda pattern: ["/dev/gpiochip0", "/dev/gpiochip1"])
    monkeypatch.setattr(LocalPiFactory, "_get_revision", lambda self: 0xA03111)  # a Pi 4
    return made


@pytest.fixture
def factory(chip: Chip) -> Iterator[GpiodFactory]:
    made = GpiodFactory()
    yield made
    made.close()
    assert chip.held == {}


def test_gpiozero_finds_it_by_its_name() -> None:
    found = importlib.metadata.entry_points(group="gpiozero_pin_factories", name="gpiod")
    assert [one.value for one in found] == ["appliance.panel.gpiod_pins:GpiodFactory"]


def test_the_headers_chip_is_told_from_others(factory: GpiodFactory) -> None:
    assert factory.chip == "/dev/gpiochip1"


def test_a_machine_without_a_header_says_so(chip: Chip, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(glob, "glob", lambda pattern: ["/dev/gpiochip0"])
    with pytest.raises(OSError, match="no pins"):
        GpiodFactory()


def test_a_light(factory: GpiodFactory, chip: Chip) -> None:
    light = LED(17, pin_factory=factory)
    assert chip.levels[17] is Value.INACTIVE
    light.on()
    assert chip.levels[17] is Value.ACTIVE
    light.close()
    assert 17 not in chip.held


def test_a_board_that_does_not_say_which_it_is_has_the_same_header(
    factory: GpiodFactory, chip: Chip, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(_: LocalPiFactory) -> int:
        raise PinUnknownPi("no /proc/device-tree/system/linux,revision: the device tree is not the firmware's")

    monkeypatch.setattr(LocalPiFactory, "_get_revision", unknown)
    with LED(17, pin_factory=factory) as light:
        light.on()
        assert chip.levels[17] is Value.ACTIVE


def test_an_output_has_its_level_from_its_first_moment(factory: GpiodFactory, chip: Chip) -> None:
    relay = LED(4, initial_value=True, pin_factory=factory)
    assert chip.held[4].settings.output_value is Value.ACTIVE
    relay.close()


def test_a_button_tells_both_edges(factory: GpiodFactory, chip: Chip) -> None:
    told: queue.Queue[str] = queue.Queue()
    button = Button(22, pin_factory=factory)
    button.when_pressed = lambda: told.put("pressed")
    button.when_released = lambda: told.put("released")
    assert chip.held[22].settings.bias is Bias.PULL_UP
    chip.press(22, Value.INACTIVE)
    assert told.get(timeout=60) == "pressed"
    chip.press(22, Value.ACTIVE)
    assert told.get(timeout=60) == "released"
    button.close()


def test_what_it_cannot_do_is_refused(factory: GpiodFactory) -> None:
    pin = factory.pin(5)
    with pytest.raises(PinInvalidFunction):
        pin.function = "alt0"
    with pytest.raises(PinInvalidBounce):
        pin.bounce = 0.1
