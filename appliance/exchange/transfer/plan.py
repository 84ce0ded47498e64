"""Whom a transfer may reach, and who is rung for it. Pure.

Only people and groups of the roster: whoever gets hold of a talk must not be able to call the world on our bill.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from appliance.exchange.agent_codes import read_code
from appliance.exchange.route import OnDuty, Route, detour, route
from appliance.exchange.way_steps import HangUp, RingGroup, RingPerson, SayPresence, Step
from appliance.roster.extensions import extensions
from appliance.roster.models import Group, Line, Person, Roster
from appliance.roster.values import Screening

_LINE_ID = "transfer"


@dataclass(frozen=True, slots=True)
class Target:
    """A person or a group: one of them is ``None``."""

    person: Person | None = None
    group: Group | None = None

    @property
    def label(self) -> str:
        """As plans and the log name it."""
        return (
            f"person:{self.person.id}" if self.person is not None else f"group:{self.group.id if self.group else ''}"
        )


def target_of(text: str, roster: Roster) -> Target | None:
    """Who is meant by an extension or, as phones with an address book send it, by a person's number or account."""
    if not text:
        return None
    for group in roster.group:
        if group.extension == text:
            return Target(group=group)
    for person in roster.person:
        if text in (person.extension, person.mobile, person.sip):
            return Target(person=person)
    return None


def destination_of(extension: str, roster: Roster) -> str | None:
    """The queue, menu or mailbox of an extension, as a plan's step names it (MISSION C7)."""
    step = extensions(roster).get(extension)
    return step if step is not None and not step.startswith(("person:", "group:")) else None


def user_of(uri: str) -> str:
    """The user part of a SIP URI; what is none is taken for one already."""
    text = uri.strip().lstrip("<")
    for scheme in ("sips:", "sip:", "tel:"):
        if text.lower().startswith(scheme):
            text = text[len(scheme) :]
            break
    return text.partition("@")[0].partition(";")[0].partition("?")[0].strip(">")


def caller_of(account: str, roster: Roster) -> Person | None:
    """Whose phone registers under an account."""
    return next((person for person in roster.person if person.sip is not None and person.sip == account), None)


def steps_to(
    target: Target, by: str | None, roster: Roster, members: Mapping[str, tuple[Person, ...]], duty: OnDuty
) -> tuple[Step, ...]:
    """Who is rung for the target: a group by its own strategy, then its backups. ``by`` (a person's id) is left out:
    nobody is handed their own call. Nobody is waited for who is busy. Empty where nobody is left."""
    line = Line(id=_LINE_ID, name=_LINE_ID, open=(target.label,))
    steps = route(line, "open", roster, members, duty).steps[:-1]  # the last one is the technician
    without = (_without(step, by) for step in steps)
    return tuple(step for step in without if step is not None)


def steps_after(by: str | None, roster: Roster, duty: OnDuty, *, screened: bool = True) -> tuple[Step, ...]:
    """What is left once the target did not answer: whoever handed the call on, once more; then the technician.

    ``screened`` is off where the former was rung without screening before."""
    plan = (f"person:{by}",) if by is not None and roster.person_by_id(by) is not None else ()
    steps = route(Line(id=_LINE_ID, name=_LINE_ID, open=plan), "open", roster, {}, duty).steps
    return tuple(_as_before(step, screened) for step in steps)


def _as_before(step: Step, screened: bool) -> Step:
    return replace(step, screening=Screening.OFF) if isinstance(step, RingPerson) and not screened else step


def internal_route(
    account: str, called: str, roster: Roster, members: Mapping[str, tuple[Person, ...]], duty: OnDuty
) -> Route | None:
    """What is tried for a call that a phone of ours makes: whom a transfer may reach; queues, menus and mailboxes by
    their extension; an agent's codes; and nobody else.

    ``None``: refused, as the account is nobody's or the number is nobody's extension.
    """
    caller, target = caller_of(account, roster), target_of(called, roster)
    if caller is None:
        return None
    if (code := read_code(called, roster)) is not None:
        return Route((SayPresence(caller.id, code, "a code"), HangUp("a code")))
    if (text := destination_of(called, roster)) is not None:
        found = detour(text, f"extension {called}", roster, members, duty)
        return Route((*found.steps, HangUp("a call to an extension")), found.left_out) if found.steps else None
    if target is None:
        return None
    steps = steps_to(target, caller.id, roster, members, duty)
    return Route((*steps, HangUp("a call from phone to phone"))) if steps else None


def _without(step: Step, by: str | None) -> Step | None:
    if isinstance(step, RingPerson):
        return None if step.person.id == by else replace(step, waits=False)
    if isinstance(step, RingGroup):
        people = tuple(person for person in step.people if person.id != by)
        plan = replace(step.plan, members=tuple(id_ for id_ in step.plan.members if id_ != by), waits=False)
        return replace(step, people=people, plan=plan) if people else None
    return step
