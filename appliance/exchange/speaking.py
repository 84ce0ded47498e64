"""What this exchange says, with this machine's sounds: recorded ones, imported ones, and a voice for the rest."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from appliance.config import Config
from appliance.prompts.default_sound import DefaultSounds
from appliance.prompts.library import Library
from appliance.prompts.own import OwnSounds
from appliance.prompts.phrases import languages
from appliance.prompts.plan import PromptSet
from appliance.prompts.prerender import foreseeable
from appliance.prompts.speech import Speech
from appliance.prompts.voice import Voice
from appliance.roster.models import Roster
from appliance.roster.sounds import sounds_in

_log = logging.getLogger(__name__)
SPOKEN, OWN = "spoken", "own"
SOUNDS = "sounds"
LOOK_EVERY_S = 600.0
AFTER_S = 5.0  # calls that wait for a started exchange come first
CALM = 1.0  # a pause after each of what nobody waits for, as long as it took


class Standing(Protocol):
    """The roster, as last heard."""

    @property
    def roster(self) -> Roster:
        """The newest roster."""


class Speaking:
    """:meth:`open` it, then use ``speech``; :meth:`run` speaks beforehand what is said sooner or later."""

    def __init__(self, config: Config, standing: Standing) -> None:
        places = config.exchange.directories
        self._standing = standing
        self.own = OwnSounds(places.prompts / OWN)
        self.voice = Voice(places.prompts / SPOKEN)
        self._library = Library(places.data / SOUNDS, self.own)
        self.default = DefaultSounds(self._library, self.voice)
        self.speech = Speech(lambda: sets_of(standing.roster), places.prompts / OWN, self.voice, self._library)
        self._changed = asyncio.Event()
        self._missing: tuple[str, ...] = ()

    async def open(self) -> None:
        """Find out which sounds there are. What cannot be read is as if it were not there."""
        try:
            await self.own.open()
        except OSError as error:
            _log.error("imported sounds cannot be used: %s", error)
        await asyncio.to_thread(self._library.look, languages())
        await self.voice.open()
        self.poke()

    async def aclose(self) -> None:
        """Give up what is being spoken."""
        await self.voice.close()

    @property
    def missing(self) -> tuple[str, ...]:
        """Imported sounds that the roster names and that have not come here yet."""
        return self._missing

    def poke(self) -> None:
        """The roster is another one, or a sound has come."""
        named = {sound for _, sound in sounds_in(self._standing.roster)}
        self._missing = tuple(sorted(one for one in named if one.startswith(f"{OWN}/") and not self.own.has(one)))
        self._changed.set()

    async def run(self) -> None:
        """Speak beforehand, calmly, for ever."""
        loop = asyncio.get_running_loop()
        await asyncio.sleep(AFTER_S)
        while True:
            self._changed.clear()
            for text, language in self._foreseeable():
                began = loop.time()
                await self.voice.speak(text, language, idle=True)
                await asyncio.sleep((loop.time() - began) * CALM)
            try:
                async with asyncio.timeout(LOOK_EVERY_S):
                    await self._changed.wait()
            except TimeoutError:
                await asyncio.to_thread(self._library.look, languages())

    def picture(self) -> Mapping[str, Any]:
        """For the exchange's state: what is wrong with the voice, and sounds that have not come yet."""
        return {"voice": self.voice.trouble or "ok", "missing": list(self._missing)}

    def _foreseeable(self) -> Iterator[tuple[str, str]]:
        roster = self._standing.roster
        sets = sets_of(roster)
        for language, prompts in sorted(_speakers(roster), key=str):
            yield from foreseeable(language, prompts, sets, self._library)
        for menu in roster.menu:
            if menu.sound is None and menu.text is not None:
                yield menu.text, language_of(roster, menu.language, menu.prompts)
        for mailbox in roster.mailbox:
            if mailbox.greeting is None and mailbox.text is not None:
                yield mailbox.text, language_of(roster, mailbox.language, mailbox.prompts)


def sets_of(roster: Roster) -> Mapping[str, PromptSet]:
    """The roster's prompt sets by id."""
    return {one.id: one for one in roster.prompts}


def language_of(roster: Roster, language: str | None, prompts: str | None) -> str:
    """What a text of the roster's is spoken in: its own language, its set's, the first line's."""
    if language is not None:
        return language
    found = next((one.language for one in roster.prompts if one.id == prompts), None)
    return found or next((line.language for line in roster.line), "en")


def _speakers(roster: Roster) -> set[tuple[str, str | None]]:
    """Every language and prompt set that something speaks in."""
    lines = {(line.language, line.prompts) for line in roster.line}
    others = [(one.language, one.prompts) for one in roster.queue]
    others += [(one.language, one.prompts) for one in roster.menu]
    others += [(one.language, one.prompts) for one in roster.mailbox]
    people = {(person.language, None) for person in roster.person if person.language is not None}
    return (
        lines
        | people
        | {
            (own or language, own_prompts or (prompts if own in (None, language) else None))
            for own, own_prompts in others
            for language, prompts in lines
        }
    )
