"""``hotline callbacks``: who waits to be called back, and taking one back."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from appliance.cli import guardlink
from appliance.cli.exits import Exit
from appliance.cli.parser import DEFAULT_TIMEOUT_S
from appliance.situation.times import clock
from appliance.translation import _


def table(arguments: argparse.Namespace) -> int:
    """Those that stand, the first to be called first; then those that are over, if asked for."""
    config = guardlink.configuration(arguments)
    args = {"ended": arguments.ended, **({"queue": arguments.queue} if arguments.queue is not None else {})}
    timeout_s = arguments.timeout or DEFAULT_TIMEOUT_S
    result = guardlink.to_exchange(config, timeout_s, "callback.list", args, arguments.exchange)
    if arguments.json:
        print(json.dumps({"schema": 1, **result}, ensure_ascii=False))
        return Exit.DONE
    zone, now = ZoneInfo(config.device.timezone), datetime.now(UTC)
    found = result.get("callbacks")
    rows = [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
    if not rows:
        print(_("nobody waits to be called back"))
    for row in rows:
        since = clock(datetime.fromisoformat(str(row.get("since"))), zone, now)
        told = (f"{row.get('id')!s:<16}", f"{since:<9}", f"{row.get('queue')!s:<12}", f"{row.get('number')!s:<16}")
        print("  ".join((*told, _state(row, zone, now))).rstrip())
    for name in result.get("missing") or ():
        print(_("{exchange} did not answer: its callbacks are not listed").format(exchange=name))
    return Exit.DONE


def cancel(arguments: argparse.Namespace) -> int:
    """Nobody is called for it any more."""
    config = guardlink.configuration(arguments)
    timeout_s = arguments.timeout or DEFAULT_TIMEOUT_S
    result = guardlink.to_exchange(config, timeout_s, "callback.cancel", {"id": arguments.id}, arguments.exchange)
    if arguments.json:
        print(json.dumps({"schema": 1, **result}, ensure_ascii=False))
        return Exit.DONE
    callback = result.get("callback")
    number = callback.get("number") if isinstance(callback, dict) else "?"
    print(_("{number} is not called back any more").format(number=number))
    return Exit.DONE


def _state(row: Mapping[str, Any], zone: ZoneInfo, now: datetime) -> str:
    words = {
        "waiting": _("waits for an agent"),
        "held": _("held until the line is open"),
        "aside": _("has called again, and waits on the line"),
        "dialling": _("is being called"),
        "holding": _("is on the line, and waits for an agent"),
        "talking": _("talks"),
        "talked": _("was called back"),
        "called_again": _("had called again"),
        "cancelled": _("CANCELLED"),
        "given_up": _("GIVEN UP"),
    }
    state = str(row.get("result") or row.get("state"))
    text = words.get(state, state)
    if tries := row.get("tries"):
        text += _(", tried {n} times, last: {result}").format(n=tries, result=row.get("last_result"))
    not_before = row.get("not_before")
    if state == "waiting" and isinstance(not_before, str) and datetime.fromisoformat(not_before) > now:
        text += _(", not before {time}").format(time=clock(datetime.fromisoformat(not_before), zone, now))
    return text + (f" ({row['why']})" if row.get("why") else "")
