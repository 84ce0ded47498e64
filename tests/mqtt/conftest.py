from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiomqtt
import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from appliance.config.models import Mqtt
from appliance.domain.commands import Command, CommandError, ErrorCode
from appliance.journal import Journal
from appliance.mqtt.backoff import Backoff
from appliance.mqtt.board import StateBoard
from appliance.mqtt.box import Pace
from appliance.mqtt.links import Links
from bench.addresses import free_port
from tests.mqtt import broker as brokers
from tests.mqtt.broker import Broker

QUICK = Pace(state_gap_s=0.05, unreadable_pause_s=0.05, announce_jitter_s=0.01, refused_pause_s=0.2)
STATE: dict[str, Any] = {
    "service": "normal",
    "route": {"active": "primary", "reason": "all is well"},
    "trunks": {"trunk-a": {"health": "up"}},
    "nodes": {"node-1": {"health": "up"}},
}


@pytest.fixture
def broker() -> Iterator[Broker]:
    if brokers.find() is None:
        pytest.skip("there is no mosquitto: neither on the PATH nor in the bench's root")
    made = Broker()
    try:
        made.start()
        yield made
    finally:
        made.remove()


class Box:
    """The links of a box with a real journal, and a handler that counts what it does."""

    names = frozenset({"status", "slow", "refuse", "explode"})
    only_looking = frozenset[str]()

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.board = StateBoard()
        self.board.publish(STATE)
        self.done: list[Command] = []
        self.gate = asyncio.Event()
        self.beats = 0

    async def execute(self, command: Command) -> Mapping[str, Any]:
        self.done.append(command)
        match command.name:
            case "slow":
                await self.gate.wait()
            case "refuse":
                raise CommandError(ErrorCode.CONFLICT, "not now")
            case "explode":
                raise RuntimeError("password=hunter2")
        return {"count": len(self.done), "args": dict(command.args)}

    def beat(self) -> None:
        self.beats += 1

    async def journal_delivered(self, link: str, event_id: int) -> None:
        """Wait until a link's cursor has come so far."""
        async with asyncio.timeout(120):
            while await self.journal.cursor(link) < event_id:  # noqa: ASYNC110  (a cursor has no event)
                await asyncio.sleep(0.01)

    @asynccontextmanager
    async def linked(self, *links: Mqtt, **further: Any) -> AsyncIterator[asyncio.Task[None]]:
        """Run the links; leave them in good order."""
        async with self.run(self.links(*links, **further)) as task:
            yield task

    def links(self, *links: Mqtt, **further: Any) -> Links:
        settings = {"pace": QUICK, "backoff": quick_backoff, **further}
        return Links("box-1", "1.2.3", links, self.journal, self.board, self, self.beat, **settings)

    @asynccontextmanager
    async def run(self, made: Links) -> AsyncIterator[asyncio.Task[None]]:
        task = asyncio.create_task(made.run())
        try:
            yield task
        finally:
            task.cancel()
            await asyncio.wait({task})
            assert task.cancelled()


def quick_backoff() -> Backoff:
    return Backoff(first_s=0.02, most_s=0.2)


def link_to(broker: Broker, name: str = "local", **settings: Any) -> Mqtt:
    return Mqtt(name=name, host="127.0.0.1", port=broker.port, **settings)


@pytest.fixture
async def box(tmp_path: Path) -> AsyncIterator[Box]:
    journal = await Journal.open(tmp_path, boot_id="boot-1", now=lambda: datetime.now(UTC))
    before = asyncio.all_tasks()
    yield Box(journal)

    def still_there() -> set[asyncio.Task[Any]]:
        return {task for task in asyncio.all_tasks() - before if task is not asyncio.current_task()}

    for _ in range(500):  # what is being ended takes some turns of the loop
        if not (left := still_there()):
            break
        await asyncio.sleep(0.01)
    await journal.close()
    assert not left, f"tasks were left behind: {left}"


class Operator:
    """A client as an operator has one, and all it has heard."""

    def __init__(self, client: aiomqtt.Client) -> None:
        self._client = client
        self.heard: list[aiomqtt.Message] = []
        self._told: dict[str, tuple[int, list[Any]]] = {}  # by topic: of how many messages, and what they say
        self._bell = asyncio.Event()

    async def listen(self) -> None:
        async for message in self._client.messages:
            self.heard.append(message)
            self._bell.set()

    def on(self, name: str) -> list[Any]:
        """The JSON of everything on a topic of the box; plain text for what is no JSON."""
        topic = f"hotline/box-1/{name}"
        read, told = self._told.get(topic, (0, []))
        told += [_plain(message) for message in self.heard[read:] if str(message.topic) == topic]
        self._told[topic] = len(self.heard), told
        return list(told)

    async def until(self, condition: Callable[[], Any]) -> Any:
        """Wait for what is bound to come; the test's own timeout ends a wait in vain."""
        async with asyncio.timeout(120):
            while not (result := condition()):
                self._bell.clear()
                await self._bell.wait()
        return result

    async def response(self, id_: str | None) -> Any:
        """The first response under an id."""
        found = await self.until(lambda: [one for one in self.on("response") if one["id"] == id_])
        return found[0]

    async def publish(self, topic: str, payload: bytes | str, *, retain: bool = False, **properties: Any) -> None:
        made = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        for name, value in properties.items():
            setattr(made, name, value)
        await self._client.publish(topic, payload, qos=1, retain=retain, properties=made)

    async def command(self, document: Any, **properties: Any) -> None:
        payload = document if isinstance(document, (bytes, str)) else json.dumps(document)
        await self.publish("hotline/box-1/command", payload, **properties)


def _plain(message: aiomqtt.Message) -> Any:
    assert isinstance(message.payload, bytes)
    text = message.payload.decode()
    return json.loads(text) if text.startswith(("[", "{")) else text


@asynccontextmanager
async def operator_at(broker: Broker, *topics: str) -> AsyncIterator[Operator]:
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(
            aiomqtt.Client("127.0.0.1", broker.port, protocol=aiomqtt.ProtocolVersion.V5, timeout=60)
        )
        client.pending_calls_threshold = 10_000
        for topic in topics or ("hotline/#",):
            await client.subscribe(topic, qos=1)
        operator = Operator(client)
        task = asyncio.create_task(operator.listen())
        try:
            yield operator
        finally:
            task.cancel()
            await asyncio.wait({task})


def ask(id_: str, name: str = "status", **args: Any) -> dict[str, Any]:
    return {"schema": 1, "id": id_, "name": name, "args": args}


class Gate:
    """A way to the broker that can be shut: whoever is behind it cannot reach the broker, others can."""

    def __init__(self, broker: Broker) -> None:
        self.port = free_port()
        self._broker = broker
        self._server: asyncio.Server | None = None
        self._passing: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._pass, "127.0.0.1", self.port)

    async def shut(self) -> None:
        if self._server is not None:
            self._server.close()
        for task in self._passing:
            task.cancel()
        await asyncio.gather(*self._passing, return_exceptions=True)

    async def back(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """What the broker says, on its way back; the connection ends with it."""
        await _copy(reader, writer)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._passing.add(task)
        task.add_done_callback(self._passing.discard)
        ends, ways = [writer], list[asyncio.Task[None]]()
        try:
            beyond_reader, beyond_writer = await asyncio.open_connection("127.0.0.1", self._broker.port)
            ends.append(beyond_writer)
            ways.append(asyncio.create_task(_copy(reader, beyond_writer)))
            ways.append(asyncio.create_task(self.back(beyond_reader, writer)))
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        except (asyncio.CancelledError, OSError):
            pass  # shut, or nobody beyond; a server's own callback must not end as cancelled
        finally:
            for way in ways:
                way.cancel()
            for end in ends:
                end.transport.abort()  # nothing awaited here: shut() may cancel us once more


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while chunk := await reader.read(65536):
        writer.write(chunk)
        await writer.drain()
