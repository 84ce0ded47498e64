"""What is tried for a call, in order, until a human has it. Pure.

A line has a plan for each situation; :func:`route` turns it into steps that need no further look into the roster.
Whatever the plan says, the last step brings the call to the technician on duty, unless it says ``hangup``: also when
every group is empty, or names nobody who exists. He is rung there alone even where a group before rang him, since
nothing else is left.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from appliance.exchange.hunt import HuntPlan
from appliance.exchange.way_steps import (
    AgentsDesk,
    AskMenu,
    HangUp,
    Listen,
    Play,
    RingGroup,
    RingPerson,
    RingTechnician,
    Step,
    TakeMessage,
    WaitInQueue,
)
from appliance.roster.models import Group, Line, Person, Roster
from appliance.roster.values import Strategy

Situation = Literal["open", "closed", "holiday"]


@dataclass(frozen=True, slots=True)
class OnDuty:
    """Who has duty now: a person of the roster, or a bare number (E.164) that may belong to nobody in it."""

    person: str | None = None
    number: str | None = None


@dataclass(frozen=True, slots=True)
class Route:
    """The steps in order, and in words what of the plan was left out and why. A plan's last step is always a
    :class:`RingTechnician` or a :class:`HangUp`."""

    steps: tuple[Step, ...]
    left_out: tuple[str, ...] = ()


def route(
    line: Line, situation: Situation, roster: Roster, members: Mapping[str, tuple[Person, ...]], duty: OnDuty
) -> Route:
    """What is tried for a call to ``line`` in ``situation``. ``members`` are the people of each group now, by its id;
    a group that is missing there is empty."""
    maker = _Maker(roster, members, duty)
    steps = list(maker.steps(line, situation))
    if not steps or not isinstance(steps[-1], HangUp | RingTechnician):
        steps.append(maker.technician("nobody before answered") or HangUp("nobody is on duty whose number is known"))
    return Route(tuple(steps), tuple(maker.left_out))


def detour(text: str, why: str, roster: Roster, members: Mapping[str, tuple[Person, ...]], duty: OnDuty) -> Route:
    """What is tried for one step as a plan writes it, which a call is led to aside from its plan; its last step is no
    other than what it says. No steps where it leads nowhere."""
    maker = _Maker(roster, members, duty)
    steps = (HangUp(why),) if text == "hangup" else tuple(maker.step(text, why))
    return Route(steps, tuple(maker.left_out))


def plan_of(line: Line, situation: Situation) -> tuple[str, ...]:
    """The line's own steps in a situation; a holiday is as closed unless it has a plan of its own."""
    if situation == "holiday":
        return line.closed if line.holiday is None else line.holiday
    return line.open if situation == "open" else line.closed


class _Maker:
    def __init__(self, roster: Roster, members: Mapping[str, tuple[Person, ...]], duty: OnDuty) -> None:
        self._roster, self._members, self._duty = roster, members, duty
        self._backups: set[str] = set()
        self.left_out: list[str] = []

    def steps(self, line: Line, situation: Situation) -> Iterator[Step]:
        if line.greeting is not None:
            yield Play(line.greeting, f"greeting of line {line.id}")
        if line.record and line.record_notice is not None:
            yield Play(line.record_notice, f"line {line.id} records its calls")
        for text in plan_of(line, situation):
            why = f"plan of line {line.id}, {situation}"
            if text == "hangup":
                yield HangUp(why)
                return  # what stands behind it is never reached
            yield from self.step(text, why)

    def technician(self, why: str) -> RingTechnician | None:
        """Who has duty; without word of anybody, the roster's default."""
        by_id = self._roster.person_by_id
        if self._duty.number is not None:
            number = self._duty.number
            person = by_id(self._duty.person) if self._duty.person is not None else self._owner_of(number)
            return RingTechnician(number, person, why)
        person = by_id(self._duty.person) if self._duty.person is not None else None
        person = person or by_id(self._roster.duty.default)
        return None if person is None else RingTechnician(person.mobile, person, why)

    def _owner_of(self, number: str) -> Person | None:
        return next((person for person in self._roster.person if person.mobile == number), None)

    def step(self, text: str, why: str) -> Iterator[Step]:
        kind, _colon, name = text.partition(":")
        if kind == "play":
            yield Play(name, why)
        elif kind in ("listen", "agents"):
            yield Listen(why) if kind == "listen" else AgentsDesk(why)
        elif kind == "duty":
            technician = self.technician(why)
            if technician is not None:
                yield technician
            else:
                self.left_out.append("duty: nobody is on duty whose number is known")
        elif kind in ("person", "menu", "queue", "mailbox"):
            found = self._named(kind, name, why)
            if found is not None:
                yield found
            else:
                self.left_out.append(f"{text}: there is no such {kind}")
        elif name in self._backups:
            self.left_out.append(f"{text}: was rung already, as a backup")
        else:
            yield from self._groups(name, why)

    def _named(self, kind: str, name: str, why: str) -> Step | None:
        roster = self._roster
        if kind == "person":
            person = roster.person_by_id(name)
            return None if person is None else RingPerson(person, why)
        if kind == "menu":
            menu = roster.menu_by_id(name)
            return None if menu is None else AskMenu(menu, why)
        if kind == "mailbox":
            mailbox = roster.mailbox_by_id(name)
            return None if mailbox is None else TakeMessage(mailbox, why)
        return None if roster.queue_by_id(name) is None else WaitInQueue(name, why)

    def _groups(self, name: str, why: str) -> Iterator[Step]:
        """The group, and behind it its backup, that one's backup, and so on; each once."""
        seen: set[str] = set()
        id_: str | None = name
        while id_ is not None:
            if id_ in seen:
                self.left_out.append(f"group:{id_}: is its own backup, by way of others or at once")
                return
            seen.add(id_)
            group = self._roster.group_by_id(id_)
            if group is None:
                self.left_out.append(f"group:{id_}: there is no such group")
                return
            if people := self._members.get(id_, ()):
                yield _ring(group, people, why)
            else:
                self.left_out.append(f"group:{id_}: has nobody in it now")
            why = f"backup of group {id_}"
            id_ = group.backup
            if id_ is not None:
                self._backups.add(id_)


def _ring(group: Group, people: tuple[Person, ...], why: str) -> RingGroup:
    return RingGroup(
        group.id,
        HuntPlan(Strategy(group.strategy), tuple(person.id for person in people), group.ring_s, group.step_s),
        people,
        group.screening,
        group.hears,
        group.wrap_up_s,
        why,
    )
