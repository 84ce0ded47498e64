"""The telephones and exchanges of the simulated world, and the driver that offers them."""

from __future__ import annotations

import asyncio
import base64
import json
import time
import tomllib
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, ClassVar

import attr
from labgrid import target_factory
from labgrid.driver.common import Driver

from appliance.calls.codec import to_mapping
from appliance.calls.queries import CallQuery
from appliance.calls.reader import CallReader, NoCallsYetError
from appliance.domain.calls import CallRecord, Leg
from bench.lab.exchange_roles import ExchangeBench, Exchanges, Phones, Sound, Talk, Told
from bench.lab.roles import NotReachedError
from bench.lab.sim import SimulatedWorld
from bench.lab.sim_roles import SimulatedBox, SimulatedCarrier, SimulatedFaults

LOOK_S = 0.1
COMMAND_S = 60.0
READY_S = 90.0


class SimulatedTalk(Talk):
    """A customer of the simulated telephone network."""

    def __init__(self, world: SimulatedWorld, name: int) -> None:
        self.world = world
        self.name = name

    async def told(self) -> Told:
        """See :class:`Talk`."""
        return _told(await self.world.ask("talk.told", call=self.name))

    async def hears(self, what: str, timeout_s: float = 40.0, since: float | None = None) -> Told:
        """See :class:`Talk`."""
        heard = await self.world.ask("talk.hears", call=self.name, what=what, timeout_s=timeout_s, since=since)
        told = await self.told()
        if not heard:
            raise NotReachedError(f"{what} was not heard within {timeout_s:.0f} s; {words(told)}")
        return told

    async def press(self, digits: str) -> None:
        """See :class:`Talk`."""
        await self.world.ask("talk.press", call=self.name, digits=digits)

    async def hang_up(self) -> None:
        """See :class:`Talk`."""
        await self.world.ask("talk.hang_up", call=self.name)

    async def over(self, timeout_s: float = 60.0) -> Told:
        """See :class:`Talk`."""
        over = await self.world.ask("talk.wait", call=self.name, timeout_s=timeout_s)
        told = await self.told()
        if not over:
            raise NotReachedError(f"the call was not over within {timeout_s:.0f} s; {words(told)}")
        return told


class SimulatedPhones(Phones):
    """See :class:`Phones`."""

    def __init__(self, world: SimulatedWorld) -> None:
        self.world = world

    async def set(self, who: str, like: str | None = None, **changes: Any) -> None:
        """See :class:`Phones`."""
        await self.world.ask("phone.set", who=who, behaviour={"like": like, **changes})

    async def reset(self, usual: str = "normal") -> None:
        """See :class:`Phones`."""
        await self.world.ask("phone.reset", usual={"like": usual})

    async def rings(self, since: float = 0.0) -> Sequence[Told]:
        """See :class:`Phones`."""
        return [_told(one) for one in await self.world.ask("phone.records", since=since)]

    async def wait_for_rings(
        self, wanted: Callable[[Sequence[Told]], bool], what: str, since: float, timeout_s: float = 40.0
    ) -> Sequence[Told]:
        """See :class:`Phones`."""
        deadline = time.monotonic() + timeout_s
        while not wanted([_told(one) for one in await self.world.ask("phone.records", since=since, heard=False)]):
            if time.monotonic() > deadline:
                rings = [words(one) for one in await self.rings(since)]
                raise NotReachedError(f"not within {timeout_s:.0f} s: {what}; {rings}")
            await asyncio.sleep(LOOK_S)
        return await self.rings(since)

    async def hears(self, who: str, what: str, since: float, timeout_s: float = 40.0) -> Told:
        """See :class:`Phones`."""
        deadline = time.monotonic() + timeout_s
        while True:
            calls = [one for one in await self.rings(since) if one.who == who]
            if calls and any(one.what == what for one in calls[-1].heard):
                return calls[-1]
            if time.monotonic() > deadline:
                raise NotReachedError(
                    f"{who} did not hear {what} within {timeout_s:.0f} s: {list(map(words, calls))}"
                )
            await asyncio.sleep(LOOK_S)

    async def pick_up(self, who: str) -> None:
        """See :class:`Phones`."""
        await self.world.ask("phone.pick_up", who=who)

    async def press(self, who: str, digits: str) -> None:
        """See :class:`Phones`."""
        await self.world.ask("phone.press", who=who, digits=digits)

    async def hang_up(self, who: str) -> None:
        """See :class:`Phones`."""
        await self.world.ask("phone.hang_up", who=who)

    async def refer(self, who: str, to: str | None = None, consult: str | None = None) -> int | None:
        """See :class:`Phones`."""
        return await self.world.ask("phone.refer", who=who, to=to, consult=consult)  # type: ignore[no-any-return]

    async def consult(self, who: str, number: str) -> str:
        """See :class:`Phones`."""
        return await self.world.ask("phone.consult", who=who, number=number)  # type: ignore[no-any-return]

    async def register(self, who: str, exchange: str, password: str) -> int | None:
        """See :class:`Phones`."""
        return await self.world.ask(  # type: ignore[no-any-return]
            "phone.register", who=who, exchange=exchange, password=password
        )

    async def dial(
        self, number: str | None = None, *, caller: str | None = None, tone: bool = True, phone: str | None = None
    ) -> SimulatedTalk:
        """See :class:`Phones`."""
        name = await self.world.ask("talk.dial", number=number, caller=caller, tone=tone, phone=phone)
        return SimulatedTalk(self.world, name)

    async def outgoing(self, since: float = 0.0) -> Sequence[Mapping[str, Any]]:
        """See :class:`Phones`."""
        return await self.world.ask("outgoing", since=since)  # type: ignore[no-any-return]

    async def mail(self, since: float = 0.0) -> Sequence[Mapping[str, Any]]:
        """See :class:`Phones`."""
        return await self.world.ask("mail", since=since)  # type: ignore[no-any-return]


class SimulatedExchanges(Exchanges):
    """See :class:`Exchanges`."""

    def __init__(self, world: SimulatedWorld) -> None:
        self.world = world

    async def ready(self, timeout_s: float = READY_S) -> None:
        """See :class:`Exchanges`."""
        names = set((await self.world.ask("status"))["configs"])
        deadline = time.monotonic() + timeout_s
        while True:
            told = await self.world.ask("exchange.states")
            revision = (told["roster"] or {}).get("revision")
            lacking = [name for name in names if not _is_ready(told["states"].get(name), revision)]
            if not lacking and revision is not None:
                return
            if time.monotonic() > deadline:
                raise NotReachedError(f"exchanges not ready within {timeout_s:.0f} s: {lacking}; {json.dumps(told)}")
            await asyncio.sleep(LOOK_S)

    async def roster(self, document: Mapping[str, Any]) -> int:
        """See :class:`Exchanges`."""
        revision = int((await self._told("roster.set", roster=dict(document)))["revision"])
        await self._once_all(f"roster {revision}", _roster_of, revision)
        return revision

    async def night_switch(self, line: str, situation: str) -> None:
        """See :class:`Exchanges`."""
        revision = int((await self._told("line.mode", line=line, situation=situation))["revision"])
        await self._once_all(f"roster {revision}, {line} {situation}", _roster_of, revision)

    async def duty(self, person: str) -> None:
        """See :class:`Exchanges`."""
        await self._told("duty.set", person=person)
        await self._once_all(
            f"{person} on duty", lambda state: ((state or {}).get("duty") or {}).get("person"), person
        )

    async def agent(self, person: str, presence: str) -> None:
        """See :class:`Exchanges`."""
        await self._told("agent.set", person=person, presence=presence)
        await self._once_all(f"{person} {presence}", lambda state: _presences_of(state, person) - {presence}, set())

    async def _told(self, command: str, **args: Any) -> Mapping[str, Any]:
        """A command to the box; its result."""
        answer = await SimulatedBox(self.world).command(command, args)
        if not answer["ok"]:
            raise NotReachedError(f"{command} was refused: {answer['error']}")
        return answer["result"]  # type: ignore[no-any-return]

    async def _once_all(self, what: str, shows: Callable[[Mapping[str, Any] | None], Any], wanted: Any) -> None:
        """Wait until every exchange that is there shows what is wanted."""
        deadline = time.monotonic() + READY_S
        while True:
            states = (await self.world.ask("exchange.states"))["states"]
            shown = {name: shows(state) for name, state in states.items()}
            if all(one == wanted for one in shown.values()):
                return
            if time.monotonic() > deadline:
                raise NotReachedError(f"not every exchange has {what}: {shown}")
            await asyncio.sleep(LOOK_S)

    async def state(self, name: str) -> Mapping[str, Any] | None:
        """See :class:`Exchanges`."""
        return (await self.world.ask("exchange.states"))["states"].get(name)  # type: ignore[no-any-return]

    async def wait_for(
        self, name: str, wanted: Callable[[Mapping[str, Any]], bool], what: str, timeout_s: float = 60.0
    ) -> Mapping[str, Any]:
        """See :class:`Exchanges`."""
        deadline = time.monotonic() + timeout_s
        while True:
            state = await self.state(name)
            if state is not None and wanted(state):
                return state
            if time.monotonic() > deadline:
                raise NotReachedError(
                    f"{name} not within {timeout_s:.0f} s: {what}; the state is {json.dumps(state)}"
                )
            await asyncio.sleep(LOOK_S)

    async def calls(self) -> Sequence[Mapping[str, Any]]:
        """See :class:`Exchanges`."""
        configs = (await self.world.ask("status"))["configs"].values()
        rows = await asyncio.to_thread(lambda: [_calls(Path(config)) for config in configs])
        # the box collects the rows of the nodes too
        once = {(row["exchange"], row["id"]): row for one in reversed(rows) for row in one}
        return sorted(once.values(), key=lambda row: row["arrived_at"])

    async def command(self, name: str, command: str, args: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
        """See :class:`Exchanges`."""
        said = {"schema": 1, "id": str(uuid.uuid4()), "name": command, "args": dict(args or {})}
        answer = await self.world.ask(
            "command", payload=_base64(json.dumps(said)), timeout_s=COMMAND_S, exchange=name
        )
        if answer is None:
            raise NotReachedError(f"no response of {name} to {command} within {COMMAND_S:.0f} s")
        return answer  # type: ignore[no-any-return]

    async def files(self, name: str) -> str:
        """See :class:`Exchanges`."""
        return str(Path((await self.world.ask("status"))["run_dir"]) / name)


def _calls(config: Path) -> list[Mapping[str, Any]]:
    """The rows as ``hotline calls --json`` prints them; that itself would be a process for each look."""
    device = tomllib.loads(config.read_text())["device"]
    try:
        with CallReader(Path(device["state_dir"])) as reader:
            return [_row(json.loads(json.dumps(to_mapping(one)))) for one in reader.find(CallQuery())]
    except NoCallsYetError:
        return []


def _row(said: Mapping[str, Any]) -> Mapping[str, Any]:
    """A row with every key: the log leaves out what is not there."""
    nothing = {one.name: None for one in fields(CallRecord)}
    no_leg = {one.name: None for one in fields(Leg)}
    return {**nothing, **said, "legs": [{**no_leg, **leg} for leg in said.get("legs", ())]}


def words(told: Told) -> str:
    """A call in a line, for a failure."""
    heard = ", ".join(f"{one.what} {one.start - told.began:.1f}-{one.end - told.began:.1f}" for one in told.heard)
    times = ", ".join(
        f"{name} {at - told.began:.1f}"
        for name, at in (("rang", told.rang_at), ("answered", told.answered_at), ("ended", told.ended_at))
        if at is not None
    )
    end = f" by {told.ended_by} {told.status or ''}" if told.ended_at else ""
    return f"{told.who}: {times}{end}; heard {heard or 'nothing'}"


def _told(said: Mapping[str, Any]) -> Told:
    return Told(
        id=said["id"],
        who=said.get("who") or said.get("tone"),
        number=said["number"],
        began=said["began"],
        rang_at=said["rang_at"],
        early_at=said["early_at"],
        answered_at=said["answered_at"],
        ended_at=said["ended_at"],
        ended_by=said["ended_by"],
        status=said["status"],
        cause=said["cause"],
        heard=tuple(Sound(**one) for one in said["heard"]),
        pressed=tuple(said["pressed"]),
        connected=tuple(said["connected"]),
        notified=tuple(said["told"]),
        via=said.get("via"),
        from_=said.get("from"),
        pai=said.get("pai"),
        diversion=said.get("diversion"),
    )


def _roster_of(state: Mapping[str, Any] | None) -> int | None:
    roster = (state or {}).get("roster")
    return roster.get("revision") if isinstance(roster, Mapping) else roster


def _presences_of(state: Mapping[str, Any] | None, person: str) -> set[str]:
    agents = (agent for queue in (state or {}).get("queues", ()) for agent in queue["agents"])
    return {agent["presence"] for agent in agents if agent["person"] == person}


def _is_ready(state: Mapping[str, Any] | None, revision: int | None) -> bool:
    return state is not None and state["ari"] == "connected" and _roster_of(state) == revision


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@target_factory.reg_driver
@attr.s(eq=False)
class SimulatedExchangeDriver(Driver):  # type: ignore[misc]
    """A simulated world with exchanges, and all its roles."""

    bindings: ClassVar[dict[str, type]] = {"world": SimulatedWorld}

    def roles(self) -> ExchangeBench:
        """The roles, while the driver is active."""
        return ExchangeBench(
            SimulatedBox(self.world),
            SimulatedFaults(self.world),
            SimulatedCarrier(self.world),
            SimulatedPhones(self.world),
            SimulatedExchanges(self.world),
        )
