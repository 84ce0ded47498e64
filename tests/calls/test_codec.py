"""Records survive JSON, and other versions' records are read."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.calls.codec import from_mapping, from_text, to_mapping, to_text
from appliance.domain.calls import CallRecord
from tests.calls.records import answered, arrived

FLOATS = st.none() | st.floats(allow_nan=False, allow_infinity=False)
records = st.builds(CallRecord, waited_s=FLOATS, talked_s=FLOATS, last_phone_rang_after_s=FLOATS)


@given(records)
def test_a_record_comes_back_as_it_was(record: CallRecord) -> None:
    assert from_text(to_text(record)) == record
    assert from_mapping(json.loads(json.dumps(to_mapping(record)))) == record


def test_what_is_unset_is_left_out() -> None:
    assert to_mapping(arrived()) == {
        "exchange": "box",
        "id": "c1",
        "arrived_at": "2026-07-14T02:00:00.000Z",
        "caller": "+420605123456",
        "called": "+420777000100",
        "steps": (),
        "transfers": (),
        "legs": [],
    }


def test_a_newer_version_is_read_as_far_as_it_is_known() -> None:
    mapping = to_mapping(answered())
    mapping |= {"weather": {"rain": 3}, "outcome": "called_back"}
    mapping["legs"][0] |= {"codec": "opus", "result": "teleported"}
    record = from_mapping(mapping)
    assert (record.outcome, record.legs[0].result, record.answered_by) == (None, None, "eva")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"id": None}, "id"),
        ({"waited_s": "long"}, "waited_s"),
        ({"legs": 3}, "legs"),
        ({"legs": [3]}, "legs.0"),
    ],
)
def test_what_is_no_record_is_refused_with_its_place(change: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        from_mapping(to_mapping(answered()) | change)
    for text in ("[]", "3", "null", "{"):
        with pytest.raises(ValueError):  # noqa: PT011 - JSON's own words in one case
            from_text(text)


@pytest.mark.parametrize("text", ["[" * 100_000, '{"waited_s": Infinity}', '{"waited_s": NaN}', "null", ""])
def test_what_no_exchange_wrote_is_one_kind_of_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        from_text(text)
