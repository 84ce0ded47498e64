"""Whose phones ring now: the strategies of a group (MISSION R1-R4). Pure.

Theory of operation. A hunt is a value; :func:`decide` is level-triggered: told who is busy elsewhere and what time it
is, it says who *should* be ringing now. Its owner compares that with who is, starts and cancels the difference, and
reports back what became of each attempt (:func:`dialled`, :func:`answered`, :func:`ended`). Deciding twice changes
nothing, so a decision may be asked for after any event whatever.

- ``ringall`` and ``memoryhunt`` ring together and share one end, ``ring_s`` after they began. What the trunks' pacing
  held the last phone back by is given on top, otherwise a slow trunk would leave the last ones out.
- ``random`` and ``firstavailable`` ring one member at a time, ``ring_s`` each, until all were tried.
- Whoever is busy elsewhere is passed over, and rung as soon as they are free while the hunt lasts. A phone of ours
  whose owner begins to talk elsewhere is silenced, and counts as not tried.
- An attempt that ended without a human is the member's last in this hunt. Only one who answered *busy* is tried once
  more after ``BUSY_PAUSE_S``, when nobody else can be rung; that is a person who is there and on the phone.
- While everybody left is busy the hunt waits, but no longer than ``ring_s``.

Times are monotonic seconds of the owner's clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeVar

from appliance.domain.calls import LegResult
from appliance.roster.values import Strategy

BUSY_PAUSE_S = 15.0  # long enough for a talk to end, short enough to be of use within an ordinary ring_s
T = TypeVar("T")


class Chance(Protocol):
    """What a hunt needs of ``random.Random``."""

    def choice(self, seq: tuple[str, ...], /) -> str:
        """One of them."""


@dataclass(frozen=True, slots=True)
class HuntPlan:
    """A group as it is rung: ``members`` are person ids in their order.

    Where it does not ``wait``, busy members are given up at once: somebody is there to hear that they are busy.
    """

    strategy: Strategy
    members: tuple[str, ...]
    ring_s: float
    step_s: float = 10.0
    waits: bool = True

    @property
    def serial(self) -> bool:
        """Whether members ring one after the other."""
        return self.strategy in (Strategy.RANDOM, Strategy.FIRSTAVAILABLE)


@dataclass(frozen=True, slots=True)
class Hunt:
    """How far a hunt has come. Make it with :func:`begin`; its parts are read, never written, by its owner.

    ``ringing`` is since when each member is being tried, ``answered`` who of them picked up and is being screened,
    ``done`` who is not rung again, ``again_at`` from when on a member may be tried once more, ``tried`` who has been.
    """

    plan: HuntPlan
    began_at: float
    progress_at: float  # when a member was last tried to the end; serial hunts wait ring_s from here
    ringing: Mapping[str, float] = field(default_factory=dict)
    answered: frozenset[str] = frozenset()
    done: frozenset[str] = frozenset()
    tried: frozenset[str] = frozenset()
    again_at: Mapping[str, float] = field(default_factory=dict)
    lag_s: float = 0.0  # the longest that pacing held a phone back


@dataclass(frozen=True, slots=True)
class Decision:
    """``ring``: who should be ringing now, in the plan's order, those being screened among them.

    Decide again at ``look_again_at`` at the latest, and after every event. ``over``: nobody answered, go on with what
    comes after the group.
    """

    hunt: Hunt
    ring: tuple[str, ...]
    look_again_at: float | None
    over: bool


def begin(plan: HuntPlan, now: float, already: Mapping[str, float] | None = None) -> Hunt:
    """A hunt from the start; or, after a crash, with the members who ring ``already`` and since when: their INVITE.

    A member who was tried to the end before the crash is then told by :func:`ended`.
    """
    plan = replace(plan, members=tuple(dict.fromkeys(plan.members)))
    ringing = {member: min(since, now) for member, since in (already or {}).items() if member in plan.members}
    began_at = min((now, *ringing.values()))
    # where all are wanted at once, only pacing can have dialled one later than the first
    lag_s = max(ringing.values(), default=began_at) - began_at if plan.strategy is Strategy.RINGALL else 0.0
    return Hunt(plan, began_at, began_at, ringing, lag_s=lag_s)


def dialled(hunt: Hunt, person: str, now: float) -> Hunt:
    """The person's INVITE has left now: a trunk's pacing may have held it back since the decision."""
    if person not in hunt.ringing:
        return hunt
    hunt = replace(hunt, lag_s=max(hunt.lag_s, now - hunt.ringing[person]))
    return replace(hunt, ringing={**hunt.ringing, person: now}) if hunt.plan.serial else hunt


def answered(hunt: Hunt, person: str) -> Hunt:
    """The person's phone was picked up and is being screened: time is not up until that has :func:`ended`."""
    return replace(hunt, answered=hunt.answered | {person}) if person in hunt.ringing else hunt


def ended(hunt: Hunt, person: str, result: LegResult, now: float) -> Hunt:
    """The attempt to reach the person, with all their phones, ended without a human.

    For somebody who is not being tried (silenced, or told after a crash), only a result of their own counts.
    """
    if person not in hunt.plan.members:
        return hunt
    known = person in hunt.ringing
    if not known and result in (LegResult.ELSEWHERE, LegResult.CALLER_GONE, LegResult.CUT):
        return hunt
    hunt = _silenced(hunt, person)
    again_at = dict(hunt.again_at)
    again_at.pop(person, None)
    done = hunt.done
    if result is LegResult.BUSY:
        again_at[person] = now + BUSY_PAUSE_S
        done -= {person}
    else:
        done |= {person}
    # only a first attempt is progress: members who are busy again and again must not keep a hunt alive
    progress_at = hunt.progress_at if person in hunt.tried else max(hunt.progress_at, now)
    return replace(hunt, done=done, again_at=again_at, progress_at=progress_at, tried=hunt.tried | {person})


def resumed(hunt: Hunt, away_s: float) -> Hunt:
    """Go on after ``away_s`` in which nobody was rung: the time does not count, and whoever rang then rings again."""
    return replace(
        hunt,
        began_at=hunt.began_at + away_s,
        progress_at=hunt.progress_at + away_s,
        ringing={person: since + away_s for person, since in hunt.ringing.items()},
        answered=frozenset(),
        again_at={person: at + away_s for person, at in hunt.again_at.items()},
    )


def decide(hunt: Hunt, busy: frozenset[str], now: float, chance: Chance) -> Decision:
    """Who should be ringing now. ``busy``: who rings, talks or wraps up for another call than this."""
    for person in [*hunt.ringing]:
        if person in busy and person not in hunt.answered:
            hunt = _silenced(hunt, person)
            if hunt.plan.serial:  # tried, so to speak: or two who come and go could keep a hunt alive for ever
                hunt = replace(hunt, again_at={**hunt.again_at, person: now}, tried=hunt.tried | {person})
    return _serial(hunt, busy, now, chance) if hunt.plan.serial else _together(hunt, busy, now)


def _together(hunt: Hunt, busy: frozenset[str], now: float) -> Decision:
    plan = hunt.plan
    end_at = hunt.began_at + plan.ring_s + hunt.lag_s
    if now >= end_at:
        ringing = _only(hunt.ringing, hunt.answered)
        return _decision(replace(hunt, ringing=ringing), None, over=not ringing)
    joins = [hunt.began_at + number * plan.step_s for number in range(1, len(plan.members))]
    count = len(plan.members)
    if plan.strategy is Strategy.MEMORYHUNT:
        count = 1 + sum(now >= at for at in joins)
    candidates = _fresh(hunt, busy)[:count]
    if not candidates and not hunt.ringing:
        candidates = _again(hunt, busy, now)[:count]
    hunt = _rung(hunt, candidates, now)
    if not hunt.ringing and not _hoped_for(hunt, busy):
        return _decision(hunt, None, over=True)
    looks = [end_at]
    if plan.strategy is Strategy.MEMORYHUNT:
        looks += (at for at in joins if at > now)
    if not hunt.ringing:
        looks += (at for at in hunt.again_at.values() if at > now)
    return _decision(hunt, min(looks), over=False)


def _serial(hunt: Hunt, busy: frozenset[str], now: float, chance: Chance) -> Decision:
    plan = hunt.plan
    for person, since in [*hunt.ringing.items()]:
        if now >= since + plan.ring_s and person not in hunt.answered:
            hunt = ended(hunt, person, LegResult.NO_ANSWER, now)
    if not hunt.ringing:
        patience_end = hunt.progress_at + plan.ring_s
        candidates = _fresh(hunt, busy) or (_again(hunt, busy, now) if now < patience_end else ())
        if candidates:
            first = plan.strategy is Strategy.FIRSTAVAILABLE
            hunt = _rung(hunt, (candidates[0] if first else chance.choice(candidates),), now)
        elif now >= patience_end or not _hoped_for(hunt, busy):
            return _decision(hunt, None, over=True)
        else:
            return _decision(
                hunt, min([patience_end, *(at for at in hunt.again_at.values() if at > now)]), over=False
            )
    looks = [since + plan.ring_s for person, since in hunt.ringing.items() if person not in hunt.answered]
    return _decision(hunt, min(looks, default=None), over=False)


def _decision(hunt: Hunt, look_again_at: float | None, *, over: bool) -> Decision:
    return Decision(hunt, tuple(one for one in hunt.plan.members if one in hunt.ringing), look_again_at, over)


def _fresh(hunt: Hunt, busy: frozenset[str]) -> tuple[str, ...]:
    return tuple(
        one for one in hunt.plan.members if one not in hunt.done and one not in busy and one not in hunt.again_at
    )


def _again(hunt: Hunt, busy: frozenset[str], now: float) -> tuple[str, ...]:
    return tuple(
        one for one in hunt.plan.members if one not in busy and one in hunt.again_at and now >= hunt.again_at[one]
    )


def _hoped_for(hunt: Hunt, busy: frozenset[str]) -> bool:
    return hunt.plan.waits and any(
        one not in hunt.done and (one in busy or one in hunt.again_at) for one in hunt.plan.members
    )


def _rung(hunt: Hunt, people: tuple[str, ...], now: float) -> Hunt:
    new = {one: now for one in people if one not in hunt.ringing}
    return replace(hunt, ringing={**hunt.ringing, **new}, again_at=_without(hunt.again_at, new)) if new else hunt


def _silenced(hunt: Hunt, person: str) -> Hunt:
    return replace(hunt, ringing=_without(hunt.ringing, {person}), answered=hunt.answered - {person})


def _without(mapping: Mapping[str, T], keys: Mapping[str, object] | set[str]) -> dict[str, T]:
    return {key: value for key, value in mapping.items() if key not in keys}


def _only(mapping: Mapping[str, T], keys: frozenset[str]) -> dict[str, T]:
    return {key: value for key, value in mapping.items() if key in keys}
