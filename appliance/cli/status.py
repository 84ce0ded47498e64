"""``hotline status``: the situation now, from the guard; else as last known, and said so."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from appliance.cli import broker, guardlink
from appliance.cli.exits import CliError, Exit
from appliance.cli.layout import situation_lines
from appliance.cli.paint import paint_for
from appliance.config import Config
from appliance.journal import records
from appliance.situation.picture import read_picture
from appliance.situation.times import clock, span
from appliance.timeline.lastknown import last_known
from appliance.translation import _

STATUS_TIMEOUT_S = 3.0
JOURNAL_DEPTH = 5000  # events read back for the last known picture: months of a quiet box


@dataclass(frozen=True, slots=True)
class Found:
    """A state document, where it comes from, and why it is not from the guard itself."""

    document: Mapping[str, Any]
    source: str
    trouble: str = ""


def run(arguments: argparse.Namespace) -> int:
    """Exit 0 when the guard answered; 3 with the last known picture when it could not be asked."""
    config = guardlink.configuration(arguments)
    found = _find(config, arguments.timeout or STATUS_TIMEOUT_S)
    now, zone = datetime.now(UTC), ZoneInfo(config.device.timezone)
    if found.trouble:
        print(f"hotline: {found.trouble}", file=sys.stderr)
    if arguments.json:
        print(json.dumps({**found.document, "source": found.source}, ensure_ascii=False))
    else:
        picture = read_picture(found.document)
        if found.trouble:
            print(_as_of(picture.at, found.source, now, zone))
        for line in situation_lines(picture, config, now, zone, paint_for()):
            print(line)
    return Exit.UNREACHABLE if found.trouble else Exit.DONE


def _as_of(at: datetime | None, source: str, now: datetime, zone: ZoneInfo) -> str:
    where = _("from the journal") if source == "journal" else _("as the broker kept it")
    if at is None:
        return _("{where}; the guard was not asked").format(where=where)
    ago = span(max(0.0, (now - at).total_seconds()))
    line = _("as of {time} ({ago} ago), {where}; the guard was not asked")
    return line.format(time=clock(at, zone, now), ago=ago, where=where) + "\n"


def _find(config: Config, timeout_s: float) -> Found:
    request = broker.Request("status", {}, timeout_s)
    try:
        answer = asyncio.run(guardlink.with_progress(broker.ask(config, request), _("asking the guard")))
    except broker.BrokerGoneError as error:
        return _from_journal(config, str(error))
    try:
        return Found(guardlink.result_of(answer, request), "guard")
    except CliError as error:  # silent, or this link may not ask: what it publishes is still there
        trouble = str(error)
    if answer.state is not None:
        return Found(answer.state, "retained", trouble)
    return _from_journal(config, trouble)


def _from_journal(config: Config, trouble: str) -> Found:
    """The guard's own last document; where it kept none, what its events still tell."""
    try:
        if kept := records.last_state(config.device.state_dir):
            return Found(kept, "journal", trouble)
        document = last_known(records.newest(config.device.state_dir, JOURNAL_DEPTH))
    except records.UnreadableError as error:
        raise CliError(Exit.UNREACHABLE, trouble, _("and {error}").format(error=error)) from None
    if document is None:
        raise CliError(Exit.UNREACHABLE, trouble, _("and the journal is empty: the guard never ran here"))
    if not document["duty"] and (person := config.person_by_id(config.duty.default)):
        document["duty"] = {"person": person.id, "number": person.mobile.e164}  # nobody has changed it since
    return Found(document, "journal", trouble)
