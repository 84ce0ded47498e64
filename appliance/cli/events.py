"""``hotline events``: what happened, from the journal, and on request what goes on happening."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import signal
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from appliance.cli import broker, guardlink, outage
from appliance.cli.eventlines import as_json, as_line, event_of
from appliance.cli.exits import CliError, Exit
from appliance.cli.paint import paint_for
from appliance.config import Config
from appliance.domain.events import Event
from appliance.journal import records
from appliance.mqtt.topics import Topics
from appliance.situation.times import parse_when

POLL_S = 0.5
RETRY_S = 5.0
BEFORE_FOLLOWING = 10  # events shown first, where no --since is given
Show = Callable[[Event], None]


def run(arguments: argparse.Namespace) -> int:
    """Print the events asked for, oldest first."""
    config = guardlink.configuration(arguments)
    if arguments.outage is not None:
        return outage.show(config, arguments.outage, as_json=arguments.json)
    zone = ZoneInfo(config.device.timezone)
    since, until = _when(arguments.since, zone), _when(arguments.until, zone)
    paint = paint_for()

    def show(event: Event) -> None:
        print(as_json(event) if arguments.json else as_line(event, zone, paint), flush=arguments.follow)

    events: list[Event] = []
    try:
        if arguments.follow and since is None:
            events = records.newest(config.device.state_dir, BEFORE_FOLLOWING)
        else:
            events = records.between(config.device.state_dir, since, until)
    except records.UnreadableError as error:
        if not arguments.follow:
            raise CliError(Exit.UNREACHABLE, str(error)) from None
        print(f"hotline: {error}", file=sys.stderr)
    for event in events:
        show(event)
    if arguments.follow:
        asyncio.run(_follow(config, events[-1].id if events else 0, show))
    return Exit.DONE


def _when(text: str | None, zone: ZoneInfo) -> datetime | None:
    try:
        return parse_when(text, datetime.now(UTC), zone) if text is not None else None
    except ValueError as error:
        raise CliError(Exit.USAGE, str(error)) from None


class _Once:
    """Shows each event once, whichever way it comes first."""

    def __init__(self, last: int, show: Show) -> None:
        self.last = last
        self._show = show

    def take(self, event: Event) -> None:
        if event.id > self.last:
            self.last = event.id
            self._show(event)


async def _follow(config: Config, last: int, show: Show) -> None:
    """Read on from journal and broker at once: the one works without a broker, the other without a disk."""
    once = _Once(last, show)
    task = asyncio.current_task()
    assert task is not None
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        async with asyncio.TaskGroup() as group:
            group.create_task(_poll(config, once), name="journal")
            group.create_task(_listen(config, once), name="broker")


async def _poll(config: Config, once: _Once) -> None:
    while True:
        with contextlib.suppress(records.UnreadableError):
            for event in await asyncio.to_thread(records.after, config.device.state_dir, once.last):
                once.take(event)
        await asyncio.sleep(POLL_S)


async def _listen(config: Config, once: _Once) -> None:
    topic = Topics(config.device.id).event
    while True:
        with contextlib.suppress(broker.BrokerGoneError):
            async with broker.connected(config, RETRY_S) as client:
                await client.subscribe(topic, qos=1)
                async for message in client.messages:
                    if event := event_of(message.payload):
                        once.take(event)
        await asyncio.sleep(RETRY_S)
