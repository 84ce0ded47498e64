"""Transfer protocol units as a service centre reads and makes them (3GPP TS 23.040 §9.2, alphabet of TS 23.038).

Written apart from the product and from the library it uses: two readings of the standard.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

_DEFAULT = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = {10: "\f", 20: "^", 40: "{", 41: "}", 47: "\\", 60: "[", 61: "~", 62: "]", 64: "|", 101: "€"}
_VALIDITY_OCTETS = (0, 7, 1, 7)  # none, enhanced, relative, absolute


@dataclass(frozen=True, slots=True)
class Submitted:
    """An SMS-SUBMIT. ``concatenation`` is (reference, total, number); ``text`` may end in half a surrogate pair."""

    number: str
    text: str
    report: bool
    validity: int | None
    coding: int
    concatenation: tuple[int, int, int] | None


def read_submit(tpdu_hex: str) -> Submitted:
    """Read an SMS-SUBMIT without service centre. Raises ``ValueError`` for anything else or damaged."""
    octets = bytes.fromhex(tpdu_hex)
    try:
        first = octets[0]
        if first & 0x03 != 0x01:
            raise ValueError("no SMS-SUBMIT")
        digits = octets[2]
        number_end = 4 + (digits + 1) // 2
        number = ("+" if octets[3] & 0x70 == 0x10 else "") + _digits(octets[4:number_end], digits)
        coding = octets[number_end + 1]
        at = number_end + 2
        validity = octets[at] if first & 0x18 == 0x10 else None
        at += _VALIDITY_OCTETS[first >> 3 & 0x03]
        length, data = octets[at], octets[at + 1 :]
    except IndexError:
        raise ValueError("cut short") from None
    text, concatenation = _user_data(data, length, coding, has_header=bool(first & 0x40))
    return Submitted(number, text, bool(first & 0x20), validity, coding, concatenation)


def status_report(reference: int, number: str, at: datetime, status: int) -> str:
    """An SMS-STATUS-REPORT with an empty service centre in front, as modems hand it over."""
    digits = number.removeprefix("+")
    address = f"{len(digits):02X}{'91' if number.startswith('+') else '81'}{swapped(digits)}"
    stamp = swapped(at.strftime("%y%m%d%H%M%S") + "00")
    return f"0006{reference:02X}{address}{stamp}{stamp}{status:02X}"


def swapped(digits: str) -> str:
    """Semi-octets (TS 23.040 §9.1.2.3)."""
    padded = digits + "F" * (len(digits) % 2)
    return "".join(padded[i + 1] + padded[i] for i in range(0, len(padded), 2))


def _digits(octets: bytes, count: int) -> str:
    return "".join(f"{octet & 15:X}{octet >> 4:X}" for octet in octets)[:count]


def _user_data(data: bytes, length: int, coding: int, *, has_header: bool) -> tuple[str, tuple[int, int, int] | None]:
    header_octets = data[0] + 1 if has_header else 0
    concatenation = _concatenation(data[1:header_octets]) if has_header else None
    if coding == 0x08:
        if len(data) != length or length > 140:
            raise ValueError("the length of the user data is wrong")
        return data[header_octets:].decode("utf-16-be", "surrogatepass"), concatenation
    if coding != 0x00:
        raise ValueError(f"data coding {coding:#x} is not known here")
    if length > 160 or len(data) != (length * 7 + 7) // 8:
        raise ValueError("the length of the user data is wrong")
    bits = int.from_bytes(data, "little")
    septets = [bits >> 7 * index & 0x7F for index in range((header_octets * 8 + 6) // 7, length)]
    return _text(septets), concatenation


def _concatenation(header: bytes) -> tuple[int, int, int] | None:
    at = 0
    while at + 1 < len(header):
        element, size = header[at], header[at + 1]
        if element == 0 and size == 3:
            reference, total, number = header[at + 2 : at + 5]
            return reference, total, number
        at += 2 + size
    return None


def _text(septets: list[int]) -> str:
    out, escaped = "", False
    for septet in septets:
        if escaped:
            out, escaped = out + _EXTENSION.get(septet, " "), False
        elif septet == 0x1B:
            escaped = True
        else:
            out += _DEFAULT[septet]
    return out
