"""Breaking and mending the parts of a world, for real: signals, refusals, cut and lossy wires, an unplugged modem."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from bench.lab.roles import UnavailableError
from bench.processes import Process
from bench.world import World

WAYS = ("kill", "stop", "refuse", "cut", "lose", "delay")


class WorldFaults:
    """Faults of one world. Every fault is noted, so that it can be told and taken back."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._broken: dict[str, str] = {}
        plan = world.plan
        self._groups: dict[str, tuple[str, ...]] = {"trunks": tuple(plan.trunks), "cluster": tuple(plan.nodes)}

    @property
    def parts(self) -> tuple[str, ...]:
        """Everything that can be broken, by name."""
        plan = self._world.plan
        return (*plan.trunks, *plan.nodes, *self._groups, "uplink", "modem", "broker", "guard")

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
            for wire in world.wires.values():
                _impair(wire.set, "cut" if how == "kill" else how, options)
        elif part == "modem" and how == "kill":
            await world.modem.unplug()
        elif how in ("cut", "lose", "delay") and part in world.wires:
            _impair(world.wires[part].set, how, options)
        elif how == "refuse" and part in world.asterisks:
            await world.asterisks[part].refuse(asked_from=world.plan.bench)
        elif how == "kill" and part in world.asterisks:
            await world.asterisks[part].kill()
        elif how in ("kill", "stop") and part != "modem":
            process = self._process(part)
            if how == "kill":
                await process.kill()
            else:
                process.freeze()
        else:
            raise UnavailableError(f"{part} cannot be broken by {how!r}")

    async def _mend_one(self, part: str) -> None:
        world = self._world
        if part == "uplink":
            for wire in world.wires.values():
                wire.repair()
            return
        if part == "modem":
            await world.modem.plug()
            return
        if part in world.wires:
            world.wires[part].repair()
        process = self._process(part)
        if process.frozen:
            process.thaw()
        restart: Callable[[], Awaitable[None]]
        if part in world.asterisks:
            asterisk = world.asterisks[part]
            if self._broken.get(part) == "refuse":
                await asterisk.kill()
            restart = asterisk.start
        else:
            restart = world.broker.start if part == "broker" else process.start
        if process.pid is None:
            await restart()

    def _process(self, part: str) -> Process:
        world = self._world
        if part in world.asterisks:
            return world.asterisks[part].process
        return {"broker": world.broker.process, "guard": world.guard}[part]


def _impair(set_: Callable[..., None], how: str, options: Mapping[str, float]) -> None:
    if how == "cut":
        set_(cut=True)
    elif how == "lose":
        set_(loss=options.get("percent", 30.0) / 100)
    elif how == "delay":
        set_(delay_s=options.get("seconds", 0.3))
    else:
        raise UnavailableError(f"a wire cannot be broken by {how!r}")
