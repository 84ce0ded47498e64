"""All the box's links. Each gets everything, each has its own cursor; none knows of the others."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from appliance.config.models import Mqtt
from appliance.mqtt.asker import Asker, UnreachableError
from appliance.mqtt.backoff import Backoff
from appliance.mqtt.board import StateBoard
from appliance.mqtt.box import Box, LinkWatcher, Listener, Pace
from appliance.mqtt.intake import Intake
from appliance.mqtt.link import Link
from appliance.mqtt.ports import Handler, LinkJournal
from appliance.mqtt.topics import Topics

__all__ = ["Links", "UnreachableError"]

BEAT_S = 5.0


class Links:
    """Built from the configuration's ``[[mqtt]]`` tables; ``beat`` is called every few seconds while all is well.

    ``topics`` are the guard's unless given. ``retained`` are further documents, kept on their topics as they change.
    ``listen`` names topic filters and who is told of what comes there, over whichever link and perhaps over several:
    the topic and the bytes, which may be anything. It is called on the event loop and must not block.
    """

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
        topics: Topics | None = None,
        retained: Mapping[str, StateBoard] | None = None,
        listen: Mapping[str, Listener] | None = None,
        discovery: bool = True,
        pace: Pace = Pace(),  # noqa: B008  (frozen)
        backoff: Callable[[], Backoff] = Backoff,
        link_changed: LinkWatcher = lambda _name, _up: None,
    ) -> None:
        self._settings, self._beat, self._backoff = links, beat, backoff
        own = topics or Topics(device_id)
        self._asker = Asker(own.reply, len(links))
        self._box = Box(
            own,
            version,
            journal,
            board,
            handler,
            pace,
            self._asker,
            retained or {},
            listen or {},
            discovery,
            link_changed,
        )

    async def ask(
        self, command_topic: str, name: str, args: Mapping[str, Any], id_: str, timeout_s: float
    ) -> Mapping[str, Any]:
        """Give another service of the box a command; its whole response, ``ok`` or not.

        The command goes over every link that is connected or comes back within ``timeout_s``; the first answer
        counts.
        It may be given again under the same id, and is done once. Not for the guard, whose links do not listen for
        answers. Raises :class:`UnreachableError` where nobody answers.
        """
        return await self._asker.ask(command_topic, name, args, id_, timeout_s)

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
