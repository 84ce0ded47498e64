"""What is played for a prompt: the user's own sound, else recorded ones, else words for a synthesiser. Pure."""

from __future__ import annotations

import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from appliance.domain.prompts import DIGIT_NAMES, DIGITS, OWN, PROMPTS, SILENCE, Kind
from appliance.prompts.grammar import Value, digit_groups, in_words
from appliance.prompts.phrases import DEFAULT, Texts, texts

_LONGEST_CHAIN = 10
# Asterisk's "number:" composes by each language's own rules, for Russian only as far as English ones are right
_RECORDED_NUMBERS = {"ru": 99}


class PromptSet(Protocol):
    """A set of prompts as the roster has it: ``sounds`` of the user's own by prompt name; ``base`` is another set."""

    @property
    def id(self) -> str:
        """Its id."""

    @property
    def language(self) -> str | None:
        """The language of what is not the user's own; that of the line unless given."""

    @property
    def base(self) -> str | None:
        """The set in which what this one lacks is looked for."""

    @property
    def sounds(self) -> Mapping[str, str]:
        """Sounds by prompt name, ``silence`` for none."""


@dataclass(frozen=True, slots=True)
class Own:
    """A sound of the user's own, or one of Asterisk's, as the roster names it."""

    sound: str


@dataclass(frozen=True, slots=True)
class Recorded:
    """What Asterisk has recorded, as media of ARI: ``sound:``, ``number:``, ``digits:``."""

    media: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Spoken:
    """Words for the synthesiser. ``instead`` is what Asterisk has recorded in English, should there be none."""

    text: str
    instead: tuple[str, ...] = ()


Piece = Own | Recorded | Spoken


class Sounds(Protocol):
    """Which sounds there are."""

    def recorded(self, language: str, name: str) -> bool:
        """Whether Asterisk has a recorded sound in a language."""

    def imported(self, name: str) -> bool:
        """Whether an imported sound is here already: others may have it first."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The pieces in order, none of them for silence; ``language`` is that of words and recorded sounds."""

    pieces: tuple[Piece, ...]
    language: str


def plan(
    prompt: str,
    values: Mapping[str, Value],
    language: str,
    prompts: str | None,
    sets: Mapping[str, PromptSet],
    there: Sounds,
) -> Plan:
    """How ``prompt`` is said by the set ``prompts`` (an id; an unknown one counts as none).

    ``language`` is the line's, which the set's own stands above. Raises ``KeyError`` for a prompt or a value that
    :data:`~appliance.domain.prompts.PROMPTS` does not have, ``ValueError`` for a value that cannot be said.
    """
    kinds = PROMPTS[prompt]
    if kinds.keys() != values.keys():
        raise KeyError(f"{prompt} has the values {', '.join(kinds) or 'none'}, not {', '.join(values) or 'none'}")
    chain = chain_of(prompts, sets)
    spoken = texts(next((one.language for one in chain if one.language), language))
    teller = _Teller(spoken, chain, there)
    own = _own(chain, prompt, there)
    if own == SILENCE:
        return Plan((), spoken.language)
    if own is not None:
        after = _own(chain, f"{prompt}-after", there) if kinds else None
        tail = (Own(after),) if after and after != SILENCE else ()
        said = (piece for name, kind in kinds.items() for piece in teller.value(kind, values[name]))
        return Plan((Own(own), *said, *tail), spoken.language)
    if any(teller.has_own(kind, values[name]) for name, kind in kinds.items()):
        return Plan(tuple(_in_pieces(teller, prompt, kinds, values)), spoken.language)
    return Plan(teller.sentence(prompt, kinds, values), spoken.language)


def chain_of(prompts: str | None, sets: Mapping[str, PromptSet]) -> tuple[PromptSet, ...]:
    """The set and those it is based on, nearest first; a loop ends where it closes."""
    chain: list[PromptSet] = []
    while prompts is not None and (found := sets.get(prompts)) is not None and found not in chain:
        chain.append(found)
        prompts = found.base
        if len(chain) == _LONGEST_CHAIN:
            break
    return tuple(chain)


def _own(chain: Sequence[PromptSet], name: str, there: Sounds) -> str | None:
    """The nearest set's sound; one that was imported elsewhere and is not here yet counts as none."""
    found = (one.sounds[name] for one in chain if name in one.sounds)
    return next((sound for sound in found if not sound.startswith(OWN) or there.imported(sound)), None)


def _in_pieces(
    teller: _Teller, prompt: str, kinds: Mapping[str, Kind], values: Mapping[str, Value]
) -> Sequence[Piece]:
    pieces: list[Piece] = []
    for words, name, _, _ in string.Formatter().parse(teller.texts.say[prompt]):
        if words.strip(" .,:;"):
            pieces.append(Spoken(words.strip()))
        if name is not None:
            pieces.extend(teller.value(kinds[name], values[name]))
    return pieces


class _Teller:
    """Sentences and values in one language by one chain of sets."""

    def __init__(self, spoken: Texts, chain: Sequence[PromptSet], there: Sounds) -> None:
        self.texts, self._chain, self._there = spoken, chain, there

    def sentence(self, prompt: str, kinds: Mapping[str, Kind], values: Mapping[str, Value]) -> tuple[Piece, ...]:
        """The whole prompt, without any sound of the user's own."""
        recorded = self._recorded_sentence(self.texts, prompt, kinds, values)
        if recorded is not None:
            return (Recorded(recorded),)
        words = {name: in_words(self.texts.language, kind, values[name]) for name, kind in kinds.items()}
        instead = self._recorded_sentence(texts(DEFAULT), prompt, kinds, values)
        return (Spoken(_sentence(self.texts.say[prompt].format_map(words)), instead or ()),)

    def has_own(self, kind: Kind, value: Value) -> bool:
        """Whether the user has a sound, or silence, for any part of the value."""
        names = _parts(kind, value)
        return any(_own(self._chain, name, self._there) for name in names) or (
            kind in (Kind.PHONE, Kind.DIGITS) and _own(self._chain, DIGITS, self._there) is not None
        )

    def value(self, kind: Kind, value: Value) -> Sequence[Piece]:
        """The value alone."""
        if kind in (Kind.PHONE, Kind.DIGITS) and _own(self._chain, DIGITS, self._there) == SILENCE:
            return ()
        names = _parts(kind, value)
        owns = [_own(self._chain, name, self._there) for name in names]
        if names and all(owns):
            return [Own(one) for one in owns if one is not None and one != SILENCE]
        if (recorded := self._recorded_value(self.texts.language, kind, value)) is not None:
            return [Recorded(recorded)]
        instead = self._recorded_value(DEFAULT, kind, value)
        return [Spoken(in_words(self.texts.language, kind, value), instead or ())]

    def _recorded_sentence(
        self, spoken: Texts, prompt: str, kinds: Mapping[str, Kind], values: Mapping[str, Value]
    ) -> tuple[str, ...] | None:
        media: list[str] = []
        for part in spoken.recorded.get(prompt, ()):
            if not part.startswith("{"):
                if not self._there.recorded(spoken.language, part):
                    return None
                media.append(f"sound:{part}")
                continue
            name = part.strip("{}")
            said = self._recorded_value(spoken.language, kinds[name], values[name])
            if said is None:
                return None
            media.extend(said)
        return tuple(media) or None

    def _recorded_value(self, language: str, kind: Kind, value: Value) -> tuple[str, ...] | None:
        if not self._there.recorded(language, "digits/0"):
            return None
        if kind is Kind.COUNT and isinstance(value, int):
            return (f"number:{value}",) if 0 <= value <= _RECORDED_NUMBERS.get(language, 999) else None
        if kind in (Kind.PHONE, Kind.DIGITS) and isinstance(value, str):
            plus = ("sound:letters/plus",) if value.startswith("+") else ()
            return (*plus, *(f"digits:{group.lstrip('+')}" for group in digit_groups(value) if group.strip("+")))
        return None


def _parts(kind: Kind, value: Value) -> tuple[str, ...]:
    """The names a set may have sounds under that make up the value."""
    if kind is Kind.COUNT:
        return (f"number-{value}",)
    if kind in (Kind.PHONE, Kind.DIGITS) and isinstance(value, str):
        return tuple(DIGIT_NAMES[sign] for group in digit_groups(value) for sign in group)
    return ()


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
