"""Call forwarding in AT commands and MMI codes, both ways (3GPP TS 27.007 §7.11, TS 22.030 §6.5 and annex B). Pure.

"Inactive" is spelt in every way networks and modems have found: a status of 0 with any class or none, an empty or a
kept number, or no line at all. Only the line that covers voice counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from appliance.domain import phone
from appliance.domain.forwarding import INACTIVE, Registration, Service
from appliance.domain.phone import PhoneNumber
from appliance.domain.phrase import phrase
from appliance.modem.parameters import after_prefix, number_at, text_at
from appliance.modem.quirks import VOICE

PREFIX = "+CCFC:"
# Siemens and Cinterion answer a dialled interrogation so, with the reason in front (MC35 V05.00, ATD*#).
MMI_PREFIX = "^SCCFC:"
_ENABLED = 1
_QUERY, _REGISTER, _ERASE = 2, 3, 4
_TELEPHONY = 11  # basic service group of MMI codes, TS 22.030 annex C


class UnreadableError(ValueError):
    """An answer that says nothing certain about voice calls."""


class TimeField(StrEnum):
    """Where ``<time>`` of CFNRy stands in a registration."""

    STANDARD = "standard"  # behind <subaddr>,<satype> (27.007 §7.11)
    AFTER_CLASS = "after_class"  # modems without a subaddress
    OMITTED = "omitted"  # the network's own


@dataclass(frozen=True, slots=True)
class Row:
    """One +CCFC line. ``classes`` is the sum of classes it covers, 0 for "not told"."""

    active: bool
    classes: int
    number: str
    number_type: int | None
    time_s: int | None

    @property
    def covers_voice(self) -> bool:
        """Whether the line speaks of voice calls."""
        return self.classes == 0 or bool(self.classes & VOICE)


def query(service: Service, class_: int | None) -> str:
    """AT+CCFC interrogation."""
    return f"AT+CCFC={service.value},{_QUERY}" + ("" if class_ is None else f",,,{class_}")


def register(
    service: Service,
    number: PhoneNumber,
    number_type: int,
    class_: int | None,
    ring_time_s: int | None = None,
    time_field: TimeField = TimeField.STANDARD,
) -> str:
    """AT+CCFC registration, which replaces a standing one. The number keeps its ``+`` with either type."""
    text = f'AT+CCFC={service.value},{_REGISTER},"{number.e164}",{number_type}'
    if ring_time_s is not None and time_field is not TimeField.OMITTED:
        gap = "," if time_field is TimeField.AFTER_CLASS else ",,,"
        return f"{text},{'' if class_ is None else class_}{gap}{ring_time_s}"
    return text if class_ is None else f"{text},{class_}"


def erase(service: Service, class_: int | None) -> str:
    """AT+CCFC erasure."""
    return f"AT+CCFC={service.value},{_ERASE}" + ("" if class_ is None else f",,,{class_}")


def mmi_query(service: Service) -> str:
    """Interrogation as a person would dial it."""
    return f"ATD*#{service.mmi_code}#;"


def mmi_register(service: Service, number: PhoneNumber, class_: int | None, ring_time_s: int | None) -> str:
    """Registration as a person would dial it; for telephony only where a class is asked for."""
    parts = [service.mmi_code, number.e164]
    if class_ is not None or ring_time_s is not None:
        parts.append("" if class_ is None else str(_TELEPHONY))
    if ring_time_s is not None:
        parts.append(str(ring_time_s))
    return f"ATD**{'*'.join(parts)}#;"


def mmi_erase(service: Service, class_: int | None) -> str:
    """Erasure as a person would dial it; without a class for every kind of call."""
    return f"ATD##{service.mmi_code}#;" if class_ is None else f"ATD##{service.mmi_code}**{_TELEPHONY}#;"


def rows(lines: Sequence[str]) -> tuple[tuple[Row, ...], int]:
    """The readable lines of an answer, and how many could not be read."""
    read: list[Row] = []
    unreadable = 0
    for line in lines:
        fields = after_prefix(line, PREFIX)
        if fields is None:
            reported = after_prefix(line, MMI_PREFIX)
            if reported is None:
                continue
            fields = reported[1:]
        row = _row(fields)
        if row is None:
            unreadable += 1
        else:
            read.append(row)
    return tuple(read), unreadable


def _row(fields: Sequence[str]) -> Row | None:
    status = number_at(fields, 0)
    if status not in (0, _ENABLED):
        return None
    classes = number_at(fields, 1)
    if classes is None:
        if text_at(fields, 1):
            return None
        classes = 0
    return Row(
        active=status == _ENABLED,
        classes=classes,
        number=text_at(fields, 2),
        number_type=number_at(fields, 3),
        time_s=number_at(fields, 6 if len(fields) > 5 else 4),
    )


def voice(lines: Sequence[str], region: str | None) -> Registration:
    """What an answer says of voice calls.

    A number that is no E.164 number (a short code of the operator's voicemail) gives an active registration without
    a number: calls go somewhere, and not where anybody sent them. Raises :class:`UnreadableError` where the lines
    cannot be read, or tell "active" and no number.
    """
    read, unreadable = rows(lines)
    covering = [row for row in read if row.covers_voice]
    if not covering:
        if unreadable:
            raise UnreadableError(phrase("no line of the answer can be read"))
        return INACTIVE
    # The most particular line wins: 1 (voice) over 7 (voice, data, fax) over 255 (all) over a class not told.
    row = min(covering, key=lambda row: row.classes or 1 << 30)
    if row.active and not row.number:
        raise UnreadableError(phrase("the network says the forwarding is active, but not where to"))
    number = phone.from_network(row.number, row.number_type, region) if row.number else None
    return Registration(row.active, number, row.time_s)
