"""Taking calls up again, after a crash of ours, of Asterisk, or of the way between them.

What is there is asked for: Asterisk's channels and bridges, by their ids, and the log's calls without an end. A call
whose caller is still there goes on where it stood; one whose caller has gone gets the end it had. Then whatever
channel of ours belongs to no call is ended.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Protocol

from appliance.asterisk.ari import AriError
from appliance.asterisk.channels import Snapshot
from appliance.asterisk.events import AriEvent
from appliance.asterisk.site import APPLICATION, TECHNICIAN_CONTEXT
from appliance.calls.health import CallLogError
from appliance.domain.calls import CallRecord, LegResult, Outcome
from appliance.domain.times import rfc3339
from appliance.exchange.call import LEG_VARIABLE, Arrival, Call, Leg, leg_number, read_leg_variable, seconds_between
from appliance.exchange.callerid import Caller, read_caller
from appliance.exchange.reception import PRESENTATION, Reception, is_restricted
from appliance.exchange.session import TakenUp
from appliance.exchange.switch import OWN_PREFIX
from appliance.exchange.talk import Interrupted
from appliance.exchange.transfer_aside import gone
from appliance.exchange.transfer_attended import consultation_bridge
from appliance.exchange.transfer_refer import account_of
from appliance.exchange.transfer_state import TRANSFER_VARIABLE, Handover, read_handover
from appliance.exchange.unseen import Note, arrival_of, completed, unseen
from appliance.exchange.world import World

_log = logging.getLogger(__name__)
STASIS = "Stasis"
UP, DOWN = "Up", "Down"
ARRIVALS = ("in", "phone")


class OpenCalls(Protocol):
    """The calls that have no end in the log."""

    async def open_calls(self) -> list[CallRecord]:
        """Oldest first."""

    @property
    def remembered(self) -> list[CallRecord]:
        """Those of them that are in memory, whatever the disk does."""

    async def get(self, id_: str) -> CallRecord | None:
        """One of our calls, ended or not."""


class Notes(Protocol):
    """How Asterisk saw calls end while nobody of us looked."""

    async def notes(self) -> Mapping[str, Note]:
        """By the caller's channel id; empty where nobody knows."""

    async def forget_notes(self, channels: Collection[str]) -> None:
        """Those are in the log now."""


@dataclass(frozen=True, slots=True)
class _Seen:
    channels: Mapping[str, Snapshot]
    bridges: Mapping[str, tuple[str, ...]]
    notes: Mapping[str, Note]
    asterisk_started: str | None


class Recovery:
    """Run once after each connection."""

    def __init__(self, world: World, reception: Reception, log: OpenCalls, notes: Notes) -> None:
        self._world, self._reception, self._log, self._notes = world, reception, log, notes
        self._strays: frozenset[str] = frozenset()
        self._taken_up: list[tuple[Call, TakenUp]] = []

    async def run(self, asterisk_started: str | None) -> None:
        """Take up every call there is. Raises :class:`appliance.asterisk.ari.AriError`."""
        world = self._world
        seen = _Seen(
            await world.channels.listed(), await world.channels.bridges(), await self._notes.notes(), asterisk_started
        )
        kept: set[str] = set()
        self._taken_up = []
        open_calls = await self._open_calls(seen)
        for record in open_calls:
            if record.id in self._reception.sessions:
                continue  # it came while we looked
            try:
                kept |= await self._take_up(record, seen)
            except AriError as error:
                if error.unreachable:
                    raise  # it is all tried again
                self._give_up(record, error)
            except Exception as error:  # one call that cannot be taken up must not cost the others
                self._give_up(record, error)
        known = {record.id for record in open_calls}
        for channel in seen.channels.values():
            if channel.id.startswith(OWN_PREFIX):
                if channel.id not in kept and not world.switch.owned(channel.id):
                    world.end(channel.id)
            elif channel.id not in known and channel.app == STASIS and not world.switch.owned(channel.id):
                await self._unknown(channel)
        for bridge in seen.bridges:
            if bridge.startswith(OWN_PREFIX) and bridge not in kept and not self._lives(bridge):
                world.errands.run(world.channels.end_bridge(bridge))
        # all together, and calls that have just come after them: only now it is known who rings or talks
        for call, taken_up in self._taken_up:
            self._reception.take_up(call, taken_up)
        self._reception.settled()
        await self._note_unseen(seen.notes, known)

    async def _open_calls(self, seen: _Seen) -> list[CallRecord]:
        try:
            return await self._log.open_calls()
        except CallLogError as error:
            _log.error("calls are taken up without the log: %s", error)
        known = {record.id: record for record in self._log.remembered}
        for channel in seen.channels.values():
            application, kind, called, trunk, *_ = (*channel.app_data.split(","), "", "", "", "")
            if channel.app == STASIS and application == APPLICATION and kind in ARRIVALS and channel.id not in known:
                arrived_at = rfc3339(arrival_of(channel.id) or self._world.wall())
                known[channel.id] = CallRecord(
                    self._world.name, channel.id, arrived_at, channel.caller, called, trunk=trunk or None
                )
        return [*known.values()]

    def _give_up(self, record: CallRecord, error: Exception) -> None:
        """A call that cannot be taken up: a human is to have it all the same."""
        world = self._world
        _log.error("call %s cannot be taken up; its caller is led to the technician", record.id, exc_info=error)
        for channel in world.switch.owned_by(f"{OWN_PREFIX}{record.id}-", record.id):
            world.switch.disown(channel)
        world.errands.run(world.channels.go_on(record.id, TECHNICIAN_CONTEXT))

    def _lives(self, id_: str) -> bool:
        """Whether a channel or bridge of ours belongs to a call there is."""
        return any(id_.startswith(f"{OWN_PREFIX}{call}-") for call in self._reception.sessions)

    async def _note_unseen(self, notes: Mapping[str, Note], known: Collection[str] = ()) -> None:
        """What Asterisk noted of calls nobody of us saw goes to the log; then the notes are thrown away, those only
        that were read."""
        for channel, note in notes.items():
            if note.status and channel not in known and channel not in self._reception.sessions:
                await self._unseen(channel, note)
        if notes:
            await self._notes.forget_notes(notes)

    async def _unseen(self, channel: str, note: Note) -> None:
        """A call that the dialplan led to the technician."""
        world = self._world
        if await self._log.get(channel) is not None:
            return  # we were stopped before the note was thrown away
        record = unseen(world.name, channel, note)
        _log.info("call %s was led to the technician by the dialplan: %s", channel, record.outcome)
        await world.log.put(record)

    async def tidy(self) -> None:
        """Look now and then for what ended beside us, such as calls led to the dialplan's technician, and for what
        nobody looks after. What is astray twice in a row is: an event of it may just be on its way."""
        world = self._world
        notes = await self._notes.notes()
        channels, bridges = await world.channels.listed(), await world.channels.bridges()
        open_calls = {record.id: record for record in await self._log.open_calls()}
        seen = _Seen(channels, bridges, notes, None)
        strays = {
            channel.id
            for channel in channels.values()
            if not world.switch.owned(channel.id) and not self._lives(channel.id) and channel.app == STASIS
        }
        strays |= {bridge for bridge in bridges if bridge.startswith(OWN_PREFIX) and not self._lives(bridge)}
        strays |= {id_ for id_ in open_calls if id_ not in channels and id_ not in self._reception.sessions}
        for id_, record in open_calls.items():
            if id_ in notes and id_ not in self._reception.sessions:
                await self._close(record, seen)
        for id_ in strays & self._strays:
            if id_ in bridges:
                world.errands.run(world.channels.end_bridge(id_))
            elif id_.startswith(OWN_PREFIX):
                world.end(id_)
            elif id_ in open_calls and id_ not in channels:
                if id_ not in notes:
                    await self._close(open_calls[id_], seen)
            elif not world.switch.owned(id_):
                await self._stray(channels[id_], open_calls.get(id_))
        self._strays = frozenset(strays - self._strays)
        await self._note_unseen(notes, open_calls)

    async def _stray(self, channel: Snapshot, record: CallRecord | None) -> None:
        """A caller whom nobody looks after."""
        _log.error("call %s was left alone", channel.id)
        if record is None:
            await self._unknown(channel)
        else:
            self._world.errands.run(self._world.channels.go_on(channel.id, TECHNICIAN_CONTEXT))

    async def _take_up(self, record: CallRecord, seen: _Seen) -> set[str]:
        """Go on with one call; the ids of what belongs to it."""
        world = self._world
        caller = seen.channels.get(record.id)
        if caller is None:
            await self._close(record, seen)
            return set()
        if caller.app != STASIS:
            return set()  # on its way to the technician by the dialplan, which notes its end
        arrival = Arrival(
            record.id, record.called, await self._caller(record), record.trunk, account=_account(caller)
        )
        call = Call(world, arrival, record)
        call.answered = caller.state == UP
        legs = await self._legs(call, seen)
        in_bridge = seen.bridges.get(call.bridge, ())
        talking = next((leg for leg in legs if leg.channel in in_bridge and record.id in in_bridge), None)
        handover = read_handover(await world.channels.variable(record.id, TRANSFER_VARIABLE))
        if talking is None and handover is not None:
            return self._transferring(call, handover, legs)
        if record.answered_at is not None or talking is not None:
            return self._talking(call, talking, legs)
        ringing, since = self._ringing(call, legs)
        _log.info("call %s is taken up: %d phones ring", call.id, len(legs))
        self._taken_up.append((call, TakenUp(ringing, since)))
        return {call.bridge, *(leg.channel for leg in legs)}

    def _talking(self, call: Call, talking: Leg | None, legs: list[Leg]) -> set[str]:
        world = self._world
        call.drop(LegResult.ELSEWHERE, but=talking)
        if talking is None:
            # the member hung up while nobody looked: the caller is alone
            _log.info("call %s is taken up: its member has gone", call.id)
            self._taken_up.append((call, TakenUp(alone=True)))
            return set()
        _log.info("call %s is taken up: talking", call.id)
        group = world.standing.roster.group_by_id(call.record.group or "")
        call.wrap_up_s = group.wrap_up_s if group is not None else 0.0
        keys = frozenset({talking.member, talking.entry.number})
        world.book.take(call.id, talking.member, keys)
        self._taken_up.append((call, TakenUp(talking=talking)))
        return {call.bridge, talking.channel}

    def _ringing(self, call: Call, legs: list[Leg]) -> tuple[dict[str, dict[str, Leg]], dict[str, float]]:
        """Those that ring, by member and number, and since when."""
        ringing: dict[str, dict[str, Leg]] = {}
        since: dict[str, float] = {}
        now = self._world.now()
        for leg in legs:
            ringing.setdefault(leg.member, {})[leg.entry.number] = leg
            ago = seconds_between(leg.entry.dialled_at, call.now_text())
            since[leg.member] = min(since.get(leg.member, now), now - ago)
        for member, phones in ringing.items():
            self._world.book.take(call.id, member, frozenset({member, *phones}))
        return ringing, since

    def _transferring(self, call: Call, handover: Handover, legs: list[Leg]) -> set[str]:
        """A caller who was being handed on: the member may be there still, and whom they consult."""
        member = next((leg for leg in legs if leg.channel == handover.leg), None)
        target = next((leg for leg in legs if leg.channel == handover.target), None)
        ringing, since = self._ringing(call, [leg for leg in legs if leg not in (member, target)])
        for leg in (member, target):
            if leg is not None:
                self._world.book.take(call.id, leg.member, frozenset({leg.member, leg.entry.number}))
        if member is None:
            member = gone(call, handover)
        _log.info("call %s is taken up: it is being transferred to %s", call.id, handover.label)
        interrupted = Interrupted(handover, ringing, since, target)
        self._taken_up.append((call, TakenUp(talking=member, interrupted=interrupted)))
        return {call.bridge, consultation_bridge(call.id), *(leg.channel for leg in legs)}

    async def _legs(self, call: Call, seen: _Seen) -> list[Leg]:
        """The call's legs that still are; one that a transfer brought from another call is in its bridge."""
        world, prefix, found = self._world, f"{OWN_PREFIX}{call.id}-", []
        in_bridge = {id_ for id_ in seen.bridges.get(call.bridge, ()) if id_.startswith(OWN_PREFIX)}
        for channel in seen.channels.values():
            if not (channel.id.startswith(prefix) or channel.id in in_bridge) or leg_number(channel.id) == 0:
                continue
            kept = read_leg_variable(await world.channels.variable(channel.id, LEG_VARIABLE))
            if kept is None or channel.state == DOWN:
                continue  # nobody knows whether it was dialled: it is ended, and its phone dialled anew
            past = next(
                (
                    one
                    for one in call.record.legs
                    if one.dialled_at == kept[1].dialled_at and one.number == kept[1].number
                ),
                None,
            )
            if past is not None and past.result is LegResult.MACHINE:
                continue  # taken back from it, and the crash came before it was hung up
            leg = call.adopt_leg(channel.id, *kept)
            if past is not None:
                leg.entry = replace(past, result=None, ended_at=None)
            leg.inbox.put(
                AriEvent("ChannelStateChange", channel.id, {"channel": {"id": channel.id, "state": channel.state}})
            )
            found.append(leg)
        return found

    async def _close(self, record: CallRecord, seen: _Seen) -> None:
        """A call that ended while nobody looked."""
        world = self._world
        note = seen.notes.get(record.id)
        if note is not None and note.status:
            await world.log.put(completed(record, note))
            return
        ended, cut = self._end_of(record, seen)
        answered = record.answered_at
        result = LegResult.CUT if cut else LegResult.CALLER_GONE
        outcome = Outcome.CUT if cut else Outcome.ANSWERED if answered else Outcome.ABANDONED
        legs = tuple(
            leg
            if leg.result is not None
            else replace(leg, ended_at=ended, result=LegResult.TALKED if self._talked(record, leg) else result)
            for leg in record.legs
        )
        _log.info("call %s ended at %s while nobody looked: %s", record.id, ended, outcome)
        await world.log.put(
            replace(
                record,
                legs=legs,
                outcome=outcome,
                watched=None,
                ended_at=ended,
                ended_by="cut" if cut else None if answered else "caller",
                waited_s=seconds_between(record.arrived_at, answered or ended),
                talked_s=seconds_between(answered, ended) if answered else None,
            )
        )

    @staticmethod
    def _talked(record: CallRecord, leg: object) -> bool:
        return (
            record.answered_at is not None
            and (getattr(leg, "number", None) == record.answered_number or bool(record.transfers))
            and bool(getattr(leg, "answered_at", None))
        )

    def _end_of(self, record: CallRecord, seen: _Seen) -> tuple[str, bool]:
        """When it ended, and whether it was cut off: Asterisk began anew and never saw its end."""
        if (note := seen.notes.get(record.id)) is not None:
            return rfc3339(note.ended), False
        now = self._world.wall()
        if seen.asterisk_started is not None:
            started = datetime.fromisoformat(seen.asterisk_started).astimezone(UTC)
            if rfc3339(started) > record.arrived_at:
                return rfc3339(min(started, now)), True
        return rfc3339(now), False

    async def _caller(self, record: CallRecord) -> Caller:
        presentation = await self._world.channels.variable(record.id, PRESENTATION)
        return read_caller(record.caller, self._world.region, restricted=is_restricted(presentation))

    async def _unknown(self, channel: Snapshot) -> None:
        """A caller who came just before a crash: nobody has taken the call yet. Or one who was to be hung up."""
        application, *args = channel.app_data.split(",")
        try:
            ended = await self._log.get(channel.id) is not None
        except CallLogError:
            ended = False
        if ended:
            self._world.end(channel.id)
        elif application == APPLICATION and args and args[0] in ARRIVALS:
            _log.info("call %s is taken up: it had just come", channel.id)
            data = {
                "args": args,
                "channel": {
                    "id": channel.id,
                    "caller_rdnis": channel.diverted_by or "",
                    "name": f"{channel.endpoint}-0",
                    "caller": {"number": channel.caller or ""},
                },
            }
            self._reception.receive(AriEvent("StasisStart", channel.id, data))


def _account(channel: Snapshot) -> str | None:
    """The account of a phone of ours that calls; ``None`` for a caller from outside."""
    return account_of(f"{channel.endpoint}-0") if channel.app_data.split(",")[1:2] == ["phone"] else None
