"""What a caller in a queue hears: the greeting, music or ringing, and from time to time where they stand.

Words may have to be spoken anew, which takes a moment: that is done beside, and an agent who answers meanwhile does
not wait for it.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque

from appliance.asterisk.events import AriEvent
from appliance.exchange.call import Item
from appliance.exchange.inbox import BookChanged
from appliance.exchange.stage import Stage
from appliance.prompts.speech import Utterance
from appliance.queueing.terms import Left, announcement
from appliance.roster.destinations import Queue

FIRST_AFTER_S = 2.0  # who has an agent at once need not hear that they are the next
SAID_WITHIN_S = 120.0  # a sound whose end is never told
AGAIN_S = 2.0
_log = logging.getLogger(__name__)


class QueuePastime:
    """Of one caller. ``greeted``: the greeting was begun before a crash."""

    def __init__(self, stage: Stage, queue: Queue, *, greeted: bool) -> None:
        self._stage, self._call, self._world, self._queue = stage, stage.call, stage.call.world, queue
        self._greeted = greeted
        self._said = 0
        self._told = False  # where they stand
        self._playing: str | None = None
        self._ends_at = 0.0
        self._due_at: float | None = None
        self._making: asyncio.Task[Utterance] | None = None
        self._next: deque[Utterance] = deque()

    @property
    def hears(self) -> str:
        """Music or ringing, as the queue says."""
        return self._queue.hears

    @property
    def wakes_at(self) -> float | None:
        """When a sound's end is overdue, or the next announcement is due."""
        return self._ends_at if self._playing is not None else self._due_at

    async def begin(self) -> None:
        """The greeting, once; then music."""
        queue, call = self._queue, self._call
        if queue.say_position or queue.say_wait:
            self._due_at = self._world.now() + FIRST_AFTER_S
        if queue.greeting is not None and not self._greeted:
            self._next.append(self._world.speech.sound(queue.greeting, language=call.language))
        self._greeted = True
        await self._go_on()

    async def take(self, item: Item | None) -> Left | None:
        """The end of a sound, words that are ready, or the clock."""
        now = self._world.now()
        ended = isinstance(item, AriEvent) and item.type == "PlaybackFinished"
        if self._playing is not None:
            if (ended and isinstance(item, AriEvent) and item.text("playback", "id") == self._playing) or (
                now >= self._ends_at
            ):
                self._playing = None
                if self._due_at is not None:  # counted from the end of what was said: there must be music in between
                    self._due_at = now + (self._queue.say_every_s if self._told else FIRST_AFTER_S)
                await self._go_on()
            return None
        if self._making is not None and self._making.done():
            making, self._making = self._making, None
            if (error := making.exception()) is None:
                self._next.append(making.result())
            else:  # who waits shall not lose their place for words
                _log.error("call %s is not told where it stands", self._call.id, exc_info=error)
            self._told, self._due_at = True, now + self._queue.say_every_s
            await self._go_on()
        elif self._due_at is not None and now >= self._due_at:
            self._due_at = now + AGAIN_S
            if self._making is None and not self._world.queues.screened(self._call.id):
                self._make()
        return None

    async def end(self) -> None:
        """Silence."""
        if self._making is not None:
            self._making.cancel()
            await asyncio.gather(self._making, return_exceptions=True)
        self._making = self._due_at = None
        self._next.clear()
        if self._playing is not None:
            self._world.errands.run(self._world.channels.stop_playback(self._playing))
        self._playing = None

    async def _go_on(self) -> None:
        """What is to be said next; else what is heard while nothing is said."""
        call, world = self._call, self._world
        while self._next:
            said = self._next.popleft()
            if not said:
                continue
            await call.let_hear(None)
            await call.answer()
            self._said += 1
            # of a name that no call before a crash may have used
            self._playing = f"{call.bridge}-queue{self._said}-{int(world.now() * 1000)}"
            self._ends_at = world.now() + SAID_WITHIN_S
            await call.of_caller(
                world.channels.play_media(call.arrival.channel, self._playing, said.media, said.language)
            )
            return
        await call.let_hear(self._queue.hears)

    def _make(self) -> None:
        """Find the words for where the caller stands now."""
        self._making = asyncio.create_task(self._words(), name=f"{self._call.id} announcement")
        self._making.add_done_callback(lambda _: self._call.inbox.put(BookChanged()))

    async def _words(self) -> Utterance:
        call, hall = self._call, self._world.queues
        told = announcement(self._queue, hall.position(call.id), hall.expected_wait_s(call.id))
        said = Utterance((), call.language)
        for prompt, values in told:
            said += await self._world.speech.say(prompt, language=call.language, prompts=call.prompts, **values)
        return said
