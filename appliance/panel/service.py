"""The panel at work: shows how the service stands, answers the button, and never matters more than that."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from appliance.config.models import Panel as Settings
from appliance.domain.events import EventType
from appliance.panel import patterns
from appliance.panel.button import HOLD_S, Button, Gesture, pressed, released, waited
from appliance.panel.patterns import Pattern
from appliance.panel.pins import Pins, PinsError, PinsHungError
from appliance.panel.signals import TECHNICIAN, pinned_to_technician, signal_of, verified

log = logging.getLogger(__name__)
TRY_AGAIN_S = 60.0
REASON = "the button on the box"

Newest = Callable[[], Mapping[str, Any] | None]
Act = Callable[[str, Mapping[str, Any]], Awaitable[bool]]
Say = Callable[[EventType, Mapping[str, Any]], object]


class FrontPanel:
    """``newest`` gives the state document; ``act`` gives a command and tells whether it was done."""

    def __init__(
        self,
        settings: Settings,
        newest: Newest,
        act: Act,
        say: Say,
        *,
        hold_s: float = HOLD_S,
        try_again_s: float = TRY_AGAIN_S,
    ) -> None:
        self._settings, self._newest, self._act, self._say = settings, newest, act, say
        self._hold_s, self._try_again_s = hold_s, try_again_s
        self._edges: asyncio.Queue[tuple[bool, float]] = asyncio.Queue()
        self._aloud: Pattern | None = None  # what is to be said once, before the signal goes on
        self._interrupt = asyncio.Event()
        self._told: str | None = None

    async def run(self) -> None:
        """Serve until cancelled. Broken pins are told and tried again; nothing of theirs gets out of here."""
        while True:
            try:
                await self._serve()
            except* PinsError as group:
                error = group.exceptions[0]
                self._tell(str(error))
                if isinstance(error, PinsHungError):
                    await asyncio.Event().wait()  # until the guard starts anew
            await asyncio.sleep(self._try_again_s)

    async def _serve(self) -> None:
        self._edges = asyncio.Queue()
        pins = await Pins.open(self._settings, lambda closed, at: self._edges.put_nowait((closed, at)))
        try:
            self._tell(None)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._shine(pins), name="panel lights")
                tasks.create_task(self._listen(), name="panel button")
        finally:
            await pins.close()

    async def _shine(self, pins: Pins) -> None:
        while True:
            self._interrupt.clear()
            pattern, self._aloud = self._aloud or patterns.shown(signal_of(self._newest())), None
            for step in pattern.steps:
                await pins.show(pattern.colour if step.lit else None, beep=step.beep)
                if await self._interrupted(step.seconds):
                    break

    async def _interrupted(self, within_s: float) -> bool:
        try:
            async with asyncio.timeout(within_s):
                return await self._interrupt.wait()
        except TimeoutError:
            return False

    async def _listen(self) -> None:
        button, loop = Button(hold_s=self._hold_s), asyncio.get_running_loop()
        while True:
            gesture: Gesture | None
            try:
                async with asyncio.timeout_at(button.due_at):
                    closed, at = await self._edges.get()
            except TimeoutError:
                button, gesture = waited(button, loop.time())
            else:
                button, gesture = (pressed(button, at), None) if closed else released(button, at)
            if gesture is Gesture.SHORT:
                self._speak(patterns.said(signal_of(self._newest()), verified(self._newest())))
            elif gesture is Gesture.HOLD:
                self._speak(patterns.taken())
                await self._toggle()

    async def _toggle(self) -> None:
        """Calls to the technician; where they are pinned there, back to automatic."""
        pinned = pinned_to_technician(self._newest() or {})
        command = ("route.auto", {}) if pinned else ("route.set", {"route": TECHNICIAN, "reason": REASON})
        if not await self._act(*command):
            self._speak(patterns.refused())

    def _speak(self, pattern: Pattern) -> None:
        self._aloud = pattern
        self._interrupt.set()

    def _tell(self, trouble: str | None) -> None:
        """Once for each change: a broken panel must not fill the journal."""
        if trouble is None:
            log.info("the panel works")
            self._say(EventType.PANEL_UP, {})
        elif trouble != self._told:
            log.error("the panel cannot be used: %s; the guard works without it", trouble)
            self._say(EventType.PANEL_FAILED, {"reason": trouble})
        self._told = trouble
