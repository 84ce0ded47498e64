"""Every mistake, doubt and change of a roster can be said in every language."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.domain.phrase import Phrase
from appliance.domain.phrase_words import text_of, texts_of, with_words
from appliance.roster import changes, ical
from appliance.roster.load import load_document, load_toml
from appliance.roster.models import Roster
from tests.phrases.spoken import templates, unspoken
from tests.roster import test_check, test_destinations
from tests.roster.made import JUDGED, NOW, document, roster
from tests.roster.test_load import BROKEN, WHOLE

ROSTER = Path(ical.__file__).parent
# texts of the models' own, of TOML's and of what people wrote, which nobody has a template for
JUNK = st.sampled_from([None, "", "x", "X Y", 0, -1, 3.5, 10**9, True, [], ["x"], {}, {"x": 1}, "12:00", "\x00"])


def check_all(messages: list[str]) -> None:
    for text in messages:
        assert isinstance(text, Phrase), text
        assert unspoken(text) == []
        read = text_of(json.loads(json.dumps(with_words({"message": text}))), "message")
        assert read == text
        assert list(templates(read)) == list(templates(text)) or not text.values


def told(whole: Any) -> list[str]:
    loaded = load_document(whole, "r.toml", JUDGED)
    return [one.message for one in (*loaded.mistakes, *loaded.warnings)]


@pytest.mark.parametrize(
    "sections",
    [one[0] for one in (*test_check.MISTAKES, *test_check.DOUBTS, *test_destinations.MISTAKES)],
    ids=",".join,
)
def test_mistakes_and_doubts(sections: dict[str, Any]) -> None:
    found = told(document(**sections))
    assert found
    check_all(found)


def test_a_file_full_of_mistakes() -> None:
    found = load_toml(BROKEN.encode(), "r.toml", JUDGED).mistakes
    assert len(found) > 15
    check_all([one.message for one in found])
    for broken in (b"\xff", b"a = [", b"[" * 900, b"x" * 1_100_000):
        loaded = load_toml(broken, "r.toml", JUDGED)
        check_all([one.message for one in loaded.mistakes])


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inner:
        yield from places(one, (*path, key))


WRITTEN = json.loads(json.dumps(WHOLE, default=str))
PLACES = [path for path in places(WRITTEN) if path]


@settings(max_examples=300)
@given(st.lists(st.tuples(st.sampled_from(PLACES), JUNK), min_size=1, max_size=4))
def test_whatever_is_written_in_its_place(junk: list[tuple[tuple[Any, ...], Any]]) -> None:
    whole = json.loads(json.dumps(WRITTEN))
    for path, value in junk:
        try:
            inner = whole
            for key in path[:-1]:
                inner = inner[key]
            inner[path[-1]] = value
        except (KeyError, IndexError, TypeError):
            continue
    check_all(told(whole))


@given(st.lists(st.sampled_from(PLACES), min_size=1, max_size=6))
def test_changes(gone: list[tuple[Any, ...]]) -> None:
    old = roster()
    whole = json.loads(json.dumps(WRITTEN))
    for path in gone:
        try:
            inner = whole
            for key in path[:-1]:
                inner = inner[key]
            del inner[path[-1]]
        except (KeyError, IndexError, TypeError):
            continue
    try:
        new = Roster.model_validate(whole)
    except ValueError:
        new = roster(person=document()["person"][::-1])
    found = changes.changes(old, new)
    check_all([*found, changes.in_brief(found), changes.in_brief([])])
    sent = json.loads(json.dumps(with_words({"changes": found})))
    assert list(texts_of(sent, "changes")) == found


@pytest.mark.parametrize("broken", ["", "BEGIN:VCALENDAR", "BEGIN:VEVENT\nEND:VEVENT"])
def test_a_calendar_that_is_none(broken: str) -> None:
    try:
        ical.shifts_from(broken, roster().person, NOW, ical.ZoneInfo("Europe/Prague"))
    except ical.CalendarError as error:
        check_all([str(error)])


def test_no_finding_is_written_as_a_bare_text() -> None:
    """The sources themselves: what no test provokes is marked, too."""
    bare = []
    for file in sorted(ROSTER.glob("*.py")):
        for call in ast.walk(ast.parse(file.read_text("utf-8"))):
            if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
                continue
            text = call.args[-1] if call.args else None
            if call.func.id in ("Finding", "CalendarError", "wrong") and isinstance(
                text, (ast.JoinedStr, ast.Constant, ast.BinOp)
            ):
                bare.append(f"{file.name}:{call.lineno}")
    assert bare == []
