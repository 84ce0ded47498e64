"""Self-doubt: is it the part that fails, or the box's own uplink?

Theory of operation. A miss speaks against a part only if something else answered while the part was being waited
for: then the uplink worked at that moment. Such a miss is *corroborated* and reaches the part's health; any other
is dropped, and teaches nothing of the part or of its link. An outage of the uplink can corroborate at most the two
probes that straddle its ends, which is why ``fall`` should be three or more. When every reference is down and no
part answers, the box is isolated and says nothing about anybody. References are judged by their own misses. One that
fell silent while parts went on answering is no witness: it is itself broken, or filtered. Where no witness is left,
or none is configured, there is nothing to hold a silence against, and every miss counts.

The box's own exchange (``local``) is on this side of the uplink: its answers say nothing about the uplink, and its
silence is its own. So it neither corroborates nor isolates, and its misses are believed as they come.

Others' wound: an isolated checker that marks everything down is itself the fault (kamailio #473).

Pure.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from appliance.domain.health import Health, Sample, Target, TargetKind
from appliance.domain.phrase import phrase
from appliance.guard.health import TargetState, WatchSettings, usable
from appliance.guard.ladder import PartView, View

PARTS = frozenset({TargetKind.TRUNK, TargetKind.NODE})  # beyond the uplink, and what the service is made of
OUTSIDE = PARTS | {TargetKind.REFERENCE}
TOGETHER_S = 30.0  # references and parts that fell silent within this time may have done so for one reason


@dataclass(frozen=True, slots=True)
class Held:
    """A miss that nothing has corroborated yet: its probe waited from ``began`` to ``end`` (monotonic seconds)."""

    began: float
    end: float
    sample: Sample


@dataclass(frozen=True, slots=True)
class Evidence:
    """When each target answered last, the misses held back, and since when each silent one has been silent."""

    last_ok: Mapping[Target, float] = field(default_factory=dict)
    held: Mapping[Target, tuple[Held, ...]] = field(default_factory=dict)
    silent: Mapping[Target, float] = field(default_factory=dict)


def witnesses(evidence: Evidence, targets: Collection[Target]) -> list[Target]:
    """The references whose silence would say something about the uplink."""
    part_answered = max(
        (at for target, at in evidence.last_ok.items() if target.kind in PARTS),
        default=float("-inf"),
    )
    return [
        target
        for target in targets
        if target.kind is TargetKind.REFERENCE
        and evidence.silent.get(target, float("inf")) >= part_answered - TOGETHER_S
    ]


def sift(
    evidence: Evidence, sample: Sample, began: float, timeout_s: float, targets: Collection[Target]
) -> tuple[Evidence, list[Sample]]:
    """Take in a probe that went out at ``began``; also the samples that may now be believed, oldest first."""
    if sample.ok:
        return _answered(evidence, sample)
    silent = {sample.target: began, **evidence.silent}
    seen_elsewhere = any(
        at >= began for other, at in evidence.last_ok.items() if other != sample.target and other.kind in OUTSIDE
    )
    if sample.target.kind not in PARTS or seen_elsewhere or not witnesses(evidence, targets):
        return Evidence(evidence.last_ok, evidence.held, silent), [sample]
    # a miss can be known at once (port unreachable): it stays open as long as silence would have
    held = Held(began, max(sample.at, began + timeout_s), sample)
    still_open = tuple(one for one in evidence.held.get(sample.target, ()) if one.end >= sample.at)
    return Evidence(evidence.last_ok, {**evidence.held, sample.target: (*still_open, held)}, silent), []


def _answered(evidence: Evidence, sample: Sample) -> tuple[Evidence, list[Sample]]:
    believed, held = [], {}
    for target, misses in evidence.held.items():
        if target == sample.target:
            continue
        if sample.target.kind not in OUTSIDE:
            held[target] = misses
            continue
        believed += [one.sample for one in misses if one.began <= sample.at <= one.end]
        if still_open := tuple(one for one in misses if one.began > sample.at):
            held[target] = still_open
    last_ok = {**evidence.last_ok, sample.target: sample.at}
    silent = {target: since for target, since in evidence.silent.items() if target != sample.target}
    return Evidence(last_ok, held, silent), [*believed, sample]


def wants_references(evidence: Evidence, targets: Mapping[Target, TargetState]) -> bool:
    """Whether a part has begun to fail: the references should be asked now, not at their turn, so that the next
    miss is corroborated or not."""
    return any(target.kind in PARTS and targets[target].health is not Health.DOWN for target in evidence.silent)


def isolated(evidence: Evidence, targets: Mapping[Target, TargetState]) -> bool:
    """Whether the box sees nobody at all."""
    references = witnesses(evidence, targets)
    parts = [target for target in targets if target.kind in PARTS]
    return (
        bool(references)
        and all(targets[target].health is Health.DOWN for target in references)
        and all(target in evidence.silent for target in parts)
    )


def silent_since(evidence: Evidence) -> float | None:
    """Since when everything outside that is silent has been so; ``None`` where nothing is."""
    return max((at for target, at in evidence.silent.items() if target.kind in OUTSIDE), default=None)


def settled_at(state: TargetState, evidence: Evidence, outlast_s: float) -> float | None:
    """From when on a part that is down is worth leaving: a blip or a restart is over sooner than a forwarding moves.

    Silent for ``outlast_s`` settles it; so does being down for twice as long with a stray answer now and then.
    ``None`` when nothing is silent.
    """
    if state.health is not Health.DOWN:
        return None
    at_latest = state.since + 2 * outlast_s
    return min(evidence.silent.get(state.target, at_latest) + outlast_s, at_latest)


def look(
    targets: Mapping[Target, TargetState],
    evidence: Evidence,
    settings: WatchSettings,
    outlast_s: float,
    now: float,
) -> View:
    """The view the ladder may believe."""
    alone = isolated(evidence, targets)
    since = silent_since(evidence)
    alone_since = now if since is None else since

    def view(target: Target, state: TargetState) -> PartView:
        if target.kind is TargetKind.REFERENCE:
            return PartView(state.health, state.reason)
        if alone:
            return PartView(Health.UNKNOWN, phrase("not seen: the box is isolated"))
        health = usable(state, now, settings)
        if health is Health.DOWN and state.health is Health.UP:
            return PartView(health, phrase("up, but flapping: left alone until it keeps still"))
        settled = settled_at(state, evidence, outlast_s)
        return PartView(health, state.reason, passing=settled is not None and now < settled)

    def of(kind: TargetKind) -> dict[str, PartView]:
        return {target.name: view(target, state) for target, state in targets.items() if target.kind is kind}

    return View(
        of(TargetKind.TRUNK),
        of(TargetKind.NODE),
        alone,
        of(TargetKind.REFERENCE),
        alone and now >= alone_since + outlast_s,
        of(TargetKind.LOCAL),
    )
