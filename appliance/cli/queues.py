"""``hotline queues`` and ``hotline agent``: who waits, who takes calls, and changing that."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from typing import Any

from appliance.cli import guardlink
from appliance.cli.exits import Exit
from appliance.cli.parser import DEFAULT_TIMEOUT_S
from appliance.cli.until import until
from appliance.config import Config
from appliance.situation.times import instant
from appliance.translation import _


def table(arguments: argparse.Namespace) -> int:
    """The queues of an exchange as they are now."""
    config = guardlink.configuration(arguments)
    state = guardlink.to_exchange(config, arguments.timeout or DEFAULT_TIMEOUT_S, "status", {}, arguments.exchange)
    found = state.get("queues")
    queues = [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
    if arguments.json:
        print(json.dumps({"queues": queues}, ensure_ascii=False))
        return Exit.DONE
    if not queues:
        print(_("the roster has no queue"))
    for queue in queues:
        print(_line(queue))
        for agent in queue.get("agents") or ():
            print(f"  {agent.get('person', '?'):<16} {_agent(agent, config)}")
    return Exit.DONE


def _line(queue: Mapping[str, Any]) -> str:
    waiting = queue.get("waiting") or 0
    text = _("{queue}: {n} waiting").format(queue=queue.get("id"), n=waiting)
    if waiting and isinstance(queue.get("longest_wait_s"), (int, float)):
        text += _(", the first for {time}").format(time=_minutes(queue["longest_wait_s"]))
    if isinstance(queue.get("expected_wait_s"), (int, float)):
        text += _("; who comes now waits about {time}").format(time=_minutes(queue["expected_wait_s"]))
    return text


def _agent(agent: Mapping[str, Any], config: Config) -> str:
    words = {
        "free": _("free"),
        "ringing": _("ringing"),
        "busy": _("on the phone"),
        "wrap-up": _("wraps up"),
        "paused": _("pauses"),
        "out": _("logged out"),
    }
    state = str(agent.get("state"))
    text = words.get(state, state) + until(config, instant(agent.get("until")))
    return text + (f" ({agent['reason']})" if agent.get("reason") else "")


def _minutes(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def log_in(arguments: argparse.Namespace) -> int:
    """Calls are brought to the agent."""
    return _set(arguments, "in", _("{who} takes calls"))


def log_out(arguments: argparse.Namespace) -> int:
    """No calls are brought to the agent."""
    return _set(arguments, "out", _("{who} is logged out"))


def pause(arguments: argparse.Namespace) -> int:
    """No calls for a while; the agent counts as logged in."""
    more = {"minutes": arguments.minutes, "reason": arguments.reason}
    return _set(arguments, "paused", _("{who} pauses"), **more)


def _set(arguments: argparse.Namespace, presence: str, text: str, **more: Any) -> int:
    args = {"person": arguments.who, "presence": presence, "queue": arguments.queue, **more}
    given = {key: value for key, value in args.items() if value is not None}
    config, result = guardlink.command(arguments, "agent.set", given)
    if arguments.json:
        print(json.dumps(result, ensure_ascii=False))
        return Exit.DONE
    line = text.format(who=arguments.who)
    if arguments.queue:
        line += _(" in queue {queue}").format(queue=arguments.queue)
    print(line + until(config, instant(result.get("until"))))
    return Exit.DONE
