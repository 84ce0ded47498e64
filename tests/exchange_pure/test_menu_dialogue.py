"""A menu's question, key by key; and what no amount of keys can do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.exchange.menu_dialogue import (
    DEAF_S,
    KEY_PAUSE_S,
    Act,
    Ask,
    Choices,
    Chosen,
    GiveUp,
    Listen,
    MenuDialogue,
    More,
    Wrong,
    judge,
)

CHOICES = Choices(
    {"1": "queue:desk", "2": "menu:more", "9": "hangup", "*": "play:hours", "#": "duty"},
    {"12": "person:ann", "123": "person:bob", "30": "group:ops", "4444": "queue:vip"},
)
WAIT_S, TRIES = 5.0, 3


def dialogue(choices: Choices = CHOICES) -> MenuDialogue:
    one = MenuDialogue(choices, WAIT_S, TRIES)
    assert one.begin() == Ask()
    return one


def press(one: MenuDialogue, keys: str, now: float = 100.0) -> list[Act | None]:
    return [one.key(key, now) for key in keys]


@pytest.mark.parametrize(
    ("keys", "verdict"),
    [
        ("2", Chosen("menu:more", "2")),
        ("9", Chosen("hangup", "9")),
        ("*", Chosen("play:hours", "*")),
        ("#", Chosen("duty", "#")),
        ("1", More()),  # or the beginning of 12
        ("1#", Chosen("queue:desk", "1")),
        ("12", More()),
        ("12#", Chosen("person:ann", "12")),
        ("123", Chosen("person:bob", "123")),
        ("3", More()),
        ("30", Chosen("group:ops", "30")),
        ("3#", Wrong("wrong-key")),
        ("4444", Chosen("queue:vip", "4444")),
        ("444#", Wrong("menu-no-extension")),
        ("5", Wrong("wrong-key")),
        ("13", Wrong("menu-no-extension")),
        ("124", Wrong("menu-no-extension")),
        ("##", Chosen("duty", "#")),
        ("A", Wrong("wrong-key")),
    ],
)
def test_what_keys_mean(keys: str, verdict: Chosen | Wrong | More) -> None:
    assert judge(keys, CHOICES) == verdict


def test_a_clear_key_is_taken_at_once_also_while_the_question_plays() -> None:
    assert press(dialogue(), "2") == [Chosen("menu:more", "2")]


def test_a_key_that_begins_an_extension_waits_for_the_next_one() -> None:
    one = dialogue()
    assert press(one, "1") == [Listen()]
    assert one.wakes_at == 100 + KEY_PAUSE_S
    one.asked(101)  # the question's end changes nothing
    assert one.wakes_at == 100 + KEY_PAUSE_S
    assert one.wake(102.5) == Chosen("queue:desk", "1")


def test_an_extension_is_dialled_with_pauses() -> None:
    one = dialogue()
    assert [one.key("1", 100), one.key("2", 102), one.key("3", 104)] == [
        Listen(),
        Listen(),
        Chosen("person:bob", "123"),
    ]


def test_silence_asks_again_and_then_gives_up() -> None:
    one = dialogue()
    one.asked(110)
    assert one.wakes_at == 115
    assert one.wake(115) == Ask("nothing-pressed")
    assert one.wakes_at is None  # while the question plays
    one.asked(120)
    assert one.wake(125) == Ask("nothing-pressed")
    one.asked(130)
    assert one.wake(135) == GiveUp("silence")


def test_a_wrong_key_asks_again_says_so_and_counts() -> None:
    one = dialogue()
    assert press(one, "5", 100) == [Ask("wrong-key")]
    assert press(one, "13", 110) == [Listen(), Ask("menu-no-extension")]
    assert press(one, "7", 120) == [GiveUp("wrong keys")]


def test_a_burst_of_wrong_keys_is_one_mistake() -> None:
    one = dialogue()
    assert press(one, "7777777", 100) == [Ask("wrong-key"), *[None] * 6]
    assert one.key("2", 100 + DEAF_S) == Chosen("menu:more", "2")


def test_a_menu_without_extensions_knows_its_options_only() -> None:
    one = dialogue(Choices({"1": "duty"}))
    assert press(one, "1") == [Chosen("duty", "1")]


@given(
    keys=st.text("0123456789*#ABCD", max_size=3000),
    every_s=st.floats(0, 2),
)
def test_thousands_of_keys_end_in_a_choice_or_at_the_operator(keys: str, every_s: float) -> None:
    one, asked, now = dialogue(), 1, 0.0
    for key in keys:
        act = one.key(key, now)
        now += every_s
        asked += isinstance(act, Ask)
        if isinstance(act, Chosen | GiveUp):
            return
    while True:  # and then nothing more
        if one.wakes_at is None:
            one.asked(now)
        assert one.wakes_at is not None
        now = one.wakes_at
        act = one.wake(now)
        asked += isinstance(act, Ask)
        if isinstance(act, Chosen | GiveUp):
            break
    assert asked <= TRIES
