"""Faults of a real bench: commands that whoever owns the parts has named, and switched power for the modem."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Callable, Mapping
from typing import ClassVar

import attr
from labgrid import target_factory
from labgrid.driver.common import Driver
from labgrid.protocol import PowerProtocol

from bench.lab.protocols import FaultsProtocol
from bench.lab.roles import Faults, UnavailableError

COMMAND_S = 60.0
MODEM = "modem"

Commands = Mapping[str, Mapping[str, str]]


class CommandFaults(Faults):
    """See :class:`bench.lab.roles.Faults`.

    ``commands``: part → way of breaking it, or ``mend`` → a line of shell; ``{percent}`` and ``{seconds}`` in it are
    filled in. ``power`` switches the modem's power: ``True`` is on.
    """

    def __init__(self, commands: Commands, power: Callable[[bool], None] | None) -> None:
        self._commands = commands
        self._power = power
        self._broken: dict[str, str] = {}

    async def break_(self, part: str, how: str = "kill", **options: float) -> None:
        """See :class:`Faults`."""
        if part == MODEM and how == "kill" and self._power:
            await asyncio.to_thread(self._power, False)
        else:
            line = self._commands.get(part, {}).get(how)
            if line is None or "mend" not in self._commands[part]:
                raise UnavailableError(f"this bench has no command to {how} {part} and to mend it again")
            await _run(line.format(**{"percent": 30, "seconds": 0.3, **options}))
        self._broken[part] = how

    async def mend(self, part: str) -> None:
        """See :class:`Faults`."""
        if part == MODEM and self._power and MODEM not in self._commands:
            await asyncio.to_thread(self._power, True)
        elif line := self._commands.get(part, {}).get("mend"):
            await _run(line)
        else:
            raise UnavailableError(f"this bench has no command to mend {part}")
        self._broken.pop(part, None)

    async def mend_all(self) -> None:
        """See :class:`Faults`."""
        for part in list(self._broken):
            await self.mend(part)

    async def broken(self) -> Mapping[str, str]:
        """See :class:`Faults`."""
        return dict(self._broken)


async def _run(line: str) -> None:
    await asyncio.to_thread(subprocess.run, line, shell=True, check=True, timeout=COMMAND_S)


@target_factory.reg_driver
@attr.s(eq=False)
class CommandFaultsDriver(Driver, FaultsProtocol):  # type: ignore[misc]
    """Faults by commands, and by a power switch on the modem where the bench has one."""

    bindings: ClassVar[dict[str, object]] = {"power": {PowerProtocol, None}}

    commands: Commands = attr.ib(factory=dict)

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        self._role: CommandFaults | None = None

    def role(self) -> CommandFaults:
        """The role."""
        if self._role is None:
            self._role = CommandFaults(self.commands, self._switch if self.power else None)
        return self._role

    def _switch(self, on: bool) -> None:
        if on:
            self.power.on()
        else:
            self.power.off()
