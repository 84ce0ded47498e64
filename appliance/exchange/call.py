"""A call as all its phases share it: who calls, what was tried, the record that becomes of it."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, Protocol

from appliance.asterisk.ari import AriError
from appliance.asterisk.events import AriEvent
from appliance.domain.calls import CallRecord, LegResult, Outcome
from appliance.domain.calls import Leg as LegEntry
from appliance.domain.times import rfc3339
from appliance.exchange.callerid import Caller
from appliance.exchange.inbox import AttemptOver, BookChanged, Dialled, Heard, Inbox, PickedUp, Withdrawn
from appliance.exchange.lifeline import Lifeline
from appliance.exchange.phones import SIP, Member, Phone
from appliance.exchange.switch import OWN_PREFIX
from appliance.exchange.world import World
from appliance.screening.judge import Verdict

CALLER_ENDS = frozenset({"ChannelHangupRequest", "ChannelDestroyed", "StasisEnd"})
LEG_VARIABLE = "HOTLINE_LEG"  # what a leg is, kept on its channel for whoever takes the call up after a crash
NOT_THERE = frozenset({400, 404, 409, 410, 412, 422})  # ARI's ways to say that a channel has just gone
ELSEWHERE_CAUSE = 26  # Q.850 non-selected user clearing: phones then show no missed call

LegItem = AriEvent | Verdict
Item = AriEvent | BookChanged | Dialled | PickedUp | AttemptOver | Heard | Withdrawn


class CallerGoneError(Exception):
    """The caller hung up: whatever the call does, it ends."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A call as it came. ``called`` is what was dialled, ``diverted_by`` who forwarded it, the last first;
    ``account`` is that of the phone of ours which calls, where it is one; ``life_s`` how long the dialplan leaves the
    caller to us before they are led to the technician, 0 for ever."""

    channel: str
    called: str
    caller: Caller
    trunk: str | None
    diverted_by: tuple[str, ...] = ()
    account: str | None = None
    life_s: int = 0


class Ear(Protocol):
    """Somebody who listens to a leg."""

    def close(self) -> None:
        """Listen no more."""


class Leg:
    """One attempt on one phone. Its inbox hears of its channel; ``ear`` listens to it, while anybody does."""

    def __init__(self, world: World, channel: str, member: str, entry: LegEntry) -> None:
        self.channel, self.member, self.entry = channel, member, entry
        self.inbox: Inbox[LegItem] = Inbox(world.now)
        self.over = False
        self.ear: Ear | None = None

    def stop_listening(self) -> None:
        """Whoever it is, it stays with that."""
        ear, self.ear = self.ear, None
        if ear is not None:
            ear.close()


class Call:
    """One caller. Everything a phase changes goes through here, so that the record follows."""

    def __init__(
        self, world: World, arrival: Arrival, record: CallRecord | None = None, id_: str | None = None
    ) -> None:
        self.world, self.arrival = world, arrival
        self.id = id_ or arrival.channel
        self.inbox: Inbox[Item] = Inbox(world.now)
        self.answered = False
        self.hears: str | None = None
        self.lifeline = Lifeline(
            lambda value: self.set("TIMEOUT(absolute)", value), arrival.life_s, world.one_renewal_at_a_time
        )
        self.wrap_up_s = 0.0
        self.dismissed = False  # somebody has ended it by command: to Asterisk that is as if the caller had gone
        self.language = "en"
        self.prompts: str | None = None  # the id of the prompt set it is spoken to with
        self.caller_id: Literal["caller", "service"] | None = None
        self.legs: dict[str, Leg] = {}
        self._count = len(record.legs) if record is not None else 0
        self._entries: dict[str, LegEntry] = {}
        self._past: tuple[LegEntry, ...] = ()
        self.record = record or CallRecord(
            exchange=world.name,
            id=self.id,
            arrived_at=rfc3339(world.wall()),
            caller=arrival.caller.number or arrival.caller.told,
            called=arrival.called,
            trunk=arrival.trunk,
            internal=True if arrival.account is not None else None,
        )
        if record is not None:
            self._past = tuple(entry for entry in record.legs if entry.result is not None)
        if arrival.channel:
            world.switch.own(arrival.channel, self.inbox.put)

    def speak(self, language: str | None, prompts: str | None) -> None:
        """What a part of the way has been given to speak with stands from there on; ``None`` leaves what stood."""
        if prompts is not None or language not in (None, self.language):
            self.prompts = prompts
        self.language = language or self.language

    @property
    def bridge(self) -> str:
        """The id of the bridge the talk is in."""
        return f"{OWN_PREFIX}{self.id}-talk"

    def now_text(self) -> str:
        """The time of day for the record."""
        return rfc3339(self.world.wall())

    def note(self, **changes: object) -> None:
        """Change the record; it is written beside."""
        self.record = replace(self.record, **changes)  # type: ignore[arg-type]
        self.world.errands.run(self.write())

    async def write(self) -> None:
        """Put the record as it is by then: a late writer must not bring an older one back."""
        await self.world.log.put(self.record)

    async def next(self, until: float | None = None) -> Item | None:
        """What happens next, or ``None`` at ``until``. Raises :class:`CallerGoneError`."""
        item = await self.inbox.next(until)
        if isinstance(item, AriEvent) and item.channel == self.arrival.channel and item.type in CALLER_ENDS:
            raise CallerGoneError
        return item

    async def answer(self) -> None:
        """Pick the caller up. Raises :class:`CallerGoneError`."""
        if not self.answered:
            await self.of_caller(self.world.channels.answer(self.arrival.channel))
            self.answered = True

    async def of_caller(self, command: Awaitable[None]) -> None:
        """Await a command on the caller's channel. Raises :class:`CallerGoneError` where that has just gone."""
        try:
            await command
        except AriError as error:
            if error.status in NOT_THERE:
                raise CallerGoneError from None
            raise

    async def set(self, variable: str, value: str) -> None:
        """Set a variable of the caller's channel. Raises :class:`appliance.asterisk.ari.AriError`."""
        await self.world.variables.set(self.world.channels, self.arrival.channel, variable, value)

    async def let_hear(self, what: str | None) -> None:
        """What the caller hears while others are rung: ``ringing``, ``music`` or nothing of ours."""
        channels, channel = self.world.channels, self.arrival.channel
        if what == self.hears:
            return
        if self.hears == "music":
            await self.of_caller(channels.stop_music(channel))
        elif self.hears == "ringing" and self.answered:
            await self.of_caller(channels.stop_ringing(channel))
        self.hears = what
        if what == "music":
            await self.answer()
            await self.of_caller(channels.music(channel))
        elif what == "ringing":
            await self.of_caller(channels.ring(channel))

    def shows(self, _: Phone) -> Literal["caller", "service"]:
        """Whose number a phone that is rung is shown."""
        return self.caller_id or self.world.identity.caller_id

    def asks(self, _: Leg) -> tuple[str, ...]:
        """The prompts that ask whoever picked up for a key."""
        return ("accept-call",)

    def begin_leg(self, member: Member, phone: Phone, via: str | None) -> Leg:
        """Note an attempt, before anything of it reaches Asterisk."""
        self._count += 1
        # of one width: Asterisk 22 refuses a channel whose id is the beginning of another's, -1 beside -10
        channel = f"{OWN_PREFIX}{self.id}-{self._count:04d}"
        person = member.person.id if member.person is not None else None
        leg = Leg(
            self.world,
            channel,
            member.id,
            LegEntry(person, phone.number, SIP if phone.own else via or "", self.now_text()),
        )
        self.legs[channel] = leg
        self._entries[channel] = leg.entry
        self.world.switch.own(channel, leg.inbox.put)
        if not phone.own:
            self.world.trunks.carry(via)
        self._legs_changed()
        return leg

    def adopt_leg(self, channel: str, member: str, entry: LegEntry, state: str | None = None) -> Leg:
        """Take up a leg that an exchange before us had begun, or that another call had. It was in ``state`` (as ARI
        names them) before whatever it is told from now on."""
        leg = Leg(self.world, channel, member, entry)
        if state is not None:
            leg.inbox.put(AriEvent("ChannelStateChange", channel, {"channel": {"id": channel, "state": state}}))
        self.legs[channel] = leg
        self._entries[channel] = entry
        self._past = tuple(
            one for one in self._past if (one.dialled_at, one.number) != (entry.dialled_at, entry.number)
        )
        self._count = max(self._count, leg_number(channel))
        self.world.switch.own(channel, leg.inbox.put)
        if entry.via != SIP:
            self.world.trunks.carry(entry.via)
        return leg

    def leg_changed(self, leg: Leg, **changes: object) -> None:
        """Note what became of a leg."""
        leg.entry = replace(leg.entry, **changes)  # type: ignore[arg-type]
        self._entries[leg.channel] = leg.entry
        self._legs_changed()

    def leg_over(self, leg: Leg, result: LegResult, cause: int | None = None, *, hang_up: int | None = None) -> None:
        """The attempt is over; with ``hang_up`` (a Q.850 cause) its channel is ended."""
        if leg.over:
            return
        leg.over = True
        leg.stop_listening()
        if hang_up is not None:
            self.world.end(leg.channel, hang_up)
        else:
            self.world.switch.disown(leg.channel)
        if leg.entry.via != SIP:
            self.world.trunks.free(leg.entry.via)
        self.leg_changed(leg, ended_at=self.now_text(), result=result, cause=cause)

    def drop(self, result: LegResult, *, members: Iterable[str] | None = None, but: Leg | None = None) -> None:
        """End the legs that still are, all or those of ``members``."""
        chosen = None if members is None else set(members)
        for leg in [*self.legs.values()]:
            if not leg.over and leg is not but and (chosen is None or leg.member in chosen):
                cause = ELSEWHERE_CAUSE if result is LegResult.ELSEWHERE else 16
                self.leg_over(leg, result, hang_up=cause)

    def end_record(self, outcome: Outcome, ended_by: str, ended_at: str | None = None) -> CallRecord:
        """The record as it stands at the end."""
        ended = ended_at or self.now_text()
        answered = self.record.answered_at
        if self.dismissed and ended_by == "caller":
            ended_by = "operator"
            outcome = Outcome.UNANSWERED if outcome is Outcome.ABANDONED else outcome  # no caller lost patience
        self.record = replace(
            self.record,
            ended_at=ended,
            outcome=outcome,
            ended_by=ended_by,
            watched=None,
            led_from=None,
            waited_s=seconds_between(self.record.arrived_at, answered or ended),
            talked_s=seconds_between(answered, ended) if answered else None,
        )
        return self.record

    def _legs_changed(self) -> None:
        legs = (*self._past, *self._entries.values())
        self.note(legs=tuple(sorted(legs, key=lambda leg: leg.dialled_at)))


def leg_number(channel: str) -> int:
    """The number a leg's channel id ends with; 0 for other channels."""
    tail = channel.rpartition("-")[2]
    return int(tail) if tail.isdecimal() else 0


def leg_variable(leg: Leg) -> str:
    """What is kept on the leg's channel."""
    return json.dumps({"member": leg.member, **{key: getattr(leg.entry, key) for key in _KEPT}}, ensure_ascii=True)


def read_leg_variable(text: str | None) -> tuple[str, LegEntry] | None:
    """The member and the entry a leg's channel tells of, or ``None``."""
    try:
        found = json.loads(text or "")
        return str(found["member"]), LegEntry(**{key: found[key] for key in _KEPT})
    except (ValueError, KeyError, TypeError):
        return None


_KEPT = ("person", "number", "via", "dialled_at")


def seconds_between(begin: str, end: str) -> float:
    """Seconds from one RFC 3339 time to another; 0 where the clock was set back."""
    return round(max(0.0, (datetime.fromisoformat(end) - datetime.fromisoformat(begin)).total_seconds()), 3)
