"""A desk of two agents and a caller who wants to be called back, in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from appliance.config import Config
from appliance.domain.calls import CallRecord
from appliance.exchange.callback.identity import new_id
from appliance.queueing.callback_life import Callback
from appliance.roster.models import Roster
from bench import virtual_time
from bench.virtual.exchange import VirtualExchange

T = TypeVar("T")
CALLER, OTHER = "+420601000001", "+420601000002"
ANNA, BORIS, TECH = "+420777000113", "+420777000114", "+420777000111"
SERVICE = "+420777000100"
AGENTS = (ANNA, BORIS)

CONFIG = Config.model_validate(
    {
        "device": {"id": "test", "region": "CZ", "timezone": "Europe/Prague", "state_dir": "/nowhere"},
        "modem": {"port": "socket://127.0.0.1:1", "service_number": SERVICE},
        "trunk": [{"name": "trunk-a", "sip": "sip:127.0.0.1:5060"}],
        "node": [{"name": "node-1", "sip": "sip:127.0.0.1:5061"}],
        "duty": {"default": "tech"},
        "person": [{"id": "tech", "name": "Tech", "mobile": TECH}],
        "mqtt": [{"name": "local", "host": "127.0.0.1"}],
    }
)


def roster(**callback: Any) -> Roster:
    people = [
        {"id": name, "name": name.title(), "mobile": number}
        for name, number in (("anna", ANNA), ("boris", BORIS), ("tech", TECH))
    ]
    terms = {"tries": 3, "retry_after_s": 120.0, "ring_s": 25.0, **callback}
    queue = {"id": "desk", "name": "Desk", "agents": ["anna", "boris"], "screening": "off"}
    queue |= {"strategy": "firstavailable", "callback": terms, "say_position": False, "say_wait": False}
    sales = queue | {"id": "sales", "name": "Sales"}
    line = {"id": "service", "name": "Service", "open": ["queue:desk"], "closed": ["hangup"]}
    return Roster.model_validate(
        {"revision": 1, "duty": {"default": "tech"}, "person": people, "queue": [queue, sales], "line": [line]}
    )


@asynccontextmanager
async def exchange(folder: Path, **callback: Any) -> AsyncIterator[VirtualExchange]:
    world = VirtualExchange(folder, CONFIG, roster(**callback))
    await world.start()
    try:
        yield world
    finally:
        await world.close()


async def ask(world: VirtualExchange, number: str = CALLER, **more: Any) -> Callback:
    """A wish, as the dialogue keeps it."""
    now = world.desk.now()
    wish = Callback(
        **{
            "id": new_id(),
            "exchange": "box",
            "queue": "desk",
            "number": number,
            "language": "en",
            "call": "call-1",
            "queued_at": now - 60,
            "asked_at": now,
            "called": SERVICE,
            "line": "service",
            "situation": "open",
            **more,
        }
    )
    return await world.desk.ask(wish)


def play(story: Callable[[], Coroutine[Any, Any, T]]) -> T:
    return virtual_time.run(story())


def record_of(world: VirtualExchange, callback: Callback) -> CallRecord:
    return world.log.records[callback.id]


def talks(world: VirtualExchange) -> list[str]:
    """With whom the caller talked, call after call."""
    return [other for ring in world.telephones.of(CALLER) for other in ring.with_]


async def quiet(world: VirtualExchange) -> None:
    """Nothing is left of it."""
    await asyncio.sleep(10)
    assert world.asterisk.channels == {}
    assert world.asterisk.bridges == {}
    assert world.life.hub.world.trunks.in_use == {}
    assert world.life.hub.world.book._held == {}


Story = Callable[[VirtualExchange], Awaitable[None]]
