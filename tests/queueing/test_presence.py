"""The last word counts, in whichever order words are heard."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.queueing.presence import (
    ALL,
    Presence,
    Word,
    from_document,
    last_word,
    merged,
    next_end,
    of_people,
    presence_of,
    said,
    to_document,
)

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
IN, PAUSED, OUT = Presence.IN, Presence.PAUSED, Presence.OUT


def word(presence: Presence, second: int = 0, **keys: object) -> Word:
    return Word(presence, NOW + timedelta(seconds=second), **keys)  # type: ignore[arg-type]


def now(words: object, person: str = "eva", queue: str = "desk", second: int = 100) -> Presence:
    return presence_of(words, person, queue, IN, NOW + timedelta(seconds=second))  # type: ignore[arg-type]


def test_until_anything_was_said_the_queue_says() -> None:
    assert presence_of({}, "eva", "desk", OUT, NOW) is OUT
    assert now(said({}, "eva", ALL, word(OUT)), person="bob") is IN


def test_the_last_word_counts_whichever_queue_it_was_about() -> None:
    words = said({}, "eva", ALL, word(OUT, 1))
    assert now(words) is OUT
    words = said(words, "eva", "desk", word(IN, 2))
    assert (now(words), now(words, queue="night")) == (IN, OUT)
    words = said(words, "eva", ALL, word(PAUSED, 3))
    assert (now(words), now(words, queue="night")) == (PAUSED, PAUSED)
    assert words["eva"].keys() == {ALL}


def test_an_older_word_that_comes_late_changes_nothing() -> None:
    words = said({}, "eva", ALL, word(OUT, 5))
    assert said(words, "eva", ALL, word(IN, 4)) == words
    assert now(said(words, "eva", "desk", word(IN, 4))) is OUT


def test_a_pause_ends_by_itself() -> None:
    words = said({}, "eva", ALL, word(PAUSED, until=NOW + timedelta(minutes=10)))
    assert now(words, second=599) is PAUSED
    assert now(words, second=600) is IN
    assert next_end(words, NOW) == NOW + timedelta(minutes=10)
    assert next_end(words, NOW + timedelta(minutes=10)) is None


WORDS = st.builds(
    word,
    st.sampled_from(Presence),
    st.integers(0, 5),
    by=st.sampled_from(["phone", "node-1"]),
    until=st.none() | st.just(NOW + timedelta(hours=1)),
    reason=st.none() | st.just("lunch"),
)
SAID = st.lists(
    st.tuples(st.sampled_from(["eva", "bob"]), st.sampled_from([ALL, "desk", "night"]), WORDS), max_size=8
)


def together(heard: list[tuple[str, str, Word]]) -> object:
    words: object = {}
    for person, queue, one in heard:
        words = said(words, person, queue, one)  # type: ignore[arg-type]
    return words


@given(SAID, SAID)
def test_two_exchanges_that_heard_of_each_other_agree(mine: list, theirs: list) -> None:  # type: ignore[type-arg]
    a, b = together(mine), together(theirs)
    ab, ba = merged(a, b), merged(b, a)  # type: ignore[arg-type]
    for person in ("eva", "bob"):
        for queue in ("desk", "night"):
            one, other = last_word(ab, person, queue), last_word(ba, person, queue)
            assert (one and one.rank) == (other and other.rank)


@given(SAID)
def test_they_are_kept_and_told_whole(heard: list) -> None:  # type: ignore[type-arg]
    words = together(heard)
    assert from_document(json.loads(json.dumps(to_document(words)))) == words  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "told",
    [
        None,
        [],
        {"eva": 1},
        {"eva": {"*": 1}},
        {"eva": {"*": {"presence": "asleep", "at": "2026-06-01T12:00:00Z"}}},
        {"eva": {"*": {"presence": "in", "at": "noon"}}},
        {"eva": {"*": {"presence": "in", "at": "2026-06-01T12:00:00"}}},
        {"eva": {"*": {"presence": "in", "at": "2026-06-01T12:00:00Z", "until": "later"}}},
    ],
)
def test_what_cannot_be_read_is_passed_over(told: object) -> None:
    assert from_document(told) == {}


def test_people_who_are_no_more_are_forgotten() -> None:
    words = said(said({}, "eva", ALL, word(IN)), "bob", ALL, word(OUT))
    assert of_people(words, {"bob"}).keys() == {"bob"}
