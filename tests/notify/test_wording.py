from __future__ import annotations

import pytest

from appliance.domain.templates import placeholders
from appliance.notify import wording


def test_there_are_five_languages() -> None:
    assert wording.languages() == ("cs", "en", "fi", "ru", "uk")


@pytest.mark.parametrize("language", wording.languages())
def test_every_language_has_every_text_with_its_placeholders(language: str) -> None:
    texts = wording.texts(language)
    assert texts.keys() == wording.PLACEHOLDERS.keys()
    assert {name: {*placeholders(text)} for name, text in texts.items()} == wording.PLACEHOLDERS
    if language != wording.DEFAULT:
        assert not {name for name, text in texts.items() if text == wording.texts(wording.DEFAULT)[name]}


@pytest.mark.parametrize("language", ["xx", "../en", "", "EN."])
def test_a_language_without_texts_gets_english(language: str) -> None:
    assert wording.texts(language) is wording.texts("en")


@pytest.mark.parametrize("text", ["{a.b}", "{0}", "{a!r}", "{a:>9}", "{}", "{a[0]}", "{a"])
def test_only_plain_placeholders_are_taken(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  (the formatter has its own words for some)
        placeholders(text)
