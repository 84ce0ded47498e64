"""Whether somebody else answered than was dialled."""

from __future__ import annotations

import pytest

from appliance.domain.phone import PhoneNumber, reaches
from appliance.exchange.connected import Told, another, diverted

ANNA = PhoneNumber("+420777000113")
SERVICE, CALLER = "+420777000100", "+420601000001"
OURS = frozenset({SERVICE, CALLER})


def answered(connected: str | None) -> str | None:
    return another(Told(connected), ANNA, OURS, "CZ")


@pytest.mark.parametrize(
    "same",
    [
        "+420777000113",
        "777000113",
        "420777000113",
        "00420777000113",
        "0777000113",
        "99420777000113",  # with the prefix of a ported number
        "D0100777000113",
        "+420777000113;phone-context=+420",
    ],
)
def test_the_number_that_was_dialled_is_the_same_in_any_spelling(same: str) -> None:
    assert answered(same) is None


@pytest.mark.parametrize("nothing", [None, "", "anonymous", "Unknown", "voicemail", CALLER, SERVICE, "601000001"])
def test_what_says_nothing_speaks_against_nobody(nothing: str | None) -> None:
    assert answered(nothing) is None


@pytest.mark.parametrize(
    ("told", "number"),
    [
        ("+420603399999", "+420603399999"),
        ("603399999", "+420603399999"),
        ("3311", "3311"),
        ("*99#", "*99#"),
        ("+420777990113", "+420777990113"),
    ],
)
def test_another_number_is_told_as_it_would_be_dialled(told: str, number: str) -> None:
    assert answered(told) == number


def test_a_mailbox_whose_number_ends_like_its_owners_is_another_one() -> None:
    # German networks put two digits between the prefix and the number
    owner = PhoneNumber("+491711234567")
    assert not reaches("+49171131234567", owner)
    assert another(Told("+49171131234567"), owner, OURS, "DE") == "+49171131234567"
    assert another(Told("01711234567"), owner, OURS, "DE") is None


@pytest.mark.parametrize(
    "told",
    [
        Told(redirected_by="+420777000113"),
        Told(diversion="<sip:+420777000113@host>;reason=no-answer"),
        Told(history="<sip:+420777000113@host>;index=1, <sip:vms@host;cause=408>;index=1.1;mp=1"),
        Told(history="<sip:+420777000113@host?Reason=SIP%3Bcause%3D302&cause=302>;index=1"),
        Told(history="<tel:+420777000113>;index=1, <sip:+420603399999@host;user=phone>;index=1.1"),
    ],
)
def test_a_call_that_was_led_on_is_known(told: Told) -> None:
    assert diverted(told, ANNA)


@pytest.mark.parametrize(
    "told",
    [
        Told(),
        Told(connected="+420603399999"),
        Told(history="<sip:+420777000113@host>;index=1"),
        # the same number on its way from one switch to the next
        Told(history="<sip:+420777000113@one>;index=1, <sip:777000113@two;user=phone>;index=1.1;rc=1"),
        Told(history="<sip:+420777000113@one>;index=1, <sip:gw7@two>;index=1.1;rc=1"),
        Told(history="garbage,,<>"),
    ],
)
def test_what_does_not_say_so_is_no_diversion(told: Told) -> None:
    assert not diverted(told, ANNA)
