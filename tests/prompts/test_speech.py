"""From a prompt's name to what Asterisk plays."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from appliance.prompts.speech import Speech, Utterance
from tests.prompts.test_plan import Set, There


class Voice:
    """Speaks into files that are called as the words, in languages it knows."""

    def __init__(self, *languages: str) -> None:
        self.languages = languages

    async def speak(self, text: str, language: str) -> str | None:
        return f"/spoken/{language}/{text}" if language in self.languages else None


def speech(voice: Voice, *sets: Set, recorded: tuple[str, ...] = ()) -> Speech:
    return Speech(lambda: {one.id: one for one in sets}, Path("/own"), voice, There(recorded))


ENGLISH = ("en/digits/0", "en/queue-thereare", "en/queue-callswaiting")


async def test_words_are_spoken_into_a_file() -> None:
    said = await speech(Voice("cs")).say("queue-position", language="cs", position=2)
    assert said == Utterance(("sound:/spoken/cs/Vaše pořadí ve frontě je dva.",), "cs")
    assert said


async def test_a_language_without_a_voice_hears_english_recordings_or_nothing() -> None:
    one = speech(Voice(), recorded=ENGLISH)
    assert await one.say("queue-position", language="cs", position=2) == Utterance(
        ("sound:queue-thereare", "number:2", "sound:queue-callswaiting"), "en"
    )
    silent = await one.say("queue-thanks", language="cs")
    assert not silent
    assert silent.media == ()


async def test_ones_own_sounds_are_files_of_ours_or_asterisks() -> None:
    own = Set("s", {"pin-wrong": "own/wait-1", "goodbye": "custom/bye", "pin-locked": "silence"}, "cs")
    one = speech(Voice("cs"), own)
    assert (await one.say("pin-wrong", prompts="s")).media == ("sound:/own/wait-1",)
    assert (await one.say("goodbye", prompts="s")).media == ("sound:custom/bye",)
    assert not await one.say("pin-locked", prompts="s")
    assert (await one.say("nobody", prompts="s")).media[0].startswith("sound:/spoken/cs/Omlouváme")


async def test_sounds_that_the_roster_names() -> None:
    one = speech(Voice())
    assert one.sound("custom/welcome", language="fi") == Utterance(("sound:custom/welcome",), "fi")
    assert one.sound("own/welcome-1").media == ("sound:/own/welcome-1",)
    assert not one.sound("own/elsewhere")
    assert not one.sound("silence")


async def test_text_is_read_out_in_the_sets_language() -> None:
    one = speech(Voice("cs", "uk"), Set("s", language="uk"))
    assert (await one.read_out("Hello", language="cs")).media == ("sound:/spoken/cs/Hello",)
    assert (await one.read_out("Hello", language="cs", prompts="s")).media == ("sound:/spoken/uk/Hello",)
    assert not await one.read_out("Hello", language="pl")


async def test_one_after_the_other() -> None:
    one = speech(Voice("cs"), recorded=ENGLISH)
    first, second = await one.say("pin-wrong", language="cs"), one.sound("custom/x", language="cs")
    assert (first + second).media == (*first.media, *second.media)
    assert (Utterance((), "") + second).language == "cs"


async def test_a_recording_is_told_in_its_own_grammar() -> None:
    at = datetime(2026, 3, 3, 14, 5, tzinfo=UTC)
    said = await speech(Voice("cs")).say("recording-from", language="cs", moment=at, number="777 012")
    (media,) = said.media
    assert media.endswith("/Třetího března, čtrnáct hodin pět minut, z čísla sedm sedm sedm, nula jedna dva.")


async def test_wrong_names_are_faults() -> None:
    with pytest.raises(KeyError):
        await speech(Voice()).say("no-such-prompt")
