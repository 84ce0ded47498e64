"""What the lights say: one of six signals, from the state document. Pure.

The order below is the order of what a person at the box has to know first. Dark means that the guard does not run:
the lights are driven by it, step by step, so a guard that hangs freezes them and is restarted by its watchdog.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

TECHNICIAN = "technician"
DEAD_SIM = frozenset({"pin", "puk", "blocked", "absent"})


class Signal(StrEnum):
    """How the service stands, as far as lights can say it."""

    NORMAL = "normal"
    PARTIAL = "partial"
    TECHNICIAN = "technician"
    ISOLATED = "isolated"
    FAULT = "fault"
    SETTING_UP = "setting-up"


def signal_of(state: Mapping[str, Any] | None) -> Signal:
    """The signal of a state document; ``None`` is a guard that has not looked yet."""
    if state is None:
        return Signal.SETTING_UP
    if _faulty(state):
        return Signal.FAULT
    if pinned_to_technician(state):
        return Signal.TECHNICIAN
    service = state.get("service")
    if service == "isolated":
        return Signal.ISOLATED
    route = _part(state, "route")
    if service == "total" or TECHNICIAN in (route.get("active"), route.get("desired")):
        return Signal.TECHNICIAN
    return {"normal": Signal.NORMAL, "partial": Signal.PARTIAL}.get(str(service), Signal.SETTING_UP)


def pinned_to_technician(state: Mapping[str, Any]) -> bool:
    """Whether a person pinned the technician, by this button or from afar."""
    return _part(state, "override").get("route") == TECHNICIAN


def verified(state: Mapping[str, Any] | None) -> bool:
    """Whether the network itself said that calls go where they should."""
    return state is not None and _part(state, "forwarding").get("status") == "verified"


def _faulty(state: Mapping[str, Any]) -> bool:
    """Something that keeps the box from its job and that a person has to mend."""
    modem = _part(state, "modem")
    if modem.get("health") == "down" or modem.get("sim") in DEAD_SIM or modem.get("registration") == "denied":
        return True
    if _part(state, "journal").get("ok") is False:
        return True
    # before the modem's first answer, and before a plan, there is nothing that could be verified
    planned = modem.get("health") == "up" and _part(state, "route").get("desired") is not None
    return planned and _part(state, "forwarding").get("status") == "unverified"


def _part(state: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    part = state.get(key)
    return part if isinstance(part, Mapping) else {}
