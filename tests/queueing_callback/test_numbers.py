"""Which number may be called back."""

from __future__ import annotations

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.queueing.callback_numbers import Refusal, Rules, judge

CZ = Rules("CZ", frozenset({"+420777000100"}))
MOBILE = "+420777000111"


@pytest.mark.parametrize("text", ["777000111", "00420777000111", "420777000111", MOBILE])
def test_every_spelling_a_person_keys_is_the_same_number(text: str) -> None:
    assert judge(text, CZ) == MOBILE


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", Refusal.NO_NUMBER),
        ("77", Refusal.NO_NUMBER),
        ("777", Refusal.NO_NUMBER),
        ("7770001112", Refusal.NO_NUMBER),
        ("7" * 20, Refusal.NO_NUMBER),
        ("7" * 40, Refusal.NO_NUMBER),
        ("7" * 5000, Refusal.NO_NUMBER),
        ("+", Refusal.NO_NUMBER),
        ("++420777000111", Refusal.NO_NUMBER),
        ("777 000 111", Refusal.NO_NUMBER),
        ("\u0667" * 9, Refusal.NO_NUMBER),  # digits (Arabic-Indic sevens), but no telephone's
        ("777000111;ext=1", Refusal.NO_NUMBER),
        ("112", Refusal.SHORT),
        ("155", Refusal.SHORT),
        ("1121", Refusal.SHORT),
        ("112777000", Refusal.SHORT),
        ("1188", Refusal.NO_NUMBER),
        ("116000", Refusal.NO_NUMBER),
        ("00420112", Refusal.NO_NUMBER),
        ("900123456", Refusal.SPECIAL),  # premium rate
        ("906123456", Refusal.SPECIAL),
        ("840123456", Refusal.SPECIAL),  # shared cost
        ("800123456", Refusal.SPECIAL),  # toll free
        ("+4915112345678", Refusal.ABROAD),
        ("004915112345678", Refusal.ABROAD),
        ("777000100", Refusal.OURS),
        ("+420777000100", Refusal.OURS),
    ],
)
def test_what_is_not_called(text: str, why: Refusal) -> None:
    assert judge(text, CZ) is why


def test_what_a_queue_may_allow() -> None:
    assert judge("+4915112345678", Rules("CZ", abroad=True)) == "+4915112345678"
    assert judge("900123456", Rules("CZ", premium=True)) == "+420900123456"
    assert judge("+499001123456", Rules("CZ", premium=True)) is Refusal.ABROAD
    assert judge("112", Rules("CZ", abroad=True, premium=True)) is Refusal.SHORT
    assert judge("+49110", Rules("CZ", abroad=True, premium=True)) is Refusal.NO_NUMBER


def test_two_countries_under_one_code_are_two_countries() -> None:
    canada = "+15062345678"
    assert judge(canada, Rules("US")) is Refusal.ABROAD
    assert judge(canada, Rules("US", abroad=True)) == canada
    assert judge("2015550123", Rules("US")) == "+12015550123"
    assert judge("9005550123", Rules("US")) is Refusal.SPECIAL


@settings(max_examples=300)
@given(
    st.text(alphabet="0123456789+*#", max_size=24) | st.text(max_size=12),
    st.sampled_from(["CZ", "US", "DE", "IT", "UA"]),
    st.booleans(),
    st.booleans(),
)
def test_nothing_is_called_that_is_not_allowed(text: str, region: str, abroad: bool, premium: bool) -> None:
    found = judge(text, Rules(region, abroad=abroad, premium=premium))
    if isinstance(found, Refusal):
        return
    number = phonenumbers.parse(found)
    assert phonenumbers.is_valid_number(number)
    assert abroad or phonenumbers.region_code_for_number(number) == region
    assert premium or phonenumbers.number_type(number) not in (
        phonenumbers.PhoneNumberType.PREMIUM_RATE,
        phonenumbers.PhoneNumberType.SHARED_COST,
        phonenumbers.PhoneNumberType.TOLL_FREE,
        phonenumbers.PhoneNumberType.UAN,
    )
    assert judge(found, Rules(region, abroad=abroad, premium=premium)) == found
