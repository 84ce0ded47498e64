"""Breaking and mending the parts of a world, for real: signals, refusals, cut and lossy wires, an unplugged modem."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from appliance.asterisk.site import APPLICATION
from bench.asterisk.server import AsteriskServer
from bench.lab.roles import UnavailableError
from bench.outgoing import SWALLOW
from bench.outgoing import WAYS as OUTGOING_WAYS
from bench.processes import Process
from bench.wire import Wire
from bench.world import World

NOTICED_WITHIN_S = 60.0
WAYS = ("kill", "stop", "refuse", "cut", "lose", "delay", *OUTGOING_WAYS)


class WorldFaults:
    """Faults of one world. Every fault is noted, so that it can be told and taken back."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._broken: dict[str, str] = {}
        plan = world.plan
        self._groups: dict[str, tuple[str, ...]] = {"trunks": tuple(plan.trunks), "cluster": tuple(plan.nodes)}
        self._single: dict[str, Process] = {}  # processes that are parts of their own
        if board := world.switchboard:
            self._single = {process.name: process for process in board.exchanges.values()}

    @property
    def parts(self) -> tuple[str, ...]:
        """Everything that can be broken, by name."""
        plan = self._world.plan
        exchanges = (*self._single, *(f"asterisk@{name}" for name in self._exchange_names()))
        return (*plan.trunks, *plan.nodes, *self._groups, "uplink", "modem", "broker", "guard", *exchanges)

    def _exchange_names(self) -> tuple[str, ...]:
        return tuple(self._world.switchboard.exchanges) if self._world.switchboard else ()

    def broken(self) -> Mapping[str, str]:
        """What is broken now, and how."""
        return dict(self._broken)

    async def break_(self, part: str, how: str = "kill", **options: float) -> None:
        """Break a part, in the ways of :class:`bench.lab.roles.Faults`. Raises :class:`UnavailableError`."""
        if part not in self.parts:
            raise UnavailableError(f"there is no part {part!r}; parts are {', '.join(self.parts)}")
        if how not in WAYS:
            raise UnavailableError(f"{how!r} is no way to break a part; ways are {', '.join(WAYS)}")
        for single in self._groups.get(part, (part,)):
            await self._break_one(single, how, options)
            self._broken[single] = how

    async def mend(self, part: str) -> None:
        """Take back what was done to a part; returns once it serves again."""
        if part not in self.parts:
            raise UnavailableError(f"there is no part {part!r}; parts are {', '.join(self.parts)}")
        singles = self._groups.get(part, (part,))
        async with asyncio.TaskGroup() as group:
            for single in singles:
                group.create_task(self._mend_one(single))
        for single in singles:
            self._broken.pop(single, None)

    async def mend_all(self) -> None:
        """Mend everything that was broken."""
        for part in list(self._broken):
            await self.mend(part)

    async def _break_one(self, part: str, how: str, options: Mapping[str, float]) -> None:
        world = self._world
        if part == "uplink":
            for name in world.uplink:
                _impair(world.wires[name].set, "cut" if how == "kill" else how, options)
        elif how in OUTGOING_WAYS:
            self._break_outgoing(part, how)
        elif part == "modem" and how == "kill":
            await world.modem.unplug()
        elif how in ("cut", "lose", "delay") and part in world.wires:
            _impair(world.wires[part].set, how, options)
        elif how == "refuse" and _asterisk(part) in world.asterisks:
            # an exchange's Asterisk tells strangers nothing: only a trunk sees that it is out of service
            known = next(iter(world.plan.trunks.values())) if world.switchboard else world.plan.bench
            await world.asterisks[_asterisk(part)].refuse(asked_from=known)
        elif how == "kill" and _asterisk(part) in world.asterisks:
            await world.asterisks[_asterisk(part)].kill()
            if machine := self._single.get(f"exchange@{part}"):
                await self._kill(machine)
        elif how in ("kill", "stop") and part != "modem":
            process = self._process(part)
            if how == "kill":
                await self._kill(process)
            else:
                process.freeze()
        else:
            raise UnavailableError(f"{part} cannot be broken by {how!r}")

    async def _kill(self, process: Process) -> None:
        """What it said may still be under way to the observer, and its will: it is gone from now on."""
        await process.kill()
        if process is self._world.guard:
            self._world.observer.forget()
        elif process.name in self._single:
            name = process.name.removeprefix("exchange@")
            self._world.observer.forget_exchange(name)
            await self._without_exchange(self._world.asterisks[name])

    @staticmethod
    async def _without_exchange(asterisk: AsteriskServer) -> None:
        """Asterisk has noticed, too: a call that came before would wait for an exchange that nobody may start. While
        there are calls the application stays, and nobody can tell."""
        async with asyncio.timeout(NOTICED_WITHIN_S):
            while asterisk.process.pid is not None and not asterisk.process.frozen:
                if APPLICATION not in (await asterisk.manager.command("ari show apps")).split():
                    return
                if "0 active channels" not in await asterisk.manager.command("core show channels count"):
                    return
                await asyncio.sleep(0.02)

    async def _mend_one(self, part: str) -> None:
        world = self._world
        if part == "uplink":
            for name in world.uplink:
                world.wires[name].repair()
            return
        if part == "modem":
            await world.modem.plug()
            return
        for wire in self._ways_to(part):
            wire.repair()
        if world.switchboard:
            world.switchboard.outgoing.broken.pop(part, None)
        process = self._process(part)
        if process.frozen:
            process.thaw()
        restart: Callable[[], Awaitable[None]]
        if _asterisk(part) in world.asterisks:
            asterisk = world.asterisks[_asterisk(part)]
            if self._broken.get(part) == "refuse":
                await asterisk.kill()
            restart = asterisk.start
        else:
            restart = world.broker.start if part == "broker" else process.start
        if process.pid is None:
            await restart()
        if (machine := self._single.get(f"exchange@{part}")) and machine.pid is None:
            await machine.start()

    def _break_outgoing(self, trunk: str, how: str) -> None:
        board = self._world.switchboard
        if board is None or trunk not in self._world.plan.trunks:
            raise UnavailableError(f"no calls go out through {trunk} that could be broken by {how!r}")
        if how == SWALLOW:
            for wire in self._ways_to(trunk):
                wire.set(swallow="INVITE")
        else:
            board.outgoing.break_(trunk, how)

    def _ways_to(self, part: str) -> list[Wire]:
        return [wire for name, wire in self._world.wires.items() if name.rpartition(">")[2] == part]

    def _process(self, part: str) -> Process:
        world = self._world
        if part in self._single:
            return self._single[part]
        if _asterisk(part) in world.asterisks:
            return world.asterisks[_asterisk(part)].process
        return {"broker": world.broker.process, "guard": world.guard}[part]


def _asterisk(part: str) -> str:
    """The Asterisk that a part is: ``asterisk@node-1`` alone, or ``node-1`` with all that runs on it."""
    return part.removeprefix("asterisk@")


def _impair(set_: Callable[..., None], how: str, options: Mapping[str, float]) -> None:
    if how == "cut":
        set_(cut=True)
    elif how == "lose":
        set_(loss=options.get("percent", 30.0) / 100)
    elif how == "delay":
        set_(delay_s=options.get("seconds", 0.3))
    else:
        raise UnavailableError(f"a wire cannot be broken by {how!r}")
