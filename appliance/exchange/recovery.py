"""Taking calls up again, after a crash of ours, of Asterisk, or of the way between them.

What is there is asked for: Asterisk's channels and bridges, by their ids, and the log's calls without an end. A call
whose caller is still there goes on where it stood; one whose caller has gone gets the end it had. Then whatever
channel of ours belongs to no call is ended.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from typing import Protocol

from appliance.asterisk.ari import AriError
from appliance.asterisk.channels import Snapshot
from appliance.asterisk.events import AriEvent
from appliance.asterisk.site import TECHNICIAN_CONTEXT
from appliance.calls.health import CallLogError
from appliance.domain.calls import CallRecord
from appliance.exchange.inventory import STASIS, Inventory, arrived, closed, record_of
from appliance.exchange.reception import Reception
from appliance.exchange.switch import OWN_PREFIX
from appliance.exchange.taking_up import Resumed, take_up
from appliance.exchange.unseen import Note, unseen
from appliance.exchange.world import World

_log = logging.getLogger(__name__)


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


class Others(Protocol):
    """Calls that no caller began, which are taken up by what is written down of them."""

    async def take_up(self, found: Inventory, records: Collection[CallRecord]) -> frozenset[str]:
        """Find out where each stands; the ids of the channels and bridges that belong to them."""

    def start(self) -> None:
        """They go on."""


class Recovery:
    """Run once after each connection. ``others`` are the callbacks."""

    def __init__(
        self, world: World, reception: Reception, log: OpenCalls, notes: Notes, others: Others | None = None
    ) -> None:
        self._world, self._reception, self._log, self._notes = world, reception, log, notes
        self._others = others
        self._strays: frozenset[str] = frozenset()

    async def run(self, asterisk_started: str | None) -> None:
        """Take up every call there is. Raises :class:`appliance.asterisk.ari.AriError`."""
        found = await self.look(asterisk_started)
        begun = await self._open_calls(found)
        open_calls = [record for record in begun if not _is_callback(record)]
        resumed = await self._resumed(open_calls, found)
        known = {record.id for record in open_calls}
        kept = await self._world.recorder.take_up(self._world, found.channels)
        kept = kept.union(*(one.keeps for one in resumed))
        if self._others is not None:
            kept |= await self._others.take_up(found, begun)
        await self._end_the_rest(found, known, kept)
        # all together, and calls that have just come after them: only now it is known who rings or talks
        for one in resumed:
            self._reception.take_up(one.call, one.taken_up)
        if self._others is not None:
            self._others.start()
        self._reception.settled()
        await self._note_unseen(found.notes, known)

    async def look(self, asterisk_started: str | None = None) -> Inventory:
        """What Asterisk has now. Raises ``AriError``."""
        channels = self._world.channels
        return Inventory(
            await channels.listed(), await channels.bridges(), await self._notes.notes(), asterisk_started
        )

    async def _open_calls(self, found: Inventory) -> list[CallRecord]:
        try:
            return await self._log.open_calls()
        except CallLogError as error:
            _log.error("calls are taken up without the log: %s", error)
        known = {record.id: record for record in self._log.remembered}
        for channel in found.channels.values():
            record = record_of(channel, self._world.name, self._world.wall())
            if record is not None:
                known.setdefault(record.id, record)
        return [*known.values()]

    async def _resumed(self, open_calls: Collection[CallRecord], found: Inventory) -> list[Resumed]:
        """The calls that go on; those whose callers have gone get their ends."""
        resumed = []
        for record in open_calls:
            if record.id in self._reception.sessions:
                continue  # it came while we looked
            caller = found.channels.get(record.id)
            try:
                if caller is None:
                    await self._close(record, found)
                elif caller.app == STASIS:  # else on its way to the technician by the dialplan, which notes its end
                    resumed.append(await take_up(self._world, record, caller, found))
            except AriError as error:
                if error.unreachable:
                    raise  # it is all tried again
                self._give_up(record, error)
            except Exception as error:  # one call that cannot be taken up must not cost the others
                self._give_up(record, error)
        return resumed

    async def _end_the_rest(self, found: Inventory, known: Collection[str], kept: Collection[str]) -> None:
        """What belongs to no call is ended; callers who had just come are welcomed."""
        world = self._world
        for channel in found.channels.values():
            if channel.id.startswith(OWN_PREFIX):
                if channel.id not in kept and not world.switch.owned(channel.id):
                    world.end(channel.id)
            elif channel.id not in known and channel.app == STASIS and not world.switch.owned(channel.id):
                await self._unknown(channel)
        for bridge in found.bridges:
            if bridge.startswith(OWN_PREFIX) and bridge not in kept and not self._lives(bridge):
                world.errands.run(world.channels.end_bridge(bridge))

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

    async def _close(self, record: CallRecord, found: Inventory) -> None:
        """A call that ended while nobody looked."""
        ended = closed(record, found, self._world.wall())
        _log.info("call %s ended at %s while nobody looked: %s", ended.id, ended.ended_at, ended.outcome)
        await self._world.log.put(ended)

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
        found = await self.look()
        open_calls = {one.id: one for one in await self._log.open_calls() if not _is_callback(one)}
        for id_, record in open_calls.items():
            if id_ in found.notes and id_ not in self._reception.sessions:
                await self._close(record, found)
        strays = self._astray(found, open_calls)
        for id_ in strays & self._strays:
            await self._put_right(id_, found, open_calls)
        self._strays = frozenset(strays - self._strays)
        await self._note_unseen(found.notes, open_calls)

    def _astray(self, found: Inventory, open_calls: Collection[str]) -> set[str]:
        """Channels, bridges and calls of the log that nobody looks after."""
        switch = self._world.switch
        strays = {
            channel.id
            for channel in found.channels.values()
            if not switch.owned(channel.id) and not self._lives(channel.id) and channel.app == STASIS
        }
        strays |= {bridge for bridge in found.bridges if bridge.startswith(OWN_PREFIX) and not self._lives(bridge)}
        return strays | {
            id_ for id_ in open_calls if id_ not in found.channels and id_ not in self._reception.sessions
        }

    async def _put_right(self, id_: str, found: Inventory, open_calls: Mapping[str, CallRecord]) -> None:
        world = self._world
        if id_ in found.bridges:
            world.errands.run(world.channels.end_bridge(id_))
        elif id_.startswith(OWN_PREFIX):
            world.end(id_)
        elif id_ in open_calls and id_ not in found.channels:
            if id_ not in found.notes:
                await self._close(open_calls[id_], found)
        elif not world.switch.owned(id_):
            await self._stray(found.channels[id_], open_calls.get(id_))

    async def _stray(self, channel: Snapshot, record: CallRecord | None) -> None:
        """A caller whom nobody looks after."""
        _log.error("call %s was left alone", channel.id)
        if record is None:
            await self._unknown(channel)
        else:
            self._world.errands.run(self._world.channels.go_on(channel.id, TECHNICIAN_CONTEXT))

    async def _unknown(self, channel: Snapshot) -> None:
        """A caller who came just before a crash: nobody has taken the call yet. Or one who was to be hung up."""
        try:
            ended = await self._log.get(channel.id) is not None
        except CallLogError:
            ended = False
        if ended:
            self._world.end(channel.id)
        elif (args := arrived(channel)) is not None:
            _log.info("call %s is taken up: it had just come", channel.id)
            data = {
                "args": [*args],
                "channel": {
                    "id": channel.id,
                    "caller_rdnis": channel.diverted_by or "",
                    "name": f"{channel.endpoint}-0",
                    "caller": {"number": channel.caller or ""},
                },
            }
            self._reception.receive(AriEvent("StasisStart", channel.id, data))


def _is_callback(record: CallRecord) -> bool:
    return record.callback == record.id
