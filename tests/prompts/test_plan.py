"""What is played for a prompt: own, recorded, spoken, in this order, piece by piece."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.domain.prompts import PROMPTS, Kind, is_name
from appliance.prompts import phrases
from appliance.prompts.grammar import Value
from appliance.prompts.plan import Own, Piece, Plan, Recorded, Spoken, chain_of, plan

VALUES: Mapping[Kind, Value] = {
    Kind.COUNT: 3,
    Kind.MINUTES: 3,
    Kind.PHONE: "777 000",
    Kind.DIGITS: "12",
    Kind.MOMENT: datetime(2026, 3, 3, 14, 5, tzinfo=UTC),
    Kind.NAME: "Eva",
}


@dataclass(frozen=True)
class Set:
    id: str
    sounds: Mapping[str, str] = field(default_factory=dict)
    language: str | None = None
    base: str | None = None


@dataclass(frozen=True)
class There:
    names: tuple[str, ...] = ()

    def recorded(self, language: str, name: str) -> bool:
        return f"{language}/{name}" in self.names

    def imported(self, name: str) -> bool:
        return name != "own/elsewhere"


def said(
    prompt: str, *sets: Set, language: str = "cs", recorded: tuple[str, ...] = (), **values: Value
) -> tuple[Piece, ...]:
    return planned(prompt, *sets, language=language, recorded=recorded, **values).pieces


def planned(prompt: str, *sets: Set, language: str = "cs", recorded: tuple[str, ...] = (), **values: Value) -> Plan:
    by_id = {one.id: one for one in sets}
    return plan(prompt, values, language, sets[0].id if sets else None, by_id, There(recorded))


ENGLISH = ("en/digits/0", "en/queue-thereare", "en/queue-callswaiting", "en/queue-youarenext")


@pytest.mark.parametrize("language", phrases.languages())
@pytest.mark.parametrize("prompt", PROMPTS)
def test_every_prompt_is_said_in_every_language(prompt: str, language: str) -> None:
    values = {name: VALUES[kind] for name, kind in PROMPTS[prompt].items()}
    (piece,) = said(prompt, language=language, **values)
    assert isinstance(piece, Spoken)
    assert "{" not in piece.text
    if language != "en":
        assert piece != said(prompt, language="en", **values)[0]


def test_nothing_of_ones_own_and_nothing_recorded_is_spoken_as_one_sentence() -> None:
    assert said("queue-position", position=2) == (Spoken("Vaše pořadí ve frontě je dva."),)
    assert said("callback-number", number="777 012") == (
        Spoken("Zavoláme vám na číslo sedm sedm sedm, nula jedna dva."),
    )


def test_a_language_without_texts_is_english() -> None:
    assert planned("queue-next", language="xx") == Plan((Spoken("You are the next in the queue."),), "en")


def test_recorded_sounds_stand_above_words_where_all_of_them_are_there() -> None:
    assert said("queue-position", language="en", recorded=ENGLISH, position=2) == (
        Recorded(("sound:queue-thereare", "number:2", "sound:queue-callswaiting")),
    )
    assert isinstance(said("queue-position", language="en", recorded=ENGLISH[:2], position=2)[0], Spoken)


def test_words_that_cannot_be_spoken_have_english_sounds_instead() -> None:
    (piece,) = said("queue-position", recorded=ENGLISH, position=2)
    assert piece == Spoken(
        "Vaše pořadí ve frontě je dva.", ("sound:queue-thereare", "number:2", "sound:queue-callswaiting")
    )
    assert said("queue-thanks", recorded=ENGLISH) == (Spoken("Děkujeme za trpělivost."),)


def test_russian_sounds_count_to_99_only() -> None:
    russian = ("ru/digits/0", "ru/queue-thereare", "ru/queue-callswaiting")
    assert isinstance(said("queue-position", language="ru", recorded=russian, position=99)[0], Recorded)
    assert isinstance(said("queue-position", language="ru", recorded=russian, position=100)[0], Spoken)


def test_ones_own_sound_stands_above_all() -> None:
    own = Set("s", {"queue-next": "own/next-1"})
    assert said("queue-next", own, language="en", recorded=ENGLISH) == (Own("own/next-1"),)
    assert said("queue-thanks", own) == (Spoken("Děkujeme za trpělivost."),)


def test_values_follow_ones_own_sound() -> None:
    own = Set("s", {"queue-position": "own/you-are", "queue-position-after": "own/in-line"})
    assert said("queue-position", own, position=7) == (Own("own/you-are"), Spoken("sedm"), Own("own/in-line"))
    assert said("queue-position", Set("s", {"queue-position": "a"}), position=7) == (Own("a"), Spoken("sedm"))
    assert said("queue-position", own, language="en", recorded=ENGLISH, position=7)[1] == Recorded(("number:7",))


def test_ones_own_numbers_are_put_into_the_spoken_sentence() -> None:
    own = Set("s", {"number-7": "own/seven"})
    assert said("queue-position", own, position=7) == (Spoken("Vaše pořadí ve frontě je"), Own("own/seven"))
    assert said("queue-position", own, position=8) == (Spoken("Vaše pořadí ve frontě je osm."),)


def test_ones_own_digits_are_used_where_all_of_a_number_are_there() -> None:
    own = Set("s", {"digit-1": "one", "digit-2": "two", "digit-plus": "plus"})
    assert said("callback-number", own, number="+1 2") == (
        Spoken("Zavoláme vám na číslo"),
        Own("plus"),
        Own("one"),
        Own("two"),
    )
    assert said("callback-number", own, number="13")[1] == Spoken("jedna tři")


def test_prompts_and_digits_may_be_silent() -> None:
    assert said("queue-thanks", Set("s", {"queue-thanks": "silence"})) == ()
    assert said("callback-number", Set("s", {"digits": "silence"}), number="1 2") == (
        Spoken("Zavoláme vám na číslo"),
    )
    mixed = Set("s", {"digits": "silence", "callback-number": "own/we-call", "callback-number-after": "silence"})
    assert said("callback-number", mixed, number="1 2") == (Own("own/we-call"),)
    assert said("callback-number", Set("s", {"digit-1": "silence", "digit-2": "two"}), number="1 2")[1:] == (
        Own("two"),
    )


def test_a_set_lacks_what_its_base_has() -> None:
    sets = Set("vip", {"queue-next": "vip"}, base="house"), Set("house", {"queue-next": "no", "goodbye": "bye"}, "fi")
    assert said("queue-next", *sets) == (Own("vip"),)
    assert said("goodbye", *sets) == (Own("bye"),)
    assert planned("pin-wrong", *sets) == Plan((Spoken("Se ei ollut oikein."),), "fi")


def test_an_imported_sound_that_is_not_here_yet_counts_as_none() -> None:
    sets = Set("vip", {"queue-next": "own/elsewhere"}, base="house"), Set("house", {"queue-next": "own/house"})
    assert said("queue-next", *sets) == (Own("own/house"),)
    assert said("queue-next", sets[0]) == (Spoken("Jste další na řadě."),)


def test_the_nearer_sets_language_counts() -> None:
    sets = Set("a", language="uk", base="b"), Set("b", language="fi")
    assert planned("pin-wrong", *sets).language == "uk"


def test_a_loop_of_sets_ends() -> None:
    sets = {one.id: one for one in (Set("a", base="b"), Set("b", base="a"))}
    assert [one.id for one in chain_of("a", sets)] == ["a", "b"]
    many = {str(number): Set(str(number), base=str(number + 1)) for number in range(100)}
    assert len(chain_of("0", many)) == 10
    assert chain_of("nobody", many) == ()


def test_a_set_nobody_knows_counts_as_none() -> None:
    assert plan("pin-wrong", {}, "cs", "gone", {}, There()).pieces == (Spoken("To nebylo správně."),)


def test_wrong_names_and_values_are_refused() -> None:
    with pytest.raises(KeyError):
        said("queue-positions")
    with pytest.raises(KeyError, match="position"):
        said("queue-position")
    with pytest.raises(KeyError, match="position"):
        said("queue-next", position=1)
    with pytest.raises(ValueError, match="said"):
        said("queue-position", position=-1)


@given(number=st.text(max_size=60))
def test_no_text_breaks_the_reading_of_a_number(number: str) -> None:
    try:
        pieces = said("callback-number", number=number)
    except ValueError as error:
        assert "digits" in str(error)  # noqa: PT017
        return
    assert all(isinstance(piece, Spoken) and "{" not in piece.text for piece in pieces)


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("queue-next", True),
        ("queue-position-after", True),
        ("queue-next-after", False),
        ("digit-9", True),
        ("digit-hash", True),
        ("digits", True),
        ("digit-10", False),
        ("number-120", True),
        ("number-121", False),
        ("number-007", False),
        ("number-", False),
        ("x", False),
    ],
)
def test_names_of_sets(name: str, known: bool) -> None:
    assert is_name(name) is known


@pytest.mark.parametrize(
    "broken",
    [
        {"words": {}},
        {"say": {}},
        {"odd": 1},
        {"recorded": {"queue-position": ["queue-thereare"]}},
        {"recorded": {"nonsense": ["x"]}},
    ],
)
def test_a_broken_file_of_texts_is_named(broken: dict[str, object]) -> None:
    import tomllib
    from importlib import resources

    whole = tomllib.loads(resources.files("appliance.prompts").joinpath("texts/en.toml").read_text("utf-8"))
    with pytest.raises(ValueError, match="xx"):
        phrases.read("xx", whole | broken)
