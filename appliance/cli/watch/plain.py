"""The live view where there is no terminal: one line for each thing that changes."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from appliance.cli.eventlines import as_line
from appliance.cli.exits import Exit
from appliance.cli.layout import ARROW, hop_text
from appliance.cli.paint import Paint
from appliance.cli.watch.feed import Feed
from appliance.cli.watch.scene import Scene
from appliance.config import Config
from appliance.situation.exchanges import calls_text
from appliance.situation.picture import Picture
from appliance.situation.way import way
from appliance.situation.words import forwarding_word, service_word
from appliance.translation import _

EVENTS_AT_FIRST = 5


def watch_plain(config: Config, footer: Sequence[str]) -> int:
    """Print lines until interrupted."""
    for line in footer:
        print(line, flush=True)
    asyncio.run(_watch(config))
    return Exit.DONE


async def _watch(config: Config) -> None:
    task = asyncio.current_task()
    assert task is not None
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await Feed(config, PlainLines(config).show).run()


class PlainLines:
    """Prints what differs between one scene and the next."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._zone = ZoneInfo(config.device.timezone)
        self._paint = Paint(colours=False)
        self._said: dict[str, str] = {}
        self._last_event = 0

    def show(self, scene: Scene) -> None:
        """Print the news of one scene."""
        if scene.lost:
            self._say("broker", _("broker: {why}; trying again").format(why=scene.lost))
        elif scene.lost is not None:
            self._say("broker", _("broker: connected"))
        if scene.online is not None and not scene.lost:
            self._say("guard", _("guard: online") if scene.online else _("guard: OFFLINE"))
        if scene.picture:
            self._situation(scene.picture)
        for exchange in scene.exchanges:
            text = _("OFFLINE") if exchange.name in scene.gone else calls_text(exchange)
            self._say(f"exchange {exchange.name}", _("exchange {name}: {what}").format(name=exchange.name, what=text))
        new = [event for event in scene.events if event.id > self._last_event]
        for event in new if self._last_event else new[-EVENTS_AT_FIRST:]:
            print(as_line(event, self._zone, self._paint, dated=False), flush=True)
            self._last_event = event.id

    def _situation(self, picture: Picture) -> None:
        self._say("service", service_word(picture.service, changing=picture.changing))
        hops = ARROW.join(hop_text(hop, self._paint) for hop in way(picture, self._config))
        self._say("calls", _("calls: {way}").format(way=hops))
        status = forwarding_word(picture.forwarding.status)
        number = picture.forwarding.numbers.get("cfu") or _("off")
        self._say("forwarding", _("forwarding: CFU {number}, {status}").format(number=number, status=status))

    def _say(self, what: str, line: str) -> None:
        if self._said.get(what) != line:
            self._said[what] = line
            stamp = datetime.now(UTC).astimezone(self._zone).strftime("%H:%M:%S")
            print(f"{stamp}  {line}", flush=True)
