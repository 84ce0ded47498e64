"""Mistakes about groups and lines: whom they name, in which order, and where that never ends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from appliance.domain.phrase import counted, phrase
from appliance.roster.findings import Finding, Parts, Section, unknown
from appliance.roster.members import DUTY, ROTA
from appliance.roster.models import Line

HANGUP = "hangup"
PLANS = ("open", "closed", "holiday")


def groups(parts: Parts) -> Iterator[Finding]:
    """Members and backups that exist, each once, and backups that end."""
    for path, group in parts.group:
        yield from members(f"{path}.members", group.members, parts)
        if group.backup is not None and group.backup not in parts.group:
            yield Finding(f"{path}.backup", unknown("group", group.backup, parts.group))
    backups = {group.id: group.backup for _, group in parts.group}
    for id_, circle in circles(backups):
        path = next(path for path, group in parts.group if group.id == id_)
        endless = phrase("the backups go in a circle, {circle}; let one of them have none", circle=circle)
        yield Finding(f"{path}.backup", endless)


def members(path: str, named: tuple[str, ...], parts: Parts) -> Iterator[Finding]:
    """People and rotas that exist, each named once."""
    for place, member in enumerate(named):
        where = f"{path}.{place}"
        if member.startswith(ROTA):
            rota = member.removeprefix(ROTA)
            if rota not in parts.rota:
                yield Finding(where, unknown("rota", rota, parts.rota))
        elif member != DUTY and member not in parts.person:
            yield Finding(where, unknown("person", member, parts.person))
    for member, times in Counter(named).items():
        if times > 1:
            often = counted(
                "names {member} {n} time; name each once",
                "names {member} {n} times; name each once",
                times,
                member=repr(member),
            )
            yield Finding(path, often)


def circles(after: Mapping[str, str | None]) -> Iterator[tuple[str, str]]:
    """Where following one to the next never ends: the id at which each circle was met first, and the way round."""
    told: set[str] = set()
    for first in after:
        chain = [first]
        while (following := after.get(chain[-1])) is not None and following not in chain:
            chain.append(following)
        if following == first and first not in told:
            told.update(chain)
            yield first, " → ".join([*chain, first])


def lines(parts: Parts) -> Iterator[Finding]:
    """Steps and hours that exist, and one line for each number."""
    catch_all: str | None = None
    numbers: dict[str, str] = {}
    for path, line in parts.line:
        if not line.numbers:
            if catch_all is not None:
                both = phrase("is empty, and so is {line}'s; only one line takes the rest", line=catch_all)
                yield Finding(f"{path}.numbers", both)
            catch_all = catch_all or line.id
        for place, number in enumerate(line.numbers):
            if number in numbers:
                twice = phrase("{number} is also {line}'s; give it to one line", number=number, line=numbers[number])
                yield Finding(f"{path}.numbers.{place}", twice)
            numbers.setdefault(number, line.id)
        if line.prompts is not None and line.prompts not in parts.prompts:
            yield no_prompts(path, line.prompts, parts)
        if line.hours is not None and line.hours not in parts.hours:
            yield Finding(f"{path}.hours", unknown("hours", line.hours, parts.hours))
        for plan in PLANS:
            yield from _steps(f"{path}.{plan}", plan_of(line, plan), parts)


def plan_of(line: Line, plan: str) -> tuple[str, ...]:
    """The steps as written; none where the plan is not given."""
    steps: tuple[str, ...] | None = getattr(line, plan)
    return steps or ()


def _steps(path: str, steps: tuple[str, ...], parts: Parts) -> Iterator[Finding]:
    for place, text in enumerate(steps):
        yield from step(f"{path}.{place}", text, parts)
    if HANGUP in steps[:-1]:
        place = steps.index(HANGUP)
        after = repr(steps[place + 1])
        yield Finding(
            f"{path}.{place + 1}",
            phrase("{step} comes after hangup, so it is never done; put hangup last", step=after),
        )


def no_prompts(path: str, id_: str, parts: Parts) -> Finding:
    """A prompt set is named that there is none of."""
    return Finding(f"{path}.prompts", unknown("prompts", id_, parts.prompts))


def step(path: str, text: str, parts: Parts) -> Iterator[Finding]:
    """One step, in a plan or behind a digit: it leads to what exists."""
    kind, _, id_ = text.partition(":")
    sections: Mapping[str, Section[Any]] = {
        "group": parts.group,
        "person": parts.person,
        "queue": parts.queue,
        "menu": parts.menu,
        "mailbox": parts.mailbox,
    }
    known = sections.get(kind)
    if known is not None and id_ not in known:
        yield Finding(path, unknown(kind, id_, known))
