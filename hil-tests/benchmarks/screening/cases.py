"""The corpus: who says what, how, and over what kind of line. Everything follows from names and hashes.

A text belongs to the tuning half or to the held-out half by its hash, with all its recordings. Thresholds of the
judge may be looked for with the first; the second is only measured.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.screening import sounds
from benchmarks.screening.chance import chance, held_out
from benchmarks.screening.talk import TALKS, talked
from benchmarks.screening.voices import RATE_HZ, Sound, Studio, Voice

TEXTS = Path(__file__).parent / "texts.toml"
VARIANTS = ("", "+m1", "+m3", "+m5", "+m7", "+f1", "+f2", "+f3", "+f5", "+klatt", "+klatt3", "+max", "+linda")
LINES = ("clean", "hiss", "gsm", "alaw", "noise", "noise+gsm")
MUSIC = (
    "macroform-cold_day",
    "macroform-robot_dity",
    "macroform-the_simplicity",
    "manolo_camp-morning_coffee",
    "reno_project-system",
)
RECORDED = {
    "vm-theperson": ("vm-theperson", "vm-isunavail", "vm-intro"),
    "vm-isonphone": ("vm-theperson", "vm-isonphone", "vm-intro"),
    "vm-intro": ("vm-intro",),
    "vm-nobodyavail": ("vm-nobodyavail", "vm-intro"),
    "vm-leavemsg": ("vm-leavemsg",),
    "vm-msginstruct": ("vm-msginstruct",),
    "vm-unknown-caller": ("vm-unknown-caller", "vm-toreply"),
    "vm-mailboxfull": ("vm-mailboxfull",),
    "vm-login": ("vm-login",),
    "vm-options": ("vm-options",),
    "number-not-answering": ("number-not-answering", "vm-goodbye"),
    "all-circuits-busy-now": ("all-circuits-busy-now", "please-try-call-later"),
    "cannot-complete": ("im-sorry", "cannot-complete-as-dialed", "check-number-dial-again"),
    "ss-noservice": ("ss-noservice",),
    "demo-congrats": ("demo-congrats",),
    "hello-greeting": ("hello", "vm-nobodyavail"),
    "privacy-prompt": ("privacy-prompt",),
    "tt-allbusy": ("tt-allbusy",),
    "queue-thankyou": ("queue-thankyou",),
    "pls-hold-while-try": ("pls-hold-while-try",),
}
PAUSES_S = {"pauses": (0.35, 1.3), "pauses long": (1.3, 2.5)}
TAIL_S = 4.0


@dataclass(frozen=True, slots=True)
class Case:
    """One recording of the answering side. ``truth`` is ``human``, ``machine``, ``nobody``, or ``talk``: a human who
    has the caller on the line then; ``early`` before the answer; ``line`` how it came through."""

    truth: str
    kind: str
    language: str
    text: str
    take: int
    line: str
    early: bool = False

    @property
    def name(self) -> str:
        """It alone decides all chance in it."""
        return "/".join((self.kind, self.language, self.text, str(self.take), self.line))

    @property
    def held_out(self) -> bool:
        """Which half."""
        return held_out(self.language, self.text)


@dataclass(frozen=True, slots=True)
class Take:
    """The sound, and where in it the first word (or sound) begins. ``clean`` is it before it came over the line."""

    sound: Sound
    first_word_ms: float | None
    clean: Sound


def all_cases() -> list[Case]:
    """The whole corpus."""
    texts = tomllib.loads(TEXTS.read_text("utf-8"))
    cases = [
        case
        for language, data in texts.items()
        for case in (*_people(language, data), *_greetings(language, data), *_talks(language, data))
    ]
    return [*cases, *_recorded(), *_nobody()]


def _people(language: str, data: Mapping[str, Sequence[str]]) -> Iterator[Case]:
    for kind, takes in (("word", 4), ("name", 3), ("phrase", 3), ("company", 2)):
        for text in data[kind]:
            for take in range(takes):
                yield Case("human", kind, language, text, take, _line(language, text, take))
    for kind in ("cough", "late", "twice"):
        for text in (data["word"][0], data["word"][1], data["name"][0]):
            yield Case("human", kind, language, text, 0, _line(kind, language, text))


def _greetings(language: str, data: Mapping[str, Sequence[str]]) -> Iterator[Case]:
    for text in data["greeting"]:
        for kind, takes in (
            ("greeting", 2),
            ("beep", 2),
            ("pauses", 4),
            ("pauses, beep", 4),
            ("pauses long", 2),
            ("music", 1),
            ("early", 1),
        ):
            if kind.startswith("pauses") and "|" not in text:
                continue
            for take in range(takes):
                yield Case("machine", kind, language, text, take, _line(kind, language, text, take), kind == "early")


def _talks(language: str, data: Mapping[str, Sequence[str]]) -> Iterator[Case]:
    for text in data["talk"]:
        for kind in TALKS:
            for take in range(2):
                yield Case("talk", kind, language, text, take, _line(kind, language, text, take))


def _recorded() -> Iterator[Case]:
    for name in RECORDED:
        for take in range(2):
            yield Case("machine", "recorded", "en", name, take, _line("recorded", name, take))
        yield Case("machine", "early", "en", name, 0, _line("early", name), early=True)


NOBODY: Mapping[str, Callable[[str], Sound]] = {
    "silence": lambda _name: sounds.silence(8.0),
    "noise": lambda name: sounds.noise("street", 8 * RATE_HZ, name) * sounds.gain(-35),
    "cough": lambda name: np.concatenate(
        (sounds.silence(0.6), sounds.at_level(sounds.cough(name), -22), sounds.silence(6.0))
    ),
}
RINGING: Mapping[str, tuple[tuple[float, ...], tuple[float, ...]]] = {
    "most of Europe": ((1.0, 4.0), (425.0,)),
    "Germany, Finland": ((1.0, 4.0), (425.0,)),
    "France": ((1.5, 3.5), (440.0,)),
    "Spain": ((1.5, 3.0), (425.0,)),
    "Russia": ((0.8, 3.2), (425.0,)),
    "United Kingdom": ((0.4, 0.2, 0.4, 2.0), (400.0, 450.0)),
    "North America": ((2.0, 4.0), (440.0, 480.0)),
    "China": ((1.0, 4.0), (450.0,)),
    "Australia": ((0.4, 0.2, 0.4, 2.0), (413.0, 438.0)),
    "Belgium": ((1.0, 3.0), (425.0,)),
}


def _nobody() -> Iterator[Case]:
    for kind in NOBODY:
        for take in range(6):
            yield Case("nobody", kind, "-", f"{kind} {take}", take, LINES[take % len(LINES)])
    for place in RINGING:
        for take, line in enumerate(("clean", "gsm", "hiss")):
            yield Case("nobody", "ringing", "-", place, take, line, early=True)


def _line(*words: object) -> str:
    return chance("line", *words).choice(LINES)


def make(case: Case, studio: Studio) -> Take:
    """The recording. The same case gives the same samples on every run."""
    luck = chance(case.name)
    if case.truth == "nobody":
        if case.kind == "ringing":
            pattern, lines = RINGING[case.text]
            plain = sounds.cadence(12.0, pattern, *lines) * sounds.gain(luck.uniform(-24, -12))
        else:
            plain = NOBODY[case.kind](case.name)
        return Take(_through_line(plain, case, studio), None, plain)
    lead_s = luck.uniform(0.05, 1.2)
    speech, first_word_s = _speech(case, studio)
    if case.kind == "late":
        lead_s = luck.uniform(1.5, 4.0)
    if case.truth == "talk":
        speech = np.concatenate((speech, _talked(case, studio)))
    plain = np.concatenate((sounds.silence(lead_s), speech, sounds.silence(TAIL_S)))
    return Take(_through_line(plain, case, studio), 1000.0 * (lead_s + first_word_s), plain)


def _speech(case: Case, studio: Studio) -> tuple[Sound, float]:
    """What is said, at its level, and when in it the first word comes."""
    luck = chance("speech", case.name)
    level = luck.uniform(-30.0, -16.0)
    if case.kind == "recorded" or case.text in RECORDED:
        pieces = [studio.recorded(name) for name in RECORDED[case.text]]
        spoken = _joined(pieces, [luck.uniform(0.05, 0.5) for _ in pieces])
        return sounds.at_level(spoken, level), 0.0
    voice = _voice(case)
    text = _answer_before(case) if case.truth == "talk" else case.text
    phrases = [phrase.strip() for phrase in text.split("|")]
    whole = " ".join(phrases)

    def say(text: str) -> Sound:
        return sounds.at_level(studio.say(text, voice), level)

    if case.kind == "cough":
        before = sounds.at_level(sounds.cough(case.name), level)
        gap = luck.uniform(0.25, 0.9)
        return np.concatenate((before, sounds.silence(gap), say(whole))), len(before) / RATE_HZ + gap
    if case.kind == "twice":
        return np.concatenate((say(whole), sounds.silence(luck.uniform(0.6, 1.3)), say(whole))), 0.0
    if case.kind in PAUSES_S:
        return _joined(
            [say(phrase) for phrase in phrases], [luck.uniform(*PAUSES_S[case.kind]) for _ in phrases]
        ), 0.0
    paused = [luck.uniform(0.35, 1.3) for _ in phrases] if case.kind == "pauses, beep" else []
    spoken = _joined([say(phrase) for phrase in phrases], paused) if paused else say(whole)
    if case.kind in ("beep", "pauses, beep") or (case.kind == "early" and luck.random() < 0.5):
        hz = luck.choice((400.0, 425.0, 440.0, 620.0, 800.0, 1000.0, 1400.0, 2000.0))
        beep = sounds.tone(luck.uniform(0.18, 1.0), hz) * sounds.gain(luck.uniform(-24, -8))
        return np.concatenate((spoken, sounds.silence(luck.uniform(0.2, 1.2)), beep)), 0.0
    if case.kind == "music":
        return _with_music(spoken, level, case, studio)
    return spoken, 0.0


def _answer_before(case: Case) -> str:
    """How somebody answers who talks then: of the same half."""
    data = tomllib.loads(TEXTS.read_text("utf-8"))[case.language]
    texts: list[str] = [
        text for text in (*data["word"], *data["name"]) if held_out(case.language, text) == case.held_out
    ]
    return chance("answer", case.name).choice(texts)


def _talked(case: Case, studio: Studio) -> Sound:
    """What they say then."""
    level = chance("speech", case.name).uniform(-30.0, -16.0)
    voice = _voice(case)
    phrases = [sounds.at_level(studio.say(phrase.strip(), voice), level) for phrase in case.text.split("|")]
    return talked(phrases, level, case.kind, case.name)


def _with_music(spoken: Sound, level: float, case: Case, studio: Studio) -> tuple[Sound, float]:
    luck = chance("music", case.name)
    piece = studio.music(luck.choice(MUSIC))
    intro_s = luck.uniform(0.4, 3.0)
    length = round(intro_s * RATE_HZ) + len(spoken)
    start = luck.randrange(RATE_HZ, len(piece) - length - RATE_HZ)
    under = sounds.at_level(piece[start : start + length], level - luck.uniform(0.0, 12.0))
    if luck.random() < 0.4:  # a jingle that ends before the words
        under[round(intro_s * RATE_HZ) :] = 0.0
    return sounds.mixed(under, spoken, intro_s), 0.0


def _joined(pieces: Sequence[Sound], gaps_s: Sequence[float]) -> Sound:
    parts = [part for piece, gap in zip(pieces, gaps_s, strict=True) for part in (piece, sounds.silence(gap))]
    return np.concatenate(parts[:-1])


def _voice(case: Case) -> Voice:
    luck = chance("voice", case.name)
    names = tomllib.loads(TEXTS.read_text("utf-8"))[case.language]["voices"]
    return Voice(luck.choice(names) + luck.choice(VARIANTS), luck.randrange(130, 200), luck.randrange(25, 75))


def _through_line(plain: Sound, case: Case, studio: Studio) -> Sound:
    luck = chance("line", case.name)
    sound = plain
    if case.line == "hiss":
        sound = sound + sounds.noise("white", len(sound), case.name) * sounds.gain(luck.uniform(-66, -52))
    if case.line.startswith("noise"):
        colour = luck.choice(("white", "pink", "street"))
        below_db = luck.uniform(10.0, 22.0) if case.truth != "nobody" else 20.0
        level = 20 * np.log10(sounds.rms(plain) or sounds.gain(-30)) - below_db
        sound = sound + sounds.noise(colour, len(sound), case.name) * sounds.gain(level)
    if case.line.endswith("gsm"):
        sound = studio.through("gsm", sound)
    if case.line == "alaw":
        sound = studio.through("al", sound)
    return np.clip(sound, -1.0, 1.0)
