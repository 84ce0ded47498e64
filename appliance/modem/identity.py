"""Who the modem and the SIM are (3GPP TS 27.007 §5; vendors' ICCID queries; TS 31.102 EF_ICCID). Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from appliance.modem.dialogue import Request
from appliance.modem.parameters import after_prefix, text_at

MANUFACTURER = Request("AT+CGMI", ("+CGMI:",), bare=True)
MODEL = Request("AT+CGMM", ("+CGMM:",), bare=True)
FIRMWARE = Request("AT+CGMR", ("+CGMR:",), bare=True)
IMEI = Request("AT+CGSN", ("+CGSN:",), bare=True)
INFORMATION = Request("ATI", bare=True)

# EF_ICCID (2FE2) read binary, ten bytes: every SIM has it, though not every modem lets it be read before the PIN.
ICCID_FROM_FILE = Request("AT+CRSM=176,12258,0,0,10", ("+CRSM:",), timeout_s=10.0)
_ICCID_PREFIXES = ("+CCID:", "+ICCID:", "+CICCID:", "+QCCID:", "^ICCID:", "#CCID:", "^SCID:")
_ICCID = re.compile(r"(?<!\d)(89\d{16,18})F?(?!\d)", re.IGNORECASE)
_IMEI = re.compile(r"(?<!\d)(\d{14,16})(?!\d)")


def iccid_request(command: str) -> Request:
    """The request for a vendor's ICCID query, such as ``AT+QCCID`` or ``AT^ICCID?``."""
    # SIM7600 answers AT+CICCID with +ICCID:, others with no prefix at all
    return Request(command, _ICCID_PREFIXES, timeout_s=10.0, bare=True)


def first_text(lines: Sequence[str]) -> str | None:
    """The text of a one-line answer, without prefix and quotes; ``None`` where there is none."""
    for line in lines:
        text = re.sub(r"^\+CGM[IMR]:", "", line).strip().strip('"').strip()
        if text:
            return text[:100]
    return None


def information_field(lines: Sequence[str], name: str) -> str | None:
    """A field of an ATI answer of the form ``Model: E173``; ``None`` where there is none."""
    for line in lines:
        key, colon, value = line.partition(":")
        if colon and key.strip().lower() == name and value.strip():
            return value.strip()[:100]
    return None


def imei(lines: Sequence[str]) -> str | None:
    """The IMEI among the lines of AT+CGSN (some add a line of text, a prefix or the software version)."""
    return next((match[1] for line in lines if (match := _IMEI.search(line))), None)


def iccid(lines: Sequence[str]) -> str | None:
    """The ICCID among the lines: 18 to 20 digits beginning with 89 (ITU-T E.118), with the filler F left off."""
    for line in lines:
        if (match := _ICCID.search(line)) is not None:
            return match[1]
        fields = after_prefix(line, "+CRSM:")
        if fields is not None:
            swapped = _swap_nibbles(text_at(fields, 2))
            if (match := _ICCID.search(swapped)) is not None:
                return match[1]
    return None


def _swap_nibbles(text: str) -> str:
    # EF_ICCID is packed BCD, low nibble first
    return "".join(text[index + 1 : index + 2] + text[index] for index in range(0, len(text), 2))
