"""The last known picture, put together from journal events: what a state document can still say without the guard."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from appliance.domain.events import Event, EventType
from appliance.domain.phrase_words import text_of

_FORWARDING_STATUS: dict[str, str] = {
    EventType.FORWARDING_REQUESTED: "pending",
    EventType.FORWARDING_FAILED: "unverified",
    EventType.FORWARDING_DISPUTED: "disputed",
}
_SECTIONS = {"trunk": "trunks", "node": "nodes", "local": "local"}


def last_known(events: Iterable[Event]) -> dict[str, Any] | None:
    """A document in the shape of the topic ``state``, as of the last event; ``None`` where there is no event.

    ``service`` is ``unknown``: it is a judgement of now. Forwarding is ``verified`` only in the sense of its time.
    """
    document: dict[str, Any] = {
        "schema": 1,
        "service": "unknown",
        "route": {},
        "forwarding": {"status": "unverified"},
        "override": None,
        "duty": {},
        "trunks": {},
        "nodes": {},
        "modem": {"health": "unknown"},
    }
    seen = False
    for event in events:
        seen = True
        document["at"], document["boot_id"] = event.at, event.boot_id
        _apply(document, event)
    return document if seen else None


def _apply(document: dict[str, Any], event: Event) -> None:
    data = event.data
    match event.type:
        case EventType.BOOT:
            for section in document.keys() & set(_SECTIONS.values()):
                document[section] = {name: {"health": "unknown", "since": event.at} for name in document[section]}
        case EventType.HEALTH_CHANGED if data.get("kind") in _SECTIONS:
            part = {"health": data.get("to"), "since": event.at}
            document.setdefault(_SECTIONS[data["kind"]], {})[str(data.get("name"))] = part
        case EventType.ROUTE_DECIDED:
            reason = text_of(data, "reason") or None
            decision = {"desired": data.get("to"), "desired_number": data.get("number"), "reason": reason}
            document["route"] |= decision
            document["service"] = data.get("service") or "unknown"
            _settle(document, event.at)
        case EventType.FORWARDING_VERIFIED:
            service = str(data.get("service", "cfu"))
            document["forwarding"] |= {service: data.get("number"), "status": "verified", "verified_at": event.at}
            _settle(document, event.at)
        case _ if status := _FORWARDING_STATUS.get(event.type):
            document["forwarding"]["status"] = status
        case EventType.OVERRIDE_SET:
            document["override"] = {"at": event.at, **data}
        case EventType.OVERRIDE_ENDED:
            document["override"] = None
        case EventType.DUTY_CHANGED:
            document["duty"] = {key: data.get(key) for key in ("person", "number", "until")}
        case EventType.MODEM_UP:
            document["modem"] = {"health": "up", **data}
        case EventType.MODEM_DOWN:
            document["modem"] = {**document["modem"], "health": "down", "reason": text_of(data, "reason") or None}


def _settle(document: dict[str, Any], at: str) -> None:
    """What the network was last seen to do is the route whose number it was."""
    route, seen = document["route"], document["forwarding"].get("cfu")
    if seen is not None and seen == route.get("desired_number") and route.get("number") != seen:
        route |= {"active": route["desired"], "number": seen, "since": at}
