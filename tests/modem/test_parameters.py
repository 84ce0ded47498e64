from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.modem.parameters import after_prefix, number_at, split


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ('1,1,"+420777000111",145,,,25', ("1", "1", "+420777000111", "145", "", "", "25")),
        ("0,1,,129", ("0", "1", "", "129")),
        ("0,2,", ("0", "2", "")),
        (' 0 , 0,"a,b" ', ("0", "0", "a,b")),
        ('(0-3),("ME","SM")', ("(0-3)", "(ME,SM)")),
        ("", ("",)),
        ('1,"never closed, at all', ("1", "never closed, at all")),
        ("(1,2", ("(1,2",)),
    ],
)
def test_fields(text: str, fields: tuple[str, ...]) -> None:
    assert split(text) == fields


def test_numbers() -> None:
    fields = ("7", "", "x", "-1", "\u0665")
    assert [number_at(fields, index) for index in range(6)] == [7, None, None, None, None, None]


def test_prefix() -> None:
    assert after_prefix("+CSQ: 20,99", "+CSQ:") == ("20", "99")
    assert after_prefix("+CSQN: 20", "+CSQ:") is None


@given(st.lists(st.text(st.characters(codec="ascii", exclude_characters='"'), max_size=8), min_size=1, max_size=6))
def test_quoted_fields_come_back(values: list[str]) -> None:
    assert split(",".join(f'"{value}"' for value in values)) == tuple(value.strip() for value in values)
