"""Mistakes about groups and lines: whom they name, in which order, and where that never ends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from appliance.roster.findings import Finding, Parts
from appliance.roster.members import DUTY, ROTA
from appliance.roster.models import Group, Line

HANGUP = "hangup"
PLANS = ("open", "closed", "holiday")


def groups(parts: Parts) -> Iterator[Finding]:
    """Members and backups that exist, each once, and backups that end."""
    for path, group in parts.group:
        yield from _members(path, group, parts)
        if group.backup is not None and group.backup not in parts.group:
            yield Finding(f"{path}.backup", f"no group has the id {group.backup!r}; there is {parts.group.listing}")
    yield from _backup_loops(parts)


def _members(path: str, group: Group, parts: Parts) -> Iterator[Finding]:
    for place, member in enumerate(group.members):
        where = f"{path}.members.{place}"
        if member.startswith(ROTA):
            rota = member.removeprefix(ROTA)
            if rota not in parts.rota:
                yield Finding(where, f"no rota has the id {rota!r}; there is {parts.rota.listing}")
        elif member != DUTY and member not in parts.person:
            yield Finding(where, f"nobody has the id {member!r}; there is {parts.person.listing}")
    for member, times in Counter(group.members).items():
        if times > 1:
            yield Finding(f"{path}.members", f"names {member!r} {times} times; name each once")


def _backup_loops(parts: Parts) -> Iterator[Finding]:
    backups = {group.id: group.backup for _, group in parts.group}
    told: set[str] = set()
    for path, group in parts.group:
        chain = [group.id]
        while (after := backups.get(chain[-1])) is not None and after not in chain:
            chain.append(after)
        if after == group.id and group.id not in told:
            told.update(chain)
            circle = " → ".join([*chain, group.id])
            yield Finding(f"{path}.backup", f"the backups go in a circle, {circle}; let one of them have none")


def lines(parts: Parts) -> Iterator[Finding]:
    """Steps and hours that exist, and one line for each number."""
    catch_all: str | None = None
    numbers: dict[str, str] = {}
    for path, line in parts.line:
        if not line.numbers:
            if catch_all is not None:
                yield Finding(f"{path}.numbers", f"is empty, and so is {catch_all}'s; only one line takes the rest")
            catch_all = catch_all or line.id
        for place, number in enumerate(line.numbers):
            if number in numbers:
                yield Finding(f"{path}.numbers.{place}", f"{number} is also {numbers[number]}'s; give it to one line")
            numbers.setdefault(number, line.id)
        if line.hours is not None and line.hours not in parts.hours:
            yield Finding(f"{path}.hours", f"no hours have the id {line.hours!r}; there is {parts.hours.listing}")
        for plan in PLANS:
            yield from _steps(f"{path}.{plan}", plan_of(line, plan), parts)


def plan_of(line: Line, plan: str) -> tuple[str, ...]:
    """The steps as written; none where the plan is not given."""
    steps: tuple[str, ...] | None = getattr(line, plan)
    return steps or ()


def _steps(path: str, steps: tuple[str, ...], parts: Parts) -> Iterator[Finding]:
    for place, step in enumerate(steps):
        kind, _, id_ = step.partition(":")
        if kind == "group" and id_ not in parts.group:
            yield Finding(f"{path}.{place}", f"no group has the id {id_!r}; there is {parts.group.listing}")
        elif kind == "person" and id_ not in parts.person:
            yield Finding(f"{path}.{place}", f"nobody has the id {id_!r}; there is {parts.person.listing}")
    if HANGUP in steps[:-1]:
        place = steps.index(HANGUP)
        yield Finding(
            f"{path}.{place + 1}", f"{steps[place + 1]!r} comes after hangup, so it is never done; put hangup last"
        )
