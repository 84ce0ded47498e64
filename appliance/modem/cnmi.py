"""How a modem tells of delivery reports: AT+CNMI (3GPP TS 27.005 §3.4.1). Pure.

``<ds>`` 1 hands the report over as it comes (+CDS), 2 stores it and tells where (+CDSI). Modems know one of them,
both or none, and some take but one value for ``<bfr>`` (Cinterion MC75i: ``(0-3),(0,1),(0,2,3),(0,2),(1)``).
"""

from __future__ import annotations

from dataclasses import dataclass

from appliance.modem.dialogue import Request
from appliance.modem.parameters import after_prefix

TEST = Request("AT+CNMI=?", ("+CNMI:",))
_MODES, _STORE_AND_TELL, _NO_BROADCAST, _BUFFERS = (2, 1, 3, 0), (1, 0), (0,), (0, 1)
DIRECT, STORED = 1, 2


@dataclass(frozen=True, slots=True)
class Setting:
    """One AT+CNMI; ``reports`` says whether delivery reports are told by it."""

    request: Request
    reports: bool


def settings(answer: tuple[str, ...]) -> tuple[Setting, ...]:
    """The settings to try, best first, by the answer to the test command (perhaps none, or not readable)."""
    allowed = _ranges(answer)
    if allowed is None:
        known = [(2, 1, 0, DIRECT, 0), (2, 1, 0, STORED, 0), (2, 1, 0, DIRECT, 1), (2, 1, 0, STORED, 1)]
        return tuple(_setting(*values) for values in known)
    modes, stores, broadcasts, reports, buffers = allowed
    mode, store = _first(_MODES, modes), _first(_STORE_AND_TELL, stores)
    rest = _first(_NO_BROADCAST, broadcasts), _first(_BUFFERS, buffers)
    # handed over at once is best: nothing to fetch, and no store that can be full
    return tuple(_setting(mode, store, rest[0], kind, rest[1]) for kind in (DIRECT, STORED) if kind in reports)


def _setting(mode: int, store: int, broadcast: int, reports: int, buffer: int) -> Setting:
    return Setting(Request(f"AT+CNMI={mode},{store},{broadcast},{reports},{buffer}"), reports != 0)


def _ranges(answer: tuple[str, ...]) -> list[frozenset[int]] | None:
    for line in answer:
        fields = after_prefix(line, "+CNMI:")
        if fields is not None and len(fields) >= 4:
            found = [_values(field) for field in (*fields, "(0)")[:5]]
            return found if all(found) else None
    return None


def _values(field: str) -> frozenset[int]:
    """``(0-2)``, ``(0,1,3)``, ``0``; empty where it is none of them."""
    values: set[int] = set()
    for piece in field.strip("() ").split(","):
        low, _, high = piece.strip().partition("-")
        if not low.isdecimal() or not (high or low).isdecimal():
            return frozenset()
        values.update(range(int(low), min(int(high or low), 9) + 1))
    return frozenset(values)


def _first(wanted: tuple[int, ...], allowed: frozenset[int]) -> int:
    return next((value for value in wanted if value in allowed), min(allowed))
