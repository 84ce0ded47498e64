"""Short messages as PDUs (3GPP TS 23.040), with the tables and septets of python-gsmmodem's coder. Pure.

Of that package the coder alone is used. It checks little of what it reads and fails in many ways on a damaged PDU;
all of them become one ``ValueError`` here. How a text is cut into parts is decided here, because the coder cuts
through surrogate pairs.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gsmmodem.exceptions import EncodingError
from gsmmodem.pdu import GSM7_BASIC, GSM7_EXTENDED, Concatenation, decodeSmsPdu, encodeGsm7, packSeptets

from appliance.domain.sms import MAX_PARTS, Delivery, DeliveryReport

_GSM7 = frozenset(GSM7_BASIC) | frozenset(GSM7_EXTENDED)
# the coder takes the first two for its escape and for the page break, and has the third where TS 23.038 has "§"
_NOT_TEXT = frozenset("\x1b\xff`")
_SEPTETS, _SEPTETS_OF_PART = 160, 153
_UNITS, _UNITS_OF_PART = 70, 67  # of UTF-16, which is what phones make of UCS2
_SUBMIT, _RELATIVE_VALIDITY, _STATUS_REPORT_REQUEST, _HEADER = 0x01, 0x10, 0x20, 0x40  # TS 23.040 §9.2.2.2
_GSM7_CODING, _UCS2_CODING = 0x00, 0x08
_HEADER_SEPTETS = 7  # the 6 octets of the concatenation header, and one fill bit


@dataclass(frozen=True, slots=True)
class Submit:
    """One SMS-SUBMIT: ``length`` is what AT+CMGS wants (octets without the service centre), ``hex_text`` the PDU."""

    length: int
    hex_text: str


@dataclass(frozen=True, slots=True)
class Part:
    """Place of a message in a long text (TS 23.040 §9.2.3.24.1)."""

    reference: int
    number: int
    total: int


@dataclass(frozen=True, slots=True)
class Message:
    """A message read from a PDU. ``at`` is the service centre's time stamp, which SMS-SUBMIT has not."""

    number: str
    text: str
    at: datetime | None
    part: Part | None


def encode(
    number: str, text: str, reference: int, *, report: bool = False, validity_s: float | None = None
) -> tuple[Submit, ...]:
    """The parts of a text, in GSM 7 bit where it can be written so, else in UCS2. Raises ``ValueError``.

    ``reference`` (0 to 255) tells the parts of one text from those of another. ``report`` asks for delivery reports
    (TP-SRR). ``validity_s`` is how long the network may try (TP-VP, rounded); ``None`` leaves it to the network.
    """
    septets, pieces = _pieces(text)
    fields = bytearray([_SUBMIT | (_STATUS_REPORT_REQUEST if report else 0)])
    fields.append(0)  # TP-MR: the modem fills it in
    fields += _address(number)
    fields += bytes([0, _GSM7_CODING if septets else _UCS2_CODING])
    if validity_s is not None:
        fields[0] |= _RELATIVE_VALIDITY
        fields.append(_validity(validity_s))
    if len(pieces) == 1:
        return (_submit(fields, b"", pieces[0], septets=septets),)
    fields[0] |= _HEADER
    headers = (bytes([5, 0, 3, reference & 0xFF, len(pieces), place]) for place in range(1, len(pieces) + 1))
    return tuple(
        _submit(fields, header, piece, septets=septets) for header, piece in zip(headers, pieces, strict=True)
    )


def parts_of(text: str) -> int:
    """How many parts the text has. Raises ``ValueError`` for one that cannot be sent."""
    return len(_pieces(text)[1])


def decode(hex_text: str) -> Message:
    """Read an SMS-DELIVER or SMS-SUBMIT. Raises ``ValueError`` for what is damaged or something else."""
    try:
        fields: dict[str, Any] = decodeSmsPdu(hex_text.strip())
    except (ValueError, TypeError, LookupError, StopIteration, OverflowError, RuntimeError, EncodingError) as error:
        raise ValueError(f"the PDU cannot be read ({type(error).__name__})") from None
    text, number = fields.get("text"), fields.get("number")
    if not isinstance(text, str) or not isinstance(number, str):
        raise ValueError("the PDU holds no text message")  # noqa: TRY004 - the content is wrong, not a type of ours
    stamp, part = fields.get("time"), _part(fields.get("udh") or ())
    return Message(number, text if part else whole(text), stamp if isinstance(stamp, datetime) else None, part)


def joined(parts: tuple[Message, ...]) -> str | None:
    """The text of all parts of one message; ``None`` while parts are missing."""
    places = {message.part.number: message.text for message in parts if message.part is not None}
    total = next((message.part.total for message in parts if message.part is not None), 0)
    if not total or set(places) != set(range(1, total + 1)):
        return None
    # a pair of surrogates that others cut through is whole again only here
    return whole("".join(places[number] for number in range(1, total + 1)))


def whole(text: str) -> str:
    """Surrogate pairs as the characters they stand for; halves alone become U+FFFD."""
    return text.encode("utf-16-be", "surrogatepass").decode("utf-16-be", "replace")


def read_report(hex_text: str) -> DeliveryReport:
    """Read an SMS-STATUS-REPORT (TS 23.040 §9.2.2.3). Raises ``ValueError`` for anything else.

    The time stamps are passed over unread: some networks leave the discharge time empty.
    """
    try:
        octets = bytes.fromhex(hex_text.strip())
        at = 1 + octets[0]  # behind the service centre
        first, reference, digits = octets[at], octets[at + 1], octets[at + 2]
        if first & 0x03 != 0x02:
            raise ValueError("the PDU is no status report")
        type_of_number, end = octets[at + 3], at + 4 + (digits + 1) // 2
        swapped = "".join(f"{octet & 0x0F:X}{octet >> 4:X}" for octet in octets[at + 4 : end])
        status = octets[end + 14]
    except IndexError:
        raise ValueError("the status report is cut short") from None
    prefix = "+" if type_of_number & 0x70 == 0x10 else ""
    return DeliveryReport(reference, prefix + swapped[:digits], _delivery(status), status)


def _delivery(status: int) -> Delivery:
    if status < 0x20:
        return Delivery.DELIVERED  # received, or replaced, or handed on to where nobody confirms
    if status < 0x40:
        return Delivery.UNDERWAY
    return Delivery.FAILED  # for good, or the service centre has given up (0x60 and beyond)


def _pieces(text: str) -> tuple[bool, list[str]]:
    """Whether the text is written in septets, and its parts."""
    if any(unicodedata.category(character) == "Cs" for character in text):
        raise ValueError("the text holds half a character (a lone surrogate)")
    septets = all(character in _GSM7 and character not in _NOT_TEXT for character in text)
    sizes = [_size(character, septets=septets) for character in text]
    single, of_part = (_SEPTETS, _SEPTETS_OF_PART) if septets else (_UNITS, _UNITS_OF_PART)
    pieces = [text] if sum(sizes) <= single else list(_cut(text, sizes, of_part))
    if len(pieces) > MAX_PARTS:
        raise ValueError(f"the text needs {len(pieces)} messages; at most {MAX_PARTS} are sent")
    return septets, pieces


def _size(character: str, *, septets: bool) -> int:
    if septets:
        return 2 if character in GSM7_EXTENDED else 1
    return 2 if ord(character) > 0xFFFF else 1


def _cut(text: str, sizes: list[int], most: int) -> Iterator[str]:
    begin, used = 0, 0
    for index, size in enumerate(sizes):
        if used + size > most:
            yield text[begin:index]
            begin, used = index, 0
        used += size
    yield text[begin:]


def _submit(fields: bytearray, header: bytes, text: str, *, septets: bool) -> Submit:
    if septets:
        coded = encodeGsm7(text)
        length = len(coded) + (_HEADER_SEPTETS if header else 0)
        body = packSeptets(coded, padBits=6 if header else 0)
    else:
        body = text.encode("utf-16-be")
        length = len(header) + len(body)
    tpdu = bytes(fields) + bytes([length]) + header + bytes(body)
    return Submit(len(tpdu), "00" + tpdu.hex().upper())  # 00: the service centre of the SIM


def _address(number: str) -> bytes:
    digits = number.removeprefix("+")
    if not digits.isdecimal() or not digits.isascii():
        raise ValueError(f"{number!r} is no number a message can be sent to")
    padded = digits + "F" * (len(digits) % 2)
    swapped = "".join(padded[at + 1] + padded[at] for at in range(0, len(padded), 2))
    return bytes([len(digits), 0x91 if number.startswith("+") else 0x81]) + bytes.fromhex(swapped)


def _validity(seconds: float) -> int:
    """TP-VP in the relative format (TS 23.040 §9.2.3.12.1), the nearest step that is not shorter."""
    minutes = max(5.0, seconds / 60)
    if minutes <= 12 * 60:
        return int(-(-minutes // 5)) - 1
    if minutes <= 24 * 60:
        return 143 + int(-(-(minutes - 12 * 60) // 30))
    days = int(-(-minutes // (24 * 60)))
    return 166 + min(days, 30) if days <= 30 else 192 + min(-(-days // 7), 63)


def _part(elements: Any) -> Part | None:
    for element in elements:
        if isinstance(element, Concatenation) and 1 <= element.number <= element.parts:
            return Part(element.reference, element.number, element.parts)
    return None
