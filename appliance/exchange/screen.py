"""Making sure that a human answered: by ear, and where that leaves a doubt, by a key."""

from __future__ import annotations

from appliance.asterisk.ari import AriError
from appliance.domain.calls import LegResult
from appliance.exchange.answerer import differs
from appliance.exchange.call import NOT_THERE, Call, Leg
from appliance.exchange.causes import Ending
from appliance.exchange.ear import Listening
from appliance.prompts.speech import Utterance
from appliance.roster.values import Screening
from appliance.screening.judge import Facts, Verdict

DEAF_S = 4.0  # a judge that has said nothing by then hears nothing
KEY_WITHIN_S = 15.0  # the prompt takes four of them
ACCEPT, REJECT = "1", "2"


async def screen(call: Call, leg: Leg, mode: Screening, facts: Facts) -> Leg | Ending:
    """Screen a leg that was just picked up: the leg itself once a human has it, or how it ended.

    Where sound alone has said so, the leg's ear stays open: it may be a machine after all.
    """
    if mode is Screening.OFF:
        call.leg_changed(leg, screening="off")
        return leg
    if mode is Screening.KEY:
        return await _ask(call, leg)
    leg.ear = Listening.of(call, leg, call.world.judge(False, facts))
    if leg.ear is None:
        return await _ask(call, leg)
    by_sound = False
    try:
        found = await _listen(call, leg)
        by_sound = found is leg and leg.entry.screening == "human"
        return found
    finally:
        if not by_sound:
            leg.stop_listening()


async def _listen(call: Call, leg: Leg) -> Leg | Ending:
    until = call.world.now() + DEAF_S
    while True:
        item = await leg.inbox.next(until)
        if item is None:
            return await _ask(call, leg)
        if isinstance(item, Verdict):
            call.leg_changed(leg, screening=item.kind, screening_ms=item.at_ms)
            if item.kind == "human":
                return leg
            if item.kind == "machine":
                return _machine(call, leg)
            return await _ask(call, leg)
        if item.type == "ChannelCallerId" and differs(call, leg, item.text("channel", "caller", "number")):
            return await _ask(call, leg)
        if item.type == "ChannelDtmfReceived" and item.text("digit") == ACCEPT:  # somebody who knows us
            call.leg_changed(leg, screening="key")
            return leg
        if item.type == "ChannelDestroyed":
            return _hung_up(call, leg, item.number("cause"))


async def found_out(call: Call, leg: Leg, heard_ms: int | None, *, machine: bool) -> None:
    """Somebody whom the caller was connected with is a machine, or may be one. That is on disk before the leg of a
    machine ends: a crash in between must not find a talk that is over."""
    leg.stop_listening()
    call.leg_changed(leg, screening="machine" if machine else "doubt", screening_ms=heard_ms)
    if machine:
        call.leg_over(leg, LegResult.MACHINE, 16)
    await call.write()
    if machine:
        call.world.end(leg.channel, 16)
        call.world.book.release(call.id, leg.member)


async def ask_again(call: Call, leg: Leg) -> Leg | LegResult:
    """Ask somebody whom the caller was connected with, and who behaved as a machine does; the caller is not with them
    any more. The leg once they pressed the key, or how it ended."""
    call.world.switch.own(leg.channel, leg.inbox.put)
    try:
        await call.world.channels.leave(call.bridge, leg.channel)
    except AriError as error:
        if error.status not in NOT_THERE:
            raise
        call.leg_over(leg, LegResult.NOT_ACCEPTED, hang_up=16)
        return LegResult.NOT_ACCEPTED
    leg.ear = Listening.of(call, leg, call.world.judge(False, Facts(suspected=True)))
    try:
        found = await _ask(call, leg)
    finally:
        leg.stop_listening()
    return found.result if isinstance(found, Ending) else found


async def _ask(call: Call, leg: Leg) -> Leg | Ending:
    """Ask for a key, at once: silence makes people hang up. A judge goes on listening."""
    world, playback = call.world, f"{leg.channel}-ask"
    until = world.now() + KEY_WITHIN_S
    try:
        said = await _question(call, leg)
        if said:
            await world.channels.play_media(leg.channel, playback, said.media, said.language)
    except AriError as error:
        if error.status not in NOT_THERE:
            raise
    while True:
        item = await leg.inbox.next(until)
        if item is None:
            call.leg_over(leg, LegResult.NOT_ACCEPTED, hang_up=16)
            return Ending(LegResult.NOT_ACCEPTED)
        if isinstance(item, Verdict):
            if item.kind == "machine":
                call.leg_changed(leg, screening="machine", screening_ms=item.at_ms)
                return _machine(call, leg)
            if item.kind == "human":
                call.leg_changed(leg, screening="human", screening_ms=item.at_ms)
                break
        elif item.type == "ChannelDtmfReceived" and item.text("digit") == ACCEPT:
            call.leg_changed(leg, screening="key")
            break
        elif item.type == "ChannelDtmfReceived" and item.text("digit") == REJECT:
            call.leg_over(leg, LegResult.REJECTED, hang_up=16)
            return Ending(LegResult.REJECTED)
        elif item.type == "ChannelDestroyed":
            return _hung_up(call, leg, item.number("cause"))
    world.errands.run(world.channels.stop_playback(playback))
    return leg


async def _question(call: Call, leg: Leg) -> Utterance:
    """Whoever picks up is asked in their own language, else as the caller is spoken to."""
    person = call.world.standing.roster.person_by_id(leg.entry.person or "")
    own = person.language if person is not None else None
    said = Utterance((), "")
    for prompt in call.asks(leg):
        if own is not None:
            said += await call.world.speech.say(prompt, language=own)
        else:
            said += await call.world.speech.say(prompt, language=call.language, prompts=call.prompts)
    return said


def _machine(call: Call, leg: Leg) -> Ending:
    call.leg_over(leg, LegResult.MACHINE, hang_up=16)
    return Ending(LegResult.MACHINE)


def _hung_up(call: Call, leg: Leg, cause: int | None) -> Ending:
    call.leg_over(leg, LegResult.NOT_ACCEPTED, cause)
    return Ending(LegResult.NOT_ACCEPTED)
