from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.domain.forwarding import ForwardingError
from appliance.domain.phone import PhoneNumber
from appliance.modem import sms, sms_pdu
from appliance.modem.channel import Channel
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


def test_characters_outside_ucs2_are_replaced() -> None:
    assert sms_pdu.decode(sms_pdu.encode(CZ, "ok \U0001f600", 1)[0].hex_text).text == "ok \ufffd"


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


async def talk(script: Script) -> Channel:
    channel = Channel(lambda line: None, lambda: None)
    await channel.open(script.open, "memory", 115200)
    return channel


async def test_sending(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("secrets.randbelow", lambda below: 9)
    (part,) = sms_pdu.encode(CZ, "on duty: you", 9)
    script = Script(
        MARKER,
        ("AT+CMGF=0", "OK"),
        (f"AT+CMGS={part.length}", b"\r\n> "),
        (part.hex_text, "+CMGS: 17\nOK"),
    )
    channel = await talk(script)
    await sms.send(channel.ask, PhoneNumber(CZ), "on duty: you")
    script.finished()
    await channel.close()


async def test_a_refusal_carries_the_reason() -> None:
    script = Script(MARKER, ("AT+CMGF=0", "+CMS ERROR: 302"))
    channel = await talk(script)
    with pytest.raises(ForwardingError, match=r"\+CMS ERROR: 302"):
        await sms.send(channel.ask, PhoneNumber(CZ), "x")
    with pytest.raises(ForwardingError, match="at most"):
        await sms.send(channel.ask, PhoneNumber(CZ), "x" * 5000)
    await channel.close()


async def test_reading_and_deleting() -> None:
    listing = f"+CMGL: 1,0,,24\n{DELIVER}\n+CMGL: 4,1,,24\n07911326FF\nOK"
    script = Script(MARKER, ("AT+CMGF=0", "OK"), ("AT+CMGL=4", listing), ("AT+CMGD=1", "OK"))
    channel = await talk(script)
    (stored,) = await sms.stored(channel.ask)
    assert (stored.index, stored.message.text) == (1, "How are you?")
    await sms.delete(channel.ask, 1)
    script.finished()
    await channel.close()
