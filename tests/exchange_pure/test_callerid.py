"""What a forwarded call shows, and that nothing a caller sends gets into a header."""

from __future__ import annotations

import re
from typing import Literal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from appliance.domain.phone import PhoneNumber
from appliance.exchange.callerid import Caller, Shown, read_caller, shown
from tests.exchange_pure.rosters import DID, SERVICE

HOST = "192.0.2.21:5060"
ASSERTED = ("P-Asserted-Identity", "<sip:+420777000100@192.0.2.21:5060;user=phone>")
DIVERTED = (
    "Diversion",
    "<sip:+420226000100@192.0.2.21:5060;user=phone>;reason=unconditional;privacy=off;counter=1",
)


def show(text: str | None, policy: Literal["caller", "service"] = "caller", *, restricted: bool = False) -> Shown:
    caller = read_caller(text, "CZ", restricted=restricted)
    return shown(policy, caller, PhoneNumber(DID), PhoneNumber(SERVICE), HOST)


@pytest.mark.parametrize("spelling", ["+420777123456", "777123456", "00420777123456", "420777123456", "777 123 456"])
def test_the_caller_is_shown_and_the_service_answers_for_it(spelling: str) -> None:
    assert show(spelling) == Shown("+420777123456", "", False, (ASSERTED, DIVERTED))


def test_or_the_service_number_is_shown_and_nobody_is_told_of_the_caller() -> None:
    assert show("+420777123456", "service") == Shown(SERVICE, "", False, (ASSERTED,))


def test_a_trunk_may_want_the_caller_asserted() -> None:
    caller = read_caller("+420777123456", "CZ")
    found = shown("caller", caller, PhoneNumber(DID), PhoneNumber(SERVICE), HOST, assert_caller=True)
    assert found.headers[0] == ("P-Asserted-Identity", "<sip:+420777123456@192.0.2.21:5060;user=phone>")


@pytest.mark.parametrize("text", [None, "", "anonymous", "Anonymous", "restricted", " unavailable "])
def test_a_hidden_caller_stays_hidden(text: str | None) -> None:
    assert read_caller(text, "CZ") == Caller(None, True, None)
    assert show(text) == Shown("anonymous", "Anonymous", True, (ASSERTED, ("Privacy", "id"), DIVERTED))


def test_a_number_that_must_not_be_shown_is_not_and_is_not_logged() -> None:
    assert show("+420777123456", restricted=True).number == "anonymous"
    assert read_caller("+420777123456", "CZ", restricted=True).told is None


@pytest.mark.parametrize("text", ["1" * 40, "Jan Novák", "٠١٢٣٤٥٦٧٨٩", "+", "\x00", '"x" <sip:1@evil>'])
def test_what_is_no_number_is_shown_as_the_service(text: str) -> None:
    assert show(text) == Shown(SERVICE, "", False, (ASSERTED, DIVERTED))


def test_a_short_number_is_shown_as_it_is() -> None:
    assert show("158").number == "158"
    assert read_caller("158", "CZ").told == "158"


def test_the_log_gets_what_the_network_gave_but_harmless_and_not_endless() -> None:
    assert read_caller("Jan\r\nVia: evil", "CZ").told == "Jan??Via: evil"
    told = read_caller("9" * 4000, "CZ").told
    assert told is not None
    assert len(told) == 40


@pytest.mark.parametrize("host", ["", "a b", "x\r\nVia: y", "h>;x", "[::1", "h:port"])
def test_a_host_that_is_none_is_refused(host: str) -> None:
    with pytest.raises(ValueError, match="no host name"):
        shown("caller", Caller(None, True, None), PhoneNumber(DID), PhoneNumber(SERVICE), host)


@given(
    st.text() | st.from_regex(r'[+0-9"<>\r\n;@ ]{1,60}'),
    st.sampled_from(["caller", "service"]),
    st.booleans(),
)
@example("+420777123456\r\nEvil: yes", "caller", False)
@example('777123456"', "caller", False)
def test_nothing_a_caller_sends_gets_into_a_header(
    text: str, policy: Literal["caller", "service"], restricted: bool
) -> None:
    found = show(text, policy, restricted=restricted)
    assert re.fullmatch(r"\+?[0-9]{2,15}|anonymous", found.number)
    assert found.name in ("", "Anonymous")
    for name, value in found.headers:
        assert name in ("P-Asserted-Identity", "Diversion", "Privacy")
        assert re.fullmatch(r"id|<sip:\+[0-9]{8,15}@192\.0\.2\.21:5060;user=phone>[a-z=;1]*", value)
    told = read_caller(text, "CZ").told
    assert told is None or (told.isprintable() and len(told) <= 40)
