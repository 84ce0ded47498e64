"""Phrases over documents and back, and documents that nobody of ours has written."""

from __future__ import annotations

import copy
import json
from datetime import UTC
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.domain.phrase import Phrase, counted, joined, number, percent, phrase
from appliance.domain.phrase_words import PLAIN, recognised, text_of, texts_of, with_words, words_of
from appliance.journal.text import from_text, to_text
from appliance.mqtt import payloads
from appliance.situation.said import said, translated
from appliance.translation import speaking
from appliance.web.languages import Formats, catalogue
from tests.phrases.spoken import OTHERS, known

MISSES = (
    "{n} miss in a row; link loss {loss}; last: {detail}",
    "{n} misses in a row; link loss {loss}; last: {detail}",
)
ANSWERS = "{n} answer in a row; last: {detail}", "{n} answers in a row; last: {detail}"
DOWN = phrase(
    "{trunk} is down: {reason}",
    trunk="trunk-a",
    reason=counted(*MISSES, 3, loss=percent(0.021), detail=phrase("no answer in {s} s", s=1.0)),
)
UP = joined(", ", [phrase("{trunk} is up", trunk="trunk-b"), phrase("{up} of {total} nodes up", up=2, total=2)])
WHY = joined("; ", [phrase("not {name}: {reason}", name="primary", reason=DOWN), UP])
ENGLISH = (
    "not primary: trunk-a is down: 3 misses in a row; link loss 2 %; last: no answer in 1.0 s; "
    "trunk-b is up, 2 of 2 nodes up"
)

texts = st.text(max_size=12) | st.sampled_from(["{", "}", "{reason}", "{0.__class__}", "a; b", "a, b", "up", "200"])
numbers = st.integers(-(10**9), 10**9) | st.floats(-1e6, 1e6, allow_nan=False).map(lambda value: round(value, 3))
phrases: st.SearchStrategy[str] = st.recursive(
    texts | st.builds(phrase, st.sampled_from(["port unreachable", "registered", "connected"])),
    lambda inner: st.one_of(
        st.builds(
            lambda trunk, reason: phrase("{trunk} is down: {reason}", trunk=trunk, reason=reason), texts, inner
        ),
        st.builds(lambda s: phrase("no answer in {s} s", s=s), numbers),
        st.builds(lambda detail: phrase("answered: {detail}", detail=detail), inner),
        st.builds(lambda n, detail: counted(*ANSWERS, n, detail=detail), st.integers(0, 10**9), inner),
        st.builds(lambda up, total: phrase("{up} of {total} nodes up", up=up, total=total), numbers, numbers),
        st.builds(joined, st.sampled_from(["; ", ", ", "\n"]), st.lists(inner, max_size=4)),
    ),
    max_leaves=8,
)
json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=12,
)


def made_of(text: str) -> object:
    """Everything that two phrases have to share to be the same."""
    if not isinstance(text, Phrase):
        return text
    values = {name: made_of(one) if isinstance(one, str) else one for name, one in text.values.items()}
    return text.template, text.many, values, [made_of(one) for one in text.parts]


def test_a_phrase_is_its_english_text() -> None:
    assert WHY == ENGLISH
    assert json.dumps(WHY) == json.dumps(ENGLISH)
    assert f"{WHY}" == ENGLISH
    assert {ENGLISH: 1}[WHY] == 1


def test_it_stays_one_as_the_text_of_an_exception_and_in_a_copy() -> None:
    assert made_of(str(Exception(WHY))) == made_of(WHY)
    assert made_of(copy.deepcopy({"reason": WHY})["reason"]) == made_of(WHY)


@given(phrases)
def test_a_phrase_comes_back_from_a_document_as_it_was(text: str) -> None:
    for sent in (from_text(to_text({"reason": text})), json.loads(payloads.encode({"reason": text}))):
        assert sent["reason"] == text
        found = text_of(sent, "reason")
        assert found == text
        if words_of(text) is not None:
            assert made_of(found) == made_of(text)
    listed = json.loads(json.dumps(with_words({"changes": [text, "plain", text]})))
    assert list(texts_of(listed, "changes")) == [text, "plain", text]


@given(json_values, phrases)
def test_nothing_beside_a_text_makes_it_say_something_else(words: Any, text: str) -> None:
    document = {"reason": str.__str__(text), "reason_words": words}
    with speaking(catalogue("cs"), Formats("cs", UTC).number):
        assert text_of(document, "reason") == text
        assert isinstance(said(text_of(document, "reason")), str)
    assert texts_of({"changes": [text], "changes_words": words}, "changes") == (text,)


DEEP: list[Any] = ["{reason}", {"reason": "x"}]
for _level in range(50):
    DEEP = ["{reason}", {"reason": DEEP}]


@pytest.mark.parametrize(
    "words",
    [
        ["{trunk} is up"],  # a value is missing
        ["{trunk} is up", {"trunk": "a", "more": 1}],
        ["{0.__class__} is up", {"0.__class__": "trunk-b"}],
        ["{trunk.__class__} is up", {"trunk": "trunk-b"}],
        ["{trunk!r} is up", {"trunk": "trunk-b"}],
        ["{trunk:>99999999} is up", {"trunk": "trunk-b"}],
        ["{trunk} is down", {"trunk": "trunk-b"}],  # it says something else
        ["{trunk} is up", {"trunk": True}],
        ["{n} is up", "{n} is up", {"n": "trunk-b"}],
        ["{n} is up", "{n} is up", {"trunk": "trunk-b"}],
        ["; ", ["trunk-b", "is up"]],
        [" ", ["trunk-b", "is up"]],
        [["{trunk} is up"]],
        ["{trunk} is up", {"trunk": 10**400}],
        ["{trunk} is up", {"trunk": float("nan")}],
        [],
        {},
        7,
        DEEP,
        ["{trunk} is up", {"trunk": ["; ", ["x"] * 5000]}],
    ],
)
def test_what_cannot_be_believed_leaves_the_text(words: Any) -> None:
    text = "trunk-b is up"
    with speaking(catalogue("cs"), Formats("cs", UTC).number):
        # the text alone tells what it is, or nothing does: what stands beside it is not believed
        assert said(text_of({"reason": text, "reason_words": words}, "reason")) == text


def test_a_template_that_no_catalogue_has_is_shown_in_english() -> None:
    later = phrase("not {name}: {reason}", name="primary", reason=phrase("{trunk} sleeps", trunk="trunk-a"))
    document = json.loads(payloads.encode({"reason": later}))
    with speaking(catalogue("cs")):
        assert translated(text_of(document, "reason")) is None
        assert said(text_of(document, "reason")) == "not primary: trunk-a sleeps"


def test_what_a_healthy_box_tells_grows_by_nothing() -> None:
    rest = [
        phrase("answered: {detail}", detail="200"),
        phrase("answered: {detail}", detail=phrase("registered")),
        counted(*ANSWERS, 5, detail="404"),
        counted(*ANSWERS, 1, detail="404"),
        UP,
        joined(", ", [phrase("{trunk} is up", trunk="b"), phrase("the box's own exchange is up")]),
        phrase("not probed yet"),
    ]
    for text in rest:
        document = {"reason": text}
        assert with_words(document) is document, text
        with speaking(catalogue("cs")):
            assert said(text_of(json.loads(json.dumps(document)), "reason")) != text
    assert words_of(WHY) is not None


def test_what_tells_itself_is_in_every_catalogue() -> None:
    for one, many in PLAIN:
        for language in OTHERS:
            assert (one if many is None else (one, many)) in known(language)


@given(st.text(max_size=400))
def test_any_text_may_be_looked_at(text: str) -> None:
    found = recognised(text)
    assert found is None or found == text


@pytest.mark.parametrize(
    ("language", "told"),
    [
        (
            "cs",
            "ne primary: trunk-a nefunguje: 3 zkoušky v řadě bez odpovědi; ztráta na lince 2\xa0%; "
            "poslední: za 1,0 s bez odpovědi; trunk-b funguje, uzly v provozu: 2 z 2",
        ),
        (
            "fi",
            "ei primary: trunk-a ei toimi: 3 koestusta peräkkäin ilman vastausta; yhteyden häviö 2\xa0%; "
            "viimeisin: ei vastausta 1,0 sekunnissa; trunk-b toimii, solmuja toiminnassa 2/2",
        ),
        ("en", ENGLISH),
    ],
)
def test_a_reason_is_said_in_the_language_with_its_plurals_and_numbers(language: str, told: str) -> None:
    document = json.loads(payloads.encode({"reason": WHY}))
    with speaking(catalogue(language), Formats(language, UTC).number):
        assert said(text_of(document, "reason")) == told
    assert said(text_of(document, "reason")) == ENGLISH


def test_numbers_keep_what_tells() -> None:
    assert [number(120.0), number(0.25), number(1.5)] == [120, 0.25, 1.5]
    assert [percent(0.005), percent(0.125), percent(1.0)] == ["0 %", "12 %", "100 %"]
