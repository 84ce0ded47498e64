"""``hotline route``, ``duty`` and ``probe``: commands that steer, with what stands afterwards."""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Mapping
from typing import Any

from appliance.cli import guardlink
from appliance.cli.exits import CliError, Exit
from appliance.cli.paint import MARKS
from appliance.cli.until import until
from appliance.config import Config
from appliance.domain.phone import NotANumber, parse
from appliance.situation.picture import read_picture
from appliance.situation.way import person_name
from appliance.situation.words import health_word
from appliance.translation import _

_NUMBER = re.compile(r"^\s*\(?\+?[0-9][0-9 ()/.-]*$")


def route_set(arguments: argparse.Namespace) -> int:
    """Pin a route."""
    args = {"route": arguments.name} | _given(minutes=arguments.minutes, reason=arguments.reason)
    config, result = guardlink.command(arguments, "route.set", args)
    return _told(arguments, result, _route_text(config, result, arguments.name))


def route_auto(arguments: argparse.Namespace) -> int:
    """Let the ladder choose again."""
    config, result = guardlink.command(arguments, "route.auto", {})
    return _told(arguments, result, _route_text(config, result, None))


def duty_set(arguments: argparse.Namespace) -> int:
    """Put somebody on duty: a person of the roster by id, else a number as people write it."""
    config = guardlink.configuration(arguments)
    who = _who(arguments.who, config)
    config, result = guardlink.command(arguments, "duty.set", who | _given(minutes=arguments.minutes))
    duty = read_picture(result).duty
    named = " ".join(text for text in (person_name(duty.person, config), duty.number) if text) or arguments.who
    line = _("on duty: {who}").format(who=named)
    return _told(arguments, result, line + until(config, duty.until))


def duty_auto(arguments: argparse.Namespace) -> int:
    """Let the roster say again who has duty."""
    config, result = guardlink.command(arguments, "duty.auto", {})
    duty = read_picture(result).duty
    named = " ".join(text for text in (person_name(duty.person, config), duty.number) if text)
    return _told(arguments, result, _("on duty by the roster: {who}").format(who=named))


def _who(text: str, config: Config) -> dict[str, str]:
    # the roster may know people that the file does not, so what is no number is an id, and the guard judges it
    if config.person_by_id(text) is not None or not _NUMBER.match(text):
        return {"person": text}
    try:
        return {"number": parse(text, config.device.region).e164}
    except NotANumber as error:
        raise CliError(Exit.USAGE, str(error)) from None


def probe(arguments: argparse.Namespace) -> int:
    """Probe every part now; exit 1 where one did not answer."""
    _config, result = guardlink.command(arguments, "probe.run", {}, timeout_s=30.0)
    targets = result.get("targets")
    listed = _rows(targets)
    if arguments.json:
        print(json.dumps(result, ensure_ascii=False))
    else:
        width = max((len(name) for name, _row in listed), default=0)
        for name, row in listed:
            print(f"{name:<{width}}  {_probe_text(row)}")
        if not listed:
            print(_("done"))
    return Exit.DONE if all(row.get("ok", True) for _name, row in listed) else Exit.REFUSED


def _rows(targets: Any) -> list[tuple[str, Mapping[str, Any]]]:
    if isinstance(targets, dict):
        return [(name, row) for name, row in targets.items() if isinstance(row, dict)]
    if isinstance(targets, list):
        return [(str(row.get("target", row.get("part", "?"))), row) for row in targets if isinstance(row, dict)]
    return []


def _probe_text(row: Mapping[str, Any]) -> str:
    health = "up" if row.get("ok") else "down"
    word = _("answers") if row.get("ok") else _("NO ANSWER")
    if "ok" not in row:
        health = str(row.get("health", "unknown"))
        word = health_word(health)
    rtt = f"{row['rtt_ms']:.1f} ms" if isinstance(row.get("rtt_ms"), (int, float)) else ""
    detail = str(row.get("detail") or row.get("reason") or "")
    return "  ".join(text for text in (f"{MARKS.get(health, '?')} {word}", rtt, detail) if text)


def _route_text(config: Config, result: Mapping[str, Any], asked: str | None) -> str:
    picture = read_picture(result)
    if picture.override:
        line = _("{route} is pinned").format(route=picture.override.route)
        line += until(config, picture.override.until) or _(" until hotline route auto")
    elif asked:
        line = _("{route} is pinned").format(route=asked)
    else:
        line = _("the ladder chooses: {route}").format(route=picture.desired or _("no verdict yet"))
    if picture.changing:
        line += _("; the network is being told, hotline status shows when it is verified")
    return line


def _given(**values: Any) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}


def _told(arguments: argparse.Namespace, result: Mapping[str, Any], line: str) -> int:
    print(json.dumps(result, ensure_ascii=False) if arguments.json else line)
    return Exit.DONE
