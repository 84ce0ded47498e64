"""Payloads as they go over the wire: JSON in UTF-8, ``"schema": 1``, times in RFC 3339 UTC (CONTRACT, "MQTT")."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from appliance.domain.commands import CommandError, ErrorCode
from appliance.domain.events import Event
from appliance.domain.phrase_words import with_words
from appliance.domain.times import rfc3339

SCHEMA = 1
ONLINE = b"online"
OFFLINE = b"offline"


def encode(document: Mapping[str, Any]) -> bytes:
    """JSON as UTF-8, with the words of phrases beside them (:mod:`appliance.domain.phrase_words`); what UTF-8 cannot
    spell (a lone surrogate out of somebody's JSON) stays an escape."""
    document = with_words(document)
    try:
        return json.dumps(document, ensure_ascii=False, default=str, separators=(",", ":")).encode("utf-8")
    except UnicodeEncodeError:
        return json.dumps(document, default=str, separators=(",", ":")).encode("ascii")


def state(picture: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    """The state, stamped with the time it is sent: it is the newest picture there is, and says so."""
    return {**picture, "schema": SCHEMA, "at": rfc3339(at)}


def event(recorded: Event, *, backlog: bool) -> dict[str, Any]:
    """One journal event; ``backlog`` marks what piled up while the link was away."""
    document = {
        "schema": SCHEMA,
        "id": recorded.id,
        "at": recorded.at,
        "boot_id": recorded.boot_id,
        "type": recorded.type,
        "data": recorded.data,
    }
    if backlog:
        document["backlog"] = True
    return document


def shortened(recorded: Event, size: int, *, backlog: bool) -> dict[str, Any]:
    """An event that is larger than the broker takes; without its data, so that the ones behind it get through."""
    return {**event(recorded, backlog=backlog), "data": {"too_large": {"bytes": size}}}


def success(command_id: str, result: Mapping[str, Any]) -> dict[str, Any]:
    """The response of a command that was carried out."""
    return {"schema": SCHEMA, "id": command_id, "ok": True, "result": dict(result)}


def failure(command_id: str | None, error: CommandError) -> dict[str, Any]:
    """The response of a command that was refused or failed; ``id`` is null where none could be read."""
    return refusal(command_id, error.code, error.message)


def refusal(command_id: str | None, code: ErrorCode, message: str) -> dict[str, Any]:
    """As :func:`failure`, from its parts."""
    return {"schema": SCHEMA, "id": command_id, "ok": False, "error": {"code": code.value, "message": message}}
