"""Self-doubt: is it the part that fails, or the box's own uplink?

A part that does not answer is believed down only if something else answered *after* its first miss: then the uplink
worked while the part was silent. As long as nothing at all has answered since, the part is ``unknown``. When every
reference is down and no part answers, the box is isolated and says nothing about anybody. Without references there
is nothing to hold the silence against, and misses count at once. (Others' wound: an isolated checker that marks
everything down is itself the fault, kamailio #473.)

Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from appliance.domain.health import Health, Sample, Target, TargetKind
from appliance.guard.health import TargetState, WatchSettings, usable
from appliance.guard.ladder import PartView, View


@dataclass(frozen=True, slots=True)
class Evidence:
    """Per target: when it answered last, and when the present run of misses began (monotonic seconds)."""

    last_ok: Mapping[Target, float] = field(default_factory=dict)
    first_miss: Mapping[Target, float] = field(default_factory=dict)


def note(evidence: Evidence, sample: Sample) -> Evidence:
    """The evidence after one more probe."""
    misses = dict(evidence.first_miss)
    if not sample.ok:
        misses.setdefault(sample.target, sample.at)
        return replace(evidence, first_miss=misses)
    misses.pop(sample.target, None)
    return Evidence({**evidence.last_ok, sample.target: sample.at}, misses)


def uplink_seen_since_first_miss(evidence: Evidence, target: Target) -> bool:
    """Whether anything else answered after ``target`` fell silent."""
    silent_since = evidence.first_miss.get(target)
    if silent_since is None:
        return True
    return any(at >= silent_since for other, at in evidence.last_ok.items() if other != target)


def in_doubt(evidence: Evidence, targets: Mapping[Target, TargetState]) -> bool:
    """Whether a silent part waits for a word on the uplink: the references should be asked now, not at their turn."""
    has_references = any(target.kind is TargetKind.REFERENCE for target in targets)
    return has_references and any(
        target.kind is not TargetKind.REFERENCE and not uplink_seen_since_first_miss(evidence, target)
        for target in targets
    )


def look(targets: Mapping[Target, TargetState], evidence: Evidence, settings: WatchSettings, now: float) -> View:
    """The view the ladder may believe."""
    references = [state for target, state in targets.items() if target.kind is TargetKind.REFERENCE]
    parts = {target: state for target, state in targets.items() if target.kind is not TargetKind.REFERENCE}
    isolated = (
        bool(references)
        and all(state.health is Health.DOWN for state in references)
        and not any(state.health is Health.UP for state in parts.values())
    )

    def view(target: Target, state: TargetState) -> PartView:
        if target.kind is TargetKind.REFERENCE:
            return PartView(state.health, state.reason)
        if isolated:
            return PartView(Health.UNKNOWN, "not seen: the box is isolated")
        if state.health is Health.DOWN and references and not uplink_seen_since_first_miss(evidence, target):
            return PartView(
                Health.UNKNOWN, f"{state.reason}, but nothing else has answered since: own uplink in doubt"
            )
        health = usable(state, now, settings)
        if health is Health.DOWN and state.health is Health.UP:
            return PartView(health, "up, but flapping: left alone until it keeps still")
        return PartView(health, state.reason)

    def of(kind: TargetKind) -> dict[str, PartView]:
        return {target.name: view(target, state) for target, state in targets.items() if target.kind is kind}

    return View(of(TargetKind.TRUNK), of(TargetKind.NODE), isolated, of(TargetKind.REFERENCE))
