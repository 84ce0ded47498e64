"""What others use: a prompt's name and values in, what Asterisk is to play out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from appliance.domain.prompts import OWN, SILENCE
from appliance.prompts.grammar import Value
from appliance.prompts.phrases import DEFAULT
from appliance.prompts.plan import Own, Plan, PromptSet, Recorded, Sounds, Spoken, chain_of, plan


@dataclass(frozen=True, slots=True)
class Utterance:
    """For ``Channels.play_media``: media URIs of ARI in order, and the language to play them in.

    Empty where nothing is to be heard; then nothing is played, and no ``PlaybackFinished`` comes.
    """

    media: tuple[str, ...]
    language: str

    def __bool__(self) -> bool:
        return bool(self.media)

    def __add__(self, other: Utterance) -> Utterance:
        """One after the other, as one playback."""
        return Utterance(self.media + other.media, other.language if not self.media else self.language)


class Voice(Protocol):
    """Who speaks words into a file."""

    async def speak(self, text: str, language: str) -> str | None:
        """The file, without its suffix, as Asterisk opens it; ``None`` where it cannot be made in time."""


class Speech:
    """Finds what is to be played. Its methods take a moment where words must be spoken anew; they never block the
    loop, never raise for want of a voice, and are safe to cancel."""

    def __init__(self, sets: Callable[[], Mapping[str, PromptSet]], own: Path, voice: Voice, there: Sounds) -> None:
        """``sets`` are those that stand now, by id; ``own`` is the folder of imported sounds."""
        self._sets, self._folder, self._voice, self._there = sets, own, voice, there

    async def say(
        self, prompt: str, *, language: str = DEFAULT, prompts: str | None = None, **values: Value
    ) -> Utterance:
        """What is played for ``prompt``, a name of :data:`appliance.domain.prompts.PROMPTS`.

        ``language`` is the line's or queue's; ``prompts`` the id of its prompt set, which may have a language of its
        own. Values as the catalogue's kinds say: ``say("queue-position", language="cs", position=3)``. For a
        telephone number use :func:`appliance.prompts.numbers.as_said`. Raises ``KeyError`` for an unknown prompt or
        value, ``ValueError`` for a value that cannot be said (a negative count, 41 digits).
        """
        return await self._media(plan(prompt, values, language, prompts, self._sets(), self._there))

    async def read_out(self, text: str, *, language: str = DEFAULT, prompts: str | None = None) -> Utterance:
        """Any text, such as a menu's information; silence where there is no voice."""
        chain = chain_of(prompts, self._sets())
        spoken_in = next((one.language for one in chain if one.language), language)
        return await self._media(Plan((Spoken(text),), spoken_in))

    def sound(self, name: str, *, language: str = DEFAULT) -> Utterance:
        """A sound that the roster names: a greeting, ``play:NAME``. One that was imported (``own/``) and has not come
        to this exchange yet is silence."""
        there = name != SILENCE and (not name.startswith(OWN) or self._there.imported(name))
        return Utterance((self._sound(name),) if there else (), language)

    async def _media(self, said: Plan) -> Utterance:
        media: list[str] = []
        language = said.language
        for piece in said.pieces:
            if isinstance(piece, Own):
                media.append(self._sound(piece.sound))
            elif isinstance(piece, Recorded):
                media.extend(piece.media)
            elif (file := await self._voice.speak(piece.text, said.language)) is not None:
                media.append(f"sound:{file}")
            elif piece.instead:
                media.extend(piece.instead)
                language = DEFAULT
        return Utterance(tuple(media), language)

    def _sound(self, name: str) -> str:
        return f"sound:{self._folder / name.removeprefix(OWN)}" if name.startswith(OWN) else f"sound:{name}"
