"""Which step brings a modem back: a ladder, weakest rung first, each with its budget. Pure.

A rung is tried, given its time, and judged: the symptom is gone or it is not. Only then the next stronger one that
can help is taken. Rungs that interrupt (everything above reopening) are never taken during a live call, and those
that restart the SIM not while it is locked: they would ask for a PIN that must not be sent.
When all budgets are spent the port is still reopened for ever, and a budget grows back with its window.

USB ports of a Raspberry Pi 4 and 5 share one power switch: cutting one cuts all. So no rung switches the power of a
USB port; a rebind makes the kernel forget and find the device, and real power is cut by a relay of one's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum


class Rung(StrEnum):
    """The steps, weakest first."""

    REOPEN = "reopen"
    RADIO_CYCLE = "cfun_0_1"
    MODEM_RESET = "cfun_1_1"
    USB_REBIND = "usb_rebind"
    POWER_RELAY = "power_relay"
    HOST_REBOOT = "host_reboot"


class Symptom(StrEnum):
    """What is wrong."""

    PORT_GONE = "port_gone"
    SILENT = "silent"
    NO_SIM = "no_sim"
    NO_NETWORK = "no_network"


@dataclass(frozen=True, slots=True)
class Policy:
    """One rung: what it can help against, the time it gets to show it, and ``tries`` within ``window_s``.

    ``tries`` ``None`` is without limit.
    """

    helps: frozenset[Symptom]
    settle_s: float
    tries: int | None
    window_s: float


PORT_SYMPTOMS = frozenset({Symptom.PORT_GONE, Symptom.SILENT})
RADIO_SYMPTOMS = frozenset({Symptom.NO_SIM, Symptom.NO_NETWORK})
_HOUR_S = 3600.0
DAY_S = 24 * _HOUR_S

LADDER: Mapping[Rung, Policy] = {
    Rung.REOPEN: Policy(PORT_SYMPTOMS, settle_s=60.0, tries=None, window_s=_HOUR_S),
    Rung.RADIO_CYCLE: Policy(RADIO_SYMPTOMS, settle_s=120.0, tries=4, window_s=_HOUR_S),
    Rung.MODEM_RESET: Policy(RADIO_SYMPTOMS, settle_s=180.0, tries=2, window_s=_HOUR_S),
    Rung.USB_REBIND: Policy(PORT_SYMPTOMS | RADIO_SYMPTOMS, settle_s=60.0, tries=2, window_s=_HOUR_S),
    Rung.POWER_RELAY: Policy(PORT_SYMPTOMS | RADIO_SYMPTOMS, settle_s=90.0, tries=2, window_s=_HOUR_S),
    # not for a missing network: an operator's outage lasts hours and no reboot ends it
    Rung.HOST_REBOOT: Policy(PORT_SYMPTOMS, settle_s=300.0, tries=1, window_s=DAY_S),
}
# How long a symptom is watched before the first rung: a registration may take minutes after an outage of the cell.
PATIENCE_S: Mapping[Symptom, float] = {
    Symptom.PORT_GONE: 0.0,
    Symptom.SILENT: 0.0,
    Symptom.NO_SIM: 60.0,
    Symptom.NO_NETWORK: 300.0,
}
# After the strongest rung that can help has failed, the weak ones get another chance only after this.
PAUSE_S = 900.0


@dataclass(frozen=True, slots=True)
class Situation:
    """What decides. ``available``: rungs this box can take at all. ``since``: when the symptom began."""

    symptom: Symptom
    since: float
    available: frozenset[Rung]
    live_call: bool = False
    sim_locked: bool = False


@dataclass(frozen=True, slots=True)
class Trial:
    """A rung that has been taken and is not judged yet."""

    rung: Rung
    at: float


@dataclass(frozen=True, slots=True)
class Memory:
    """What was done: times of each rung within its window, the trial under way, how far this incident has come.

    ``incident`` is the symptom the rungs were taken for.
    """

    incident: Symptom | None = None
    spent: tuple[tuple[Rung, float], ...] = ()
    trial: Trial | None = None
    highest_failed: Rung | None = None
    failed_at: float = 0.0

    def budget_left(self, rung: Rung, now: float, ladder: Mapping[Rung, Policy] = LADDER) -> int | None:
        """How often ``rung`` may still be taken within its window; ``None`` is without limit."""
        tries = ladder[rung].tries
        if tries is None:
            return None
        used = sum(1 for taken, at in self.spent if taken is rung and now - at < ladder[rung].window_s)
        return max(0, tries - used)


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do now: judge ``failed``, take ``rung`` (both may be ``None``), and keep ``memory``."""

    rung: Rung | None
    failed: Rung | None
    memory: Memory


@dataclass(frozen=True, slots=True)
class Rules:
    """The ladder with its times; tests and odd hardware bring their own."""

    ladder: Mapping[Rung, Policy] = field(default_factory=lambda: LADDER)
    patience_s: Mapping[Symptom, float] = field(default_factory=lambda: PATIENCE_S)
    pause_s: float = PAUSE_S


def decide(rules: Rules, situation: Situation, memory: Memory, now: float) -> Decision:
    """The next rung, if one is due. Call again as often as you like; a rung is returned once."""
    if now - situation.since < rules.patience_s[situation.symptom]:
        return Decision(None, None, memory)
    failed: Rung | None = None
    if memory.trial is not None:
        if now - memory.trial.at < rules.ladder[memory.trial.rung].settle_s:
            return Decision(None, None, memory)
        failed = memory.trial.rung
        memory = replace(memory, trial=None, highest_failed=failed, failed_at=now)
    rung = _next_rung(rules, situation, memory, now)
    if rung is None and memory.highest_failed is not None and now - memory.failed_at >= rules.pause_s:
        memory = replace(memory, highest_failed=None)
        rung = _next_rung(rules, situation, memory, now)
    return Decision(rung, failed, memory if rung is None else taken(rules, memory, rung, situation.symptom, now))


def taken(rules: Rules, memory: Memory, rung: Rung, symptom: Symptom, now: float) -> Memory:
    """The memory after taking ``rung``, by decision or because a person asked."""
    spent = tuple((other, at) for other, at in memory.spent if now - at < rules.ladder[other].window_s)
    if rules.ladder[rung].tries is not None:
        spent += ((rung, now),)
    return replace(memory, incident=symptom, spent=spent, trial=Trial(rung, now))


def healed(memory: Memory, cured: frozenset[Symptom]) -> tuple[Rung | None, Memory]:
    """These symptoms are gone: the rung that gets the credit, and the memory for the next incident."""
    if memory.incident not in cured:
        return None, memory
    rung = memory.trial.rung if memory.trial is not None else None
    return rung, replace(memory, incident=None, trial=None, highest_failed=None)


def _next_rung(rules: Rules, situation: Situation, memory: Memory, now: float) -> Rung | None:
    order = list(Rung)
    start = 0 if memory.highest_failed is None else order.index(memory.highest_failed) + 1
    return next((rung for rung in order[start:] if _can_take(rules, situation, memory, rung, now)), None)


def _can_take(rules: Rules, situation: Situation, memory: Memory, rung: Rung, now: float) -> bool:
    if situation.symptom not in rules.ladder[rung].helps or rung not in situation.available:
        return False
    if rung is not Rung.REOPEN and (situation.live_call or situation.sim_locked):
        return False
    return memory.budget_left(rung, now, rules.ladder) != 0
