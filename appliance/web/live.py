"""Live parts of pages, told to whoever looks: rendered once for all who see the same, over server-sent events.

Nothing queues up. A viewer remembers only what it has been told last; one on a slow link skips what came between.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

from appliance.web.box import BoxWords

MOST_VIEWERS = 200
TELL_EVERY_S = 0.25  # at most so often
BREATH_S = 15.0  # at least so often, so that a browser notices a line that is dead
CACHED = 64


class TooManyViewersError(Exception):
    """There is no room for another one."""


class Broadcaster:
    """``render`` functions are called once a change and ``key``, however many look."""

    def __init__(self, box: BoxWords) -> None:
        self._box = box
        self._viewers = 0
        self._fresh: dict[tuple[object, ...], str] = {}
        self._fresh_for = (0, 0)
        self._ended = asyncio.Event()

    @property
    def viewers(self) -> int:
        """How many look now."""
        return self._viewers

    def close(self) -> None:
        """Let every viewer go: the service ends."""
        self._ended.set()

    async def watch(
        self, event: str, key: tuple[object, ...], render: Callable[[], str], still: Callable[[], Awaitable[bool]]
    ) -> AsyncIterator[bytes]:
        """Server-sent events of one viewer, while ``still`` allows. Raises :class:`TooManyViewersError`.

        The viewer has its seat when this returns: of two that come at once for the last one, one is told no.
        """
        if self._viewers >= MOST_VIEWERS:
            raise TooManyViewersError
        events = self._watch(event, key, render, still)
        await anext(events)
        return events

    async def _watch(
        self, event: str, key: tuple[object, ...], render: Callable[[], str], still: Callable[[], Awaitable[bool]]
    ) -> AsyncIterator[bytes]:
        self._viewers += 1
        try:
            yield b""  # seated; from here on the seat is given back however this ends
            told, asked_at = "", self._now()
            while not self._ended.is_set():
                if self._now() - asked_at >= BREATH_S:
                    asked_at = self._now()
                    if not await still():
                        return
                seen, text = self._box.version, self._rendered(key, render)
                yield _event(event, text) if text != told else b": still here\n\n"
                told = text
                await asyncio.sleep(TELL_EVERY_S)
                await self._change_beyond(seen)
        finally:
            self._viewers -= 1

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()

    async def _change_beyond(self, seen: int) -> None:
        waits = [asyncio.ensure_future(self._box.changed(seen)), asyncio.ensure_future(self._ended.wait())]
        try:
            await asyncio.wait(waits, timeout=BREATH_S, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    def _rendered(self, key: tuple[object, ...], render: Callable[[], str]) -> str:
        # ages show, so a rendering is good for a breath only
        moment = (self._box.version, int(self._now() / BREATH_S))
        if moment != self._fresh_for or len(self._fresh) > CACHED:
            self._fresh, self._fresh_for = {}, moment
        if key not in self._fresh:
            self._fresh[key] = render()
        return self._fresh[key]


def _event(name: str, text: str) -> bytes:
    lines = "".join(f"data: {line}\n" for line in text.splitlines())
    return f"event: {name}\n{lines}\n".encode()
