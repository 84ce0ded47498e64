"""The exchanges' state documents as the views read them: typed, and forgiving, since another release may have written
them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from appliance.translation import _

MOST_CALLS = 200


@dataclass(frozen=True, slots=True)
class Call:
    """A call that an exchange has now: who calls, whom it rings, or who talks."""

    caller: str
    talks_with: str | None
    rings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Exchange:
    """One exchange. ``health`` is ``up``, or ``down`` where it lost its Asterisk or is gone itself."""

    name: str
    health: str
    calls: tuple[Call, ...]


def read_exchange(name: str, document: Mapping[str, Any]) -> Exchange:
    """Read a document of the topic ``exchange/<name>/state``."""
    calls = document.get("calls")
    listed = calls if isinstance(calls, list) else []
    health = {"connected": "up", "lost": "down"}.get(str(document.get("ari")), "unknown")
    return Exchange(name, health, tuple(_call(call) for call in listed[:MOST_CALLS] if isinstance(call, dict)))


def calls_text(exchange: Exchange) -> str:
    """What the exchange does now, on one line."""
    if exchange.health != "up" and not exchange.calls:
        return _("no connection to its Asterisk") if exchange.health == "down" else ""
    if not exchange.calls:
        return _("no calls")
    count = len(exchange.calls)
    head = _("1 call") if count == 1 else _("{count} calls").format(count=count)
    return f"{head}: " + "; ".join(map(_call_text, exchange.calls))


def _call_text(call: Call) -> str:
    if call.talks_with:
        return _("{caller} talks with {who}").format(caller=call.caller, who=call.talks_with)
    if call.rings:
        return _("{caller} rings {who}").format(caller=call.caller, who=", ".join(call.rings))
    return _("{caller} waits").format(caller=call.caller)


def _call(table: Mapping[str, Any]) -> Call:
    rings = table.get("ringing")
    return Call(
        _text(table.get("caller")) or _("unknown caller"),
        _text(table.get("with")),
        tuple(str(one) for one in rings) if isinstance(rings, list) else (),
    )


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
