"""``hotline outage``: one outage replayed from the journal as one timeline."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from appliance.cli import guardlink
from appliance.cli.exits import CliError, Exit
from appliance.cli.paint import Paint, paint_for
from appliance.config import Config
from appliance.journal import records
from appliance.situation import story
from appliance.situation.times import clock, span
from appliance.situation.wording import Tone, sentence, tone
from appliance.timeline.outages import Outage, find_outages
from appliance.timeline.replay import Kind, Replay, Span, Step, replay
from appliance.translation import _, n_

OFFSET_WIDTH = 12


def run(arguments: argparse.Namespace) -> int:
    """Replay the N-th last outage, or list all."""
    config = guardlink.configuration(arguments)
    if arguments.list:
        return _list(config, arguments.json)
    return show(config, arguments.number, as_json=arguments.json)


def show(config: Config, number: int, *, as_json: bool) -> int:
    """Print the replay of the ``number``-th last outage; exit 1 where there is none."""
    outages = _outages(config)
    if number > len(outages):
        known = n_("there is {n} outage in the journal", "there are {n} outages in the journal", len(outages))
        raise CliError(Exit.REFUSED, known.format(n=len(outages)) if outages else _("no outage is in the journal"))
    outage = outages[-number]
    told = replay(outage)
    if as_json:
        print(json.dumps(document(outage, told), ensure_ascii=False))
        return Exit.DONE
    now, zone = datetime.now(UTC), ZoneInfo(config.device.timezone)
    for line in lines(outage, told, now, zone, paint_for()):
        print(line)
    return Exit.DONE


def _outages(config: Config) -> tuple[Outage, ...]:
    try:
        events = records.between(config.device.state_dir, None, None)
    except records.UnreadableError as error:
        raise CliError(Exit.UNREACHABLE, str(error)) from None
    return find_outages(events, config.route[0].name if config.route else None)


def _list(config: Config, as_json: bool) -> int:
    now, zone = datetime.now(UTC), ZoneInfo(config.device.timezone)
    outages = _outages(config)
    for index, outage in enumerate(outages):
        number = len(outages) - index
        if as_json:
            print(json.dumps({"number": number, **_frame(outage)}, ensure_ascii=False))
            continue
        first = outage.events[0]
        lasted = span((outage.ended - outage.began).total_seconds()) if outage.ended else _("still on")
        print(
            f"{number:>4}  {clock(outage.began, zone, now)}  {lasted:<14}  {sentence(first.type, first.data, zone)}"
        )
    if not outages and not as_json:
        print(_("no outage is in the journal"))
    return Exit.DONE


def _frame(outage: Outage) -> dict[str, Any]:
    ended = outage.ended.isoformat() if outage.ended else None
    return {"began": outage.began.isoformat(), "ended": ended, "over": outage.over}


def document(outage: Outage, told: Replay) -> dict[str, Any]:
    """The replay as JSON; offsets in seconds from ``zero``."""
    steps = [
        {"offset_s": step.offset_s, "at": step.at.isoformat(), "type": step.type, "data": dict(step.data)}
        for step in told.steps
    ]
    return {
        "schema": 1,
        **_frame(outage),
        "zero": told.zero.isoformat(),
        "figures": asdict(told.figures),
        "reached": [asdict(one) for one in told.reached],
        "timeline": steps,
    }


def lines(outage: Outage, told: Replay, now: datetime, zone: tzinfo, paint: Paint) -> Iterator[str]:
    """The replay for a person: what it meant for callers first, then every step."""
    end = outage.ended
    if end:
        lasted = span((end - told.zero).total_seconds())
        head = _("Outage of {began}, over after {span}").format(began=clock(told.zero, zone, now), span=lasted)
    else:
        head = _("Outage since {began}, still on").format(began=clock(told.zero, zone, now))
    yield paint.strong(head)
    yield ""
    yield from _figures(told)
    if told.reached:
        yield ""
        yield paint.strong(_("Whom callers reached"))
        for one in told.reached:
            yield _reached(one)
    yield ""
    yield paint.strong(_("Timeline, from the first sign at {time}").format(time=_exact(told.zero, zone)))
    for step in told.steps:
        yield from _step(step, zone, paint)


def _figures(told: Replay) -> Iterator[str]:
    for name, seconds in story.milestones(**asdict(told.figures)):
        yield f"{story.offset(seconds):>{OFFSET_WIDTH}}  {name}"


def _exact(at: datetime, zone: tzinfo) -> str:
    return at.astimezone(zone).strftime("%H:%M:%S.%f")[:-3]


def _reached(one: Span) -> str:
    return f"{story.period(one.from_s, one.until_s):<{OFFSET_WIDTH * 2}}{story.reached(one.number, one.route)}"


def _step(step: Step, zone: tzinfo, paint: Paint) -> Iterator[str]:
    start = f"{story.offset(step.offset_s):>{OFFSET_WIDTH}}  "
    if step.kind is Kind.PROBE:
        yield start + paint(story.probe(step.data), Tone.PLAIN if step.data.get("ok") else Tone.DOUBT)
        return
    yield start + paint(sentence(step.type, step.data, zone), tone(step.type, step.data))
    exchanges = step.data.get("exchanges")
    margin = " " * (OFFSET_WIDTH + 4)
    for exchange in exchanges if isinstance(exchanges, list) else []:
        if isinstance(exchange, Mapping):
            yield from (margin + line for line in story.exchange(exchange))
