"""What a usable roster still lacks: doubts, for a line that should always reach a human."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from appliance.domain.phrase import counted, joined, number, phrase
from appliance.roster.check_calls import PLANS, plan_of
from appliance.roster.findings import Finding
from appliance.roster.members import DUTY, ROTA
from appliance.roster.models import Line, Roster
from appliance.roster.rota import gaps, rota_by_id
from appliance.roster.zones import zone_of

LOOK_AHEAD_DAYS = 14


def advise(roster: Roster, now: datetime, default_tz: str, listen_extension: str | None = None) -> list[Finding]:
    """Every doubt. ``now`` must know its zone; ``listen_extension`` is what is dialled inside to hear recordings."""
    return [
        *_lines(roster),
        *_groups(roster),
        *_missed(roster),
        *_gaps(roster, now, default_tz),
        *_queues(roster),
        *_unused(roster),
        *_hidden(roster, listen_extension),
    ]


def _lines(roster: Roster) -> Iterator[Finding]:
    if all(line.numbers for line in roster.line):
        yield Finding(
            "line",
            phrase("no line takes the calls to other numbers, so they go to the technician; add one without numbers"),
        )
    for place, line in enumerate(roster.line):
        for plan in PLANS:
            if _is_used(line, plan) and not plan_of(line, plan):
                example = f'["group:{roster.group[0].id if roster.group else "on-call"}"]'
                alone = phrase(
                    "has no steps, so only the technician on duty is rung; give it steps such as {example}",
                    example=example,
                )
                yield Finding(f"line.{place}.{plan}", alone)
        if line.hours is None and line.closed and line.closed != line.open:
            by_hand = phrase("is used by the manual switch alone; give the line hours")
            yield Finding(f"line.{place}.closed", by_hand)


def _is_used(line: Line, plan: str) -> bool:
    return (
        plan == "open" or (plan == "closed" and line.hours is not None) or (plan == "holiday" and line.holiday == ())
    )


def _groups(roster: Roster) -> Iterator[Finding]:
    for place, group in enumerate(roster.group):
        if len(group.members) == 1 and group.backup is None and group.members[0] != DUTY:
            yield Finding(
                f"group.{place}.backup",
                phrase("is not given, and the group has one member; add a backup or a second member"),
            )
        if group.step_s >= group.ring_s and group.strategy == "memoryhunt":
            yield Finding(
                f"group.{place}.step_s",
                phrase(
                    "of {step} s leaves no time for a second member in ring_s of {ring} s; make it shorter",
                    step=number(group.step_s),
                    ring=number(group.ring_s),
                ),
            )


def _missed(roster: Roster) -> Iterator[Finding]:
    for group in roster.group:
        for member in group.members:
            person = roster.person_by_id(member)
            if person is None:
                continue
            place = roster.person.index(person)
            if "email" in group.missed and person.email is None:
                yield Finding(
                    f"person.{place}.email",
                    phrase("is missing, but {group} tells missed calls by e-mail; add it", group=group.id),
                )
            if not person.sms and ("sms" in group.missed or group.sms_taken):
                untold = phrase("is off, so {group} cannot tell {person} by SMS", group=group.id, person=person.id)
                yield Finding(f"person.{place}.sms", untold)


def _gaps(roster: Roster, now: datetime, default_tz: str) -> Iterator[Finding]:
    ids = [roster.duty.rota, *(m.removeprefix(ROTA) for g in roster.group for m in g.members if m.startswith(ROTA))]
    for id_ in dict.fromkeys(ids):
        rota = rota_by_id(roster, id_)
        if rota is None:
            continue
        zone = zone_of(rota.timezone, default_tz)
        found = list(gaps(rota, now, now + timedelta(days=LOOK_AHEAD_DAYS), default_tz))
        if not found:
            continue
        begin, end = (at.astimezone(zone) for at in found[0])
        times = {"begin": f"{begin:%Y-%m-%d %H:%M}", "end": f"{end:%Y-%m-%d %H:%M}"}
        more = len(found) - 1
        gap = (
            counted(
                "names nobody from {begin} to {end} and {n} more time in the next {days} days",
                "names nobody from {begin} to {end} and {n} more times in the next {days} days",
                more,
                days=LOOK_AHEAD_DAYS,
                **times,
            )
            if more
            else phrase("names nobody from {begin} to {end} in the next {days} days", days=LOOK_AHEAD_DAYS, **times)
        )
        stands_in = (
            phrase("then it is {person}", person=roster.duty.default)
            if id_ == roster.duty.rota
            else phrase("then the group lacks one")
        )
        yield Finding(f"rota.{roster.rota.index(rota)}", joined("; ", [gap, stands_in]))


def _queues(roster: Roster) -> Iterator[Finding]:
    for place, queue in enumerate(roster.queue):
        if queue.overflow == "hangup":
            yield Finding(
                f"queue.{place}.overflow",
                phrase("ends calls that nobody took; lead them to a group or mailbox, or remove it"),
            )


def _hidden(roster: Roster, listen_extension: str | None) -> Iterator[Finding]:
    """An extension of somebody that leads to the recordings on the machine whose configuration says so."""
    if listen_extension is None:
        return
    for kind in ("person", "group", "queue", "menu", "mailbox"):
        for place, entry in enumerate(getattr(roster, kind)):
            if entry.extension == listen_extension:
                yield Finding(
                    f"{kind}.{place}.extension",
                    phrase(
                        "{extension} leads to the recordings (recordings.extension of the configuration), "
                        "so {id} cannot be dialled; give one of the two another",
                        extension=listen_extension,
                        id=repr(entry.id),
                    ),
                )


def _unused(roster: Roster) -> Iterator[Finding]:
    steps = set(_all_steps(roster))
    backups = {group.backup for group in roster.group}
    for place, group in enumerate(roster.group):
        if f"group:{group.id}" not in steps and group.id not in backups and group.extension is None:
            unused = phrase("no line leads to {id}; name it in a plan, or remove it", id=repr(group.id))
            yield Finding(f"group.{place}", unused)
    for kind in ("queue", "menu", "mailbox"):
        for place, entry in enumerate(getattr(roster, kind)):
            if f"{kind}:{entry.id}" not in steps and entry.extension is None:
                yield Finding(
                    f"{kind}.{place}",
                    phrase(
                        "nothing leads to {id}; name it in a plan, give it an extension, or remove it",
                        id=repr(entry.id),
                    ),
                )
    for place, entry in enumerate(roster.hours):
        if all(line.hours != entry.id for line in roster.line):
            unkept = phrase("no line keeps {id}; name it in a line, or remove it", id=repr(entry.id))
            yield Finding(f"hours.{place}", unkept)


def _all_steps(roster: Roster) -> Iterator[str]:
    """Every step that anything leads to."""
    for line in roster.line:
        for plan in PLANS:
            yield from plan_of(line, plan)
    for queue in roster.queue:
        if queue.overflow is not None:
            yield queue.overflow
    for menu in roster.menu:
        yield from menu.options.values()
        if menu.operator is not None:
            yield menu.operator
