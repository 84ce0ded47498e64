"""Network registration, signal, operator and time (3GPP TS 27.007 §7.2, §7.3, §8.5, §8.15, §8.69, §10.1). Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from appliance.domain.modem import NetworkRegistration
from appliance.modem.dialogue import Request
from appliance.modem.parameters import after_prefix, number_at, text_at

_DOMAINS = ("+CREG", "+CEREG", "+CGREG")
# The answer to a query begins with <n>,<stat>; the unsolicited code has <stat> alone or before a quoted area.
_QUERY_SHAPE = re.compile(r"^\+C[EG]?REG:\s*[0-5]\s*,\s*\d{1,2}\s*(?:,|$)")
REGISTRATION_ENABLE = ("AT+CREG=2", "AT+CEREG=2", "AT+CGREG=2")
REGISTRATION_QUERIES = tuple(
    Request(f"AT{domain}?", (f"{domain}:",), shape=_QUERY_SHAPE, timeout_s=10.0) for domain in _DOMAINS
)
SIGNAL = Request("AT+CSQ", ("+CSQ:",))
EXTENDED_SIGNAL = Request("AT+CESQ", ("+CESQ:",))
OPERATOR_NAMES = Request("AT+COPS=3,0", timeout_s=10.0)
OPERATOR = Request("AT+COPS?", ("+COPS:",), timeout_s=30.0)
CLOCK = Request("AT+CCLK?", ("+CCLK:",))

_STATES = {
    0: NetworkRegistration.NONE,
    1: NetworkRegistration.HOME,
    2: NetworkRegistration.SEARCHING,
    3: NetworkRegistration.DENIED,
    4: NetworkRegistration.NONE,
    5: NetworkRegistration.ROAMING,
    6: NetworkRegistration.HOME,  # "SMS only" on LTE: supplementary services may still travel by XCAP
    7: NetworkRegistration.ROAMING,
    8: NetworkRegistration.DENIED,  # emergency calls only
    9: NetworkRegistration.HOME,
    10: NetworkRegistration.ROAMING,
}
_RANK = (
    NetworkRegistration.HOME,
    NetworkRegistration.ROAMING,
    NetworkRegistration.SEARCHING,
    NetworkRegistration.DENIED,
    NetworkRegistration.NONE,
)
_TECHNOLOGIES = {
    **dict.fromkeys((0, 1, 3, 8), "GSM"),
    **dict.fromkeys((2, 4, 5, 6), "UMTS"),
    **dict.fromkeys((7, 9), "LTE"),
    **dict.fromkeys((10, 11, 12, 13), "NR"),
}


@dataclass(frozen=True, slots=True)
class DomainReport:
    """What one of CREG, CEREG, CGREG says. ``technology``: ``GSM``, ``UMTS``, ``LTE`` or ``NR``, where told."""

    domain: str
    registration: NetworkRegistration
    technology: str | None = None


def _report(domain: str, fields: Sequence[str], start: int) -> DomainReport | None:
    state = number_at(fields, start)
    if state not in _STATES:
        return None
    act = number_at(fields, start + 3)
    return DomainReport(domain, _STATES[state], None if act is None else _TECHNOLOGIES.get(act))


def query_report(lines: Sequence[str]) -> DomainReport | None:
    """The answer to one of :data:`REGISTRATION_QUERIES`; ``None`` where it cannot be read."""
    for line in lines:
        for domain in _DOMAINS:
            fields = after_prefix(line, f"{domain}:")
            if fields is not None and (report := _report(domain, fields, 1)) is not None:
                return report
    return None


def unsolicited_report(line: str) -> DomainReport | None:
    """A registration that was told unasked; ``None`` for any other line."""
    for domain in _DOMAINS:
        fields = after_prefix(line, f"{domain}:")
        if fields is not None:
            return _report(domain, fields, 0)
    return None


def merged(reports: Iterable[DomainReport]) -> tuple[NetworkRegistration, str | None]:
    """The registration and technology that count for supplementary services.

    CREG (circuit-switched) or CEREG (LTE, where forwarding goes by IMS or CS fallback), the better of the two; CGREG
    (packet data) only for a modem that answers neither.
    """
    known = {report.domain: report for report in reports}
    counted = [known[domain] for domain in ("+CREG", "+CEREG") if domain in known] or list(known.values())
    if not counted:
        return NetworkRegistration.NONE, None
    best = min(counted, key=lambda report: _RANK.index(report.registration))
    technologies = [report.technology for report in (best, *counted) if report.technology is not None]
    return best.registration, technologies[0] if best.registration.on_network and technologies else None


def rssi_dbm(lines: Sequence[str]) -> int | None:
    """The signal of an AT+CSQ or AT+CESQ answer in dBm; ``None`` for "not known"."""
    for line in lines:
        if (fields := after_prefix(line, "+CSQ:")) is not None:
            level = number_at(fields, 0)
            return None if level is None or level > 31 else -113 + 2 * level
        if (fields := after_prefix(line, "+CESQ:")) is not None:
            # rxlev (GERAN), rscp (UTRAN), rsrp (E-UTRAN): the one of the network in use is filled in
            for index, offset, top in ((0, -111, 63), (2, -121, 96), (5, -141, 97)):
                level = number_at(fields, index)
                if level is not None and level <= top:
                    return offset + level
    return None


def operator(lines: Sequence[str]) -> tuple[str | None, str | None]:
    """Operator and technology of an AT+COPS? answer."""
    for line in lines:
        fields = after_prefix(line, "+COPS:")
        if fields is not None:
            act = number_at(fields, 3)
            return text_at(fields, 2)[:64] or None, None if act is None else _TECHNOLOGIES.get(act)
    return None, None


_CCLK = re.compile(r"^(\d{2})/(\d{2})/(\d{2}),(\d{2}):(\d{2}):(\d{2})([+-]\d{1,2})?$")


def clock(lines: Sequence[str]) -> datetime | None:
    """The modem's clock, which AT+CTZU keeps to the network's; ``None`` where it was never set.

    The zone counts quarters of an hour. Modems without the network's time start in 1970, 1980, 2000 or 2004, of which
    two digits are told; by their zone it may be the day before.
    """
    for line in lines:
        fields = after_prefix(line, "+CCLK:")
        match = _CCLK.match(text_at(fields, 0)) if fields is not None else None
        if match is None:
            continue
        year, month, day, hour, minute, second = (int(match[index]) for index in range(1, 7))
        quarters = int(match[7] or 0)
        try:
            zone = timezone(timedelta(minutes=15 * quarters))
            read = datetime(2000 + year, month, day, hour, minute, second, tzinfo=zone)
        except ValueError:
            return None
        return read if 2024 <= read.year < 2069 else None
    return None
