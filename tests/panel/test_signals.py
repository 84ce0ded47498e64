"""From the state document to light: which signal, how it looks, and that no two look alike."""

from __future__ import annotations

from typing import Any

import pytest

from appliance.panel.patterns import COLOURS, NUMBERS, Pattern, said, shown
from appliance.panel.signals import Signal, signal_of, verified


def state(**changes: Any) -> dict[str, Any]:
    """A healthy box; ``part__key=value`` changes one reading, ``part=value`` a whole part."""
    document: dict[str, Any] = {
        "service": "normal",
        "route": {"active": "primary", "desired": "primary"},
        "forwarding": {"status": "verified"},
        "override": None,
        "modem": {"health": "up", "sim": "ready", "registration": "home"},
        "journal": {"ok": True},
    }
    for name, value in changes.items():
        part, _, key = name.partition("__")
        document[part] = {**(document[part] or {}), key: value} if key else value
    return document


@pytest.mark.parametrize(
    ("document", "signal"),
    [
        (None, Signal.SETTING_UP),
        ({}, Signal.SETTING_UP),
        (state(), Signal.NORMAL),
        (state(service="partial"), Signal.PARTIAL),
        (state(service="total"), Signal.TECHNICIAN),
        (state(service="normal", route__active="technician"), Signal.TECHNICIAN),
        (state(service="normal", route__desired="technician"), Signal.TECHNICIAN),
        (state(service="isolated"), Signal.ISOLATED),
        (state(service="isolated", override={"route": "technician"}), Signal.TECHNICIAN),
        (state(service="isolated", override={"route": "secondary"}), Signal.ISOLATED),
        (state(service="unknown"), Signal.SETTING_UP),
        (state(modem__health="down"), Signal.FAULT),
        (state(modem__sim="puk"), Signal.FAULT),
        (state(modem__registration="denied"), Signal.FAULT),
        (state(journal__ok=False), Signal.FAULT),
        (state(forwarding__status="unverified"), Signal.FAULT),
        (state(forwarding__status="pending"), Signal.NORMAL),
        (state(modem__health="down", override={"route": "technician"}), Signal.FAULT),
        # just started: nothing is planned, nobody has answered, and that is no fault
        (
            state(service="unknown", route__desired=None, forwarding__status="unverified", modem__health="unknown"),
            Signal.SETTING_UP,
        ),
        (state(forwarding__status="unverified", modem__health="unknown"), Signal.NORMAL),
        (state(modem="garbage", journal=None), Signal.NORMAL),
    ],
)
def test_the_signal_of_a_state(document: dict[str, Any] | None, signal: Signal) -> None:
    assert signal_of(document) is signal


def rhythm(pattern: Pattern) -> tuple[tuple[float, bool], ...]:
    return tuple((step.seconds, step.lit) for step in pattern.steps)


def test_every_signal_has_a_rhythm_of_its_own_without_its_colour() -> None:
    assert len({rhythm(shown(signal)) for signal in Signal}) == len(Signal)
    assert len({rhythm(said(signal, False)) for signal in Signal}) == len(Signal)
    assert set(COLOURS) == set(Signal)


def test_the_flashes_are_the_number() -> None:
    for signal in (Signal.NORMAL, Signal.PARTIAL, Signal.TECHNICIAN, Signal.ISOLATED):
        assert sum(step.lit for step in shown(signal).steps) == NUMBERS[signal]
    for signal in Signal:
        assert sum(step.lit for step in said(signal, False).steps) == NUMBERS[signal]


def test_only_what_the_network_confirmed_ends_with_a_long_blink() -> None:
    assert max(step.seconds for step in said(Signal.NORMAL, True).steps if step.lit) > 1
    assert max(step.seconds for step in said(Signal.NORMAL, False).steps if step.lit) < 1
    assert verified(state())
    assert not verified(state(forwarding__status="pending"))
    assert not verified(None)


def test_nothing_flashes_faster_than_is_safe_for_people_and_everything_shown_is_silent() -> None:
    for signal in Signal:
        steps = shown(signal).steps
        assert not any(step.beep for step in steps)
        flashes = sum(step.lit for step in steps)
        # never longer than a few seconds either: a change of the situation is shown with the next round
        assert flashes / 4 < sum(step.seconds for step in steps) < 4.0
