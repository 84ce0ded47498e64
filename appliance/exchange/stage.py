"""What every kind of step may do with its call: have the caller hear something, have a talk, end the call."""

from __future__ import annotations

from appliance.domain.calls import LegResult, Outcome
from appliance.exchange.call import Call, Leg
from appliance.exchange.playing import play
from appliance.exchange.screen import found_out
from appliance.exchange.taken import TakenUp
from appliance.exchange.talk import DOUBT, MACHINE, Features, Talk
from appliance.prompts.grammar import Value
from appliance.prompts.speech import Utterance
from appliance.roster.models import Line

NORMAL_CAUSE = 16


class Stage:
    """One call's. ``line`` is known once its way is; ``talk`` is who talk, while anybody does.

    ``record`` asks for a recording besides what the line says, from the moment a human answers. ``if_gone``: what
    became of the call, should the caller hang up now.
    """

    def __init__(self, call: Call, features: Features) -> None:
        self.call = call
        self.line: Line | None = None
        self.record = False
        self.if_gone = Outcome.ABANDONED
        self.talk: Talk | None = None
        self._features = features
        self._played = 0

    def meet(self, member: Leg) -> Talk:
        """The talk of the caller with a member who has accepted; whoever makes it connects it."""
        return Talk(self.call, member)

    async def play(self, sound: str) -> None:
        """Play a sound that the roster names to the caller, picked up for it, to the end; one that is not there costs
        the call nothing. Raises ``CallerGoneError``."""
        await self.utter(self.call.world.speech.sound(sound, language=self.call.language))

    async def say(self, prompt: str, **values: Value) -> None:
        """As :meth:`play`, for a prompt by its name, in the call's language and prompts."""
        await self.utter(await self.words(prompt, **values))

    async def words(self, prompt: str, **values: Value) -> Utterance:
        """What is played for a prompt, in the call's language and prompts."""
        call = self.call
        return await call.world.speech.say(prompt, language=call.language, prompts=call.prompts, **values)

    async def utter(self, said: Utterance) -> None:
        """As :meth:`play`, for what was made of prompts already."""
        call = self.call
        await call.let_hear(None)
        await call.answer()
        self._played += 1
        await play(call, f"{call.bridge}-play{len(call.record.steps)}-{self._played}", said)

    async def converse(self, member: Leg, taken_up: TakenUp | None = None) -> bool:
        """The talk with whoever has the call, to its end, which is the call's too.

        ``False``: the caller is in the bridge still, and to be taken back. Where the leg is over it was a machine;
        else whoever it is has to be asked for a key, for which ``Ringing.go_on`` takes the leg.
        """
        call, world = self.call, self.call.world
        talk = self.meet(member)
        if call.record.answered_at is None:
            if (self.record or (self.line is not None and self.line.record)) and call.record.recording is None:
                world.errands.run(self._record())
            call.note(
                answered_at=call.now_text(),
                answered_by=member.entry.person,
                answered_number=member.entry.number,
                watched=True if member.ear is not None else None,
            )
        elif member.ear is None:  # who listened has crashed
            talk.believe()
        self.talk = talk
        if taken_up is not None and taken_up.interrupted is not None:
            await self._features.resume(talk, taken_up.interrupted)
        ended_by = await talk.run(self._features)
        member = talk.member
        if ended_by in (MACHINE, DOUBT):
            self.talk = None
            call.note(answered_at=None, answered_by=None, answered_number=None, watched=None)  # nobody has, so far
            await found_out(call, member, talk.heard_ms, machine=ended_by == MACHINE)
            return False
        call.leg_over(member, LegResult.TALKED, NORMAL_CAUSE, hang_up=NORMAL_CAUSE)
        world.book.release(call.id, member.member, call.wrap_up_s)
        await self.over(Outcome.ANSWERED, ended_by)
        return True

    async def over(self, outcome: Outcome, ended_by: str, cause: int = NORMAL_CAUSE) -> None:
        """Everything of the call ends, and the log is told. ``cause`` (Q.850) is what the caller is told."""
        call, world = self.call, self.call.world
        call.drop(LegResult.CALLER_GONE)
        world.end(call.arrival.channel, cause)
        world.errands.run(world.channels.end_bridge(call.bridge))
        if outcome is not Outcome.ANSWERED:
            world.book.release_call(call.id)
        call.end_record(outcome, ended_by)
        await call.write()

    async def _record(self) -> None:
        stereo = self.line is not None and self.line.record_sides == "stereo"
        days = self.line.record_days if self.line is not None else None
        await self.call.world.recorder.start(self.call, 2 if stereo else 1, days)
