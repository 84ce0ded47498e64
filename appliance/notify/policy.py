"""Who is told of a call, when and how (MISSION K8, H7). Pure: the same record gives the same notices, with the same
keys, so whoever keeps them tells each receiver once, however often the record changes.

- *taken*: once somebody answered, and it is clear that it is no machine, the other members of the group by SMS, where
  the group says so;
- *after*: once the call is over, the caller by SMS, where the line says so and the number is a mobile's;
- *missed*: nobody talked with the caller, a fault cut them off, or they could not be called back: the members of
  every group that was tried, the agents of every queue they waited in, and whoever the line names. Who was tried by
  two groups is told once.

What is old is not told any more: after a long outage, or with a new database, nobody is woken for last week.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime, timedelta

from appliance.domain.calls import CallRecord, Outcome
from appliance.domain.phone import NotANumber, PhoneNumber, parse
from appliance.domain.sms import is_mobile
from appliance.notify.harmless import number_text, one_line
from appliance.notify.notice import Channel, Kind, Notice
from appliance.roster.members import people_of
from appliance.roster.models import Group, Line, Person, Roster
from appliance.roster.zones import zone_of

TAKEN_WITHIN = timedelta(minutes=30)
AFTER_WITHIN = timedelta(hours=6)
MISSED_WITHIN = timedelta(hours=24)
NAME_LENGTH = 30  # so that every text fits into two parts
_MISSED = (Outcome.ABANDONED, Outcome.UNANSWERED, Outcome.CUT)
_GROUP_STEP, _QUEUE_STEP = "group:", "queue:"


def notices_for(
    record: CallRecord,
    roster: Roster,
    now: datetime,
    *,
    timezone: str = "UTC",
    region: str | None = None,
    duty: str | None = None,
) -> tuple[Notice, ...]:
    """Every notice the record calls for so far, each receiver of a channel and kind once.

    ``timezone`` is the box's; ``region`` reads callers in national spelling; ``duty`` is the person on duty.
    """
    line = next((one for one in roster.line if one.id == record.line), None)
    call = _Call(record, roster, line, now, timezone, region, duty)
    found: dict[str, Notice] = {}
    for notice in (*_taken(call), *_after(call), *_missed(call)):
        found.setdefault(notice.key, notice)
    return tuple(found.values())


class _Call:
    """A record with everything its notices need."""

    def __init__(
        self,
        record: CallRecord,
        roster: Roster,
        line: Line | None,
        now: datetime,
        timezone: str,
        region: str | None,
        duty: str | None,
    ) -> None:
        self.record, self.roster, self.line, self.now = record, roster, line, now
        self._timezone, self._region, self._duty = timezone, region, duty
        self.language = line.language if line is not None else "en"

    def is_fresh(self, at: str | None, within: timedelta) -> bool:
        """Whether ``at`` is not longer ago; a clock that was set back makes nothing old."""
        moment = _moment(at)
        return moment is not None and self.now - moment <= within

    def members(self, group_id: str | None) -> tuple[Person, ...]:
        group = self.roster.group_by_id(group_id) if group_id is not None else None
        return self.people(group.members) if group is not None else ()

    def people(self, members: Collection[str]) -> tuple[Person, ...]:
        """Whom members of a group, or agents of a queue, mean now."""
        return people_of(members, self.roster, self.now, self._timezone, self._duty)

    def caller(self) -> PhoneNumber | None:
        """The caller's number, if it is one."""
        try:
            return parse(self.record.caller or "", self._region)
        except NotANumber:
            return None

    def answerer(self) -> tuple[str, str]:
        """Name and number of who talked with the caller; empty where they are not known."""
        person = self.roster.person_by_id(self.record.answered_by) if self.record.answered_by is not None else None
        number = person.mobile if person is not None else number_text(self.record.answered_number or "")
        return one_line(person.name, NAME_LENGTH) if person is not None else number, number

    def values(self) -> dict[str, str]:
        """What every text may tell."""
        arrived = _moment(self.record.arrived_at) or self.now
        who, contact = self.answerer()
        hours = next((one for one in self.roster.hours if self.line is not None and one.id == self.line.hours), None)
        zone = zone_of(hours.timezone if hours is not None else None, self._timezone)
        name = self.line.name if self.line is not None else number_text(self.record.called)
        return {
            "caller": number_text(self.record.caller or ""),
            "line": one_line(name, NAME_LENGTH),
            "time": _clock(arrived.astimezone(zone), self.now.astimezone(zone)),
            "waited": _span(self.record.waited_s or 0.0),
            "who": who,
            "contact": contact,
        }

    def notice(
        self, channel: Channel, kind: Kind, to: str, language: str | None, values: Mapping[str, str] | None = None
    ) -> Notice:
        # a call that was cut is a missed one to its receivers: whichever is told first stays the only one
        name = Kind.MISSED if kind is Kind.CUT else kind
        key = f"{self.record.exchange}:{self.record.id}:{name}:{channel}:{to.lower()}"
        return Notice(
            key, channel, kind, to, language or self.language, values or self.values(), self.record.arrived_at
        )


def _taken(call: _Call) -> Iterator[Notice]:
    record = call.record
    group = call.roster.group_by_id(record.group) if record.group is not None else None
    if group is None or not group.sms_taken or not call.is_fresh(record.answered_at, TAKEN_WITHIN):
        return
    if not call.answerer()[0] or (record.watched and record.ended_at is None):
        return
    taker = call.roster.person_by_id(record.answered_by) if record.answered_by is not None else None
    for person in call.members(group.id):
        own = taker is not None and (person.id == taker.id or person.mobile == taker.mobile)
        if person.sms and not own and person.mobile != record.answered_number:
            yield call.notice(Channel.SMS, Kind.TAKEN, person.mobile, person.language)


def _after(call: _Call) -> Iterator[Notice]:
    record, line = call.record, call.line
    if line is None or not line.sms_after or record.outcome is not Outcome.ANSWERED:
        return
    if record.answered_at is None or not call.is_fresh(record.ended_at, AFTER_WITHIN):
        return
    caller = call.caller()
    own = any(caller is not None and caller.e164 in one.numbers for one in call.roster.line)
    if caller is None or own or not is_mobile(caller) or not call.answerer()[1]:
        return
    yield call.notice(Channel.SMS, Kind.AFTER, caller.e164, line.language)


def _missed(call: _Call) -> Iterator[Notice]:
    record, line = call.record, call.line
    if record.outcome not in _MISSED or not call.is_fresh(record.ended_at or record.arrived_at, MISSED_WITHIN):
        return
    kind = Kind.CUT if record.answered_at is not None and call.answerer()[0] else Kind.MISSED
    for told, people in (*_groups(call), *_queues(call)):
        for person in people:
            if "sms" in told and person.sms:
                yield call.notice(Channel.SMS, kind, person.mobile, person.language)
            if "email" in told and person.email is not None:
                yield call.notice(Channel.EMAIL, kind, person.email, person.language)
    if line is not None:
        for number in line.missed_sms:
            yield call.notice(Channel.SMS, kind, number, line.language)
        for address in line.missed_email:
            yield call.notice(Channel.EMAIL, kind, address, line.language)


def _groups(call: _Call) -> Iterator[tuple[Collection[str], Collection[Person]]]:
    """How the groups that were tried want to hear of it, and who is in them."""
    for group in _tried(call):
        yield group.missed, call.members(group.id)


def _queues(call: _Call) -> Iterator[tuple[Collection[str], Collection[Person]]]:
    """The same of the queues in which the caller waited."""
    ids = [step.removeprefix(_QUEUE_STEP) for step in call.record.steps if step.startswith(_QUEUE_STEP)]
    for id_ in dict.fromkeys(ids):
        if (queue := call.roster.queue_by_id(id_)) is not None:
            yield queue.missed, call.people(queue.agents)


def _tried(call: _Call) -> list[Group]:
    """The groups that were tried; for a caller who was gone before, those that would have been."""
    record, line = call.record, call.line
    ids = [step.removeprefix(_GROUP_STEP) for step in record.steps if step.startswith(_GROUP_STEP)]
    if record.group is not None:
        ids.append(record.group)
    if not ids and line is not None:
        plans = {"open": line.open, "closed": line.closed, "holiday": line.holiday}
        plan = plans.get(record.situation or "open", line.open)
        steps = line.closed if plan is None else plan
        ids = [step.removeprefix(_GROUP_STEP) for step in steps if step.startswith(_GROUP_STEP)][:1]
    found = (call.roster.group_by_id(id_) for id_ in dict.fromkeys(ids))
    return [group for group in found if group is not None]


def _moment(at: str | None) -> datetime | None:
    try:
        moment = datetime.fromisoformat(at) if at else None
    except ValueError:
        return None
    return moment if moment is None or moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _clock(local: datetime, now: datetime) -> str:
    """The day only where it is another one: a message of one part costs half of one of two."""
    return f"{local:%H:%M}" if local.date() == now.date() else f"{local:%Y-%m-%d %H:%M}"


def _span(seconds: float) -> str:
    """``1:05``, ``1:02:07``."""
    whole = max(0, round(seconds))
    hours, rest = divmod(whole, 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60}:{rest % 60:02}"
