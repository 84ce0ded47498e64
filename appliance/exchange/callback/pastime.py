"""Asking to be called back while waiting in a queue (MISSION C1-C3): the dialogue on the caller's channel.

What is said and which key means what is :mod:`appliance.queueing.callback_dialogue`'s. The caller keeps waiting
meanwhile, and an agent may be rung for them: when one accepts, the dialogue ends in whatever state, and a wish that
was kept by then is taken back, since the caller has a human. Beside the dialogue everything is the queue's own
pastime's.
"""

from __future__ import annotations

import asyncio
import logging

from appliance.asterisk.events import AriEvent
from appliance.domain.calls import Outcome
from appliance.exchange.call import Item
from appliance.exchange.callback.desk import CallbackDesk
from appliance.exchange.callback.identity import new_id
from appliance.exchange.inbox import BookChanged
from appliance.exchange.queue.pastime import QueuePastime
from appliance.exchange.stage import Stage
from appliance.prompts.numbers import as_said
from appliance.prompts.speech import Utterance
from appliance.queueing import callback_dialogue as dialogue
from appliance.queueing import callback_life as life
from appliance.queueing.callback_dialogue import Keeping, Over, Parting, Phrase, Saying, Terms
from appliance.queueing.callback_life import Callback, IllegalMove
from appliance.queueing.callback_numbers import Rules, judge
from appliance.queueing.callback_store import CallbackStoreError
from appliance.queueing.terms import Left
from appliance.roster.destinations import Callback as Offer
from appliance.roster.destinations import Queue

MOST_DIALOGUES = 5  # whoever opens one after the other without an end is not listened to any more
SAID_WITHIN_S = 60.0  # a sound whose end is never told
_log = logging.getLogger(__name__)


class CallbackPastime:
    """Of one caller. ``waited_s``: for how long they have waited by now."""

    def __init__(
        self, stage: Stage, queue: Queue, offer: Offer, desk: CallbackDesk, inner: QueuePastime, waited_s: float
    ) -> None:
        self._stage, self._call, self._world, self._desk = stage, stage.call, stage.call.world, desk
        self._queue, self._offer, self._inner = queue, offer, inner
        self._offer_at = None
        if offer.offer_after_s is not None and waited_s < offer.offer_after_s:
            self._offer_at = self._world.now() + offer.offer_after_s - waited_s
        self._opened = 0
        self._state: dialogue.State | None = None
        self._making: asyncio.Task[Utterance] | None = None
        self._playing: str | None = None
        self._ends_at = 0.0
        self._said = 0
        self._keeping: asyncio.Task[Callback | None] | None = None
        self._parted = False

    @property
    def hears(self) -> str:
        """As the queue says."""
        return self._inner.hears

    @property
    def is_open(self) -> bool:
        """Whether the caller is talking with us: the queue does not let them go elsewhere meanwhile."""
        return self._state is not None

    @property
    def wakes_at(self) -> float | None:
        """When something of the dialogue is due, or of the queue's own."""
        if self._state is None:
            looks = (self._inner.wakes_at, self._offer_at)
        else:
            looks = (dialogue.wakes_at(self._state), self._ends_at if self._playing is not None else None)
        return min((at for at in looks if at is not None), default=None)

    async def begin(self) -> None:
        """Wait; a caller to whom a callback was promised before a crash hears so once more."""
        promised = self._desk.asked_in(self._call.id)
        if promised is None:
            await self._inner.begin()
            return
        self._state = Parting(promised.number, self._world.now() + SAID_WITHIN_S)
        await self._quiet()
        self._say((dialogue.CONFIRMED, dialogue.GOODBYE))

    async def take(self, item: Item | None) -> Left | None:
        """A key, the end of a sound, words that are ready, a wish that is kept, or the clock."""
        now = self._world.now()
        key = self._key(item)
        if self._state is None:
            if self._opened < MOST_DIALOGUES and key == dialogue.OPEN and self._offer.key:
                await self._open(offered=False)
            elif self._offer_at is not None and now >= self._offer_at:
                self._offer_at = None
                if not self._world.queues.screened(self._call.id):
                    await self._open(offered=True)
            else:
                return await self._inner.take(item)
            return None
        if key is not None and await self._do(dialogue.Pressed(key)) is not None:
            return self._part()
        for event in await self._events(item, now):
            if await self._do(event) is not None:
                return self._part()
        return None

    async def end(self) -> None:
        """An agent has the caller, or the queue lets them go: nothing is said any more, and nothing stands that was
        asked for."""
        await self._inner.end()
        self._hush()
        state, self._state = self._state, None
        if not self._parted and isinstance(state, Keeping | Parting):
            await self._take_back()

    async def _open(self, *, offered: bool) -> None:
        self._opened += 1
        self._offer_at = None
        await self._quiet()
        caller = self._call.arrival.caller
        # a short number is one of our own phones, or of a network: nobody can be called there
        shown = caller.number is not None and caller.number.startswith("+") and not caller.hidden
        number = caller.number if shown else None
        turn = dialogue.begin(self._terms, number, self._world.now(), offered=offered)
        await self._carry_out(turn)

    async def _quiet(self) -> None:
        """Nothing but us is heard."""
        await self._inner.end()
        await self._call.let_hear(None)
        await self._call.answer()

    @property
    def _terms(self) -> Terms:
        world, offer = self._world, self._offer
        lines = (number for line in world.standing.roster.line for number in line.numbers)
        ours = world.identity.numbers.union(lines)
        rules = Rules(world.region, ours, offer.abroad, offer.premium)
        return Terms(lambda text: judge(text, rules), offer.read_back)

    def _key(self, item: Item | None) -> str | None:
        if isinstance(item, AriEvent) and item.type == "ChannelDtmfReceived":
            return item.text("digit") if item.channel == self._call.arrival.channel else None
        return None

    async def _events(self, item: Item | None, now: float) -> list[dialogue.Event]:
        """What else has happened."""
        assert self._state is not None
        events: list[dialogue.Event] = []
        if self._keeping is not None and self._keeping.done():
            keeping, self._keeping = self._keeping, None
            events.append(dialogue.Kept() if keeping.result() is not None else dialogue.NotKept())
        if self._making is not None and self._making.done():
            making, self._making = self._making, None
            await self._play(making.result())
            if self._playing is None:
                events.append(dialogue.Spoken())
        elif self._playing is not None:
            ended = isinstance(item, AriEvent) and item.type == "PlaybackFinished"
            if (ended and isinstance(item, AriEvent) and item.text("playback", "id") == self._playing) or (
                now >= self._ends_at
            ):
                self._playing = None
                events.append(dialogue.Spoken())
        due = dialogue.wakes_at(self._state)
        if due is not None and now >= due:
            events.append(dialogue.Woken())
        return events

    async def _do(self, event: dialogue.Event) -> Left | None:
        """``Left.CALLBACK``: the caller is to be let go."""
        if self._state is None:
            return None
        if isinstance(self._state, Over):
            if isinstance(event, dialogue.Spoken):
                self._state = None
                await self._inner.begin()
            return None
        return await self._carry_out(dialogue.step(self._terms, self._state, event, self._world.now()))

    async def _carry_out(self, turn: dialogue.Turn) -> Left | None:
        if isinstance(turn.state, Over) and not isinstance(self._state, Over):
            _log.info("call %s waits on: %s", self._call.id, turn.state.why)
        self._state = turn.state
        for act in turn.acts:
            if isinstance(act, dialogue.Part):
                return Left.CALLBACK
            if isinstance(act, dialogue.Say):
                self._say(act.what)
            elif isinstance(act, dialogue.Hush):
                self._hush()
            else:
                self._keeping = asyncio.create_task(self._keep(act.number), name=f"{self._call.id} wish")
                self._keeping.add_done_callback(self._poke)
        return None

    def _part(self) -> Left:
        self._parted = True
        return Left.CALLBACK

    async def _keep(self, number: str) -> Callback | None:
        """Make the wish durable; ``None`` where that cannot be. A caller who hangs up meanwhile has asked all the
        same."""
        call, record, now = self._call, self._call.record, self._desk.now()
        waiting = self._world.queues.since(call.id)
        wish = Callback(
            id=new_id(),
            exchange=self._world.name,
            queue=self._queue.id,
            number=number,
            language=call.language,
            call=call.id,
            queued_at=now if waiting is None else waiting,
            asked_at=now,
            called=call.arrival.called,
            line=record.line,
            situation=record.situation,
        )
        try:
            kept = await self._desk.ask(wish)
        except CallbackStoreError as error:
            _log.error("call %s: no callback can be taken: %s", call.id, error)
            return None
        call.note(callback=kept.id)
        if call.record.outcome is Outcome.ABANDONED:
            call.note(outcome=Outcome.CALLBACK)
        return kept

    async def _take_back(self) -> None:
        """The caller waits or talks on the line: nobody is to be called."""
        if self._keeping is not None and not self._keeping.done():
            self._keeping.add_done_callback(lambda _: self._world.errands.run(self._cancel()))
            return
        await self._cancel()

    async def _cancel(self) -> None:
        kept = self._desk.asked_in(self._call.id)
        if kept is None:
            return
        self._call.note(callback=None)
        try:
            await self._desk.settle(
                kept.id, lambda one: life.cancelled(one, "an agent was free at once", self._desk.now()), tell=True
            )
        except IllegalMove as error:
            _log.warning("%s", error)

    def _say(self, what: Saying) -> None:
        self._hush()
        self._making = asyncio.create_task(self._words(what), name=f"{self._call.id} callback")
        self._making.add_done_callback(self._poke)

    def _poke(self, _: object) -> None:
        self._call.inbox.put(BookChanged())

    async def _words(self, what: Saying) -> Utterance:
        said = Utterance((), self._call.language)
        for phrase in what:
            said += await self._phrase(phrase)
        return said

    async def _phrase(self, phrase: Phrase) -> Utterance:
        call, world = self._call, self._world
        values = {} if phrase.number is None else {"number": as_said(phrase.number, world.region)}
        return await world.speech.say(phrase.prompt, language=call.language, prompts=call.prompts, **values)

    async def _play(self, said: Utterance) -> None:
        call, world = self._call, self._world
        if not said:
            return
        self._said += 1
        # of a name that no call before a crash may have used
        self._playing = f"{call.bridge}-callback{self._said}-{int(world.now() * 1000)}"
        self._ends_at = world.now() + SAID_WITHIN_S
        await call.of_caller(
            world.channels.play_media(call.arrival.channel, self._playing, said.media, said.language)
        )

    def _hush(self) -> None:
        if self._making is not None:
            self._making.remove_done_callback(self._poke)
            self._making.cancel()
            self._making = None
        if self._playing is not None:
            self._world.errands.run(self._world.channels.stop_playback(self._playing))
            self._playing = None
