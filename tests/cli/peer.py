"""The guard's side of MQTT, played by a script: it keeps state, records what it is told, and refuses the unknown."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiomqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from appliance.domain.commands import CommandError, ErrorCode

Handler = Callable[[Mapping[str, Any]], Mapping[str, Any]]


def state_document(**changes: Any) -> dict[str, Any]:
    """A state as CONTRACT shows it."""
    document: dict[str, Any] = {
        "schema": 1,
        "at": "2026-07-14T02:11:00.000Z",
        "boot_id": "b1",
        "version": "0.1.0",
        "service": "normal",
        "route": {
            "active": "primary",
            "number": "+420226000100",
            "reason": "trunk trunk-a and 2 nodes are up",
            "since": "2026-07-14T01:00:00Z",
            "desired": "primary",
        },
        "forwarding": {
            "status": "verified",
            "verified_at": "2026-07-14T02:10:00Z",
            "cfu": "+420226000100",
            "cfb": "+420777000111",
            "cfnry": "+420777000111",
            "cfnrc": "+420777000111",
        },
        "override": None,
        "duty": {"person": "tech-1", "number": "+420777000111", "until": None},
        "trunks": {
            "trunk-a": {"health": "up", "since": "2026-07-14T01:00:00Z", "rtt_ms": 12.3},
            "trunk-b": {"health": "up", "since": "2026-07-14T01:00:00Z", "rtt_ms": 18.0},
        },
        "nodes": {
            "node-1": {"health": "up", "since": "2026-07-14T01:00:00Z", "rtt_ms": 3.1},
            "node-2": {"health": "down", "since": "2026-07-14T02:00:00Z", "rtt_ms": None, "reason": "3 misses"},
        },
        "references": {"up": 2, "total": 2},
        "modem": {
            "health": "up",
            "model": "E3372",
            "operator": "T-Mobile CZ",
            "rssi_dbm": -71,
            "registration": "home",
            "sim": "ready",
        },
    }
    return document | changes


class ScriptedGuard:
    """Answers commands from ``handlers``; ``silent`` makes it hear everything and say nothing."""

    def __init__(self, client: aiomqtt.Client, device_id: str) -> None:
        self._client = client
        self._prefix = f"hotline/{device_id}"
        self.silent = False
        self.serving = asyncio.Event()
        self.heard: list[dict[str, Any]] = []
        self.state = state_document()
        self.handlers: dict[str, Handler] = {"status": lambda _args: self.state}

    async def announce(self) -> None:
        """Publish availability and state, retained."""
        await self._client.publish(f"{self._prefix}/availability", "online", qos=1, retain=True)
        await self.publish_state()

    async def publish_state(self, **changes: Any) -> None:
        """Change the state and publish it."""
        self.state = self.state | changes
        await self._client.publish(f"{self._prefix}/state", json.dumps(self.state), qos=1, retain=True)

    async def publish_of_exchange(self, name: str, topic: str, payload: str) -> None:
        """Say what the exchange so called says."""
        await self._client.publish(f"{self._prefix}/exchange/{name}/{topic}", payload, qos=1, retain=True)

    async def publish_event(self, id_: int, type_: str, data: Mapping[str, Any]) -> None:
        """Publish one journal event."""
        event = {
            "schema": 1,
            "id": id_,
            "at": "2026-07-14T02:11:00.000Z",
            "boot_id": "b1",
            "type": type_,
            "data": data,
        }
        await self._client.publish(f"{self._prefix}/event", json.dumps(event), qos=1)

    async def serve(self) -> None:
        """Answer until cancelled."""
        await self._client.subscribe(f"{self._prefix}/command", qos=1)
        await self.announce()
        self.serving.set()
        async for message in self._client.messages:
            command = json.loads(message.payload)  # type: ignore[arg-type]
            assert message.properties is not None
            wire = message.properties.json()
            self.heard.append({**command, "properties": wire})
            if not self.silent:
                await self._answer(command, message.properties)

    async def _answer(self, command: Mapping[str, Any], properties: Properties) -> None:
        response: dict[str, Any] = {"schema": 1, "id": command["id"]}
        try:
            if command["name"] not in self.handlers:
                raise CommandError(ErrorCode.UNKNOWN_COMMAND, f"there is no command {command['name']!r}")
            response |= {"ok": True, "result": dict(self.handlers[command["name"]](command["args"]))}
        except CommandError as error:
            response |= {"ok": False, "error": {"code": error.code, "message": error.message}}
        back = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        back.CorrelationData = properties.CorrelationData
        await self._client.publish(properties.ResponseTopic, json.dumps(response), qos=1, properties=back)


@asynccontextmanager
async def scripted_guard(port: int, device_id: str) -> AsyncIterator[ScriptedGuard]:
    """A guard on the broker; its will is published when the block ends, as when it is killed."""
    will = aiomqtt.Will(f"hotline/{device_id}/availability", "offline", qos=1, retain=True)
    async with aiomqtt.Client(
        "127.0.0.1", port, protocol=aiomqtt.ProtocolVersion.V5, will=will, timeout=60
    ) as client:
        guard = ScriptedGuard(client, device_id)
        serving = asyncio.create_task(guard.serve())
        await guard.serving.wait()
        try:
            yield guard
        finally:
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)
            await client.publish(f"hotline/{device_id}/availability", "offline", qos=1, retain=True)
