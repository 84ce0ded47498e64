"""``hotline recordings`` and ``hotline recording get``: through this machine's exchange, which asks the others."""

from __future__ import annotations

import argparse
import base64
import binascii
import json
import os
import re
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from appliance.cli import guardlink
from appliance.cli.exits import CliError, Exit
from appliance.cli.parser import DEFAULT_TIMEOUT_S
from appliance.config import Config
from appliance.domain.times import rfc3339
from appliance.journal import records
from appliance.situation.times import instant, parse_when, span
from appliance.translation import _

NARROW = 90
MOST_ROWS = 500  # in one answer
MODE = 0o600
_ID = re.compile(r"hl-(?P<exchange>.+)-\d+\.\d+\.wav\Z")  # Asterisk puts its own name before a channel's


def table(arguments: argparse.Namespace) -> int:
    """Print the recordings asked for, the newest last as in the call log."""
    config = guardlink.configuration(arguments)
    zone, wanted = ZoneInfo(config.device.timezone), {"limit": min(arguments.limit, MOST_ROWS)}
    for key in ("number", "person", "line", "queue"):
        if (value := getattr(arguments, key)) is not None:
            wanted[key] = value
    for key in ("since", "until"):
        if (text := getattr(arguments, key)) is not None:
            wanted[key] = _when(text, zone)
    timeout_s = arguments.timeout or 2 * DEFAULT_TIMEOUT_S  # the exchange asks others, and waits for them
    answer = guardlink.to_exchange(config, timeout_s, "recordings.find", wanted)
    found = answer.get("recordings")
    rows = [one for one in found if isinstance(one, dict)][::-1] if isinstance(found, list) else []
    if arguments.json:
        for one in rows:
            print(json.dumps({"schema": 1, **one}, ensure_ascii=False))
    elif rows:
        width = shutil.get_terminal_size((120, 24)).columns
        print("\n".join(_lines(rows, zone, records.names(config), narrow=width < NARROW)))
    else:
        print(_("no such recording"))
    for name in answer.get("missing") or ():
        print(
            _("hotline: {exchange} did not answer; its recordings are not shown").format(exchange=name),
            file=sys.stderr,
        )
    return Exit.DONE


def get(arguments: argparse.Namespace) -> int:
    """Fetch one, whole or not at all."""
    config = guardlink.configuration(arguments)
    match = _ID.match(arguments.id)
    exchange = arguments.exchange or (match["exchange"] if match else None)
    timeout_s = arguments.timeout or 2 * DEFAULT_TIMEOUT_S
    unfinished = arguments.file.with_name(f".{arguments.file.name}.part")
    try:
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, MODE)
    except OSError as error:
        raise CliError(Exit.REFUSED, f"{unfinished}: {error.strerror}") from None
    try:
        with os.fdopen(descriptor, "wb") as file:
            for data in pieces(config, timeout_s, arguments.id, exchange):
                file.write(data)
            size = file.tell()
        unfinished.replace(arguments.file)
    except OSError as error:
        raise CliError(Exit.REFUSED, f"{arguments.file}: {error.strerror}") from None
    finally:
        unfinished.unlink(missing_ok=True)
    print(_("{file}: {n} bytes").format(file=arguments.file, n=size))
    return Exit.DONE


def pieces(
    config: Config, timeout_s: float, id_: str, exchange: str | None, command: str = "recording.read"
) -> Iterator[bytes]:
    """A recording, or what else ``command`` reads, from its beginning to its end."""
    offset, last = 0, False
    while not last:
        args: dict[str, Any] = {"id": id_, "offset": offset}
        if exchange is not None:
            args["exchange"] = exchange
        answer = guardlink.to_exchange(config, timeout_s, command, args)
        data, last = _data(answer), answer.get("last") is True
        if not data and not last:
            raise CliError(Exit.REFUSED, _("the exchange sends nothing more, and says it is not all"))
        offset += len(data)
        yield data


def fetch(config: Config, timeout_s: float, id_: str, exchange: str | None, command: str = "recording.read") -> bytes:
    """A whole recording, or what else ``command`` reads."""
    return b"".join(pieces(config, timeout_s, id_, exchange, command))


def _data(answer: Mapping[str, Any]) -> bytes:
    try:
        return base64.b64decode(str(answer.get("data")), validate=True)
    except binascii.Error:
        raise CliError(Exit.REFUSED, _("what the exchange sent is no recording")) from None


def _lines(rows: Sequence[Mapping[str, Any]], zone: tzinfo, names: Mapping[str, str], *, narrow: bool) -> list[str]:
    cells = [_cells(row, zone, names) for row in rows]
    if narrow:
        return [
            line
            for began, caller, line_, who, length, state, id_ in cells
            for line in (
                f"{began}  {caller}  {line_}".rstrip(),
                f"    {who}, {length}{f', {state}' if state else ''}",
                f"    {id_}",
            )
        ]
    head = (_("began"), _("caller"), _("line"), _("who talked"), _("length"), "", _("id"))
    widths = [max(len(row[column]) for row in [head, *cells]) for column in range(len(head))]
    return [
        "  ".join(f"{cell:<{size}}" for cell, size in zip(row, widths, strict=True)).rstrip()
        for row in [head, *cells]
    ]


def _cells(row: Mapping[str, Any], zone: tzinfo, names: Mapping[str, str]) -> tuple[str, ...]:
    at, people, seconds = instant(row.get("began_at")), row.get("people"), row.get("seconds")
    who = [names.get(str(one), str(one)) for one in people] if isinstance(people, list) else []
    state = str(row.get("state") or "")
    reason = str(row.get("reason") or "")
    return (
        at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S") if at is not None else "?",
        _harmless(row.get("caller")) or _("hidden"),
        _harmless(row.get("queue") or row.get("line")),
        _harmless(", ".join(who)) or _harmless(row.get("answered_number")),
        span(float(seconds)) if isinstance(seconds, (int, float)) else "?",
        _harmless({"whole": "", "recording": _("under way")}.get(state, f"{state}: {reason}")),
        _harmless(row.get("id")),
    )


def _when(text: str, zone: ZoneInfo) -> str:
    try:
        return rfc3339(parse_when(text, datetime.now(UTC), zone))
    except ValueError as error:
        raise CliError(Exit.USAGE, str(error)) from None


def _harmless(text: object) -> str:
    """What a caller's network sent must not steer the terminal."""
    return "".join(one if one.isprintable() else "?" for one in str(text or ""))
