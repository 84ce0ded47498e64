"""``hotline stats``: figures over the call log, as a table, CSV or JSON."""

from __future__ import annotations

import argparse
import csv
import json
import shutil
import sys
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from appliance.calls.reader import CallsUnreadableError
from appliance.cli import guardlink
from appliance.cli.exits import CliError, Exit
from appliance.cli.paint import paint_for
from appliance.cli.statstable import as_lines
from appliance.journal import records
from appliance.situation.times import parse_when
from appliance.statistics import tell
from appliance.statistics.question import By, Question
from appliance.statistics.read import answer
from appliance.translation import _

DEFAULT_DAYS = 30


def run(arguments: argparse.Namespace) -> int:
    """Answer one question."""
    config = guardlink.configuration(arguments)
    zone = ZoneInfo(config.device.timezone)
    now = datetime.now(UTC)
    question = Question(
        since=_when(arguments.since, now, zone, now - timedelta(days=DEFAULT_DAYS)),
        until=_when(arguments.until, now, zone, now),
        zone=zone,
        line=arguments.line,
        queue=arguments.queue,
        person=arguments.person,
        by=By(arguments.by) if arguments.by is not None else None,
        service_level_s=arguments.service_level,
        short_abandon_s=arguments.short_abandon,
    )
    if question.since >= question.until:
        raise CliError(Exit.USAGE, _("the period ends before it begins: --since must be earlier than --until"))
    try:
        summary = answer(config.device.state_dir, question, config.route[0].name if config.route else None)
    except CallsUnreadableError as error:
        raise CliError(Exit.UNREACHABLE, str(error)) from None
    if arguments.json:
        print(json.dumps({"schema": 1, **tell.document(summary)}, ensure_ascii=False))
    elif arguments.csv:
        csv.writer(sys.stdout, lineterminator="\n").writerows(tell.sheet(summary))
    else:
        width = shutil.get_terminal_size((100, 24)).columns
        print("\n".join(as_lines(summary, records.names(config), width, paint_for())))
    return Exit.DONE


def _when(text: str | None, now: datetime, zone: ZoneInfo, default: datetime) -> datetime:
    if text is None:
        return default
    try:
        return parse_when(text, now, zone)
    except ValueError as error:
        raise CliError(Exit.USAGE, str(error)) from None
