"""The whole picture as the ``state`` topic carries it (CONTRACT, "MQTT"). Pure: everything comes in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from appliance.domain.forwarding import ForwardingStatus, Service
from appliance.domain.health import Health, TargetKind
from appliance.domain.modem import ModemStatus
from appliance.domain.phone import PhoneNumber, e164
from appliance.domain.phrase import phrase
from appliance.domain.routes import TECHNICIAN, Duty, Override, Route
from appliance.domain.times import wall_time
from appliance.guard import ledger
from appliance.guard.brain import Memory as BrainMemory
from appliance.guard.ladder import PartView, Situation
from appliance.guard.plan import IngressMode
from appliance.guard.reconcile import Memory as TableMemory
from appliance.guard.reconcile import matches

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Moment:
    """One instant on both clocks: ``mono`` seconds of the event loop, ``unix`` seconds of the wall."""

    mono: float
    unix: float

    def wall(self, mono: float) -> str:
        """A monotonic time of the past as RFC 3339 in UTC."""
        return wall_time(self.unix - (self.mono - mono))


@dataclass(frozen=True, slots=True)
class Frame:
    """What does not change while the guard runs."""

    boot_id: str
    version: str
    routes: tuple[Route, ...]
    mode: IngressMode
    verify_interval_s: float


@dataclass(frozen=True, slots=True)
class ActiveRoute:
    """What the network was last seen to do, and since when (monotonic)."""

    name: str | None
    number: PhoneNumber | None
    since: float


def active_route(frame: Frame, table: TableMemory, duty: Duty, desired: str | None, last: ActiveRoute) -> ActiveRoute:
    """The route that the network's CFU leads to, by name; ``last`` keeps its time while nothing changed."""
    record = table.records[Service.CFU]
    if record.seen is None:
        return last
    number = record.seen.target
    name: str | None = None
    if not record.seen.active and frame.mode == "bridge":
        name = desired if desired != TECHNICIAN else None
    elif number is not None:
        names = {route.number.digits: route.name for route in reversed(frame.routes)}
        names.setdefault(duty.number.digits, TECHNICIAN)
        name = names.get(number.digits)
    if (name, number) == (last.name, last.number):
        return last
    return ActiveRoute(name, number, record.seen_at)


def picture(
    frame: Frame,
    moment: Moment,
    brain: BrainMemory,
    table: TableMemory,
    active: ActiveRoute,
    duty: Duty,
    override: Override | None,
    modem: ModemStatus,
    journal: Mapping[str, Any],
) -> dict[str, Any]:
    """The state document."""
    decision = brain.decision
    choice = decision.choice if decision else None
    references = [state for target, state in brain.targets.items() if target.kind is TargetKind.REFERENCE]
    return {
        "schema": SCHEMA,
        "at": wall_time(moment.unix),
        "boot_id": frame.boot_id,
        "version": frame.version,
        "service": str(decision.situation if decision else Situation.UNKNOWN),
        "route": {
            "active": active.name,
            "number": e164(active.number),
            "reason": choice.reason if choice else phrase("waiting for the first verdicts"),
            "since": moment.wall(active.since),
            "desired": choice.route if choice else None,
        },
        "forwarding": _forwarding(frame, moment, brain, table, modem),
        "override": _override(override),
        "duty": {
            "person": duty.person,
            "number": duty.number.e164,
            "until": wall_time(duty.until) if duty.until is not None else None,
        },
        "trunks": _parts(TargetKind.TRUNK, moment, brain),
        "nodes": _parts(TargetKind.NODE, moment, brain),
        # only where a route ends at the box's own exchange
        **({"local": local} if (local := _parts(TargetKind.LOCAL, moment, brain)) else {}),
        "references": {"up": sum(one.health is Health.UP for one in references), "total": len(references)},
        "modem": {
            "health": str(modem.health),
            "model": modem.model,
            "operator": modem.operator,
            "rssi_dbm": modem.rssi_dbm,
            "registration": str(modem.registration),
            "sim": str(modem.sim),
            "reason": modem.reason,
        },
        "journal": dict(journal),
    }


def _forwarding(
    frame: Frame, moment: Moment, brain: BrainMemory, table: TableMemory, modem: ModemStatus
) -> dict[str, Any]:
    plan = brain.decision.plan if brain.decision else None
    status = ledger.status(plan, table, moment.mono, frame.verify_interval_s)
    if status is ForwardingStatus.PENDING and not modem.usable:
        status = ForwardingStatus.UNVERIFIED  # nothing is under way where nobody can be asked
    numbers = {
        service.key: e164(record.seen.target if record.seen else None) for service, record in table.records.items()
    }
    checked = [
        record.seen_at
        for service, record in table.records.items()
        if plan is not None
        and service in plan
        and (matches(plan[service], record.seen, record.asked) or record.quiescent)
    ]
    verified = len(checked) == len(Service) and min(checked) > float("-inf")
    trusted = status is ForwardingStatus.VERIFIED and verified
    return {
        "status": str(status),
        "verified_at": moment.wall(min(checked)) if trusted else None,
        **numbers,
        "unread": [service.key for service, record in table.records.items() if record.seen is None],
        "net": ledger.net_state(plan, table),
    }


def _parts(kind: TargetKind, moment: Moment, brain: BrainMemory) -> dict[str, Any]:
    views: Mapping[str, PartView] = {}
    if brain.decision is not None:
        view = brain.decision.view
        views = {TargetKind.TRUNK: view.trunks, TargetKind.NODE: view.nodes, TargetKind.LOCAL: view.local}[kind]
    found = {}
    for target, state in brain.targets.items():
        if target.kind is not kind:
            continue
        shown = views.get(target.name, PartView(state.health, state.reason))
        found[target.name] = {
            "health": str(shown.health),
            "since": moment.wall(brain.since.get(target, state.since)),
            "rtt_ms": round(state.rtt_ms, 1) if state.rtt_ms is not None and shown.health is Health.UP else None,
            "reason": shown.reason,
        }
    return found


def _override(override: Override | None) -> dict[str, Any] | None:
    if override is None:
        return None
    return {
        "route": override.route,
        "since": wall_time(override.since),
        "until": wall_time(override.until) if override.until is not None else None,
        "reason": override.reason,
        "by": override.by,
    }
