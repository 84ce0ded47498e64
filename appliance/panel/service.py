"""The panel at work: shows how the service stands, answers the button, and never matters more than that."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from appliance.config.models import Panel as Settings
from appliance.domain.events import EventType
from appliance.panel import patterns
from appliance.panel.button import BOUNCE_S, HOLD_S, Button, Gesture, pressed, released, waited
from appliance.panel.patterns import Pattern
from appliance.panel.pins import Pins, PinsError, PinsHungError
from appliance.panel.signals import TECHNICIAN, pinned_to_technician, signal_of, verified
from appliance.panel.starting import StartHold, starting

log = logging.getLogger(__name__)
TRY_AGAIN_S = 60.0
REASON = "the button on the box"

Newest = Callable[[], Mapping[str, Any] | None]
Act = Callable[[str, Mapping[str, Any]], Awaitable[bool]]
Reset = Callable[[], Awaitable[bool]]
Say = Callable[[EventType, Mapping[str, Any]], object]


class FrontPanel:
    """``newest`` gives the state document; ``act`` gives a command and tells whether it was done; so does ``reset``,
    which asks for the network's set-up to be forgotten. ``up_s``: for how long the box has run."""

    def __init__(
        self,
        settings: Settings,
        newest: Newest,
        act: Act,
        say: Say,
        reset: Reset,
        *,
        up_s: Callable[[], float] = lambda: time.clock_gettime(time.CLOCK_BOOTTIME),
        start_hold: Callable[[float], StartHold] = StartHold,
        hold_s: float = HOLD_S,
        try_again_s: float = TRY_AGAIN_S,
    ) -> None:
        self._settings, self._newest, self._act, self._say = settings, newest, act, say
        self._hold_s, self._try_again_s = hold_s, try_again_s
        self._reset, self._up_s, self._start_hold = reset, up_s, start_hold
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
                tasks.create_task(self._answer(pins), name="panel button")
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

    async def _answer(self, pins: Pins) -> None:
        if starting(self._up_s()) and await pins.closed() and self._edges.empty():
            await self._held_since_the_start(self._start_hold(asyncio.get_running_loop().time()))
        await self._listen()

    async def _held_since_the_start(self, hold: StartHold) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(hold.due_at):
                await self._let_go()
            return  # too early: nothing was meant
        self._speak(patterns.let_go())
        try:
            async with asyncio.timeout_at(hold.stuck_at):
                at = await self._let_go()
        except TimeoutError:
            log.warning("the button has been down since the start; is it stuck?")
            return
        if hold.meant(at):
            log.warning("the button was held at the start: the network's set-up is to be forgotten")
            self._speak(patterns.taken() if await self._reset() else patterns.refused())

    async def _let_go(self) -> float:
        """When the contact opened and stayed open, in monotonic seconds."""
        while True:
            closed, at = await self._edges.get()
            if closed:
                continue
            try:
                async with asyncio.timeout(BOUNCE_S):
                    await self._edges.get()
            except TimeoutError:
                return at

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
