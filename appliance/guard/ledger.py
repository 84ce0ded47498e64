"""What each outcome does to the memory of :mod:`appliance.guard.reconcile`. Pure, like it.

Each function takes the memory and an outcome and returns the memory after it; :func:`read` also tells what the
reading meant, because that is what people are told.
"""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from math import inf

from appliance.domain.forwarding import (
    CONDITIONALS,
    ForwardingStatus,
    Plan,
    RefusalKind,
    Registration,
    Service,
    Wanted,
)
from appliance.guard.reconcile import ALARM_AFTER, BUDGET_WINDOW_S, Change, Memory, Record, matches, pause_s

SILENT_PAUSE_S = 900.0
RESTING_PAUSE_S = 3600.0  # a conditional refused under CFU is offered anew once an hour: moods pass


class Meaning(StrEnum):
    """What a reading meant."""

    VERIFIED = "verified"  # newly so: after a change, a dispute, or the first time
    STILL = "still"  # nothing new
    NOT_DONE = "not_done"  # OK was said, and nothing was done
    DISPUTED = "disputed"  # the network holds what nobody asked for
    QUIESCENT = "quiescent"  # hidden under CFU
    WANTING = "wanting"  # differs from the plan, and was not asked for yet


def commanded(memory: Memory, change: Change, now: float) -> Memory:
    """A change is about to go out: spend budget, and trust nothing of this service until it is read."""
    record = _goal(memory.records[change.service], change)
    under_cfu = change.service in CONDITIONALS and _cfu_active(memory)
    record = replace(
        record,
        asked=change.wanted,
        attempt=change.attempt,
        unread=True,
        unread_tries=0,
        asked_under_cfu=record.asked_under_cfu or under_cfu,
        next_at=-inf,
    )
    spent = (*(at for at in memory.spent if at > now - BUDGET_WINDOW_S), now)
    return replace(_put(memory, change.service, record), spent=spent)


def refused(memory: Memory, change: Change, kind: RefusalKind, now: float) -> Memory:
    """A change failed: another way after a pause. Silence and garbage prove nothing either way, so the service is
    read first. A conditional that is refused in several ways under a standing CFU is quiescent."""
    record = memory.records[change.service]
    conditional = change.service in CONDITIONALS
    if kind in (RefusalKind.SILENT, RefusalKind.GARBLED):
        record = replace(record, next_at=now)
        return replace(_put(memory, change.service, record), net_stuck=memory.net_stuck or conditional)
    attempt = change.attempt if kind is RefusalKind.NO_MODEM else change.attempt + 1
    resting = conditional and _cfu_active(memory) and kind is RefusalKind.REFUSED and attempt >= ALARM_AFTER
    hidden = resting and not (record.seen is not None and record.seen.active)
    record = replace(
        record,
        unread=False,
        asked=None,
        attempt=attempt,
        quiescent=hidden,
        next_at=now + (RESTING_PAUSE_S if resting else pause_s(max(1, attempt))),
    )
    return replace(_put(memory, change.service, record), hides=True if hidden else memory.hides)


def unreadable(memory: Memory, service: Service, plan: Plan | None, kind: RefusalKind, now: float) -> Memory:
    """A query failed: unknown, never "set". A network that is silent about the conditionals alone must not keep the
    line busy for minutes while CFU may have to move: they rest."""
    record = memory.records[service]
    cfu = memory.records[Service.CFU]
    silent = kind is RefusalKind.SILENT and service in CONDITIONALS
    resting = silent and cfu.read_failures == 0 and not cfu.unread
    failures = record.read_failures + 1
    goal = plan.get(service, record.goal) if plan is not None else record.goal
    record = replace(
        record,
        goal=goal,
        attempt=record.attempt if goal == record.goal else 0,
        read_failures=failures,
        unread_tries=record.unread_tries + 1 if record.unread else 0,
        next_at=now + (SILENT_PAUSE_S if resting else pause_s(failures)),
    )
    return replace(_put(memory, service, record), net_stuck=memory.net_stuck or silent)


def read(
    memory: Memory, service: Service, seen: Registration, plan: Plan | None, now: float
) -> tuple[Memory, Meaning]:
    """The network answered for one service."""
    before = memory.records[service]
    wanted = plan.get(service) if plan is not None else None
    record = replace(
        before, seen=seen, seen_at=now, unread=False, unread_tries=0, read_failures=0, next_at=-inf, expected=None
    )
    if service is Service.CFU and not seen.active:
        memory = _uncover(memory)
    if wanted is not None and wanted != before.goal:
        record = replace(record, goal=wanted, attempt=0, quiescent=False, asked_under_cfu=False)
    disputed = memory.disputed - {service}

    if wanted is not None and matches(wanted, seen, record.asked):
        newly = before.unread or before.seen is None or service in memory.disputed
        newly = newly or not matches(wanted, before.seen, record.asked)
        record = replace(record, asked=wanted, attempt=0, quiescent=False, asked_under_cfu=False)
        memory = replace(_put(memory, service, record), disputed=disputed)
        return _after_verified(memory, service, newly), Meaning.VERIFIED if newly else Meaning.STILL

    # a network that has shown a conditional under CFU hides none: there an empty one was wiped
    hides = memory.hides is not False or record.attempt >= ALARM_AFTER
    hidden_here = service in CONDITIONALS and not seen.active and _cfu_active(memory) and hides
    if hidden_here and (record.asked_under_cfu or record.quiescent) and (wanted is None or wanted == record.goal):
        record = replace(record, quiescent=True)
        meaning = Meaning.STILL if before.quiescent else Meaning.QUIESCENT
        return replace(_put(memory, service, record), hides=True, disputed=disputed), meaning

    if before.unread and before.asked == wanted and wanted is not None:
        attempt = record.attempt + 1
        record = replace(record, asked=None, attempt=attempt, next_at=now + pause_s(attempt))
        return _put(memory, service, record), Meaning.NOT_DONE

    if _nobody_asked(before, seen) and not hidden_here:
        record = replace(record, asked=None)
        return replace(_put(memory, service, record), disputed=memory.disputed | {service}), Meaning.DISPUTED
    return _put(memory, service, record), Meaning.WANTING


def stale(memory: Memory, *, forget: bool = False) -> Memory:
    """The modem came up anew: read everything again. ``forget``: another SIM, so nothing known holds."""
    records = {
        service: Record() if forget else replace(record, seen_at=-inf, attempt=0, read_failures=0, next_at=-inf)
        for service, record in memory.records.items()
    }
    hides = None if forget else memory.hides
    return replace(memory, records=records, net_stuck=False, hides=hides)


def recheck(memory: Memory) -> Memory:
    """Somebody asks for the table to be read now."""
    return replace(
        memory,
        records={
            service: replace(record, seen_at=-inf, read_failures=0, next_at=-inf)
            for service, record in memory.records.items()
        },
    )


def status(plan: Plan | None, memory: Memory, now: float, verify_interval_s: float) -> ForwardingStatus:
    """How far plan and network agree."""
    if memory.disputed:
        return ForwardingStatus.DISPUTED
    if plan is None or Service.CFU not in plan:
        return ForwardingStatus.UNVERIFIED
    records = memory.records
    if any(
        record.read_failures >= ALARM_AFTER or (record.attempt >= ALARM_AFTER and not record.quiescent)
        for record in records.values()
    ):
        return ForwardingStatus.UNVERIFIED
    good = all(
        not records[service].unread and (_holds(records[service], wanted) or _rests(records[service], wanted))
        for service, wanted in plan.items()
    )
    if not good:
        return ForwardingStatus.PENDING
    oldest = min(record.seen_at for record in records.values())
    if oldest == -inf:
        return ForwardingStatus.PENDING
    return ForwardingStatus.VERIFIED if now - oldest <= 2 * verify_interval_s else ForwardingStatus.UNVERIFIED


def net_state(plan: Plan | None, memory: Memory) -> str:
    """The standing net in one word: ``armed``, ``quiescent`` (hidden under CFU), ``stale`` (visibly leads elsewhere),
    ``off`` or ``unverified``."""
    wanted = {service: plan[service] for service in CONDITIONALS} if plan is not None else {}
    if not wanted:
        return "unverified"
    if all(line.number is None for line in wanted.values()):
        return "off"
    records = {service: memory.records[service] for service in wanted}
    if all(_holds(record, wanted[service]) for service, record in records.items()):
        return "armed"
    if all(_holds(record, wanted[service]) or _rests(record, wanted[service]) for service, record in records.items()):
        return "quiescent"
    return (
        "stale"
        if any(record.seen is not None and record.seen.active for record in records.values())
        else "unverified"
    )


def _holds(record: Record, wanted: Wanted) -> bool:
    return matches(wanted, record.seen, record.asked)


def _rests(record: Record, wanted: Wanted) -> bool:
    return record.quiescent and record.goal == wanted


def _cfu_active(memory: Memory) -> bool:
    seen = memory.records[Service.CFU].seen
    return seen is not None and seen.active


def _goal(record: Record, change: Change) -> Record:
    if record.goal == change.wanted:
        return record
    return replace(record, goal=change.wanted, attempt=0, quiescent=False, asked_under_cfu=False, read_failures=0)


def _nobody_asked(before: Record, seen: Registration) -> bool:
    """Whether the network left a state that it had confirmed to us, without a word from us."""
    if before.unread:
        return False
    if before.seen is not None:
        return (before.seen.active, before.seen.target) != (seen.active, seen.target)
    if before.expected is None:
        return False
    # active without a number of ours is an operator's short code (voicemail, mostly), not "inactive"
    return seen.target not in before.expected or (seen.active and seen.target is None)


def _uncover(memory: Memory) -> Memory:
    """CFU does not stand: what it hid can be read again."""
    records = {
        service: replace(record, seen=None, quiescent=False, asked_under_cfu=False, attempt=0, next_at=-inf)
        if service in CONDITIONALS and (record.quiescent or record.asked_under_cfu)
        else record
        for service, record in memory.records.items()
    }
    return replace(memory, records=records)


def _after_verified(memory: Memory, service: Service, newly: bool) -> Memory:
    """A verified CFU change may have wiped or hidden the conditionals: they are read again. One that reads well
    under CFU shows that this network hides nothing."""
    if service is Service.CFU:
        if not newly:
            return memory
        records = dict(memory.records)
        for conditional in CONDITIONALS:
            records[conditional] = replace(records[conditional], seen_at=-inf)
        return replace(memory, records=records)
    seen = memory.records[service].seen
    shown = seen is not None and seen.active and _cfu_active(memory)
    return replace(memory, hides=False) if shown else memory


def _put(memory: Memory, service: Service, record: Record) -> Memory:
    return replace(memory, records={**memory.records, service: record})
