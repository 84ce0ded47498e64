"""The roles as the simulated world fills them."""

from __future__ import annotations

import asyncio
import base64
import json
import sys
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bench.lab.roles import (
    Box,
    Carrier,
    Customer,
    Event,
    Faults,
    Heard,
    NotReachedError,
    State,
    UnavailableError,
)
from bench.lab.sim import SimulatedWorld
from bench.mobile.operator import OperatorPolicy
from bench.profiles import PROFILES
from bench.remote import heard_from_json

COMMAND_S = 60.0
RAW_COMMAND_S = 30.0
BUSY_CONNECTIONS = (
    200  # commands on their way at once: a flood for the guard, and fewer than a process may have files
)
SERVICES = ("cfu", "cfb", "cfnry", "cfnrc")


class SimulatedBox(Box):
    """A guard on this machine, with the simulated world around it."""

    def __init__(self, world: SimulatedWorld) -> None:
        self.world = world
        self._configured: dict[str, float | str] = {}
        self._busy: tuple[asyncio.AbstractEventLoop, asyncio.Semaphore] | None = None

    async def state(self) -> State:
        """See :class:`Box`."""
        said = await self.world.ask("state")
        if said["state"] is None:
            raise NotReachedError("the box gives no state")
        return said["state"]  # type: ignore[no-any-return]

    async def wait_for(self, wanted: Callable[[State], bool], what: str, timeout_s: float = 60.0) -> State:
        """See :class:`Box`."""
        deadline = time.monotonic() + timeout_s
        said = await self.world.ask("state")
        while said["state"] is None or not wanted(said["state"]):
            left_s = deadline - time.monotonic()
            if left_s <= 0:
                raise NotReachedError(
                    f"not within {timeout_s:.0f} s: {what}; the state is {json.dumps(said['state'])}"
                )
            said = await self.world.ask("state", seen=said["changes"], timeout_s=left_s)
        return said["state"]  # type: ignore[no-any-return]

    async def wait_for_route(self, route: str, timeout_s: float = 60.0) -> State:
        """See :class:`Box`."""

        def there(state: State) -> bool:
            return bool(state["route"]["active"] == route and state["forwarding"]["status"] == "verified")

        return await self.wait_for(there, f"route {route} verified", timeout_s)

    async def events(self, since_id: int = 0) -> Sequence[Event]:
        """See :class:`Box`."""
        return await self.world.ask("events", since_id=since_id)  # type: ignore[no-any-return]

    async def journaled(self, since_id: int = 0) -> Sequence[Event]:
        """See :class:`Box`."""
        config = (await self.world.ask("status"))["config"]
        reading = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "appliance", "events", "--json", "--config", config, stdout=asyncio.subprocess.PIPE
        )
        lines, _ = await reading.communicate()
        return [event for event in map(json.loads, lines.splitlines()) if event["id"] > since_id]

    async def wait_for_event(
        self, type_: str, timeout_s: float = 60.0, since_id: int = 0, wanted: Callable[[Event], bool] | None = None
    ) -> Event:
        """See :class:`Box`."""
        deadline = time.monotonic() + timeout_s
        while True:
            seen = (await self.world.ask("state"))["changes"]
            events = await self.events(since_id)
            for event in events:
                if event["type"] == type_ and (wanted is None or wanted(event)):
                    return event
            left_s = deadline - time.monotonic()
            if left_s <= 0:
                told = [event["type"] for event in events]
                raise NotReachedError(f"no such event {type_} within {timeout_s:.0f} s; there were {told}")
            await self.world.ask("state", seen=seen, timeout_s=left_s)

    async def last_event_id(self) -> int:
        """See :class:`Box`."""
        return max((event["id"] for event in await self.journaled()), default=0)  # some may be under way still

    async def command(
        self, name: str, args: Mapping[str, Any] | None = None, *, id_: str | None = None, expiry_s: int | None = None
    ) -> Mapping[str, Any]:
        """See :class:`Box`."""
        said = {"schema": 1, "id": id_ or str(uuid.uuid4()), "name": name, "args": dict(args or {})}
        answer = await self._publish(json.dumps(said).encode(), COMMAND_S, expiry_s)
        if answer is None:
            raise NotReachedError(f"no response to {name} within {COMMAND_S:.0f} s")
        return answer

    async def raw_command(self, payload: bytes) -> Mapping[str, Any] | None:
        """See :class:`Box`."""
        return await self._publish(payload, RAW_COMMAND_S, None)

    async def configure(self, watchdog: Mapping[str, float | str]) -> None:
        """See :class:`Box`."""
        wanted = dict(watchdog)
        if wanted != self._configured:
            await self.world.ask("guard", action="configure", watchdog=wanted)
            self._configured = wanted
            await self.stop()
        await self.start()

    async def start(self) -> None:
        """See :class:`Box`."""
        await self.start_blind()
        await self.wait_for(lambda _: True, "a first state", 180.0)

    async def start_blind(self) -> None:
        """See :class:`Box`."""
        await self.world.ask("guard", action="start")

    async def stop(self) -> float:
        """See :class:`Box`."""
        return float((await self.world.ask("guard", action="stop"))["took_s"])

    async def kill(self) -> None:
        """See :class:`Box`."""
        await self.world.ask("guard", action="kill")

    async def _publish(self, payload: bytes, timeout_s: float, expiry_s: int | None) -> Mapping[str, Any] | None:
        loop = asyncio.get_running_loop()
        if self._busy is None or self._busy[0] is not loop:  # each test has a loop of its own
            self._busy = loop, asyncio.Semaphore(BUSY_CONNECTIONS)
        async with self._busy[1]:
            encoded = base64.b64encode(payload).decode()
            return await self.world.ask(  # type: ignore[no-any-return]
                "command", payload=encoded, timeout_s=timeout_s, expiry_s=expiry_s
            )


class SimulatedCustomer(Customer):
    """Customers of the simulated telephone network."""

    def __init__(self, world: SimulatedWorld) -> None:
        self.world = world

    async def dial(self, number: str | None = None, *, ring_timeout_s: float = 40.0) -> Heard:
        """See :class:`Customer`."""
        return heard_from_json(await self.world.ask("call", number=number, ring_timeout_s=ring_timeout_s))


class SimulatedFaults(Faults):
    """Real faults of the simulated world's real processes."""

    def __init__(self, world: SimulatedWorld) -> None:
        self.world = world

    async def break_(self, part: str, how: str = "kill", **options: float) -> None:
        """See :class:`Faults`."""
        await self.world.ask("break", part=part, how=how, options=options)

    async def mend(self, part: str) -> None:
        """See :class:`Faults`."""
        await self.world.ask("mend", part=part)

    async def mend_all(self) -> None:
        """See :class:`Faults`."""
        await self.world.ask("mend")

    async def broken(self) -> Mapping[str, str]:
        """See :class:`Faults`."""
        return (await self.world.ask("status"))["broken"]  # type: ignore[no-any-return]


class SimulatedCarrier(Carrier):
    """The simulated mobile network's back office."""

    def __init__(self, world: SimulatedWorld) -> None:
        self.world = world

    async def table(self) -> Mapping[str, str | None]:
        """See :class:`Carrier`."""
        entries = await self._switch("table")
        return {service: _target(entries.get(service, {}).get("voice")) for service in SERVICES}

    async def history(self) -> Sequence[Mapping[str, Any]]:
        """See :class:`Carrier`."""
        return [
            {"at": one["at"], "service": one["reason"], "number": _target(one["after"]), "by": one["by"]}
            for one in await self._switch("changes")
            if one["bearer"] == "voice"
        ]

    async def change(self, service: str, number: str | None) -> None:
        """See :class:`Carrier`."""
        await self._switch("alter", reason=service, number=number)

    async def misbehave(self, how: str, **options: Any) -> None:
        """See :class:`Carrier`."""
        match how:
            case "silent":
                await self._switch("silence")
            case "refuse":
                await self._switch("operator", refuse_every_change=options["code"])
            case "lie":
                await self._switch("operator", ignore_changes=True)
            case "deaf":
                await self._switch("operator", refuse_every_query=options.get("code", 30))
            case "slow":
                await self._switch("operator", latency_s=options["seconds"])
            case "wipe":
                await self._switch("operator", wipe_conditionals=True)
            case _:
                raise UnavailableError(f"this carrier cannot {how!r}")

    async def behave(self) -> None:
        """See :class:`Carrier`."""
        good = OperatorPolicy(latency_s=PROFILES[self.world.bench.profile].ccfc_s)
        names = ("latency_s", "refuse_every_change", "refuse_every_query", "ignore_changes", "wipe_conditionals")
        await self._switch("operator", **{name: getattr(good, name) for name in names})
        await self._switch("speak")

    async def texts(self, number: str) -> Sequence[Any]:
        """See :class:`Carrier`."""
        return await self._switch("texts", number=number)  # type: ignore[no-any-return]

    async def _switch(self, switch: str, **arguments: Any) -> Any:
        return await self.world.ask("modem", switch=switch, **{"with": arguments})


def _target(entry: Mapping[str, Any] | None) -> str | None:
    return entry["number"] if entry and entry["active"] else None
