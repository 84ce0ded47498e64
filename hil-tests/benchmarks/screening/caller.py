"""The caller whom somebody, or something, is connected with: says why they call, lets the other side finish, answers,
asks whether anybody is there; or talks over everything. And what of each side comes back on the other's line.

All chance belongs to the recording's name, and to when it was connected.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.screening import sounds
from benchmarks.screening.chance import chance, held_out
from benchmarks.screening.voices import RATE_HZ, Sound, Studio, Voice

TEXTS = Path(__file__).parent / "texts.toml"
STEP_S = 0.02
CONNECTING_S = 0.15
LOUDER_THAN_DB = -45.0  # under the loudest, nothing is heard as speech
JOINED_S = 0.2
STOPS = 0.6  # of those who are interrupted
BARGES_IN = 0.2  # of callers who speak at once, whatever they hear
ECHOES = 0.5
ASKS_AT_MOST = 3


@dataclass(frozen=True, slots=True)
class Span:
    """When somebody sounds, in seconds."""

    start: float
    end: float


def spans(sound: Sound) -> list[Span]:
    """When there is sound in a clean recording."""
    step = round(STEP_S * RATE_HZ)
    levels = np.abs(sound[: len(sound) // step * step].reshape(-1, step)).max(axis=1)
    loud = np.flatnonzero(levels > max(levels.max() * sounds.gain(LOUDER_THAN_DB), 1e-4))
    found: list[Span] = []
    for at in loud * STEP_S:
        if found and at - found[-1].end <= JOINED_S:
            found[-1] = Span(found[-1].start, at + STEP_S)
        else:
            found.append(Span(at, at + STEP_S))
    return found


class Caller:
    """``name`` is the recording's, ``language`` the caller's."""

    def __init__(self, name: str, language: str, text: str, studio: Studio) -> None:
        language = language if language != "-" else "en"
        self._luck = chance("caller", name)
        data = tomllib.loads(TEXTS.read_text("utf-8"))[language]
        half = held_out(language, text)
        phrases = [
            phrase.strip()
            for talk in data["talk"]
            if held_out(language, talk) == half or len(data["talk"]) < 2
            for phrase in talk.split("|")
        ] or [phrase.strip() for phrase in data["talk"][0].split("|")]
        voice = Voice(self._luck.choice(data["voices"]), self._luck.randrange(130, 200), self._luck.randrange(25, 75))
        level = self._luck.uniform(-30.0, -16.0)
        self._phrases = [sounds.at_level(studio.say(phrase, voice), level) for phrase in phrases]
        self._asks = sounds.at_level(studio.say(data["word"][0], voice), level)
        self._barges_in = self._luck.random() < BARGES_IN
        self._noise_db = self._luck.uniform(-75.0, -50.0)
        self._name = name

    def turn(self, at_least_s: float = 0.0) -> Sound:
        """What is said in one go."""
        luck = self._luck
        pieces: list[Sound] = []
        phrases = luck.randrange(1, 4)
        while len(pieces) < 2 * phrases or sum(map(len, pieces)) < at_least_s * RATE_HZ:
            pieces += [luck.choice(self._phrases), sounds.silence(luck.uniform(0.1, 0.6))]
        return np.concatenate(pieces[:-1])

    def talk(self, heard: Sequence[Span], connected_s: float, length_s: float, *, long: bool = False) -> Sound:
        """Their side from ``connected_s`` to ``length_s`` of a recording in which ``heard`` sounds. ``long``: they
        first explain themselves until they are interrupted."""
        luck = self._luck
        said = sounds.silence(length_s - connected_s)
        at, asked, first = connected_s + CONNECTING_S, 0, True
        wait_s = luck.uniform(0.2, 1.0)
        while at < length_s - 1.0:
            quiet_from = at if first and self._barges_in else _quiet(heard, at, wait_s)
            begins = quiet_from + wait_s
            others = next((one for one in heard if one.start > begins), None)
            answer_due = luck.uniform(2.0, 4.0)
            if first or asked == 0:
                words = self.turn(others.start - begins if long and first and others is not None else 0.0)
            elif asked <= ASKS_AT_MOST:
                words = self._asks
            else:
                break
            if others is not None and others.start < begins + len(words) / RATE_HZ and luck.random() < STOPS:
                stops_after_s = others.start - begins + luck.uniform(0.3, 0.8)
                words = words[: max(1, round(stops_after_s * RATE_HZ))]
            _put(said, words, begins - connected_s)
            ended = begins + len(words) / RATE_HZ
            spoke = next((one for one in heard if one.end > ended - 0.2 and one.start < ended + answer_due), None)
            first = False
            if spoke is not None:  # they say something: it is heard out
                at, wait_s, asked = max(ended, spoke.end), luck.uniform(0.3, 1.0), 0
            else:
                at, wait_s, asked = ended + answer_due, 0.0, asked + 1
        return said + sounds.noise("white", len(said), self._name) * sounds.gain(self._noise_db)

    def echo(self, sound: Sound) -> Sound:
        """What comes back of ``sound``: often nothing."""
        luck = self._luck
        if luck.random() >= ECHOES:
            return sounds.silence(len(sound) / RATE_HZ)
        late = round(luck.uniform(0.02, 0.25) * RATE_HZ)
        faint = sound * sounds.gain(luck.uniform(-45.0, -18.0))
        return np.concatenate((np.zeros(late), faint))[: len(sound)]


def _quiet(heard: Sequence[Span], at: float, for_s: float) -> float:
    """The first moment from ``at`` on that is followed by so much quiet."""
    for one in heard:
        if one.end > at and one.start < at + for_s:
            at = one.end
    return at


def _put(said: Sound, words: Sound, at_s: float) -> None:
    start = round(at_s * RATE_HZ)
    if start < len(said):
        end = min(len(said), start + len(words))
        said[start:end] += words[: end - start]
