"""How a caller asks to be called back, key by key."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.domain.prompts import PROMPTS
from appliance.queueing import callback_dialogue as dialogue
from appliance.queueing.callback_dialogue import (
    ANSWER_WITHIN_S,
    CANCELLED,
    CONFIRMED,
    ENTER,
    FORBIDDEN,
    GOODBYE,
    INSTEAD,
    KEYS,
    MISTAKES,
    NEXT_DIGIT_WITHIN_S,
    NOT_NOW,
    NOT_SHOWN,
    SAID_WITHIN_S,
    THAT_NUMBER,
    THIS_NUMBER,
    WRONG_KEY,
    WRONG_NUMBER,
    Asking,
    Event,
    Hush,
    Keep,
    Keeping,
    Kept,
    Keying,
    NotKept,
    Over,
    Part,
    Parting,
    Phrase,
    Pressed,
    Say,
    Spoken,
    State,
    Terms,
    Turn,
    Woken,
    begin,
    step,
    wakes_at,
)
from appliance.queueing.callback_numbers import Rules, judge

RULES = Rules("CZ", frozenset({"+420777000100"}))
TERMS = Terms(lambda text: judge(text, RULES))
SILENT = Terms(TERMS.judge, read_back=False)
CALLER, OTHER = "+420601000001", "+420777000111"
READ_BACK, READ_OTHER = Phrase("callback-number", CALLER), Phrase("callback-number", OTHER)


@dataclass
class Talk:
    """A dialogue as it goes; ``said`` is everything that was begun to be said."""

    turn: Turn
    terms: Terms = TERMS
    now: float = 0.0
    said: list[Phrase] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    parted: bool = False

    def __post_init__(self) -> None:
        self._do(self.turn)

    @property
    def state(self) -> State:
        return self.turn.state

    def _do(self, turn: Turn) -> None:
        self.turn = turn
        for act in turn.acts:
            if isinstance(act, Say):
                self.said += act.what
            elif isinstance(act, Keep):
                self.kept.append(act.number)
            elif isinstance(act, Part):
                self.parted = True

    def take(self, *events: Event) -> Talk:
        for event in events:
            self._do(step(self.terms, self.state, event, self.now))
        return self

    def press(self, keys: str) -> Talk:
        return self.take(*map(Pressed, keys))

    def silence(self) -> Talk:
        """Nothing happens until something is due."""
        due = wakes_at(self.state)
        assert due is not None
        self.now = max(self.now, due)
        return self.take(Woken())


def talk(caller: str | None = CALLER, terms: Terms = TERMS, *, offered: bool = False) -> Talk:
    return Talk(begin(terms, caller, 0.0, offered=offered), terms)


def test_the_number_is_read_back_and_star_confirms_it() -> None:
    one = talk(offered=True)
    assert one.said == [INSTEAD, READ_BACK, KEYS]
    one.take(Spoken()).press("*")
    assert one.kept == [CALLER]
    assert isinstance(one.state, Keeping)
    assert CONFIRMED not in one.said  # nothing is promised that is not on disk
    one.take(Kept())
    assert one.said[-2:] == [CONFIRMED, GOODBYE]
    assert not one.parted
    one.take(Spoken())
    assert one.parted


def test_a_caller_who_pressed_2_hears_the_number_at_once_and_again_by_another_2() -> None:
    assert talk().said == [READ_BACK, KEYS]
    assert talk(offered=True).press("2").said == [INSTEAD, READ_BACK, KEYS, READ_BACK, KEYS]


def test_a_key_need_not_wait_for_the_end_of_the_words() -> None:
    one = talk().press("*")
    assert one.kept == [CALLER]
    assert Hush() in one.turn.acts


def test_zero_leads_to_another_number_which_is_read_back_too() -> None:
    one = talk().press("0")
    assert one.said[-1] is ENTER
    one.press("777000111*")
    assert one.said[-2:] == [READ_OTHER, KEYS]
    assert one.kept == []
    one.press("*")
    assert one.kept == [OTHER]


@pytest.mark.parametrize("end", ["*", "#"])
def test_either_key_ends_a_number(end: str) -> None:
    assert talk().press("0777000111" + end + "*").kept == [OTHER]


def test_a_pause_ends_a_number_as_star_does() -> None:
    one = talk().press("0777000111")
    assert wakes_at(one.state) == NEXT_DIGIT_WITHIN_S
    one.silence()
    assert one.state == Asking(OTHER, True, MISTAKES - 1, one.now + SAID_WITHIN_S)


@pytest.mark.parametrize("keys", ["#", "0#", "0777000111*#", "0777000111##"])
def test_hash_cancels_at_any_moment_and_the_call_stays_in_the_queue(keys: str) -> None:
    one = talk().press(keys)
    assert isinstance(one.state, Over)
    assert one.said[-1] is CANCELLED
    assert not one.kept
    assert one.press("*0*777000111*").kept == []


@pytest.mark.parametrize("caller", [None, "123", "4" * 40, "+420900123456", "+4915112345678", "+420777000100"])
def test_without_a_number_that_can_be_called_one_is_asked_for(caller: str | None) -> None:
    one = talk(caller)
    why = NOT_SHOWN if caller is None else WRONG_NUMBER if len(caller) in (3, 40) else FORBIDDEN
    assert one.said == [why, ENTER]
    assert one.press("777000111*").press("*").kept == [OTHER]


@pytest.mark.parametrize(
    ("keys", "why"),
    [
        ("112*", FORBIDDEN),
        ("900123456*", FORBIDDEN),
        ("800123456*", FORBIDDEN),
        ("004915112345678*", FORBIDDEN),
        ("777000100*", FORBIDDEN),
        ("777*", WRONG_NUMBER),
        ("*", WRONG_NUMBER),
    ],
)
def test_a_number_that_is_not_called_is_asked_for_anew(keys: str, why: Phrase) -> None:
    one = talk().press("0" + keys)
    assert one.said[-2:] == [why, ENTER]
    assert one.press("777000111**").kept == [OTHER]


def test_wrong_keys_and_silence_are_borne_so_often_and_no_longer() -> None:
    one = talk().press("5")
    assert one.said[-3:] == [WRONG_KEY, READ_BACK, KEYS]
    one.take(Spoken())
    assert wakes_at(one.state) == ANSWER_WITHIN_S
    one.silence()
    assert isinstance(one.state, Asking)
    one.press("9")
    assert one.state == Over("not confirmed")


def test_zero_and_bad_numbers_cannot_take_turns_for_ever() -> None:
    one = talk()
    for _ in range(MISTAKES):
        one.press("0777*")
    assert isinstance(one.state, Over)


def test_digits_may_be_silent() -> None:
    one = talk(terms=SILENT)
    assert one.said == [THIS_NUMBER, KEYS]
    one.press("0777000111*")
    assert one.said[-2:] == [THAT_NUMBER, KEYS]


def test_what_cannot_be_kept_is_not_promised() -> None:
    one = talk().press("*").take(NotKept())
    assert one.said[-1] is NOT_NOW
    assert isinstance(one.state, Over)


def test_thousands_of_digits_are_no_number_and_no_load() -> None:
    one = talk().press("0" + "7" * 5000)
    assert isinstance(one.state, Keying)
    assert len(one.state.digits) <= 20
    until = wakes_at(one.state)
    one.now += 1.0
    one.press("7" * 100)
    assert wakes_at(one.state) == until  # who leans on a key gains no time
    one.silence()
    assert one.said[-2:] == [WRONG_NUMBER, ENTER]
    one.press("777000111**")
    assert one.kept == [OTHER]


def test_the_end_of_older_words_says_nothing() -> None:
    one = talk().press("07").take(Spoken())
    assert wakes_at(one.state) == NEXT_DIGIT_WITHIN_S


def test_every_phrase_is_in_the_catalogue() -> None:
    phrases = [one for one in vars(dialogue).values() if isinstance(one, Phrase)]
    assert len(phrases) > 10
    for one in (*phrases, READ_BACK):
        assert set(PROMPTS[one.prompt]) == ({"number"} if one.number else set())


EVENTS = st.one_of(
    st.sampled_from("0123456789*#ABCD").map(Pressed),
    st.sampled_from([Spoken(), Woken(), Kept(), NotKept()]),
)


@settings(max_examples=400)
@given(
    st.sampled_from([None, CALLER, "12", "+420900123456"]),
    st.booleans(),
    st.lists(st.tuples(EVENTS, st.sampled_from([0.0, 0.3, 5.0, 61.0])), max_size=60),
    st.booleans(),
)
def test_whatever_is_pressed(
    caller: str | None, offered: bool, events: list[tuple[Event, float]], read_back: bool
) -> None:
    terms = Terms(TERMS.judge, read_back)
    one = talk(caller, terms, offered=offered)
    for event, later_s in events:
        before = one.state
        one.now += later_s
        kept = len(one.kept)
        one.take(event)
        if len(one.kept) > kept:  # a wish comes of the star alone, for the number that was said
            assert isinstance(before, Asking)
            assert event == Pressed("*")
            assert one.kept[-1] == before.number
            assert judge(one.kept[-1], RULES) == one.kept[-1]
        if isinstance(one.state, Parting):
            assert CONFIRMED in one.said
        if isinstance(before, Over):
            assert one.state == before
    assert len(one.kept) <= 1
    assert (CONFIRMED in one.said) <= bool(one.kept)
    assert one.parted <= (CONFIRMED in one.said)
    assert sum(said in (KEYS, ENTER) for said in one.said) <= 2 * MISTAKES


@settings(max_examples=200)
@given(st.lists(EVENTS, max_size=30), st.sampled_from([None, CALLER]))
def test_silence_ends_it_wherever_it_stands(events: list[Event], caller: str | None) -> None:
    one = talk(caller).take(*events)
    for _ in range(2 * MISTAKES + 1):
        if isinstance(one.state, Over | Keeping) or one.parted:
            break
        one.silence()
    assert isinstance(one.state, Over | Keeping) or one.parted
    assert one.now < 2 * MISTAKES * (SAID_WITHIN_S + ANSWER_WITHIN_S)
