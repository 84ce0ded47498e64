"""What an operator hears of a box over MQTT: its state, its events, its responses to commands."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import socket
from collections.abc import Callable, Mapping
from typing import Any

import aiomqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

RECONNECT_S = 0.1
SESSION_EXPIRY_S = 3600


class Observer:
    """One MQTT 5 session that outlasts broker restarts, so that no event is missed.

    ``state`` is the newest picture, ``None`` while the box is not there. ``events`` are all messages of topic
    ``event`` as they came, duplicates included. ``changes`` rises with each message. ``exchanges`` are the newest
    pictures of the exchanges that are there, by name; ``roster`` is what the guard told of it last.
    """

    def __init__(self, host: str, port: int, device_id: str) -> None:
        self._host = host
        self._port = port
        self._prefix = f"hotline/{device_id}"
        self._session = f"bench-{secrets.token_hex(4)}"
        self._responses: dict[bytes, asyncio.Future[Mapping[str, Any]]] = {}
        self._client: aiomqtt.Client | None = None
        self._changed = asyncio.Condition()
        self._connected = asyncio.Event()
        self.state: Mapping[str, Any] | None = None
        self.available = False
        self.events: list[Mapping[str, Any]] = []
        self.changes = 0
        self._there: set[str] = set()  # exchanges that said they are, since they were last known to be gone
        self.exchanges: dict[str, Mapping[str, Any]] = {}
        self.exchange_events: list[Mapping[str, Any]] = []
        self.roster: Mapping[str, Any] | None = None

    async def run(self) -> None:
        """Listen until cancelled; reconnects."""
        while True:
            with contextlib.suppress(aiomqtt.MqttError, OSError):
                await self._listen()
            self._connected.clear()
            self._client = None
            self.forget()
            for name in list(self.exchanges):
                self.forget_exchange(name)
            await asyncio.sleep(RECONNECT_S)

    async def connected(self) -> None:
        """Return once subscribed."""
        await self._connected.wait()

    async def change_after(self, seen: int, timeout_s: float) -> int:
        """The number of changes, as soon as it is above ``seen`` or the time is over."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s), self._changed:
                await self._changed.wait_for(lambda: self.changes > seen)
        return self.changes

    async def wait_for(self, wanted: Callable[[Mapping[str, Any]], bool], timeout_s: float) -> Mapping[str, Any]:
        """The first state that ``wanted`` accepts. Raises ``TimeoutError``."""
        async with asyncio.timeout(timeout_s), self._changed:
            await self._changed.wait_for(lambda: self.state is not None and wanted(self.state))
        assert self.state is not None
        return self.state

    def forget(self) -> None:
        """The box is known to be gone: what it said before does not count any more, also where it comes late."""
        self.available, self.state = False, None

    def forget_exchange(self, name: str) -> None:
        """The same of an exchange."""
        self._there.discard(name)
        self.exchanges.pop(name, None)

    async def command(
        self, payload: bytes, timeout_s: float, expiry_s: int | None = None, exchange: str | None = None
    ) -> Mapping[str, Any] | None:
        """Publish a command, to the guard or to an exchange; its response, or ``None`` when none came in time."""
        prefix = f"{self._prefix}/exchange/{exchange}" if exchange else self._prefix
        await self.connected()
        assert self._client is not None
        correlation = secrets.token_bytes(8)
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        properties.ResponseTopic = f"{prefix}/response"
        properties.CorrelationData = correlation
        if expiry_s is not None:
            properties.MessageExpiryInterval = expiry_s
        response: asyncio.Future[Mapping[str, Any]] = asyncio.get_running_loop().create_future()
        self._responses[correlation] = response
        try:
            async with asyncio.timeout(timeout_s):
                await self._client.publish(f"{prefix}/command", payload, qos=1, properties=properties)
                return await response
        except TimeoutError:
            return None
        finally:
            del self._responses[correlation]

    async def _listen(self) -> None:
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = SESSION_EXPIRY_S
        async with aiomqtt.Client(
            self._host,
            self._port,
            identifier=self._session,
            protocol=aiomqtt.ProtocolVersion.V5,
            clean_start=False,
            properties=properties,
            timeout=15,
            socket_options=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)],
        ) as client:
            self._client = client
            for topic in ("availability", "state", "event", "response"):
                await client.subscribe(f"{self._prefix}/{topic}", qos=1)
                await client.subscribe(f"{self._prefix}/exchange/+/{topic}", qos=1)
            await client.subscribe(f"{self._prefix}/roster", qos=1)
            self._connected.set()
            async for message in client.messages:
                self._take(message)
                async with self._changed:
                    self.changes += 1
                    self._changed.notify_all()

    def _take(self, message: aiomqtt.Message) -> None:
        topic = message.topic.value.removeprefix(f"{self._prefix}/")
        payload = message.payload if isinstance(message.payload, bytes) else b""
        if topic == "roster":
            self.roster = json.loads(payload) if payload else None
            return
        if topic.startswith("exchange/"):
            _, name, topic = topic.split("/", 2)
            self._take_exchange(name, topic, payload)
            if topic != "response":
                return
        if topic == "availability":
            self.available = payload == b"online"
            if not self.available:
                self.state = None  # what a dead box said last is no state
            return
        if message.retain:
            return  # what the broker kept; the box itself said it who knows when
        said = json.loads(payload)
        if topic == "state" and self.available:
            self.state = said
        elif topic == "event":
            self.events.append(said)
        elif topic == "response" and message.properties is not None:
            waiting = self._responses.get(getattr(message.properties, "CorrelationData", b""))
            if waiting is not None and not waiting.done():
                waiting.set_result(said)

    def _take_exchange(self, name: str, topic: str, payload: bytes) -> None:
        if topic == "availability" and payload == b"online":
            self._there.add(name)
        elif topic == "availability":
            self.forget_exchange(name)
        elif topic == "state" and name in self._there:
            self.exchanges[name] = json.loads(payload)
        elif topic == "event":
            self.exchange_events.append({"exchange": name, **json.loads(payload)})
