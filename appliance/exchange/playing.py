"""Letting a caller hear sounds to their end, whatever else happens to the call meanwhile."""

from __future__ import annotations

from appliance.asterisk.events import AriEvent
from appliance.exchange.call import Call
from appliance.prompts.speech import Utterance

SOUND_AT_MOST_S = 180.0


async def play(call: Call, playback: str, said: Utterance, at_most_s: float = SOUND_AT_MOST_S) -> None:
    """Play to the caller, under the id ``playback``. Raises :class:`.call.CallerGoneError`.

    Nothing that is told meanwhile is kept: nobody rings for the call.
    """
    world = call.world
    if not said:
        return
    await call.of_caller(world.channels.play_media(call.arrival.channel, playback, said.media, said.language))
    until = world.now() + at_most_s
    while (item := await call.next(until)) is not None:
        if isinstance(item, AriEvent) and item.type == "PlaybackFinished" and item.text("playback", "id") == playback:
            return
