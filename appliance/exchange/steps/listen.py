"""Listening to recordings by telephone (MISSION K7): who it is, their PIN, then one recording after the other.

The caller's number or account says who it is, else an extension that they key in; only the PIN opens. There is no key
that erases: recordings are kept for their time.
"""

from __future__ import annotations

import logging
from datetime import datetime
from zoneinfo import ZoneInfo

from appliance.asterisk.ari import AriError
from appliance.domain.calls import Outcome
from appliance.exchange.identifying import Identifying
from appliance.exchange.listening_desk import ListeningDesk
from appliance.exchange.prompting import Key, Played, Prompting
from appliance.exchange.stage import Stage
from appliance.exchange.steps.step import Next, Over, Result
from appliance.exchange.taken import TakenUp
from appliance.exchange.way_steps import Listen
from appliance.prompts.numbers import as_said
from appliance.prompts.speech import Utterance
from appliance.recordings.entry import Recording
from appliance.roster.models import Person

IDLE_S = 20.0
SILENCES_AT_MOST = 3
NOTHING = Utterance((), "")
LISTEN, NEXT, BEFORE, PAUSE, END = "1", "2", "3", "5", "#"
_log = logging.getLogger(__name__)


class DoListen:
    """Begun anew where a crash interrupted it: nothing was said that is not said again."""

    def __init__(self, stage: Stage, _step: Listen) -> None:
        self._stage, self._call = stage, stage.call
        self._prompting = Prompting(stage.call)
        self._copies = 0

    async def run(self, taken_up: TakenUp | None) -> Result:
        """Ask, and let listen. Raises ``CallerGoneError``."""
        desk = self._call.world.listening
        if desk is None:
            return Next()
        await self._prompting.begin()
        person = await Identifying(self._stage, self._prompting, desk.gate).person()
        if person is not None:
            self._call.note(answered_by=None, steps=(*self._call.record.steps, f"listens:{person.id}"))
            self._stage.if_gone = Outcome.SERVED
            if person.language is not None:
                self._call.language, self._call.prompts = person.language, None
            await self._listen(desk, person)
        await self._stage.say("goodbye")
        await self._stage.over(Outcome.SERVED, "exchange")
        return Over()

    async def _listen(self, desk: ListeningDesk, person: Person) -> None:
        found = await desk.of(person)
        if not found:
            await self._stage.say("recordings-none")
            return
        said = await self._words("recordings-count", count=len(found))
        place, silences = 0, 0
        while silences < SILENCES_AT_MOST:
            item = await self._offer(said, found[place])
            key, said = item.key if item is not None else "", NOTHING
            silences = 0 if key else silences + 1
            if key == LISTEN:
                key, said = await self._hear(desk, found[place])
            if key == END:
                return
            if key in (NEXT, BEFORE):
                moved = place + (1 if key == NEXT else -1)
                if not 0 <= moved < len(found):
                    said = await self._words("recordings-end")
                place = min(max(moved, 0), len(found) - 1)
            elif key:
                said = await self._words("wrong-key")

    async def _offer(self, said: Utterance, recording: Recording) -> Key | None:
        """Say ``said``, which recording it is and which keys there are; the key that was pressed."""
        await self._prompting.play(said + await self._title(recording) + await self._words("recording-keys"))
        until: float | None = None
        while True:
            item = await self._prompting.next(until)
            if isinstance(item, Played):
                until = self._call.world.now() + IDLE_S
                continue
            self._prompting.hush()
            return item

    async def _title(self, recording: Recording) -> Utterance:
        world = self._call.world
        moment = datetime.fromisoformat(recording.began_at).astimezone(ZoneInfo(world.timezone))
        caller = recording.record.caller if recording.record is not None else None
        if caller is not None and any(one.isdigit() for one in caller):
            try:
                return await self._words("recording-from", moment=moment, number=as_said(caller, world.region))
            except ValueError:  # forty digits are nothing to read out
                pass
        return await self._words("recording-hidden", moment=moment)

    async def _hear(self, desk: ListeningDesk, recording: Recording) -> tuple[str, Utterance]:
        """Play it: ``1`` from the beginning, ``5`` pauses and goes on. The key that ended it, and what is to be said
        of it."""
        world = self._call.world
        self._copies += 1
        name = f"{self._call.bridge}-{self._copies}"
        sound = await desk.playable(recording, name)
        if sound is None:
            return "", await self._words("recording-gone")
        _log.info("call %s: the recording %s is listened to", self._call.id, recording.name)
        said = Utterance((f"sound:{sound}",), self._call.language)
        try:
            await self._prompting.play(said, at_most_s=recording.frames / 8000 + 3600)
            paused = False
            while True:
                item = await self._prompting.next()
                if not isinstance(item, Key):
                    return "", NOTHING
                if item.key == PAUSE:
                    paused = not paused
                    await self._control("pause" if paused else "unpause")
                elif item.key == LISTEN:
                    paused = False
                    await self._prompting.play(said, at_most_s=recording.frames / 8000 + 3600)
                else:
                    return item.key, NOTHING
        finally:
            self._prompting.hush()
            world.errands.run(desk.drop(name))

    async def _control(self, operation: str) -> None:
        playback = self._prompting.playback
        if playback is None:
            return
        try:
            await self._call.world.channels.control_playback(playback, operation)
        except AriError as error:
            _log.debug("a playback was not told to %s: %s", operation, error)

    async def _words(self, prompt: str, **values: object) -> Utterance:
        call = self._call
        return await call.world.speech.say(
            prompt,
            language=call.language,
            prompts=call.prompts,
            **values,  # type: ignore[arg-type]
        )
