"""Events as lines, as JSON, and read back from it."""

from __future__ import annotations

import json
from datetime import datetime, tzinfo

from appliance.cli.broker import read_json
from appliance.cli.paint import Paint
from appliance.domain.events import Event
from appliance.situation.wording import sentence, tone


def as_json(event: Event) -> str:
    """One event as the topic ``event`` carries it (CONTRACT)."""
    document = {
        "schema": 1,
        "id": event.id,
        "at": event.at,
        "boot_id": event.boot_id,
        "type": event.type,
        "data": dict(event.data),
    }
    return json.dumps(document, ensure_ascii=False)


def as_line(event: Event, zone: tzinfo, paint: Paint, *, dated: bool = True) -> str:
    """One event as ``time  what happened``; the date is left out where the reader has it before the eyes."""
    at = datetime.fromisoformat(event.at).astimezone(zone)
    stamp = at.strftime("%Y-%m-%d %H:%M:%S") if dated else at.strftime("%H:%M:%S")
    return f"{stamp}  {paint(sentence(event.type, event.data, zone), tone(event.type, event.data))}"


def event_of(payload: object) -> Event | None:
    """The event of a message on the topic ``event``, or ``None`` where it is none."""
    document = read_json(payload)
    if document is None:
        return None
    data = document.get("data")
    try:
        datetime.fromisoformat(str(document["at"]))
        return Event(
            int(document["id"]),
            str(document["at"]),
            str(document["boot_id"]),
            str(document["type"]),
            data if isinstance(data, dict) else {},
        )
    except (KeyError, TypeError, ValueError):
        return None
