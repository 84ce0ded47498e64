"""Plan against read-back → the next action: what to ask the network, what to tell it, and when to leave it alone.

Theory of operation. Level-triggered: the next action follows from the plan, from what the network last *said*, and
from what was asked of it since; no history of steps is kept, so a power cut anywhere resumes by looking again.

- OK is not evidence: after each command the service is interrogated, and only the answer counts.
- A registration replaces a standing one in one command. Nothing is ever erased to be registered anew.
- CFU comes first when calls are already diverted: it decides where they go. While CFU is not active the conditionals
  come first, because some networks hide or refuse them once CFU stands (3GPP TS 23.082 §3: quiescent).
- A conditional that reads empty under a standing CFU is registered once more; if it still reads empty, or is
  refused, the network hides it: it is *quiescent*, left alone, and CFU is never erased to look at it.
- Each failure takes another way (``attempt``) after a growing pause. Commands that change the network are counted
  against an hourly budget, of which a part is kept for leading calls to the technician.

Pure: no clock, no I/O; times are monotonic seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf

from appliance.domain.forwarding import CONDITIONALS, Plan, Registration, Service, Wanted
from appliance.domain.phone import PhoneNumber
from appliance.domain.phrase import phrase

BACKOFF_S = (0.0, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0)
BUDGET_WINDOW_S = 3600.0
READS_BEFORE_BLIND = 2  # so many failed queries before a change is tried without knowing what stands
READS_BEFORE_RETRY = 3  # so many failed read-backs before the command is given once more
ALARM_AFTER = 3  # so many failures in a row before "pending" becomes "unverified"


@dataclass(frozen=True, slots=True)
class Settings:
    """``change_budget`` commands an hour, the last ``reserve`` of them only for CFU to the technician."""

    verify_interval_s: float = 900.0
    change_budget: int = 240

    @property
    def reserve(self) -> int:
        """The part of the budget that only a move to the technician may use."""
        return self.change_budget // 4


@dataclass(frozen=True, slots=True)
class Record:
    """What is known of one service.

    ``seen`` is what the network last said (``None``: never, or the last word is void). ``asked`` is what was last
    commanded; ``unread`` while no interrogation followed, ``unread_tries`` those that failed since. ``attempt``
    counts for ``goal``, the want it belongs to. ``expected``, from before a restart, are the numbers that may stand
    in the network without anybody else's doing.
    """

    seen: Registration | None = None
    seen_at: float = -inf
    asked: Wanted | None = None
    unread: bool = False
    unread_tries: int = 0
    goal: Wanted | None = None
    attempt: int = 0
    read_failures: int = 0
    next_at: float = -inf
    asked_under_cfu: bool = False
    quiescent: bool = False
    expected: frozenset[PhoneNumber | None] | None = None


@dataclass(frozen=True, slots=True)
class Memory:
    """All that reconciling remembers. ``hides``: whether the network hides conditionals under CFU, once known."""

    records: Mapping[Service, Record] = field(default_factory=lambda: {service: Record() for service in Service})
    spent: tuple[float, ...] = ()
    hides: bool | None = None
    net_stuck: bool = False
    disputed: frozenset[Service] = frozenset()


@dataclass(frozen=True, slots=True)
class Interrogate:
    """Ask the network for one service."""

    service: Service
    why: str


@dataclass(frozen=True, slots=True)
class Change:
    """Register ``wanted.number``, or erase when it is ``None``."""

    service: Service
    wanted: Wanted
    attempt: int
    why: str


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing to do before ``until`` (``None``: before something changes)."""

    until: float | None


Action = Interrogate | Change | Wait


def matches(wanted: Wanted, seen: Registration | None, asked: Wanted | None = None) -> bool:
    """Whether the network holds what is wanted, compared as E.164 digits.

    Networks round the no-reply time: a differing one counts only until it has been asked for.
    """
    if seen is None:
        return False
    if wanted.number is None:
        return not seen.active
    if seen.target is None or seen.target.digits != wanted.number.digits:
        return False
    times = (wanted.no_reply_time_s, seen.no_reply_time_s)
    return None in times or times[0] == times[1] or asked == wanted


def next_action(
    plan: Plan | None, technician: PhoneNumber | None, memory: Memory, settings: Settings, now: float
) -> Action:
    """The one thing to do now. Without a plan (no verdict yet) the table is only read."""
    due = []
    for service in _order(plan, memory):
        record = memory.records[service]
        at, action = _due(service, plan, record, settings)
        if isinstance(action, Change):
            lifted = action.service is Service.CFU and action.wanted.number == technician is not None
            at = max(at, _affordable_at(memory, settings, now, lifted=lifted))
            # while a change is refused or held back, the network is still asked what it does: it may have changed
            drift_at = record.seen_at + settings.verify_interval_s
            if drift_at <= at and record.seen is not None and record.read_failures == 0 and not record.unread:
                at, action = drift_at, Interrogate(service, phrase("drift check"))
        if at <= now:
            return action
        due.append(at)
    return Wait(min(due))


def _order(plan: Plan | None, memory: Memory) -> list[Service]:
    """CFU first, unless the net can still be armed before it."""
    cfu = memory.records[Service.CFU]
    if not _net_first(cfu, plan.get(Service.CFU) if plan is not None else None, memory):
        return [Service.CFU, *CONDITIONALS]
    records = memory.records
    untried = [one for one in CONDITIONALS if records[one].attempt == 0 and records[one].read_failures == 0]
    return [*untried, Service.CFU, *(one for one in CONDITIONALS if one not in untried)]


def _net_first(cfu: Record, wanted: Wanted | None, memory: Memory) -> bool:
    """Whether the conditionals come before CFU: while they can still be seen, and before CFU is erased, because
    something has to stand at every moment."""
    if wanted is None or cfu.seen is None or cfu.unread or memory.net_stuck:
        return False
    if wanted.number is None:
        return cfu.seen.active
    return not cfu.seen.active and memory.hides is not False


def _due(
    service: Service, plan: Plan | None, record: Record, settings: Settings
) -> tuple[float, Interrogate | Change]:
    """What this service needs next, and from when on."""
    drift_at = record.seen_at + settings.verify_interval_s
    wanted = plan.get(service) if plan is not None else None
    if wanted is None:
        return max(record.next_at, drift_at), Interrogate(service, phrase("to know what stands"))
    fresh = wanted != record.goal  # the want changed: earlier failures say nothing about it
    not_before = -inf if fresh else record.next_at
    attempt = 0 if fresh else record.attempt
    if record.unread and record.asked == wanted:
        if record.unread_tries < READS_BEFORE_RETRY:
            return not_before, Interrogate(service, phrase("read-back"))
        return not_before, Change(service, wanted, attempt + 1, phrase("the read-back fails; asking once more"))
    if record.unread and record.seen is not None:  # the want changed meanwhile: what was seen before is void
        return not_before, Change(service, wanted, attempt, phrase("another change is still under way"))
    if record.seen is None:
        if record.read_failures < READS_BEFORE_BLIND or record.asked == wanted:
            return not_before, Interrogate(service, phrase("nothing is known"))
        return not_before, Change(service, wanted, attempt, phrase("the network does not tell what it holds"))
    hidden = record.quiescent and not fresh and record.asked == wanted
    if hidden or matches(wanted, record.seen, record.asked):
        return max(not_before, drift_at), Interrogate(service, phrase("drift check"))
    return not_before, Change(service, wanted, attempt, phrase("the network holds something else"))


def _affordable_at(memory: Memory, settings: Settings, now: float, *, lifted: bool) -> float:
    """When one more change fits the hourly budget; ``lifted``: a move to the technician may use the reserve."""
    limit = settings.change_budget if lifted else settings.change_budget - settings.reserve
    recent = [at for at in memory.spent if at > now - BUDGET_WINDOW_S]
    return -inf if len(recent) < limit else recent[len(recent) - limit] + BUDGET_WINDOW_S


def pause_s(failures: int) -> float:
    """How long to leave a service alone after so many failures in a row."""
    return BACKOFF_S[min(failures, len(BACKOFF_S) - 1)]
