"""``hotline modem``: what is known of modem and SIM, one AT command, a restart."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping
from typing import Any

from appliance.cli import guardlink
from appliance.cli.exits import Exit
from appliance.situation.picture import read_picture
from appliance.situation.words import health_word, modem_text
from appliance.translation import _

AT_TIMEOUT_S = 180.0  # networks take up to 160 s for a supplementary service
RESET_TIMEOUT_S = 240.0


def info(arguments: argparse.Namespace) -> int:
    """Everything known, learned ways included."""
    _config, result = guardlink.command(arguments, "modem.info", {})
    if arguments.json:
        print(json.dumps(result, ensure_ascii=False))
    else:
        for line in lines(result):
            print(line)
    return Exit.DONE


def at(arguments: argparse.Namespace) -> int:
    """One AT command; the modem's lines as they came. Exit 1 unless the final result is ``OK`` (3GPP TS 27.007)."""
    _config, result = guardlink.command(arguments, "modem.at", {"command": arguments.command}, AT_TIMEOUT_S)
    told = result.get("lines")
    answered = told if isinstance(told, list) else []
    if arguments.json:
        print(json.dumps(result, ensure_ascii=False))
    else:
        for line in answered:
            print(line)
    return Exit.DONE if answered and answered[-1] == "OK" else Exit.REFUSED


def reset(arguments: argparse.Namespace) -> int:
    """Restart the modem and say how it is afterwards; exit 1 where it did not come back."""
    _config, result = guardlink.command(arguments, "modem.reset", {}, RESET_TIMEOUT_S)
    modem = read_picture(result).modem
    if arguments.json:
        print(json.dumps(result, ensure_ascii=False))
    else:
        print(_("modem {health}: {what}").format(health=health_word(modem.health), what=modem_text(modem)))
    return Exit.REFUSED if modem.health == "down" else Exit.DONE


def lines(table: Mapping[str, Any], indent: int = 0) -> Iterator[str]:
    """A nested document as aligned lines: keys on the left, what they hold on the right."""
    width = max((len(_label(key)) for key, value in table.items() if not isinstance(value, (dict, list))), default=0)
    for key, value in table.items():
        if isinstance(value, dict):
            yield f"{'':{indent}}{_label(key)}"
            yield from lines(value, indent + 2)
        elif isinstance(value, list):
            yield f"{'':{indent}}{_label(key)}"
            for item in value:
                if isinstance(item, dict):
                    yield from _item(item, indent + 2)
                else:
                    yield f"{'':{indent + 2}}{_plain(item)}"
        else:
            yield f"{'':{indent}}{_label(key):<{width}}  {_plain(value)}"


def _item(item: Mapping[str, Any], indent: int) -> Iterator[str]:
    mark = "- "
    for line in lines(item):
        yield f"{'':{indent}}{mark}{line}"
        mark = "  "


def _label(key: str) -> str:
    return str(key).replace("_", " ")


def _plain(value: Any) -> str:
    if value is None or value == "":
        return "–"  # noqa: RUF001
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return str(value)
