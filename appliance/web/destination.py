"""Where a call that comes in now ends, by the roster: the line's plan, its first steps, the people behind them. Pure.

What the exchange decides is its own; this reads the same plan to show it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from appliance.roster.hours import IsHoliday, Situation, situation_of
from appliance.roster.models import Line, Roster
from appliance.roster.rota import person_of, rota_by_id


@dataclass(frozen=True, slots=True)
class Somebody:
    """A person whom calls ring. ``id`` is ``None`` for a bare number that has duty."""

    id: str | None
    name: str
    duty: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a plan: ``kind`` as the roster writes it (``group``, ``queue``, ``menu``, ``duty`` …)."""

    kind: str
    name: str
    people: tuple[Somebody, ...] = ()


@dataclass(frozen=True, slots=True)
class Destination:
    """What one line does now."""

    line: str
    situation: Situation
    by_hand: bool
    until: datetime | None
    steps: tuple[Step, ...]


def destination_of(
    roster: Roster, numbers: Iterable[str], duty: Somebody, now: datetime, timezone: str, is_holiday: IsHoliday
) -> Destination | None:
    """What becomes of a call to one of ``numbers`` (E.164, the first that a line has counts); ``None``: no line."""
    line = _line(roster, list(numbers))
    if line is None:
        return None
    situation = situation_of(line, roster, now, timezone, is_holiday)
    mode = line.mode if line.mode is not None and (line.mode.until is None or now < line.mode.until) else None
    plan = _plan(line, situation)
    steps = [_step(text, roster, duty, now, timezone) for text in plan]
    if not plan or plan[-1] not in ("hangup", "duty"):
        steps.append(Step("duty", "", (duty,)))  # the technician comes last, whatever the plan says
    return Destination(line.name, situation, mode is not None, mode.until if mode else None, tuple(steps))


def _line(roster: Roster, numbers: Sequence[str]) -> Line | None:
    for number in numbers:
        for line in roster.line:
            if number in line.numbers:
                return line
    return next((line for line in roster.line if not line.numbers), None)


def _plan(line: Line, situation: Situation) -> Sequence[str]:
    if situation == "holiday":
        return line.closed if line.holiday is None else line.holiday
    return line.open if situation == "open" else line.closed


def _step(text: str, roster: Roster, duty: Somebody, now: datetime, timezone: str) -> Step:
    kind, _, key = text.partition(":")
    if kind == "duty":
        return Step("duty", "", (duty,))
    if kind == "person":
        person = roster.person_by_id(key)
        return Step("person", person.name if person else key, (_somebody(roster, key),))
    entry = next((one for one in getattr(roster, kind, ()) if getattr(one, "id", None) == key), None)
    members = getattr(entry, "members", None) or getattr(entry, "agents", None) or ()
    people = tuple(_members(members, roster, duty, now, timezone))
    return Step(kind, str(getattr(entry, "name", key)), people)


def _members(
    members: Iterable[str], roster: Roster, duty: Somebody, now: datetime, timezone: str
) -> Iterable[Somebody]:
    seen: set[str | None] = set()
    for member in members:
        if member == "duty":
            found = duty
        elif member.startswith("rota:"):
            rota = rota_by_id(roster, member.removeprefix("rota:"))
            person = person_of(rota, roster, now, timezone) if rota is not None else None
            if person is None:
                continue
            found = Somebody(person.id, person.name, person.id == duty.id)
        else:
            found = _somebody(roster, member, duty.id)
        if found.id not in seen or found.id is None:
            seen.add(found.id)
            yield found


def _somebody(roster: Roster, person: str, duty: str | None = None) -> Somebody:
    known = roster.person_by_id(person)
    return Somebody(person, known.name if known else person, duty is not None and person == duty)
