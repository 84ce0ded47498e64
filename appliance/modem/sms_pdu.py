"""Short messages as PDUs (3GPP TS 23.040), with python-gsmmodem's coder. Pure.

Of that package the coder alone is used. It checks little of what it reads and fails in many ways on a damaged PDU;
all of them become one ``ValueError`` here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gsmmodem.exceptions import EncodingError
from gsmmodem.pdu import Concatenation, decodeSmsPdu, encodeSmsSubmitPdu

MAX_PARTS = 10  # longer texts cost more than they tell; networks allow 255


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


def encode(number: str, text: str, reference: int) -> tuple[Submit, ...]:
    """The parts of a text, in GSM 7 bit where it can be written so, else in UCS2. Raises ``ValueError``.

    ``reference`` (0 to 255) tells the parts of one text from those of another.
    """
    # UCS2 has no characters beyond U+FFFF; the coder would count a surrogate pair as one
    narrow = "".join(character if ord(character) <= 0xFFFF else "\ufffd" for character in text)
    try:
        pdus = encodeSmsSubmitPdu(number, narrow, reference=reference & 0xFF, requestStatusReport=False)
    except (ValueError, TypeError, LookupError, EncodingError) as error:
        raise ValueError(f"the text cannot be sent as a short message: {error}") from None
    if len(pdus) > MAX_PARTS:
        raise ValueError(f"the text needs {len(pdus)} messages; at most {MAX_PARTS} are sent")
    return tuple(Submit(pdu.tpduLength, bytes(pdu.data).hex().upper()) for pdu in pdus)


def decode(hex_text: str) -> Message:
    """Read an SMS-DELIVER or SMS-SUBMIT. Raises ``ValueError`` for what is damaged or something else."""
    try:
        fields: dict[str, Any] = decodeSmsPdu(hex_text.strip())
    except (ValueError, TypeError, LookupError, StopIteration, OverflowError, RuntimeError, EncodingError) as error:
        raise ValueError(f"the PDU cannot be read ({type(error).__name__})") from None
    text, number = fields.get("text"), fields.get("number")
    if not isinstance(text, str) or not isinstance(number, str):
        raise ValueError("the PDU holds no text message")  # noqa: TRY004 - the content is wrong, not a type of ours
    stamp = fields.get("time")
    return Message(number, text, stamp if isinstance(stamp, datetime) else None, _part(fields.get("udh") or ()))


def joined(parts: tuple[Message, ...]) -> str | None:
    """The text of all parts of one message; ``None`` while parts are missing."""
    places = {message.part.number: message.text for message in parts if message.part is not None}
    total = next((message.part.total for message in parts if message.part is not None), 0)
    if not total or set(places) != set(range(1, total + 1)):
        return None
    return "".join(places[number] for number in range(1, total + 1))


def _part(elements: Any) -> Part | None:
    for element in elements:
        if isinstance(element, Concatenation) and 1 <= element.number <= element.parts:
            return Part(element.reference, element.number, element.parts)
    return None
