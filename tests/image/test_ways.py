"""What was seen from inside, put into words."""

from __future__ import annotations

from tests.image.ways import Look, taken


def test_the_ways_in_turn_and_how_long_nobody_answered_between() -> None:
    seen = [(0.0, "a"), (2.0, "a"), (4.0, ""), (9.0, ""), (11.5, "b"), (13.0, "b"), (15.0, "a")]
    assert taken([Look(*one) for one in seen], {"a": "cable", "b": "modem"}) == [
        ("cable", 0.0),
        ("modem", 9.5),
        ("cable", 2.0),
    ]


def test_an_address_that_nobody_named_is_told_as_it_is() -> None:
    assert taken([Look(0.0, ""), Look(3.0, "192.0.2.1")], {}) == [("192.0.2.1", 3.0)]
