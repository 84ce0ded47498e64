"""The judge before a few spoken samples: the whole corpus is measured by ``make bench-screening``."""

from __future__ import annotations

import numpy as np
import pytest

from appliance.screening.trial import judge_recording
from benchmarks.screening import sounds
from benchmarks.screening.voices import Studio, Voice, pcm

ANSWERS = [
    ("en-us", "Hello?"),
    ("cs", "Haló?"),
    ("cs", "Novák."),
    ("de", "Ja?"),
    ("fr-fr", "Allô?"),
    ("it", "Pronto?"),
]
GREETINGS = [
    ("en-us", "Hello. You have reached the voicemail of John Smith. Please leave a message after the tone."),
    ("cs", "Dobrý den. Tady hlasová schránka Jana Nováka. Zanechte vzkaz."),
    ("de", "Der Teilnehmer ist zur Zeit nicht erreichbar. Bitte versuchen Sie es später."),
    ("fi", "Hei. Olet soittanut Matti Virtasen vastaajaan. Jätä viesti."),
]


@pytest.mark.parametrize(("voice", "text"), ANSWERS)
@pytest.mark.parametrize("codec", [None, "gsm", "al"])
def test_people_who_say_a_word_are_connected(studio: Studio, voice: str, text: str, codec: str | None) -> None:
    said = sounds.at_level(studio.say(text, Voice(voice, 165, 50)), -20)
    sound = np.concatenate((sounds.silence(0.6), said, sounds.silence(3)))
    trial = judge_recording(pcm(studio.through(codec, sound) if codec else sound))
    assert trial.verdict.kind == "human"
    assert trial.verdict.at_ms <= 600 + 1500 + 40


@pytest.mark.parametrize(("voice", "text"), GREETINGS)
@pytest.mark.parametrize("codec", [None, "gsm"])
def test_greetings_are_not(studio: Studio, voice: str, text: str, codec: str | None) -> None:
    said = sounds.at_level(studio.say(text, Voice(voice, 165, 50)), -20)
    sound = np.concatenate((sounds.silence(0.6), said, sounds.silence(0.8), sounds.tone(0.4, 1000.0) * 0.3))
    sound = studio.through(codec, sound) if codec else sound
    trial = judge_recording(pcm(sound))
    assert trial.verdict.kind == "machine"
    assert trial.doubt is None or trial.doubt.at_ms <= 600 + 2100
    before_answer = judge_recording(pcm(sound), early_media=True)
    assert before_answer.verdict.kind == "machine"
    assert before_answer.verdict.at_ms <= 600 + 1000


def test_what_a_person_recorded_is_a_machine(studio: Studio) -> None:
    sound = np.concatenate([studio.recorded(name) for name in ("vm-theperson", "vm-isunavail", "vm-intro")])
    assert judge_recording(pcm(sound)).verdict.kind == "machine"
    assert judge_recording(pcm(studio.recorded("beep"))).verdict.kind != "human"


def test_music_is_no_human(studio: Studio) -> None:
    piece = studio.music("macroform-cold_day")[80_000:160_000]
    assert judge_recording(pcm(sounds.at_level(piece, -18))).verdict.kind != "human"
