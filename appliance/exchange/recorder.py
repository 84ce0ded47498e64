"""Recording of calls: a channel that hears the caller's, for each side, whose sound Asterisk brings to the scribe.

Not a recording of the bridge (ARI): that makes Asterisk mix the talk for everybody in it, which costs a delay of tens
of milliseconds and twice the CPU (figures.md, "Fifty calls at once"). Not MixMonitor alone: it writes through a
buffer of two seconds. A snooping channel only listens, and stays with the caller over transfers and over restarts of
the exchange: while nobody takes its sound the dialplan records by itself, and comes to
``Stasis(hotline,recording,…)`` each second to ask whether somebody is back.

A call that is not recorded is better than none: whatever fails here is said and costs the call nothing.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from appliance.asterisk.ari import AriError
from appliance.asterisk.channels import Snapshot
from appliance.asterisk.events import AriEvent
from appliance.asterisk.site import RECORD_CONTEXT
from appliance.domain.events import EventType
from appliance.domain.times import rfc3339
from appliance.exchange.inbox import Inbox
from appliance.exchange.inventory import STASIS
from appliance.exchange.switch import OWN_PREFIX
from appliance.exchange.world import World
from appliance.recordings import names
from appliance.recordings.book import RecordingsError
from appliance.recordings.entry import Recording, State
from appliance.recordings.file import mend
from appliance.recordings.keeper import Keeper
from appliance.recordings.scribe import Broken, Scribe, SideLost, Told
from appliance.threads import in_daemon_thread

if TYPE_CHECKING:
    from appliance.exchange.call import Call

ARRIVAL = "recording"  # what such a channel says of itself in ``Stasis()``
STARTS_WITHIN_S = 2.0
LOOK_AGAIN_S = 0.5
NEW_CHANNELS_AT_MOST = 3  # for a side whose channel ends again and again while its call goes on
CUT_OFF, INTERRUPTED, STOPPED = "cut off by a crash", "interrupted", "ended before the call"
_SPIES = {1: ("both",), 2: ("in", "out")}
_log = logging.getLogger(__name__)
Append = Callable[[str, Mapping[str, Any]], Awaitable[object]]


@dataclass
class _Running:
    """A recording under way, with the channel of each side that has not ended."""

    recording: Recording
    channels: dict[int, str] = field(default_factory=dict)
    made: int = 0
    reason: str = ""


class Recorder:
    """``spares`` is the folder, as Asterisk knows it, where it records by itself meanwhile."""

    def __init__(self, keeper: Keeper, spares: Path, append: Append) -> None:
        self._keeper, self._spares, self._append = keeper, spares, append
        self._running: dict[str, _Running] = {}
        self._world: World | None = None
        self.scribe = Scribe(spares, self._told)

    async def start(self, call: Call, sides: int, days: int | None) -> None:
        """Record a call from now on, mixed (one side) or caller and answering side apart (two)."""
        world = self._world = call.world
        name, now = names.name_of(call.id), world.wall()
        keep_until = rfc3339(now + timedelta(days=days or self._keeper.days))
        recording = Recording(name, call.id, rfc3339(now), sides, keep_until)
        try:
            if (await self._keeper.room()).refuse:
                await self._failed(recording, "the disk is too full")
                return
            await self._keeper.book.begin(recording)
            await self.scribe.begin(name, self._keeper.path(recording), sides)
        except (RecordingsError, OSError, ValueError) as error:
            await self._failed(recording, str(error))
            return
        running = self._running[name] = _Running(recording)
        call.note(recording=name)
        for side in range(sides):
            await self._listen(running, side)
        if not running.channels:
            await self._finish(running)

    async def take_up(self, world: World, channels: Mapping[str, Snapshot]) -> frozenset[str]:
        """Go on with what was being recorded, by us or by an exchange before us; the channels that belong to it.
        ``channels`` are all that Asterisk has."""
        self._world = world
        try:
            begun = await self._keeper.book.of_state(State.RECORDING)
        except RecordingsError as error:
            _log.error("recordings are not taken up: %s", error)
            begun = []
        kept: set[str] = set()
        for recording in begun:
            if recording.call not in channels and recording.name not in self._running:
                world.errands.run(self._leftover(recording))
                continue
            running = self._running.get(recording.name) or await self._resumed(recording)
            if running is None:
                continue
            ours = [one for one in channels.values() if one.id.startswith(_prefix(recording.call))]
            kept.update(one.id for one in ours)
            for side, spy in enumerate(_SPIES[recording.sides]):
                found = next((one for one in ours if one.id.endswith(f"-{spy}")), None)
                world.errands.run(self._take_up_side(running, side, found))
        return frozenset(kept)

    def arrived(self, world: World, event: AriEvent) -> None:
        """A channel asks whether anybody takes its sound: ``Stasis(hotline,recording,NAME,SIDE)``."""
        self._world = world
        _kind, name, side, *_rest = (*event.args, "", "")
        running = self._running.get(name)
        if running is None or side not in ("0", "1"):
            return  # it asks again, once what was begun before us has been looked through
        world.errands.run(self._arm(running, int(side), event.channel))

    async def stop(self, name: str, why: str) -> None:
        """End a recording before its call."""
        running = self._running.get(name)
        if running is not None:
            running.reason = why
            await self._finish(running)

    def stop_all(self, why: str) -> None:
        """The disk is full: nothing more is recorded, and the calls go on."""
        for running in [*self._running.values()]:
            if self._world is not None:
                self._world.errands.run(self.stop(running.recording.name, why))

    async def close(self) -> None:
        """Let go; Asterisk goes on by itself."""
        await self.scribe.stop()

    async def _resumed(self, recording: Recording) -> _Running | None:
        try:
            await self.scribe.take_up(recording.name, self._keeper.path(recording), recording.sides)
        except (OSError, ValueError) as error:
            _log.error("the recording %s cannot be gone on with: %s", recording.name, error)
            await self._leftover(recording)
            return None
        _log.info("the recording %s is gone on with", recording.name)
        running = self._running[recording.name] = _Running(recording)
        return running

    async def _take_up_side(self, running: _Running, side: int, found: Snapshot | None) -> None:
        if found is None:
            await self._listen_anew(running, side)
            await self._finish_if_over(running)
            return
        running.channels[side] = found.id
        if found.app == STASIS:  # it asked an exchange that was killed before it answered
            await self._arm(running, side, found.id)

    async def _listen(self, running: _Running, side: int) -> None:
        """Make a side's channel. Where it cannot be, the side is over."""
        world, recording = self._at_work(), running.recording
        spy = _SPIES[recording.sides][side]
        running.made += 1
        channel = f"{_prefix(recording.call)}{running.made}-{spy}"
        events: Inbox[AriEvent] = Inbox(world.now)
        world.switch.own(channel, events.put)
        running.channels[side] = channel
        try:
            await world.channels.snoop(recording.call, channel, spy)
            until = world.now() + STARTS_WITHIN_S
            while (event := await events.next(until)) is not None and event.type != "StasisStart":
                pass
            await world.channels.set(channel, "HOTLINE_RECORD_SPARE", str(self._spares / f"{recording.name}.{side}"))
            await world.channels.set(channel, "HOTLINE_RECORD_NAME", recording.name)
            await world.channels.set(channel, "HOTLINE_RECORD_SIDE", str(side))
            await self._arm(running, side, channel)
        except AriError as error:
            if error.unreachable:
                return  # it is all taken up once Asterisk answers
            _log.debug("the recording %s has no channel: %s", recording.name, error)
            world.switch.disown(channel)
            running.channels.pop(side, None)

    async def _arm(self, running: _Running, side: int, channel: str) -> None:
        """Have the channel bring its sound."""
        world = self._at_work()
        running.channels[side] = channel
        world.switch.own(channel, lambda _: None)
        id_ = await self.scribe.expect(running.recording.name, side)
        if id_ is None:
            world.end(channel)
            return
        await world.channels.set(channel, "HOTLINE_RECORD_ID", id_)
        await world.channels.set(channel, "HOTLINE_RECORD_AT", self.scribe.address)
        await world.channels.go_on(channel, RECORD_CONTEXT)

    def _told(self, told: Told) -> None:
        running = self._running.get(told.name)
        if running is None or self._world is None:
            return
        if isinstance(told, SideLost):
            self._world.errands.run(self._side_lost(running, told.side))
        elif isinstance(told, Broken):
            self._world.errands.run(self._broken(running, told))

    async def _side_lost(self, running: _Running, side: int) -> None:
        """Its sound came to an end: mostly because the call did."""
        world, name = self._at_work(), running.recording.name
        channel = running.channels.get(side)
        while self._running.get(name) is running and running.channels.get(side) == channel:
            if channel is not None and await world.channels.exists(channel):
                await asyncio.sleep(LOOK_AGAIN_S)  # it is on its way to ask us, or just ending
                continue
            if channel is not None:
                world.switch.disown(channel)
            await self._listen_anew(running, side)
            break
        await self._finish_if_over(running)

    async def _listen_anew(self, running: _Running, side: int) -> None:
        """The channel of a side has gone: another one, if the call goes on."""
        running.channels.pop(side, None)
        if running.made < NEW_CHANNELS_AT_MOST * running.recording.sides and await self._goes_on(running):
            running.reason = running.reason or INTERRUPTED
            await self._listen(running, side)

    async def _goes_on(self, running: _Running) -> bool:
        """Whether the call of a side that ended goes on without it: mostly both end, the side's channel first."""
        channels, call = self._at_work().channels, running.recording.call
        if not await channels.exists(call):
            return False
        await asyncio.sleep(LOOK_AGAIN_S)
        return self._running.get(running.recording.name) is running and await channels.exists(call)

    async def _broken(self, running: _Running, broken: Broken) -> None:
        await self._close(running, State.INCOMPLETE, broken.why, broken.frames)
        await self._failed(running.recording, broken.why)

    async def _finish_if_over(self, running: _Running) -> None:
        if not running.channels and self._running.get(running.recording.name) is running:
            await self._finish(running)

    async def _finish(self, running: _Running) -> None:
        # both sides end at once: only one of them finishes the recording
        if self._running.get(running.recording.name) is not running:
            return
        del self._running[running.recording.name]
        try:
            frames = await self.scribe.finish(running.recording.name)
        except OSError as error:
            await self._close(running, State.INCOMPLETE, str(error), 0)
            await self._failed(running.recording, str(error))
            return
        state = State.INCOMPLETE if running.reason else State.WHOLE
        await self._close(running, state, running.reason, frames or 0)

    async def _close(self, running: _Running, state: State, reason: str, frames: int) -> None:
        world, name = self._at_work(), running.recording.name
        if self._running.get(name) is running:
            del self._running[name]
        for channel in running.channels.values():
            world.end(channel)
        try:
            await self._keeper.book.change(name, state, reason, frames)
        except RecordingsError as error:  # it is put right by the next start
            _log.error("what became of the recording %s is not noted: %s", name, error)

    async def _leftover(self, recording: Recording) -> None:
        """One whose call ended while nobody was there. Where Asterisk went on by itself, nothing is missing."""
        try:
            path = self._keeper.path(recording)
            if await in_daemon_thread(lambda: any(self._spares.glob(f"{recording.name}.*.sln")), "spares"):
                await self.scribe.take_up(recording.name, path, recording.sides)
                frames, state, reason = await self.scribe.finish(recording.name) or 0, State.WHOLE, ""
            else:
                frames = await in_daemon_thread(lambda: mend(path, recording.sides), "mend")
                state, reason = State.INCOMPLETE, CUT_OFF
            await self._keeper.book.change(recording.name, state, reason, frames)
        except FileNotFoundError:
            await self._keeper.book.forget(recording.name)
            _log.warning("the recording %s was begun, and nothing of it is there", recording.name)
        except (RecordingsError, OSError, ValueError) as error:
            _log.error("the recording %s is not put right: %s", recording.name, error)

    async def _failed(self, recording: Recording, why: str) -> None:
        _log.error("call %s is not recorded, or not to its end: %s", recording.call, why)
        await self._append(EventType.RECORDING_FAILED, {"call": recording.call, "id": recording.name, "why": why})

    def _at_work(self) -> World:
        assert self._world is not None
        return self._world


def _prefix(call: str) -> str:
    return f"{OWN_PREFIX}{call}-rec"
