"""Keeps a scene up to date from broker and journal, through every loss of either."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import replace

from appliance.cli import broker
from appliance.cli.eventlines import event_of
from appliance.cli.watch.scene import Scene
from appliance.config import Config
from appliance.journal import records
from appliance.mqtt.topics import Topics
from appliance.situation.exchanges import read_exchange
from appliance.situation.picture import read_picture

CONNECT_TIMEOUT_S = 5.0
RETRY_S = 1.0
KEEPALIVE_S = 5  # a broker that hangs is told lost after at most one and a half of these
FIRST_EVENTS = 50


class Feed:
    """``changed`` is called with each new scene, in the event loop."""

    def __init__(self, config: Config, changed: Callable[[Scene], None]) -> None:
        self._config = config
        self._changed = changed
        self.scene = Scene()

    async def run(self) -> None:
        """Never returns; cancel it."""
        await self._catch_up()
        while True:
            try:
                await self._listen()
            except broker.BrokerGoneError as error:
                self._show(replace(self.scene, lost=error.why))
            await asyncio.sleep(RETRY_S)

    async def _catch_up(self) -> None:
        """Events from the journal, so that the view does not begin empty; where it cannot be read, it does."""
        with contextlib.suppress(records.UnreadableError):
            events = await asyncio.to_thread(records.newest, self._config.device.state_dir, FIRST_EVENTS)
            self._show(self.scene.with_events(events))

    async def _listen(self) -> None:
        topics = Topics(self._config.device.id)
        async with broker.connected(self._config, CONNECT_TIMEOUT_S, keepalive_s=KEEPALIVE_S) as client:
            every = Topics(topics.device_id, "+")
            for topic in (topics.availability, topics.state, topics.event, every.availability, every.state):
                await client.subscribe(topic, qos=1)
            self._show(replace(self.scene, lost=""))
            await self._catch_up()
            async for message in client.messages:
                *of, name = message.topic.value.removeprefix(topics.device_prefix).split("/")
                if of:
                    self._take_of_exchange(of[-1], name, message.payload)
                else:
                    self._take(name, message.payload)

    def _take(self, topic: str, payload: object) -> None:
        if topic == "availability":
            self._show(replace(self.scene, online=payload == b"online"))
        elif topic == "state" and (document := broker.read_json(payload)):
            self._show(replace(self.scene, picture=read_picture(document)))
        elif topic == "event" and (event := event_of(payload)):
            self._show(self.scene.with_events([event]))

    def _take_of_exchange(self, name: str, topic: str, payload: object) -> None:
        if topic == "availability":
            self._show(self.scene.with_availability(name, online=payload == b"online"))
        elif topic == "state" and (document := broker.read_json(payload)):
            self._show(self.scene.with_exchange(read_exchange(name, document)))

    def _show(self, scene: Scene) -> None:
        if scene != self.scene:
            self.scene = scene
            self._changed(scene)
