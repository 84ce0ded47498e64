"""An exchange's calls and callbacks in virtual time, that can be killed at any step and started again.

A step is one command that reaches Asterisk, or one write that reaches the disk. At the step that was chosen the
exchange is dead, before it takes effect or right after: nothing of it reaches anybody any more. Asterisk, telephones
and disk go on.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from appliance.asterisk.ari import AriError
from appliance.asterisk.channels import Snapshot
from appliance.asterisk.events import AriEvent
from appliance.config import Config
from appliance.domain.calls import CallRecord
from appliance.exchange.call import Call
from appliance.exchange.callback.desk import CallbackDesk
from appliance.exchange.hub import Hub
from appliance.exchange.route import OnDuty
from appliance.exchange.unseen import Note
from appliance.exchange.world import World
from appliance.prompts.speech import Utterance
from appliance.queueing.callback_store import CallbackStore
from appliance.roster.models import LineMode, Roster
from appliance.storage import Migration, _connect
from bench.virtual.asterisk import VirtualAri, VirtualAsterisk
from bench.virtual.telephones import Telephones

T = TypeVar("T")
LOOK_S = 0.5
BEGAN = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)


class DeadError(sqlite3.OperationalError):
    """The process that wanted it is dead."""


@dataclass
class Steps:
    """Counts steps; at step ``kill_at`` calls ``kill``. Even ones are before a thing is done, odd ones after."""

    kill: Callable[[], None]
    kill_at: int | None = None
    count: int = 0
    told: list[str] = field(default_factory=list)

    def take(self, what: str) -> None:
        """One more."""
        if self.count == self.kill_at:
            self.kill()
        self.count += 1
        self.told.append(what)


class InlineDatabase:
    """A real SQLite file without a thread, which virtual time cannot wait for."""

    def __init__(
        self, connection: sqlite3.Connection, steps: Steps, is_dead: Callable[[], bool], is_full: Callable[[], bool]
    ) -> None:
        self._connection, self._steps, self._is_dead, self._is_full = connection, steps, is_dead, is_full

    async def run(self, job: Callable[[sqlite3.Connection], T]) -> T:
        """In a transaction, unless its process is dead by then."""
        await asyncio.sleep(0.001)
        self._steps.take("before a write")
        if self._is_dead():
            raise DeadError("dead")
        if self._is_full():
            raise sqlite3.OperationalError("database or disk is full")
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            result = job(self._connection)
            self._connection.commit()
        except BaseException:
            self._connection.rollback()
            raise
        self._steps.take("after a write")
        if self._is_dead():
            raise DeadError("dead")
        return result

    async def close(self) -> None:
        """Let go."""
        self._connection.close()


class MemoryLog:
    """A call log whose disk is never in the way."""

    def __init__(self) -> None:
        self.records: dict[str, CallRecord] = {}

    def of(self, is_dead: Callable[[], bool]) -> _LogOfOne:
        """As one exchange has it."""
        return _LogOfOne(self, is_dead)


class _LogOfOne:
    def __init__(self, log: MemoryLog, is_dead: Callable[[], bool]) -> None:
        self._log, self._is_dead = log, is_dead

    async def put(self, record: CallRecord) -> int | None:
        if not self._is_dead():
            self._log.records[record.id] = record
        return 1

    async def open_calls(self) -> list[CallRecord]:
        return [record for record in self._log.records.values() if record.ended_at is None]

    @property
    def remembered(self) -> list[CallRecord]:
        return []

    async def get(self, id_: str) -> CallRecord | None:
        return self._log.records.get(id_)


class NoNotes:
    """Asterisk's database has nothing."""

    async def notes(self) -> Mapping[str, Note]:
        """None."""
        return {}

    async def forget_notes(self, channels: Collection[str]) -> None:
        """Nothing to forget."""


class NoRecorder:
    """Nobody records."""

    async def start(self, call: Call, sides: int, days: int | None) -> None:
        """It cannot be."""

    async def take_up(self, world: World, channels: Mapping[str, Snapshot]) -> frozenset[str]:
        """Nothing is being recorded."""
        return frozenset()

    def arrived(self, world: World, event: AriEvent) -> None:
        """Never asked."""
        raise AssertionError(f"nobody records, and {event.channel} asks")


class NamedPrompts:
    """Every prompt is a sound of its own, called as it is; values follow it."""

    async def say(
        self, prompt: str, *, language: str = "en", prompts: str | None = None, **values: object
    ) -> Utterance:
        """As :meth:`appliance.prompts.speech.Speech.say`."""
        said = "-".join(str(value).replace(" ", "") for value in values.values())
        return Utterance((f"sound:{prompt}", *((f"sound:{said}",) if said else ())), language)

    def sound(self, name: str, *, language: str = "en") -> Utterance:
        """As :meth:`appliance.prompts.speech.Speech.sound`."""
        return Utterance((f"sound:{name}",), language)


@dataclass
class Said:
    """What stands."""

    roster: Roster
    duty: OnDuty = field(default_factory=OnDuty)


class _Life:
    """One exchange, from start to kill."""

    def __init__(self, world: VirtualExchange) -> None:
        self.dead = False
        self._world = world
        self.store = CallbackStore(world.file, open_=self._open)
        self.desk = CallbackDesk(self.store, world.wall)
        self.ari: VirtualAri = world.asterisk.connect()
        loop = asyncio.get_running_loop()
        self.hub = Hub(
            world.config,
            self.ari,  # type: ignore[arg-type] # as much of it as calls use
            world.log.of(lambda: self.dead),
            world.said,
            None,
            NoRecorder(),
            NamedPrompts(),  # type: ignore[arg-type] # as much of it as calls use
            loop.time,
            notes=NoNotes(),
            connected=self._connected,
            callbacks=self.desk,
            wall=world.wall,
        )
        assert self.hub.callbacks is not None
        self.up = asyncio.Event()
        self.tasks = [
            asyncio.create_task(self.desk.run(), name="desk"),
            asyncio.create_task(self.hub.run(), name="hub"),
            asyncio.create_task(self._look(), name="office"),
        ]

    async def end(self) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    async def _connected(self) -> None:
        self.up.set()

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(30.0)
            if self.ari.connected and self.hub.callbacks is not None:
                await self.hub.callbacks.look(self.hub.recovery.look)

    async def _open(self, path: Path, migrations: Sequence[Migration]) -> InlineDatabase:
        world = self._world
        return InlineDatabase(_connect(path, migrations), world.steps, lambda: self.dead, lambda: world.full)


class VirtualExchange:
    """Build it in a running loop of virtual time."""

    def __init__(self, folder: Path, config: Config, roster: Roster) -> None:
        self.config = config
        self.file = folder / "callbacks.db"
        self.said = Said(roster)
        self.telephones = Telephones()
        self.asterisk = VirtualAsterisk(self.telephones, self.wall)
        self.steps = Steps(self._kill)
        self.asterisk.before = lambda command: self.steps.take(f"before {command}")
        self.asterisk.after = lambda command: self.steps.take(f"after {command}")
        self.log = MemoryLog()
        self._life: _Life | None = None
        self.killed = asyncio.Event()
        self.power = False  # whether Asterisk dies with it
        self.full = False  # whether the disk takes nothing
        self.lives = 0

    def wall(self) -> datetime:
        """The time of day."""
        return BEGAN + timedelta(seconds=asyncio.get_running_loop().time())

    @property
    def life(self) -> _Life:
        """The exchange that runs, or ran last."""
        assert self._life is not None
        return self._life

    @property
    def desk(self) -> CallbackDesk:
        """Its callbacks."""
        return self.life.desk

    def close_line(self, closed: bool) -> None:
        """The night switch of every line."""
        mode = LineMode(situation="closed") if closed else None
        lines = tuple(line.model_copy(update={"mode": mode}) for line in self.said.roster.line)
        self.said.roster = self.said.roster.model_copy(update={"line": lines})

    async def start(self) -> None:
        """An exchange, as the service manager starts it."""
        self.killed.clear()
        self._life = _Life(self)
        self.lives += 1
        await self._up(self._life)

    async def _up(self, life: _Life) -> None:
        waits = {asyncio.ensure_future(life.up.wait()), asyncio.ensure_future(self.killed.wait())}
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for one in waits:
            one.cancel()

    def kill(self) -> None:
        """As SIGKILL. :meth:`until` starts another one."""
        self.life.dead = True
        self.life.ari.cut()
        self.killed.set()

    def _kill(self) -> None:
        self.kill()
        raise AriError(0, "killed")

    async def until(self, wanted: Callable[[], Any], within_s: float, *, down_s: float = 4.0) -> bool:
        """Let time pass until ``wanted``; an exchange that is killed meanwhile is started again ``down_s`` later."""
        loop = asyncio.get_running_loop()
        end = loop.time() + within_s
        while loop.time() < end:
            if self.killed.is_set():
                await self.life.end()
                self.steps.kill_at = None
                if self.power:
                    self.asterisk.restart()
                await asyncio.sleep(down_s)
                await self.start()
            if wanted():
                return True
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_S):
                    await self.killed.wait()
        return bool(wanted())

    async def close(self) -> None:
        """Everything ends."""
        await self.life.end()
        await self.life.store.close()
