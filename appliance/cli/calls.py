"""``hotline calls``: what the exchange beside this machine's Asterisk did for its callers."""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Iterable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from appliance.calls.codec import to_mapping
from appliance.calls.queries import CallQuery
from appliance.calls.reader import CallReader, CallsUnreadableError
from appliance.cli import guardlink
from appliance.cli.calltable import as_story, as_table
from appliance.cli.exits import CliError, Exit
from appliance.cli.paint import paint_for
from appliance.config import Config
from appliance.domain.calls import CallRecord, Outcome
from appliance.domain.phone import NotANumber, parse
from appliance.domain.times import rfc3339
from appliance.journal import records
from appliance.situation.times import parse_when
from appliance.translation import _


def table(arguments: argparse.Namespace) -> int:
    """Print the calls asked for, the newest last as on every log."""
    config = guardlink.configuration(arguments)
    zone = ZoneInfo(config.device.timezone)
    query = CallQuery(
        since=_when(arguments.since, zone),
        until=_when(arguments.until, zone),
        number=_number(arguments.number, config.device.region),
        person=arguments.person,
        line=arguments.line,
        outcome=Outcome(arguments.outcome) if arguments.outcome is not None else None,
        limit=arguments.limit,
    )
    with _reading(config) as reader:
        found = reader.find(query)[::-1]
    if arguments.json:
        _print_json(found)
    elif found:
        print(as_table(found, zone, records.names(config), shutil.get_terminal_size((100, 24)).columns, paint_for()))
    else:
        print(_("no such call") if query != CallQuery(limit=arguments.limit) else _("no call has come in yet"))
    return Exit.DONE


def show(arguments: argparse.Namespace) -> int:
    """Print one call with its steps and legs."""
    config = guardlink.configuration(arguments)
    with _reading(config) as reader:
        found = reader.by_id(arguments.id)
    if not found:
        raise CliError(Exit.REFUSED, _("there is no call {id!r} in the log").format(id=arguments.id))
    if arguments.json:
        _print_json(found)
        return Exit.DONE
    zone = ZoneInfo(config.device.timezone)
    names = records.names(config)
    print("\n\n".join(as_story(record, zone, names, paint_for()) for record in found))
    return Exit.DONE


class _reading:  # noqa: N801 - used as a function
    """The reader, with what it raises told as the command line tells it."""

    def __init__(self, config: Config) -> None:
        try:
            self._reader = CallReader(config.device.state_dir)
        except CallsUnreadableError as error:
            raise CliError(Exit.UNREACHABLE, str(error)) from None

    def __enter__(self) -> CallReader:
        return self._reader.__enter__()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        self._reader.__exit__(None, None, None)
        if isinstance(error, CallsUnreadableError):
            raise CliError(Exit.UNREACHABLE, str(error)) from None


def _print_json(found: Iterable[CallRecord]) -> None:
    for record in found:
        print(json.dumps({"schema": 1, **to_mapping(record)}, ensure_ascii=False))


def _when(text: str | None, zone: ZoneInfo) -> str | None:
    try:
        return rfc3339(parse_when(text, datetime.now(UTC), zone)) if text is not None else None
    except ValueError as error:
        raise CliError(Exit.USAGE, str(error)) from None


def _number(text: str | None, region: str) -> str | None:
    if text is None:
        return None
    try:
        return parse(text, region).e164
    except NotANumber as error:
        if text.isascii() and text.isdigit():  # short numbers and extensions have no E.164 form
            return text
        raise CliError(Exit.USAGE, str(error)) from None
