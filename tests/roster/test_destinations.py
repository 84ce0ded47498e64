"""Queues, menus, mailboxes and prompts: their mistakes, their doubts, and that older readers are not disturbed."""

from __future__ import annotations

from typing import Any

import pytest

from appliance.roster.advice import advise
from appliance.roster.dump import dump
from appliance.roster.load import load_document, load_toml
from appliance.roster.models import Roster, to_document
from tests.roster.made import JUDGED, NOW, PRAGUE, document, person, roster

QUEUE = {"id": "desk", "name": "Desk", "agents": ["ann", "duty"]}
MENU = {"id": "welcome", "name": "Welcome", "sound": "custom/menu"}
MAILBOX = {"id": "desk", "name": "Desk", "email": ["desk@example.com"]}
LINE = {"id": "service", "name": "Service", "open": ["queue:desk", "menu:welcome", "mailbox:desk", "group:ops"]}
ALL: dict[str, Any] = {"queue": [QUEUE], "menu": [MENU], "mailbox": [MAILBOX], "line": [LINE]}

MISTAKES: list[tuple[dict[str, Any], str, str]] = [
    ({"queue": [{**QUEUE, "agents": ["zoe"]}]}, "queue.0.agents.0", "nobody has the id 'zoe'"),
    ({"queue": [{**QUEUE, "agents": ["rota:x"]}]}, "queue.0.agents.0", "no rota has the id 'x'"),
    ({"queue": [{**QUEUE, "agents": ["ann", "ann"]}]}, "queue.0.agents", "names 'ann' 2 times"),
    ({"queue": [{**QUEUE, "agents": []}]}, "queue.0.agents", "write at least 1"),
    ({"queue": [{**QUEUE, "overflow": "queue:x"}]}, "queue.0.overflow", "no queue has the id 'x'; there is 'desk'"),
    ({"queue": [{**QUEUE, "overflow": "wait"}]}, "queue.0.overflow", "is no step"),
    ({"queue": [{**QUEUE, "overflow": "queue:desk"}]}, "queue.0.overflow", "in a circle, queue:desk → queue:desk"),
    (
        {"queue": [{**QUEUE, "overflow": "queue:b"}, {**QUEUE, "id": "b", "overflow": "queue:desk"}]},
        "queue.0.overflow",
        "in a circle, queue:desk → queue:b → queue:desk",
    ),
    ({"queue": [{**QUEUE, "strategy": "all"}]}, "queue.0.strategy", "'longestidle', 'ringall'"),
    ({"queue": [{**QUEUE, "max_wait_s": 0}]}, "queue.0.max_wait_s", "more than 0"),
    ({"queue": [{**QUEUE, "max_waiting": 0}]}, "queue.0.max_waiting", "at least 1"),
    ({"queue": [{**QUEUE, "callback": {"key": False}}]}, "queue.0.callback", "is never offered"),
    ({"queue": [{**QUEUE, "callback": {"keys": True}}]}, "queue.0.callback.keys", "did you mean key?"),
    ({"queue": [QUEUE, QUEUE]}, "queue.1.id", "taken by queue.0"),
    ({"queue": [{**QUEUE, "prompts": "cs"}]}, "queue.0.prompts", "no prompts have the id 'cs'"),
    ({"menu": [{**MENU, "options": {"1": "queue:x"}}]}, "menu.0.options.1", "no queue has the id 'x'"),
    ({"menu": [{**MENU, "options": {"12": "duty"}}]}, "menu.0.options.12", "one of the keys 0 to 9"),
    ({"menu": [{**MENU, "operator": "menu:x"}]}, "menu.0.operator", "no menu has the id 'x'"),
    ({"menu": [{"id": "welcome", "name": "W"}]}, "menu.0.sound", 'add sound = "custom/menu" or text'),
    ({"menu": [{**MENU, "operator": "menu:welcome"}]}, "menu.0.operator", "circle, menu:welcome → menu:welcome"),
    (
        {"queue": [{**QUEUE, "overflow": "menu:welcome"}], "menu": [{**MENU, "operator": "queue:desk"}]},
        "queue.0.overflow",
        "in a circle, queue:desk → menu:welcome → queue:desk",
    ),
    (
        {"prompts": [{"id": "a", "language": "cs", "sounds": {"queue-nxt": "x"}}]},
        "prompts.0.sounds.queue-nxt",
        "did you mean queue-next?",
    ),
    (
        {"prompts": [{"id": "a", "language": "cs", "sounds": {"zzz": "x"}}]},
        "prompts.0.sounds.zzz",
        "hotline prompts names lists them",
    ),
    ({"mailbox": [{**MAILBOX, "email": []}]}, "mailbox.0.email", "write at least 1"),
    ({"mailbox": [{**MAILBOX, "email": ["x"]}]}, "mailbox.0.email.0", "an address such as"),
    ({"line": [{**LINE, "open": ["mailbox:x"]}]}, "line.0.open.0", "no mailbox has the id 'x'; there is 'desk'"),
    ({"line": [{**LINE, "prompts": "x"}]}, "line.0.prompts", "no prompts have the id 'x'"),
    ({"line": [{**LINE, "record_days": 0}]}, "line.0.record_days", "at least 1"),
    ({"line": [{**LINE, "record_sides": "left"}]}, "line.0.record_sides", "'mixed' or 'stereo'"),
    ({"prompts": [{"id": "a", "language": "cs", "base": "b"}]}, "prompts.0.base", "no prompts have the id 'b'"),
    ({"prompts": [{"id": "a", "language": "cs", "base": "a"}]}, "prompts.0.base", "in a circle, a → a"),
    ({"prompts": [{"id": "a", "language": "cs", "sounds": {"x": "../x"}}]}, "prompts.0.sounds.x", "custom/menu"),
    (
        {
            "person": [person("ann", 1, extension="21"), person("bob", 2)],
            "queue": [{**QUEUE, "extension": "21"}],
            "menu": [{**MENU, "extension": "30"}],
            "mailbox": [{**MAILBOX, "extension": "30"}],
        },
        "queue.0.extension",
        "21 is also ann's",
    ),
    (
        {"menu": [{**MENU, "extension": "30"}], "mailbox": [{**MAILBOX, "extension": "30"}]},
        "mailbox.0.extension",
        "30 is also welcome's",
    ),
]


@pytest.mark.parametrize(("sections", "path", "words"), MISTAKES, ids=lambda one: one if isinstance(one, str) else "")
def test_a_mistake_is_named_with_its_place(sections: dict[str, Any], path: str, words: str) -> None:
    loaded = load_document(document(**{**ALL, **sections}), "r", JUDGED)
    assert loaded.roster is None
    assert any(one.path == path and words in one.message for one in loaded.mistakes), loaded.mistakes


def test_what_is_right_is_taken_without_a_doubt() -> None:
    loaded = load_document(document(**ALL), "r", JUDGED)
    assert loaded.mistakes == loaded.warnings == ()


def test_one_mistake_hides_no_other() -> None:
    broken = {**QUEUE, "ring_s": "x", "agents": ["zoe"], "overflow": "queue:x"}
    loaded = load_document(document(**{**ALL, "queue": [broken]}), "r", JUDGED)
    assert {one.path for one in loaded.mistakes} == {"queue.0.ring_s", "queue.0.agents.0", "queue.0.overflow"}


@pytest.mark.parametrize(
    ("sections", "path", "words"),
    [
        ({"queue": [QUEUE, {**QUEUE, "id": "b"}]}, "queue.1", "nothing leads to 'b'"),
        ({"menu": [MENU, {**MENU, "id": "b"}]}, "menu.1", "nothing leads to 'b'"),
        ({"queue": [{**QUEUE, "overflow": "hangup"}]}, "queue.0.overflow", "ends calls that nobody took"),
        ({"queue": [{**QUEUE, "extension": "909"}]}, "queue.0.extension", "909 leads to the recordings"),
        ({"person": [person("ann", 111, extension="909")]}, "person.0.extension", "so 'ann' cannot be dialled"),
    ],
)
def test_a_doubt_is_told(sections: dict[str, Any], path: str, words: str) -> None:
    found = advise(roster(**{**ALL, **sections}), NOW, PRAGUE, "909")
    assert [(one.path, words in one.message) for one in found] == [(path, True)]


@pytest.mark.parametrize(
    "more",
    [
        {"queue": [{**QUEUE, "overflow": "queue:b"}, {**QUEUE, "id": "b"}]},
        {"menu": [{**MENU, "options": {"1": "menu:b"}}, {**MENU, "id": "b"}]},
        {"menu": [{**MENU, "options": {"9": "menu:b"}}, {**MENU, "id": "b", "options": {"0": "menu:welcome"}}]},
        {"menu": [{**MENU, "operator": "group:g"}], "group": [{"id": "ops", "name": "O", "members": ["ann", "bob"]}]},
    ],
)
def test_what_something_leads_to_is_used(more: dict[str, Any]) -> None:
    assert [one for one in advise(roster(**{**ALL, **more}), NOW, PRAGUE) if "leads to" in one.message] == []


def test_a_roster_with_all_of_them_reads_back_as_written() -> None:
    whole = roster(
        queue=[{**QUEUE, "strategy": "ringall", "callback": {"offer_after_s": 30.0}, "overflow": "mailbox:desk"}],
        menu=[{**MENU, "options": {"1": "queue:desk", "*": "duty", "#": "hangup"}, "operator": "duty"}],
        mailbox=[MAILBOX],
        line=[{**LINE, "prompts": "mine", "record_days": 30, "record_sides": "stereo"}],
        prompts=[
            {"id": "cs", "language": "cs"},
            {"id": "mine", "language": "cs", "base": "cs", "sounds": {"queue-next": "custom/hello"}},
        ],
    )
    loaded = load_toml(dump(whole).encode(), "r", JUDGED)
    assert loaded.roster == whole
    assert Roster.model_validate(to_document(whole)) == whole


def test_a_roster_without_them_is_told_as_it_always_was() -> None:
    told = to_document(roster())
    assert not {"queue", "menu", "mailbox", "prompts"} & told.keys()
    assert not {"prompts", "record_days", "record_sides"} & told["line"][0].keys()
