"""Playing to a caller who may press keys meanwhile: what comes next is a key, the end of the sound, or the time."""

from __future__ import annotations

from dataclasses import dataclass

from appliance.asterisk.events import AriEvent
from appliance.exchange.call import Call
from appliance.exchange.playing import SOUND_AT_MOST_S
from appliance.prompts.speech import Utterance


@dataclass(frozen=True, slots=True)
class Key:
    """The caller pressed it."""

    key: str


@dataclass(frozen=True, slots=True)
class Played:
    """What was being played has come to its end."""


class Prompting:
    """One caller's. The caller is picked up, and hears nothing else of ours; see :meth:`begin`."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._playback: str | None = None
        self._until = 0.0
        self._count = 0

    async def begin(self) -> None:
        """Pick up, and end ringing and music. Raises ``CallerGoneError``."""
        await self._call.let_hear(None)
        await self._call.answer()

    @property
    def playback(self) -> str | None:
        """The id of what is being played."""
        return self._playback

    async def play(self, said: Utterance, at_most_s: float = SOUND_AT_MOST_S) -> None:
        """Play it instead of what is being played; silence has ended at once. Raises ``CallerGoneError``."""
        call, world = self._call, self._call.world
        self.hush()
        self._count += 1
        # never that of a playback which an exchange before us began
        self._playback = f"{call.bridge}-prompt{round(world.now() * 1000)}-{self._count}"
        self._until = world.now() + (at_most_s if said else 0.0)
        if said:
            await call.of_caller(
                world.channels.play_media(call.arrival.channel, self._playback, said.media, said.language)
            )

    def hush(self) -> None:
        """End what is being played."""
        playback, self._playback = self._playback, None
        if playback is not None and self._call.world.now() < self._until:
            self._call.world.errands.run(self._call.world.channels.stop_playback(playback))

    async def next(self, until: float | None = None) -> Key | Played | None:
        """What happens next; ``None`` at ``until``. Raises ``CallerGoneError``."""
        call = self._call
        while True:
            ends = [time for time in (until, self._until if self._playback is not None else None) if time is not None]
            item = await call.next(min(ends, default=None))
            if item is None:
                if self._playback is not None and call.world.now() >= self._until:
                    self._playback = None
                    return Played()
                return None
            if not isinstance(item, AriEvent):
                continue
            if item.type == "PlaybackFinished" and item.text("playback", "id") == self._playback is not None:
                self._playback = None
                return Played()
            if item.type == "ChannelDtmfReceived" and item.channel == call.arrival.channel:
                return Key(item.text("digit") or "")
