"""How each signal looks: a rhythm that tells it without colours, in a colour where there is such a light. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from appliance.panel.signals import Signal


class Colour(StrEnum):
    """The lights there may be."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"


@dataclass(frozen=True, slots=True)
class Step:
    """One moment of a rhythm, in seconds; ``beep`` sounds the buzzer where there is one."""

    seconds: float
    lit: bool
    beep: bool = False


@dataclass(frozen=True, slots=True)
class Pattern:
    """A rhythm in a colour."""

    colour: Colour
    steps: tuple[Step, ...]


COLOURS = {
    Signal.NORMAL: Colour.GREEN,
    Signal.PARTIAL: Colour.YELLOW,
    Signal.TECHNICIAN: Colour.YELLOW,
    Signal.ISOLATED: Colour.RED,
    Signal.FAULT: Colour.RED,
    Signal.SETTING_UP: Colour.YELLOW,
}
# the flashes of a signal are its number; a fault and a set-up have rhythms of their own, and are told as 5 and 6
NUMBERS = {signal: number for number, signal in enumerate(COLOURS, start=1)}


def shown(signal: Signal) -> Pattern:
    """What the lights do all the time: so many short flashes and a pause, a flicker, or slow even blinking."""
    if signal is Signal.FAULT:
        return Pattern(COLOURS[signal], _times(5, Step(0.15, True), Step(0.15, False)))
    if signal is Signal.SETTING_UP:
        return Pattern(COLOURS[signal], (Step(1.0, True), Step(1.0, False)))
    flashes = _times(NUMBERS[signal], Step(0.2, True), Step(0.3, False))
    return Pattern(COLOURS[signal], (*flashes, Step(1.7, False)))


def said(signal: Signal, verified: bool) -> Pattern:
    """The answer to a short press: the signal's number slowly and aloud, then one long blink if the network itself
    confirmed the forwarding."""
    number = _times(NUMBERS[signal], Step(0.4, True, beep=True), Step(0.4, False))
    long = (Step(0.4, False), Step(1.5, True, beep=True)) if verified else ()
    return Pattern(COLOURS[signal], (Step(0.8, False), *number, *long, Step(1.5, False)))


def taken() -> Pattern:
    """The button was held long enough, let go: a second of light."""
    return Pattern(Colour.GREEN, (Step(1.0, True, beep=True), Step(0.5, False)))


def let_go() -> Pattern:
    """The button was held since the start, long enough: let go, and the network's set-up is forgotten."""
    return Pattern(Colour.RED, (Step(3.0, True, beep=True), Step(0.5, False)))


def refused() -> Pattern:
    """What the button asked for was refused: a flurry."""
    return Pattern(Colour.RED, (*_times(10, Step(0.05, True, beep=True), Step(0.05, False)), Step(0.5, False)))


def _times(count: int, *steps: Step) -> tuple[Step, ...]:
    return steps * count
