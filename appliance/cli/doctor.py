"""``hotline doctor``: every part checked, each with its mend."""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from appliance.cli import broker, guardlink
from appliance.cli.exits import CliError, Exit
from appliance.cli.paint import Paint, paint_for
from appliance.config import examine
from appliance.doctor import box, panel, picture, serial_port, voice
from appliance.doctor.finding import Finding, Level
from appliance.situation.wording import Tone
from appliance.translation import _

ASK_TIMEOUT_S = 5.0
TONES = {Level.OK: Tone.GOOD, Level.WARN: Tone.DOUBT, Level.FAIL: Tone.BAD}


def run(arguments: argparse.Namespace) -> int:
    """Print a line for each check as it is made; exit 1 where one failed."""
    paint, failed = paint_for(), False
    for finding in _findings(arguments):
        failed |= finding.level is Level.FAIL
        if arguments.json:
            print(json.dumps(asdict(finding), ensure_ascii=False), flush=True)
        else:
            for line in _lines(finding, paint):
                print(line, flush=True)
    return Exit.REFUSED if failed else Exit.DONE


def _findings(arguments: argparse.Namespace) -> Iterator[Finding]:
    checked = examine(arguments.config)
    yield from box.configuration(arguments.config, checked)
    yield from box.clock()
    config = checked.config
    if config is None:
        return  # without it nothing else can be found
    yield from box.state_directory(config.device.state_dir)
    yield from serial_port.check(config.modem.port)
    yield from box.journal(config.device.state_dir)
    yield from panel.check(config.panel, config.device.state_dir)
    yield from voice.check(config)
    request = broker.Request("status", {}, arguments.timeout or ASK_TIMEOUT_S)
    try:
        answer = asyncio.run(guardlink.with_progress(broker.ask(config, request), _("asking the guard")))
    except (broker.BrokerGoneError, CliError) as error:
        yield Finding(
            _("broker"), Level.FAIL, str(error), _("start it: systemctl start mosquitto; the guard works without it")
        )
        return
    yield Finding(_("broker"), Level.OK, _("answers at {where}").format(where=broker.address(config)))
    yield from _guard(answer, request)
    document = _document(answer)
    if document is not None:
        yield from picture.check(document, config)


def _document(answer: broker.Answer) -> Mapping[str, Any] | None:
    """The freshest picture there is: the answer's, else the retained one."""
    result = answer.document.get("result") if answer.document else None
    return result if isinstance(result, dict) else answer.state


def _guard(answer: broker.Answer, request: broker.Request) -> Iterator[Finding]:
    """Whether the guard answers."""
    part, mend = _("guard"), _("systemctl status hotline-guard; journalctl -u hotline-guard -e")
    try:
        result = guardlink.result_of(answer, request)
    except CliError as error:
        yield Finding(part, Level.FAIL, str(error), mend)
        return
    yield Finding(part, Level.OK, _("answers, version {version}").format(version=result.get("version", "?")))


def _lines(finding: Finding, paint: Paint) -> Iterator[str]:
    word = {Level.OK: _("ok"), Level.WARN: _("warn"), Level.FAIL: _("FAIL")}[finding.level]
    yield f"{paint(f'{word:<5}', TONES[finding.level])} {finding.part:<16} {finding.text}"
    if finding.mend:
        yield f"{'':<22} → {finding.mend}"
