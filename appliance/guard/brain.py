"""The guard's decision: one pure function of (observations, memory, now).

:func:`observe` takes in a probe, :func:`decide` says where calls should go. Both return the memory after them and
what happened, as journal events; an outage can be replayed, and thousands of faults run, in virtual time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from appliance.domain.events import EventType
from appliance.domain.forwarding import Plan
from appliance.domain.health import Health, Sample, Target, TargetKind
from appliance.domain.phone import PhoneNumber
from appliance.domain.phrase import phrase
from appliance.domain.routes import TECHNICIAN, Override
from appliance.guard import health, selfdoubt
from appliance.guard.health import TargetState, WatchSettings
from appliance.guard.ladder import Choice, LadderMemory, PartView, Rules, Situation, View, climb, situation
from appliance.guard.plan import IngressMode, forwarding_plan, net_number

Occurrence = tuple[EventType, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Policy:
    """The configured part of the decision."""

    rules: Rules
    watch: WatchSettings
    mode: IngressMode
    net: PhoneNumber | Literal["duty", "off"]
    no_reply_time_s: int


@dataclass(frozen=True, slots=True)
class Wishes:
    """What people asked for: who is on duty, and the override, if one stands."""

    technician: PhoneNumber
    override: Override | None


@dataclass(frozen=True, slots=True)
class Decision:
    """Where calls should go. ``choice`` is ``None``, and ``plan`` says nothing of CFU, until enough is known."""

    situation: Situation
    choice: Choice | None
    plan: Plan
    view: View
    look_again_at: float | None


@dataclass(frozen=True, slots=True)
class Memory:
    """All that deciding remembers."""

    targets: Mapping[Target, TargetState]
    evidence: selfdoubt.Evidence = field(default_factory=selfdoubt.Evidence)
    ladder: LadderMemory = field(default_factory=LadderMemory)
    isolated: bool = False
    decision: Decision | None = None
    since: Mapping[Target, float] = field(default_factory=dict)  # when what is believed of a part last changed


def begin(targets: Sequence[Target], route: str | None, now: float) -> Memory:
    """The memory at start; ``route`` is the one desired before the restart, if known."""
    return Memory(
        {target: health.initial(target, now) for target in targets},
        ladder=LadderMemory(route, hearsay=route is not None),
    )


def observe(memory: Memory, sample: Sample, began: float, policy: Policy) -> tuple[Memory, bool]:
    """Take in the outcome of a probe that went out at ``began`` (monotonic); also whether it can change a decision
    (a success among successes cannot)."""
    quiet = sample.ok and not memory.evidence.silent and memory.targets[sample.target].health is Health.UP
    evidence, believed = selfdoubt.sift(memory.evidence, sample, began, policy.watch.timeout_s, memory.targets.keys())
    targets = dict(memory.targets)
    for one in believed:
        targets[one.target] = health.observe(targets[one.target], one, policy.watch)
    return replace(memory, targets=targets, evidence=evidence), not quiet


def decide(memory: Memory, wishes: Wishes, policy: Policy, now: float) -> tuple[Memory, Decision, list[Occurrence]]:
    """Where calls should go now."""
    happened: list[Occurrence] = []
    view = selfdoubt.look(memory.targets, memory.evidence, policy.watch, policy.rules.outlast_s, now)
    if view.isolated != memory.isolated:
        happened.append(_isolation(isolated=view.isolated))

    choice, ladder, look_again_at = climb(policy.rules, view, wishes.technician, wishes.override, memory.ladder, now)
    last = memory.decision
    if choice is None and last is not None and last.choice is not None:
        kept = last.choice
        choice = replace(kept, number=wishes.technician) if kept.route == TECHNICIAN else kept
    times = [at for at in (look_again_at, *_turning_points(memory, policy, now)) if at is not None and at > now]
    decision = Decision(
        situation(policy.rules, view),
        choice,
        _plan(choice, wishes, policy),
        view,
        min(times) if times else None,
    )
    changed = _changed_parts(last, decision)
    happened = [_health_change(target, was, part, memory) for target, was, part in changed] + happened
    happened += _route_change(last, decision)
    memory = replace(
        memory,
        ladder=ladder,
        isolated=view.isolated,
        decision=decision,
        since={**memory.since, **{target: now for target, _, _ in changed}},
    )
    return memory, decision, happened


def pace_s(memory: Memory, target: Target, policy: Policy, now: float) -> float:
    """Seconds between the starts of two probes of ``target``, before jitter. In doubt, too, is a part whose misses
    were not believed, and one that is down but may be back before its route is left."""
    state = memory.targets[target]
    settled = selfdoubt.settled_at(state, memory.evidence, policy.rules.outlast_s)
    if target in memory.evidence.silent and (settled is None or now < settled):
        return policy.watch.fastinter_s
    return health.next_probe_in_s(state, policy.watch)


def forget_route(memory: Memory) -> Memory:
    """A person's override ended: choose anew, without the hold that keeps flapping parts away."""
    return replace(memory, ladder=replace(memory.ladder, route=None))


def undeliverable(memory: Memory, route: str | None, until: float) -> Memory:
    """The network does not accept the number of ``route``: leave it out until then. ``None``: the network accepts
    nothing at all, so no route is to blame."""
    refused = {**memory.ladder.undeliverable, route: until} if route is not None else {}
    return replace(memory, ladder=replace(memory.ladder, undeliverable=refused))


def _plan(choice: Choice | None, wishes: Wishes, policy: Policy) -> Plan:
    return forwarding_plan(choice, policy.mode, net_number(policy.net, wishes.technician), policy.no_reply_time_s)


def _isolation(*, isolated: bool) -> Occurrence:
    if isolated:
        return EventType.ISOLATION_BEGAN, {"reason": phrase("no reference, trunk or node answers")}
    return EventType.ISOLATION_ENDED, {"reason": phrase("something outside answers again")}


def _turning_points(memory: Memory, policy: Policy, now: float) -> Iterator[float | None]:
    """When time alone changes what is believed: damping forgives, a silence has lasted, isolation has lasted."""
    outlast_s = policy.rules.outlast_s
    for state in memory.targets.values():
        yield health.suppressed_until(state, now, policy.watch)
        yield selfdoubt.settled_at(state, memory.evidence, outlast_s)
    since = selfdoubt.silent_since(memory.evidence)
    yield None if since is None else since + outlast_s


def _parts(view: View) -> dict[Target, PartView]:
    kinds = {
        TargetKind.TRUNK: view.trunks,
        TargetKind.NODE: view.nodes,
        TargetKind.LOCAL: view.local,
        TargetKind.REFERENCE: view.references,
    }
    return {Target(kind, name): part for kind, parts in kinds.items() for name, part in parts.items()}


def _changed_parts(last: Decision | None, now: Decision) -> list[tuple[Target, Health, PartView]]:
    before = _parts(last.view) if last is not None else {}
    changes = []
    for target, part in _parts(now.view).items():
        was = before[target].health if target in before else Health.UNKNOWN
        if part.health is not was:
            changes.append((target, was, part))
    return changes


def _health_change(target: Target, was: Health, part: PartView, memory: Memory) -> Occurrence:
    """What is believed of a part changed; told with the probes that say why."""
    samples = memory.targets[target].samples
    newest = samples[-1].at if samples else 0.0
    data = {
        "part": str(target),
        "kind": str(target.kind),
        "name": target.name,
        "from": str(was),
        "to": str(part.health),
        "reason": part.reason,
        "samples": [
            {"ago_s": round(newest - one.at, 3), "ok": one.ok, "rtt_ms": one.rtt_ms, "detail": one.detail}
            for one in samples
        ],
    }
    return EventType.HEALTH_CHANGED, data


def _route_change(last: Decision | None, now: Decision) -> list[Occurrence]:
    before, after = (last.choice if last is not None else None), now.choice
    if after is None or (before is not None and (before.route, before.number) == (after.route, after.number)):
        return []
    data = {
        "from": before.route if before else None,
        "to": after.route,
        "number": after.number.e164,
        "reason": after.reason,
        "service": str(now.situation),
    }
    return [(EventType.ROUTE_DECIDED, data)]
