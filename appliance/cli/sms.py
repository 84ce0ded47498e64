"""``hotline sms``: short messages through the box's modem."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from appliance.cli import guardlink
from appliance.cli.exits import Exit
from appliance.situation.times import clock
from appliance.translation import _, n_


def send(arguments: argparse.Namespace) -> int:
    """Hand a message to the guard; it is sent as soon as the modem can."""
    args = {"to": arguments.number, "text": arguments.text}
    if arguments.key is not None:
        args["key"] = arguments.key
    _config, result = guardlink.command(arguments, "sms.send", args)
    message = _mapping(result.get("message"))
    if arguments.json:
        print(json.dumps(result, ensure_ascii=False))
        return Exit.DONE
    parts = message.get("parts") or 1
    counted = n_("{n} part", "{n} parts", parts).format(n=parts)
    line = _("message {id} to {to}: {state}, {parts}; see hotline sms list")
    print(line.format(id=message.get("id"), to=message.get("to"), state=_state(message), parts=counted))
    return Exit.DONE


def list_messages(arguments: argparse.Namespace) -> int:
    """What was accepted, newest first, and how each fared."""
    config, result = guardlink.command(arguments, "sms.list", {"limit": arguments.limit})
    if arguments.json:
        print(json.dumps(result, ensure_ascii=False))
        return Exit.DONE
    zone, now = ZoneInfo(config.device.timezone), datetime.now(UTC)
    messages = result.get("messages")
    for message in map(_mapping, messages if isinstance(messages, list) else []):
        at = datetime.fromisoformat(str(message.get("accepted_at")))
        told = (f"{clock(at, zone, now):<19}", f"{message.get('to')!s:<16}", f"{_state(message):<11}")
        parts = f"{message.get('parts_sent')}/{message.get('parts')}"
        print("  ".join(text for text in (*told, parts, str(message.get("reason") or "")) if text).rstrip())
    line = _("{waiting} waiting; {sent} of {most} parts sent in the last hour")
    print(line.format(waiting=result.get("waiting"), sent=result.get("sent_this_hour"), most=result.get("per_hour")))
    return Exit.DONE


def _state(message: Mapping[str, Any]) -> str:
    words = {
        "waiting": _("waiting"),
        "sending": _("sending"),
        "maybe_sent": _("maybe sent"),
        "sent": _("sent"),
        "delivered": _("delivered"),
        "failed": _("FAILED"),
    }
    state = str(message.get("state"))
    return words.get(state, state)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
