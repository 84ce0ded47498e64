"""Where a call to a mobile number ends up: pure, given the tables and the subscribers' states (TS 23.082)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from bench.mobile.forwarding import Bearer, Entry, Reason, Table
from bench.mobile.subscriber import SubscriberState

MAX_FORWARDINGS = 5  # TS 22.082 §3.1.2: operators limit the number of forwardings of a call; 5 is the usual limit


@dataclass(frozen=True, slots=True)
class Ring:
    """The call is forwarded and rings at ``number``.

    ``via`` is the service that took it away from the number dialled; ``chain`` every number passed, the dialled one
    first; ``after_s`` how long phones rang unanswered before.
    """

    number: str
    via: Reason
    chain: tuple[str, ...]
    after_s: float = 0.0


@dataclass(frozen=True, slots=True)
class RingsSubscriber:
    """The subscriber's own phone rings; unanswered for ``no_reply_s`` the call goes on to ``then``."""

    number: str
    no_reply_s: int | None = None
    then: Destination | None = None


@dataclass(frozen=True, slots=True)
class Unreachable:
    """No phone can ring; ``why`` in words."""

    why: str


@dataclass(frozen=True, slots=True)
class Busy:
    """The busy tone."""

    number: str


Destination = Ring | RingsSubscriber | Unreachable | Busy


@dataclass(frozen=True, slots=True)
class View:
    """One number as routing sees it; ``None`` from the look-up means a number outside this network."""

    state: SubscriberState
    table: Table = field(default_factory=dict)


def route(called: str, look_up: Callable[[str], View | None], bearer: Bearer = Bearer.VOICE) -> Destination:
    """The destination of a call. Chains are bounded, and a number met twice ends the call."""
    view = look_up(called)
    if view is None:
        return Unreachable(f"{called} is no number of this network")
    return _route(called, view, look_up, bearer, chain=(called,), via=None)


def _route(
    number: str,
    view: View,
    look_up: Callable[[str], View | None],
    bearer: Bearer,
    *,
    chain: tuple[str, ...],
    via: Reason | None,
) -> Destination:
    def forward(reason: Reason, entry: Entry) -> Destination:
        return _forward(entry.number, look_up, bearer, chain=chain, via=reason if via is None else via)

    def active(reason: Reason) -> Entry | None:
        entry = view.table.get((reason, bearer))
        return entry if entry is not None and entry.active else None

    if (entry := active(Reason.CFU)) is not None:
        return forward(Reason.CFU, entry)
    match view.state:
        case SubscriberState.DETACHED:
            entry = active(Reason.CFNRC)
            return forward(Reason.CFNRC, entry) if entry else Unreachable(f"{number} is not reachable")
        case SubscriberState.BUSY:
            entry = active(Reason.CFB)
            return forward(Reason.CFB, entry) if entry else Busy(number)
    entry = active(Reason.CFNRY)
    then = forward(Reason.CFNRY, entry) if entry else None
    no_reply_s = entry.no_reply_s if entry else None
    if view.state is SubscriberState.NO_REPLY:
        return _later(then, no_reply_s or 0) if then else Unreachable(f"{number} does not answer")
    if via is not None:
        return Ring(number, via, chain)
    return RingsSubscriber(number, no_reply_s, then)


def _forward(
    target: str,
    look_up: Callable[[str], View | None],
    bearer: Bearer,
    *,
    chain: tuple[str, ...],
    via: Reason,
) -> Destination:
    if target in chain:
        return Unreachable(f"forwarding loop at {target}")
    if len(chain) > MAX_FORWARDINGS:
        return Unreachable(f"more than {MAX_FORWARDINGS} forwardings")
    chain = (*chain, target)
    view = look_up(target)
    if view is None:
        return Ring(target, via, chain)
    return _route(target, view, look_up, bearer, chain=chain, via=via)


def _later(destination: Destination, seconds: float) -> Destination:
    return (
        replace(destination, after_s=destination.after_s + seconds) if isinstance(destination, Ring) else destination
    )
