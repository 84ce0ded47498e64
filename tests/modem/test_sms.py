from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.domain.phone import PhoneNumber
from appliance.domain.sms import Delivery, DeliveryReport
from appliance.modem import sms, sms_pdu
from appliance.modem.channel import Channel
from bench.mobile.tpdu import Submitted, read_submit, status_report
from tests.modem.peers import MARKER, Script

CZ = "+420777000111"
# a published transcript: service centre +31624000000, sender +31641600986
DELIVER = "07911326040000F0040B911346610089F60000208062917314080CC8F71D14969741F977FD07"


def test_a_message_from_the_network() -> None:
    message = sms_pdu.decode(DELIVER)
    assert message.number == "+31641600986"
    assert message.text == "How are you?"
    assert message.at is not None
    assert message.at.astimezone(UTC) == datetime(2002, 8, 26, 19, 37, 41, tzinfo=UTC)
    assert message.part is None


@pytest.mark.parametrize("text", ["", "Trunk A is down.", "€ {x} [y]", "Výpadek: trunk A, voláme technika", "日本語"])
def test_short_texts_come_back(text: str) -> None:
    (part,) = sms_pdu.encode(CZ, text, 7)
    message = sms_pdu.decode(part.hex_text)
    assert (message.number, message.text, message.part) == (CZ, text, None)
    assert part.length == len(part.hex_text) // 2 - 1


@pytest.mark.parametrize("text", ["all lines busy " * 20, "žluťoučký kůň " * 12])
def test_long_texts_are_sent_in_parts_and_put_together_in_any_order(text: str) -> None:
    parts = sms_pdu.encode(CZ, text, 42)
    assert len(parts) > 1
    messages = tuple(sms_pdu.decode(part.hex_text) for part in parts)
    assert [message.part for message in messages] == [
        sms_pdu.Part(42, number, len(parts)) for number in range(1, len(parts) + 1)
    ]
    assert sms_pdu.joined(messages[::-1]) == text
    assert sms_pdu.joined(messages[1:]) is None


def test_a_text_that_is_too_long_is_refused() -> None:
    with pytest.raises(ValueError, match="at most 10"):
        sms_pdu.encode(CZ, "x" * 2000, 1)


@pytest.mark.parametrize("place", range(60, 76))
def test_a_pair_of_surrogates_is_never_cut_in_two(place: int) -> None:
    text = "ž" * place + "\U0001f600" * 40
    parts = sms_pdu.encode(CZ, text, 3)
    read = [submit_of(part.hex_text) for part in parts]
    for one in read:
        one.text.encode("utf-8")  # half a pair could not be
    assert "".join(one.text for one in read) == text
    assert sms_pdu.joined(tuple(sms_pdu.decode(part.hex_text) for part in parts)) == text


ALPHABET = st.text(
    st.sampled_from("abc xyz 019 @£$¥èéåΔ_Ω^{}[]~|\\€äöüñ\n'\"") | st.characters(exclude_categories=("Cs", "Cc")),
    max_size=600,
)


@given(ALPHABET, st.integers(0, 255), st.booleans(), st.none() | st.floats(1, 10_000_000))
@settings(max_examples=200)
def test_every_text_is_read_the_same_by_a_reader_of_others(
    text: str, reference: int, report: bool, validity_s: float | None
) -> None:
    parts = sms_pdu.encode(CZ, text, reference, report=report, validity_s=validity_s)
    assert len(parts) == sms_pdu.parts_of(text)
    read = [submit_of(part.hex_text) for part in parts]
    assert "".join(one.text for one in read) == text
    for place, (one, part) in enumerate(zip(read, parts, strict=True), start=1):
        assert (one.number, one.report) == (CZ, report)
        assert (one.validity is None) == (validity_s is None)
        assert one.concatenation == ((reference, len(parts), place) if len(parts) > 1 else None)
        assert part.length <= 12 + 1 + 140 + 3  # fields, length and 140 octets of user data


@pytest.mark.parametrize(("text", "parts"), [("x" * 160, 1), ("x" * 161, 2), ("€" * 80, 1), ("€" * 81, 2)])
def test_septets_are_counted_with_their_escapes(text: str, parts: int) -> None:
    assert sms_pdu.parts_of(text) == parts


@pytest.mark.parametrize(("text", "parts"), [("ž" * 70, 1), ("ž" * 71, 2), ("\U0001f600" * 35, 1), ("ÿ" * 71, 2)])
def test_units_are_counted_as_phones_count_them(text: str, parts: int) -> None:
    assert sms_pdu.parts_of(text) == parts


def test_half_a_character_is_refused() -> None:
    with pytest.raises(ValueError, match="half a character"):
        sms_pdu.encode(CZ, "x\ud83d", 1)


@pytest.mark.parametrize(
    ("seconds", "octet"), [(300, 0), (43_200, 143), (86_400, 167), (2 * 86_400, 168), (30 * 86_400, 196), (1e9, 255)]
)
def test_the_validity_period_is_the_nearest_step_that_is_not_shorter(seconds: float, octet: int) -> None:
    assert submit_of(sms_pdu.encode(CZ, "x", 1, validity_s=seconds)[0].hex_text).validity == octet


@pytest.mark.parametrize(
    ("status", "delivery"),
    [
        (0x00, "delivered"),
        (0x02, "delivered"),
        (0x30, "underway"),
        (0x41, "failed"),
        (0x65, "failed"),
        (0xC0, "failed"),
    ],
)
def test_a_report_is_read(status: int, delivery: str) -> None:
    pdu = status_report(17, CZ, datetime(2026, 7, 1, 12, tzinfo=UTC), status)
    assert sms_pdu.read_report(pdu) == DeliveryReport(17, CZ, Delivery(delivery), status)


def test_a_report_with_service_centre_and_empty_discharge_time() -> None:
    pdu = "079124602000900F06270C91247077001011627070210000000000000000000000"
    report = sms_pdu.read_report(pdu)
    assert (report.reference, report.delivery) == (0x27, Delivery.DELIVERED)
    assert report.is_for(PhoneNumber(CZ))


@pytest.mark.parametrize(
    "pdu", ["", "zz", "0006", DELIVER, "000611", status_report(1, CZ, datetime(2026, 7, 1, tzinfo=UTC), 0)[:-2]]
)
def test_what_is_no_report_is_a_value_error(pdu: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  (hex, length and kind each say it in their words)
        sms_pdu.read_report(pdu)


@pytest.mark.parametrize(
    ("number", "same"), [("777000111", True), ("00420777000111", True), ("+420777000112", False)]
)
def test_a_report_is_for_the_number_however_the_network_spells_it(number: str, same: bool) -> None:
    assert DeliveryReport(1, number, Delivery.DELIVERED, 0).is_for(PhoneNumber(CZ)) is same


@pytest.mark.parametrize("text", ["", "zz", "0", "07", DELIVER[:30], DELIVER[:-20] + "F", "FF" * 40])
def test_a_damaged_pdu_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match="PDU"):
        sms_pdu.decode(text)


@given(st.binary(max_size=60))
@settings(max_examples=150)
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        message = sms_pdu.decode(data.hex())
    except ValueError:
        return
    assert isinstance(message.text, str)


def submit_of(pdu: str) -> Submitted:
    """By the bench's own reading of the standard."""
    return read_submit(pdu[2 + 2 * int(pdu[:2], 16) :])


async def talk(script: Script) -> Channel:
    channel = Channel(lambda line: None, lambda: None)
    await channel.open(script.open, "memory", 115200)
    return channel


async def test_reading_and_deleting() -> None:
    listing = f"+CMGL: 1,0,,24\n{DELIVER}\n+CMGL: 4,1,,24\n07911326FF\nOK"
    script = Script(MARKER, ("AT+CMGF=0", "OK"), ("AT+CMGL=4", listing), ("AT+CMGD=1", "OK"))
    channel = await talk(script)
    (stored,) = await sms.stored(channel.ask)
    assert (stored.index, stored.message.text) == (1, "How are you?")
    await sms.delete(channel.ask, 1)
    script.finished()
    await channel.close()
