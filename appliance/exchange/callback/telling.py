"""Telling an agent who is on the line for a callback what is happening."""

from __future__ import annotations

from appliance.asterisk.ari import AriError
from appliance.domain.prompts import PROMPTS
from appliance.exchange.call import NOT_THERE, Call, Leg
from appliance.prompts.numbers import as_said
from appliance.prompts.speech import Utterance


async def tell(call: Call, leg: Leg, *prompts: str, number: str) -> None:
    """Let the agent hear prompts, in their own language if they have one. A channel that has just gone costs nothing.

    Raises :class:`appliance.asterisk.ari.AriError`.
    """
    world = call.world
    person = world.standing.roster.person_by_id(leg.entry.person or "")
    own = person.language if person is not None else None
    said = Utterance((), "")
    for prompt in prompts:
        values = {"number": as_said(number, world.region)} if PROMPTS[prompt] else {}
        if own is not None:
            said += await world.speech.say(prompt, language=own, **values)
        else:
            said += await world.speech.say(prompt, language=call.language, prompts=call.prompts, **values)
    try:
        if said:
            await world.channels.play_media(leg.channel, f"{leg.channel}-{prompts[-1]}", said.media, said.language)
        else:
            await world.channels.ring(leg.channel)
    except AriError as error:
        if error.status not in NOT_THERE:
            raise
