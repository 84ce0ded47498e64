"""Taking a message: greeting, tone, what is said, what is done with it; hanging up sends it."""

from __future__ import annotations

import logging
from contextlib import suppress

from appliance.asterisk.ari import AriError
from appliance.asterisk.events import AriEvent
from appliance.domain.calls import Outcome
from appliance.exchange.call import CallerGoneError, Item
from appliance.exchange.mailbox.review import WAIT_S, Act, Review
from appliance.exchange.mailbox.voicemail import NotTakenError, Taking
from appliance.exchange.prompting import Key, Played, Prompting
from appliance.exchange.stage import Stage
from appliance.exchange.steps.step import Next, Over, Result
from appliance.exchange.taken import TakenUp
from appliance.exchange.way_steps import TakeMessage
from appliance.prompts.speech import Utterance

_log = logging.getLogger(__name__)
EMPTY_AT_MOST = 2
LOOK_EVERY_S = 1.0  # what a power cut may cost, besides Asterisk's own buffer
LATE_S = 10.0
FLUSHED_WITHIN_S = 2.0
NOTHING = Utterance((), "")


class DoMailbox:
    """After a crash, what was recorded counts, and what is being recorded goes on."""

    def __init__(self, stage: Stage, step: TakeMessage) -> None:
        self._stage, self._call, self._mailbox = stage, stage.call, step.mailbox
        self._prompting = Prompting(stage.call)

    async def run(self, taken_up: TakenUp | None) -> Result:
        """Take it. Raises ``CallerGoneError``."""
        call, voicemail = self._call, self._call.world.voicemail
        call.speak(self._mailbox.language, self._mailbox.prompts)
        line = self._stage.line.name if self._stage.line is not None else call.arrival.called
        taking: Taking | None = None
        try:
            if voicemail is None:
                raise NotTakenError("this exchange takes none")
            taking = await voicemail.begin(call, self._mailbox, line)
            return await self._take(taking)
        except NotTakenError as error:
            _log.error("call %s: no message can be taken: %s", call.id, error)
            await self._stage.say("mailbox-unavailable")
            return Next()
        except CallerGoneError:
            if taking is not None:
                await self._after(taking)
            raise

    async def _take(self, taking: Taking) -> Result:
        """Greet, record, review, send. Raises :class:`NotTakenError`, ``CallerGoneError``."""
        await self._prompting.begin()
        begun = bool(taking.take)
        if taking.kept_s or self._call.record.message_s:
            return await self._sent()  # before a crash
        if not begun:
            await self._let_hear(await self._greeting())
        review, empty = Review(), 0
        while True:
            full = await self._record(taking, begun=begun)
            begun = False
            if not await taking.has_speech():
                empty += 1
                await self._let_hear(await self._stage.words("mailbox-empty"))
                if empty == EMPTY_AT_MOST:
                    return await self._over(taking)
                continue
            before = await self._stage.words("mailbox-end") if full else NOTHING
            review, act = await self._review(taking, review, before)
            if act is Act.SEND:
                return await self._over(taking)

    async def _greeting(self) -> Utterance:
        call, mailbox, speech = self._call, self._mailbox, self._call.world.speech
        if mailbox.greeting is not None:
            return speech.sound(mailbox.greeting, language=call.language)
        if mailbox.text is not None:
            return await speech.read_out(mailbox.text, language=call.language, prompts=call.prompts)
        return await self._stage.words("mailbox-greeting")

    async def _let_hear(self, said: Utterance) -> None:
        """To its end, or until a key is pressed."""
        await self._prompting.play(said)
        await self._prompting.next()
        self._prompting.hush()

    async def _record(self, taking: Taking, *, begun: bool) -> bool:
        """One take, to its end; whether that was its longest time. ``begun``: an exchange before us began it."""
        call, channels, mailbox = self._call, self._call.world.channels, self._mailbox
        try:
            if not begun:
                name = await taking.next_take()
                await call.of_caller(
                    channels.record(call.arrival.channel, name, mailbox.max_s, mailbox.end_silence_s)
                )
            elif not await channels.is_recording(taking.take):
                return False
        except AriError as error:
            if error.unreachable:
                raise
            raise NotTakenError(str(error)) from None
        began = call.world.now()
        until = began + mailbox.max_s + LATE_S
        while call.world.now() < until:
            item = await call.next(min(until, call.world.now() + LOOK_EVERY_S))
            if item is None:
                await taking.to_the_disk()
            elif self._has_ended(item, taking):
                break
        return call.world.now() - began >= mailbox.max_s

    def _has_ended(self, item: Item, taking: Taking) -> bool:
        if not isinstance(item, AriEvent) or item.text("recording", "name") != taking.take:
            return False
        if item.type == "RecordingFailed":
            why = item.text("recording", "cause")
            _log.error("call %s: Asterisk could not go on recording: %s", self._call.id, why or "it does not say")
        return item.type in ("RecordingFinished", "RecordingFailed")

    async def _review(self, taking: Taking, review: Review, before: Utterance) -> tuple[Review, Act]:
        """Until the message is to be sent or recorded again. ``before`` is said first."""
        prompting, now = self._prompting, self._call.world.now
        act: Act | None = Act.ASK
        wakes_at: float | None = None
        while act not in (Act.SEND, Act.AGAIN):
            if act is not None:
                if act is Act.COMPLAIN:
                    before = await self._stage.words("wrong-key")
                elif act is Act.LISTEN:
                    before = Utterance((f"recording:{taking.take}",), self._call.language)
                await prompting.play(before + await self._stage.words("mailbox-review"))
                before, wakes_at, act = NOTHING, None, None
            item = await prompting.next(wakes_at)
            if isinstance(item, Played):
                wakes_at = now() + WAIT_S
            elif isinstance(item, Key):
                review, act = review.key(item.key)
            else:
                review, act = review.silence()
        prompting.hush()
        assert act is not None
        return review, act

    async def _over(self, taking: Taking) -> Result:
        """Send what there is; with nothing at all, the call goes on."""
        seconds = await taking.keep()
        if not seconds:
            return Next()
        self._note(seconds)
        return await self._sent()

    async def _sent(self) -> Result:
        await self._stage.say("mailbox-sent")
        await self._stage.say("goodbye")
        await self._stage.over(Outcome.MESSAGE, "exchange")
        return Over()

    async def _after(self, taking: Taking) -> None:
        """The caller has hung up: what was said is sent."""
        call = self._call
        until = call.world.now() + FLUSHED_WITHIN_S
        with suppress(AriError):
            if taking.take and await call.world.channels.is_recording(taking.take):
                while (item := await call.inbox.next(until)) is not None and not self._has_ended(item, taking):
                    pass
        seconds = await taking.keep()
        if seconds:
            self._note(seconds)

    def _note(self, seconds: float) -> None:
        self._call.note(message_s=round(seconds, 1))
        self._stage.if_gone = Outcome.MESSAGE
