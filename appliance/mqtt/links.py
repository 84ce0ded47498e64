"""All the box's links. Each gets everything, each has its own cursor; none knows of the others."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from appliance.config.models import Mqtt
from appliance.mqtt.backoff import Backoff
from appliance.mqtt.board import StateBoard
from appliance.mqtt.intake import Intake
from appliance.mqtt.link import Link
from appliance.mqtt.ports import Handler, LinkJournal
from appliance.mqtt.session import Box, Pace

BEAT_S = 5.0


class Links:
    """Built from the configuration's ``[[mqtt]]`` tables; ``beat`` is called every few seconds while all is well."""

    def __init__(
        self,
        device_id: str,
        version: str,
        links: Sequence[Mqtt],
        journal: LinkJournal,
        board: StateBoard,
        handler: Handler,
        beat: Callable[[], None],
        *,
        pace: Pace = Pace(),  # noqa: B008  (frozen)
        backoff: Callable[[], Backoff] = Backoff,
    ) -> None:
        self._settings, self._beat, self._backoff = links, beat, backoff
        self._box = Box(device_id, version, journal, board, handler, pace)

    async def run(self) -> None:
        """Serve until cancelled. The last thing each broker hears is ``offline``."""
        intake = Intake(self._box.handler, self._box.journal, asyncio.get_running_loop().time)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._pulse(), name="mqtt pulse")
            for settings in self._settings:
                link = Link(self._box, settings, intake, self._backoff())
                tasks.create_task(link.run(), name=f"mqtt {settings.name}")

    async def _pulse(self) -> None:
        # shares the fate of the links' tasks: where one ends by a fault, so does this
        while True:
            self._beat()
            await asyncio.sleep(BEAT_S)
