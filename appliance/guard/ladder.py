"""The ladder: the first route, in configured order, whose needs are met; the technician is always the last.

Theory of operation. Each route is judged MET, UNMET or UNKNOWN from what is seen of its trunk and of the nodes, and
of the box's own exchange where it ends there.
An UNKNOWN never moves a call: not at the start, when no probe has a verdict, and not when the box doubts its own
uplink. A part that went down counts as UNKNOWN, too, until it has been silent for ``outlast_s``: a restart or a blip
is over sooner than a forwarding moves there and back. Then leaving is immediate; coming back to a better route waits
until that has been MET without a break for the fail-back hold. A person's override stands above all of it and ends
at its time.

Pure: no clock, no I/O. Times are monotonic seconds unless they say Unix.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum, StrEnum

from appliance.domain.health import Health
from appliance.domain.phone import PhoneNumber
from appliance.domain.phrase import Phrase, joined, number, phrase
from appliance.domain.routes import TECHNICIAN, Override, Route


class Situation(StrEnum):
    """The whole service in one word (CONTRACT, ``state.service``)."""

    NORMAL = "normal"
    PARTIAL = "partial"
    TOTAL = "total"
    ISOLATED = "isolated"
    UNKNOWN = "unknown"


class Verdict(Enum):
    """Whether a route's needs are met."""

    MET = "met"
    UNMET = "unmet"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class PartView:
    """A trunk, a node or the local route as the ladder may believe it, with the reason in words.

    ``passing``: it is down, but not for so long that it could not be a blip; nothing is moved for it yet.
    """

    health: Health
    reason: str
    passing: bool = False


@dataclass(frozen=True, slots=True)
class NodeCount:
    """What a route needs to know of all nodes together. ``maybe``: unknown, or down for so short that it may be a
    blip; ``passing``: some are the latter; ``said``: how many are up; ``fallen``: those that are down, with their
    reasons."""

    up: int
    maybe: int
    passing: bool
    said: Phrase
    fallen: str

    @classmethod
    def of(cls, nodes: Mapping[str, PartView]) -> NodeCount:
        """Count them once for all routes."""
        up = sum(node.health is Health.UP for node in nodes.values())
        return cls(
            up,
            sum(node.health is Health.UNKNOWN or node.passing for node in nodes.values()),
            any(node.passing for node in nodes.values()),
            phrase("{up} of {total} nodes up", up=up, total=len(nodes)),
            joined(
                "; ",
                (
                    phrase("{name}: {reason}", name=name, reason=node.reason)
                    for name, node in nodes.items()
                    if node.health is Health.DOWN
                ),
            ),
        )


@dataclass(frozen=True, slots=True)
class View:
    """What may be believed. Under isolation every trunk, node and local route is ``UNKNOWN`` already.

    ``local``: the box's own exchange with its SIP registration, by the trunk of that.
    """

    trunks: Mapping[str, PartView]
    nodes: Mapping[str, PartView]
    isolated: bool
    references: Mapping[str, PartView] = field(default_factory=dict)
    isolation_lasts: bool = False
    local: Mapping[str, PartView] = field(default_factory=dict)
    node_count: NodeCount = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "node_count", NodeCount.of(self.nodes))


@dataclass(frozen=True, slots=True)
class LadderMemory:
    """What must be remembered between decisions: the route chosen last, and since when each route has been MET.

    ``hearsay``: the route is only known from before a restart; nothing is moved for it before there is a verdict.
    ``undeliverable`` are routes whose number the network does not accept, until the time given.
    """

    route: str | None = None
    met_since: Mapping[str, float] = field(default_factory=dict)
    hearsay: bool = False
    undeliverable: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Choice:
    """Where calls should go, and why in words."""

    route: str
    number: PhoneNumber
    reason: str


@dataclass(frozen=True, slots=True)
class Rules:
    """The configured part of the ladder."""

    routes: Sequence[Route]
    failback_hold_s: float
    outlast_s: float
    isolation_means_technician: bool


_UNWATCHED = PartView(Health.UNKNOWN, phrase("nobody watches it"))


def judge(route: Route, view: View) -> tuple[Verdict, str]:
    """Whether ``route`` is worth it, and the words for it."""
    nodes = view.node_count
    trunk = view.trunks.get(route.trunk) if route.trunk else None
    local = view.local.get(route.trunk or "", _UNWATCHED) if route.local else None
    parts: list[str] = []
    if local:
        if local.health is Health.DOWN and not local.passing:
            return Verdict.UNMET, phrase("the box's own exchange is down: {reason}", reason=local.reason)
        parts.append(_own_exchange_is(local.health))
    if route.trunk and trunk:
        if trunk.health is Health.DOWN and not trunk.passing:
            return Verdict.UNMET, phrase("{trunk} is down: {reason}", trunk=route.trunk, reason=trunk.reason)
        parts.insert(0, _trunk_is(route.trunk, trunk.health))
    if route.min_nodes or not local:
        parts.append(nodes.said)
    said = joined(", ", parts)
    if nodes.up + nodes.maybe < route.min_nodes:
        few = phrase(
            "only {said}, {needed} needed ({fallen})", said=said, needed=route.min_nodes, fallen=nodes.fallen
        )
        return Verdict.UNMET, few
    needed = [part for part in (trunk, local) if part is not None]
    if nodes.up < route.min_nodes or any(part.health is not Health.UP for part in needed):
        waits = nodes.passing or any(part.passing for part in needed)
        return (
            Verdict.UNKNOWN,
            phrase("{said}; it may be a blip, so nothing moves yet", said=said)
            if waits
            else phrase("no verdict yet: {said}", said=said),
        )
    return Verdict.MET, said


def _trunk_is(name: str, health: Health) -> Phrase:
    match health:
        case Health.UP:
            return phrase("{trunk} is up", trunk=name)
        case Health.DOWN:
            return phrase("{trunk} is down", trunk=name)
        case Health.UNKNOWN:
            return phrase("{trunk} is unknown", trunk=name)


def _own_exchange_is(health: Health) -> Phrase:
    match health:
        case Health.UP:
            return phrase("the box's own exchange is up")
        case Health.DOWN:
            return phrase("the box's own exchange is down")
        case Health.UNKNOWN:
            return phrase("the box's own exchange is unknown")


def situation(rules: Rules, view: View) -> Situation:
    """The situation by health alone, whatever a person pinned."""
    if view.isolated:
        return Situation.ISOLATED
    parts = [*view.trunks.values(), *view.nodes.values(), *view.local.values()]
    settled = replace(view, trunks=_lasting(view.trunks), nodes=_lasting(view.nodes), local=_lasting(view.local))
    verdicts = [judge(route, settled)[0] for route in rules.routes]
    if Verdict.MET not in verdicts:
        return Situation.UNKNOWN if Verdict.UNKNOWN in verdicts else Situation.TOTAL
    if any(part.health is Health.DOWN for part in parts):
        return Situation.PARTIAL
    if any(part.health is Health.UNKNOWN for part in parts):
        return Situation.UNKNOWN
    return Situation.NORMAL


def _lasting(parts: Mapping[str, PartView]) -> dict[str, PartView]:
    return {name: replace(part, passing=False) if part.passing else part for name, part in parts.items()}


@dataclass(frozen=True, slots=True)
class _Pick:
    """A rung and the words for it; ``look_again_at`` when time alone may change it."""

    route: str | None
    reason: str = ""
    look_again_at: float | None = None


def climb(
    rules: Rules, view: View, technician: PhoneNumber, override: Override | None, memory: LadderMemory, now: float
) -> tuple[Choice | None, LadderMemory, float | None]:
    """The choice (``None``: not enough is known to choose), the new memory, and when to look again at the latest."""
    refused = {name: until for name, until in memory.undeliverable.items() if until > now}
    judged = {
        route.name: (Verdict.UNMET, phrase("the network does not accept its number"))
        if route.name in refused
        else judge(route, view)
        for route in rules.routes
    }
    met_since = {
        name: memory.met_since.get(name, now) for name, (verdict, _) in judged.items() if verdict is Verdict.MET
    }
    numbers = {route.name: route.number for route in rules.routes} | {TECHNICIAN: technician}
    current = memory.route if memory.route in numbers else None
    # what isolates the box cuts off its own exchange, so a call led there would be lost
    local = {route.name for route in rules.routes if route.local}

    if override is not None and override.route in numbers:
        pick = _Pick(override.route, _pinned(override, judged))
    elif view.isolation_lasts and (rules.isolation_means_technician or current in local):
        pick = _Pick(TECHNICIAN, phrase("the box is isolated: no reference, trunk or node answers"))
    elif memory.hearsay and _no_verdict(judged, current):
        pick = _Pick(None)
    elif current is None:
        pick = _first(judged)
    elif current != TECHNICIAN and judged[current][0] is Verdict.UNMET:
        pick = _leave(judged, current)
    else:
        pick = _stay_or_return(judged, current, met_since, rules.failback_hold_s, now)

    choice = Choice(pick.route, numbers[pick.route], pick.reason) if pick.route else None
    times = [at for at in (pick.look_again_at, *refused.values()) if at is not None]
    hearsay = memory.hearsay and pick.route is None
    memory = LadderMemory(pick.route or memory.route, met_since, hearsay=hearsay, undeliverable=refused)
    return choice, memory, min(times, default=None)


Judged = Mapping[str, tuple[Verdict, str]]
_NO_ROUTE = phrase("no route is configured")


def _why_not(judged: Judged, until: str | None = None) -> list[str]:
    words: list[str] = []
    for name, (verdict, reason) in judged.items():
        if name == until:
            break
        if verdict is not Verdict.MET:
            words.append(phrase("not {name}: {reason}", name=name, reason=reason))
    return words


def _no_verdict(judged: Judged, current: str | None) -> bool:
    """Whether the probes have nothing to say yet of the route in question (of any, for the technician)."""
    if current is not None and current in judged:
        return judged[current][0] is Verdict.UNKNOWN
    return bool(judged) and all(verdict is Verdict.UNKNOWN for verdict, _ in judged.values())


def _pinned(override: Override, judged: Judged) -> str:
    by, why = override.by, override.reason
    verdict, words = judged.get(override.route, (Verdict.MET, ""))
    if verdict is not Verdict.UNMET:
        return phrase("pinned by {by}: {why}", by=by, why=why) if why else phrase("pinned by {by}", by=by)
    if why:
        return phrase("pinned by {by}: {why}, although {words}", by=by, why=why, words=words)
    return phrase("pinned by {by}, although {words}", by=by, words=words)


def _first(judged: Judged) -> _Pick:
    """Nothing was chosen yet: go down the ladder, and wait where a rung is unknown."""
    for name, (verdict, reason) in judged.items():
        if verdict is Verdict.MET:
            return _Pick(name, joined("; ", [*_why_not(judged, name), reason]))
        if verdict is Verdict.UNKNOWN:
            return _Pick(None)
    return _Pick(TECHNICIAN, joined("; ", _why_not(judged)) or _NO_ROUTE)


def _leave(judged: Judged, current: str) -> _Pick:
    """The current route fails: the best one that is known to work, now. Unknown ones are not trusted with a call,
    but while all the others are unknown the technician waits for their verdict, which takes seconds."""
    for name, (verdict, reason) in judged.items():
        if verdict is Verdict.MET:
            return _Pick(name, joined("; ", [*_why_not(judged, name), reason]))
    if any(verdict is Verdict.UNKNOWN for verdict, _ in judged.values()):
        return _Pick(None)
    return _Pick(TECHNICIAN, joined("; ", _why_not(judged)))


def _stay_or_return(judged: Judged, current: str, met_since: Mapping[str, float], hold_s: float, now: float) -> _Pick:
    """The current route serves (or nothing is known against it): back to a better one only after its hold."""
    waits = []
    for name, (verdict, reason) in judged.items():
        if name == current:
            break
        if verdict is Verdict.MET:
            if now >= met_since[name] + hold_s:
                held = phrase("{reason}, healthy for {s} s", reason=reason, s=number(hold_s))
                return _Pick(name, joined("; ", [*_why_not(judged, name), held]))
            waits.append((met_since[name] + hold_s, name))
    words = _why_not(judged, current)
    words += [
        phrase("{name} is healthy again, held back until it has been so for {s} s", name=name, s=number(hold_s))
        for _, name in waits
    ]
    if current in judged:
        words.append(judged[current][1])
    return _Pick(current, joined("; ", words) or _NO_ROUTE, min(waits)[0] if waits else None)
