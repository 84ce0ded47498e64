"""The callbacks of this exchange as they stand: asked for, moved, looked for; memory and disk together.

What is begun is written first: :meth:`CallbackDesk.move` changes nothing where the disk refuses. What has happened
already is true whatever the disk does: :meth:`CallbackDesk.settle` keeps it in memory and writes it as soon as it
can. A crash before that finds the older word, from which nobody is forgotten.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from datetime import datetime

from appliance.queueing import callback_life as life
from appliance.queueing.callback_life import Callback, IllegalMove, Move, State
from appliance.queueing.callback_store import CallbackStore, CallbackStoreError

RETRY_FIRST_S, RETRY_MOST_S = 0.5, 30.0
REMEMBERED = 100
PRUNE_EVERY_S, DAY_S = 6 * 3600.0, 86_400.0
_log = logging.getLogger(__name__)


class CallbackDesk:
    """``wall`` is the time of day. Run :meth:`run` beside it."""

    def __init__(self, store: CallbackStore, wall: Callable[[], datetime]) -> None:
        self._store, self._wall = store, wall
        self._standing: dict[str, Callback] = {}
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._watchers: dict[str, Callable[[Callback], None]] = {}
        self._over: dict[str, Callback] = {}  # the last that ended
        self._late: dict[str, Callback] = {}  # happened, and not on disk yet
        self._wake = asyncio.Event()
        self.loaded = asyncio.Event()
        self.on_new: Callable[[Callback], None] = lambda _: None

    @property
    def standing(self) -> list[Callback]:
        """All that are not over, the one that waits longest first."""
        return sorted(self._standing.values(), key=lambda one: (one.queued_at, one.id))

    @property
    def late(self) -> int:
        """How many the disk does not have as they are."""
        return len(self._late)

    def now(self) -> float:
        """Seconds of the wall clock."""
        return self._wall().timestamp()

    def get(self, id_: str) -> Callback | None:
        """One that stands."""
        return self._standing.get(id_)

    def of_caller(self, queue: str, number: str) -> Callback | None:
        """The one that stands for a caller in a queue, unless it talks."""
        return next(
            (
                one
                for one in self.standing
                if (one.queue, one.number) == (queue, number) and one.state is not State.TALKING
            ),
            None,
        )

    def asked_in(self, call: str) -> Callback | None:
        """The one that was asked for in a call."""
        return next((one for one in self.standing if one.call == call), None)

    def watch(self, id_: str, tell: Callable[[Callback], None]) -> Callable[[], None]:
        """Have ``tell`` called when somebody else moves the callback. Returns what ends that."""
        self._watchers[id_] = tell

        def unwatch() -> None:
            if self._watchers.get(id_) is tell:
                del self._watchers[id_]

        return unwatch

    async def ask(self, wish: Callback) -> Callback:
        """Keep a new wish; as it stands once it is durable. Raises
        :class:`appliance.queueing.callback_store.CallbackStoreError`: it does not stand."""
        async with AsyncExitStack() as held:
            for one in self.standing:  # nobody may begin what this ends
                if life.is_renewed(one, wish):
                    await held.enter_async_context(self._locks[one.id])
            asked, ended = await self._store.ask(wish)
            for one in ended:
                self._keep(one)
            self._keep(asked)
        for one in ended:
            self._tell(one)
        _log.info(
            "callback %s to %s is asked for in call %s, queue %s", asked.id, asked.number, asked.call, asked.queue
        )
        self.on_new(asked)
        return asked

    async def move(self, id_: str, move: Move, *, tell: bool = False) -> Callback:
        """Make a move durable, and then true. Raises ``CallbackStoreError``, and
        :class:`appliance.queueing.callback_life.IllegalMove`; nothing is changed then."""
        async with self._locks[id_]:
            moved = move(self._must(id_))
            try:
                await self._store.put(moved)
            except asyncio.CancelledError:
                self._keep(
                    moved
                )  # nobody knows whether it reached the disk: what may have been begun counts as begun
                raise
            self._late.pop(id_, None)
            self._keep(moved)
        if tell:
            self._tell(moved)
        return moved

    async def settle(self, id_: str, move: Move, *, tell: bool = False) -> Callback:
        """What has happened, whatever the disk does. Raises ``IllegalMove``."""
        async with self._locks[id_]:
            moved = move(self._must(id_))
            self._keep(moved)
            self._late[id_] = moved
            try:
                await self._store.put(moved)
                self._late.pop(id_, None)
            except CallbackStoreError as error:
                _log.error("callback %s is kept in memory: %s", id_, error)
                self._wake.set()
            except asyncio.CancelledError:
                self._wake.set()
                raise
        if tell:
            self._tell(moved)
        return moved

    async def called_again(self, queue: str, number: str, call: str) -> float | None:
        """A caller begins to wait in a queue: one that stands for them rests meanwhile, and its place (seconds of the
        wall clock) is theirs. ``None`` where none stands; so too where the disk refuses: they wait like anybody."""
        found = self.of_caller(queue, number)
        if found is None:
            return None
        try:
            moved = await self.move(found.id, lambda one: life.called_again(one, call), tell=True)
        except (CallbackStoreError, IllegalMove) as error:
            _log.warning("callback %s goes on though its caller calls: %s", found.id, error)
            return None
        _log.info("callback %s rests: its caller calls (%s)", moved.id, call)
        return moved.queued_at

    async def again_over(self, call: str, *, had_a_human: bool) -> None:
        """That caller waits no more, with a human or without."""
        for one in self.standing:
            if one.again == call:
                with suppress(IllegalMove):
                    await self.settle(
                        one.id,
                        lambda one: life.again_over(one, call, self.now(), had_a_human=had_a_human),
                        tell=True,
                    )

    async def cancel(self, id_: str, by: str) -> Callback:
        """Take one back. Raises as :meth:`move`."""
        return await self.move(id_, lambda one: life.cancelled(one, by, self.now()), tell=True)

    async def find(self, id_: str) -> Callback | None:
        """One that stands or is over. Raises ``CallbackStoreError``."""
        return self._standing.get(id_) or self._over.get(id_) or await self._store.get(id_)

    async def recent(self, limit: int) -> list[Callback]:
        """Those that ended last, the newest first. Raises ``CallbackStoreError``."""
        return await self._store.recent(limit)

    async def keep_pruned(self, keep_days: float) -> None:
        """Forget what ended longer ago, now and every few hours. Runs until it is cancelled."""
        while True:
            try:
                if count := await self._store.prune(self.now() - keep_days * DAY_S):
                    _log.info("%d callbacks older than %g days were forgotten", count, keep_days)
            except CallbackStoreError as error:
                _log.warning("old callbacks are not forgotten: %s", error)
            await asyncio.sleep(PRUNE_EVERY_S)

    async def run(self) -> None:
        """Read what stands, as soon as the disk lets us; then write what is late."""
        retry_s = RETRY_FIRST_S
        while True:
            try:
                if not self.loaded.is_set():
                    await self._load()
                for id_ in [*self._late]:
                    async with self._locks[id_]:
                        if id_ in self._late:
                            await self._store.put(self._late[id_])
                            del self._late[id_]
                retry_s = RETRY_FIRST_S
                self._wake.clear()
                await self._wake.wait()
            except CallbackStoreError as error:
                _log.error("%s", error)
            await asyncio.sleep(retry_s)
            retry_s = min(2 * retry_s, RETRY_MOST_S)

    async def _load(self) -> None:
        for one in await self._store.standing():
            self._standing.setdefault(one.id, one)
        self.loaded.set()
        for one in self.standing:
            self.on_new(one)

    def _must(self, id_: str) -> Callback:
        if id_ not in self._standing:
            raise IllegalMove(f"callback {id_} does not stand")
        return self._standing[id_]

    def _keep(self, callback: Callback) -> None:
        if life.stands(callback):
            self._standing[callback.id] = callback
            return
        self._standing.pop(callback.id, None)
        self._locks.pop(callback.id, None)
        self._over[callback.id] = callback
        while len(self._over) > REMEMBERED:
            del self._over[next(iter(self._over))]

    def _tell(self, callback: Callback) -> None:
        if (tell := self._watchers.get(callback.id)) is not None:
            tell(callback)
