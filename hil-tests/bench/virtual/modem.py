"""A modem and its network at the level of the guard's ``ModemPort``, with the manners of real networks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from appliance.domain.forwarding import (
    CONDITIONALS,
    INACTIVE,
    Exchange,
    ForwardingError,
    RefusalKind,
    Registration,
    Service,
    Wanted,
)
from appliance.domain.health import Health
from appliance.domain.modem import ModemStatus, NetworkRegistration, SimState
from appliance.domain.phone import PhoneNumber

READY = ModemStatus(
    health=Health.UP, model="virtual", registration=NetworkRegistration.HOME, sim=SimState.READY, iccid="8942001"
)


@dataclass
class Manners:
    """How the network behaves; changed at run time by tests.

    ``latency_s`` a command; ``silent_s`` how long before silence is given up; the rest as the names say.
    ``obeys_from_attempt``: commands below that attempt get OK and do nothing.
    """

    latency_s: float = 3.0
    silent_s: float = 160.0
    refuses: int | None = None
    refuses_queries: int | None = None
    silent: bool = False
    lies: bool = False
    obeys_from_attempt: int = 0
    hides_conditionals: bool = False
    refuses_conditionals_under_cfu: bool = False
    wipes_conditionals_on_cfu: bool = False


@dataclass(frozen=True)
class Written:
    """One change of the network's table: when, what, and what it had been."""

    at: float
    service: Service
    before: Registration
    after: Registration
    by: str


class VirtualModem:
    """Implements ``ModemPort``; the table is the network's and outlives the modem and the guard."""

    def __init__(self) -> None:
        self.table: dict[Service, Registration] = dict.fromkeys(Service, INACTIVE)
        self.history: list[Written] = []
        self.manners = Manners()
        self.commands = 0
        self.confirmed: list[tuple[Service, int]] = []
        self._status = READY
        self._generation = 1
        self._changes: list[asyncio.Future[None]] = []
        self.on_step: Callable[[str], None] = lambda step: None

    @property
    def status(self) -> ModemStatus:
        """The newest snapshot."""
        return self._status

    @property
    def generation(self) -> int:
        """Rises with each plugging in."""
        return self._generation

    async def changed(self) -> None:
        """Wait for a change of the status."""
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._changes.append(waiter)
        await waiter

    def unplug(self) -> None:
        """The modem is gone; what is under way fails."""
        self._set(ModemStatus(health=Health.DOWN, reason="unplugged"))

    def plug(self, iccid: str = "8942001") -> None:
        """The modem is back."""
        self._generation += 1
        self._set(replace(READY, iccid=iccid))

    def alter(self, service: Service, number: PhoneNumber | None) -> None:
        """Somebody at the operator changes the table behind our back."""
        self._write(service, Registration(number is not None, number), "operator")

    async def interrogate(self, service: Service) -> tuple[Registration, tuple[Exchange, ...]]:
        """Ask the network."""
        began = await self._travel("query")
        if self.manners.refuses_queries is not None:
            raise self._refusal(self.manners.refuses_queries)
        seen = self.table[service]
        if service in CONDITIONALS and self.manners.hides_conditionals and self.table[Service.CFU].active:
            seen = INACTIVE
        return seen, (self._exchange(f"AT+CCFC={service},2", began),)

    async def register(self, service: Service, wanted: Wanted, attempt: int) -> tuple[Exchange, ...]:
        """Register, replacing what stands."""
        return await self._command(service, Registration(True, wanted.number, wanted.no_reply_time_s), attempt)

    async def erase(self, service: Service, attempt: int) -> tuple[Exchange, ...]:
        """Erase."""
        return await self._command(service, INACTIVE, attempt)

    def confirm(self, service: Service, attempt: int) -> None:
        """Note that a way worked."""
        self.confirmed.append((service, attempt))

    def describe(self) -> dict[str, Any]:
        """What is known."""
        return {"model": self._status.model}

    async def at(self, command: str) -> tuple[str, ...]:
        """No AT level here."""
        raise ForwardingError(RefusalKind.REFUSED, f"{command} is not known here")

    async def reset(self) -> None:
        """Off and on."""
        self.unplug()
        await asyncio.sleep(5)
        self.plug()

    async def _command(self, service: Service, after: Registration, attempt: int) -> tuple[Exchange, ...]:
        self.commands += 1
        self.on_step("command sent")
        began = await self._travel("command")
        if self.manners.refuses is not None:
            raise self._refusal(self.manners.refuses)
        under_cfu = service in CONDITIONALS and self.table[Service.CFU].active
        if under_cfu and self.manners.refuses_conditionals_under_cfu:
            raise self._refusal(4)
        if not self.manners.lies and attempt >= self.manners.obeys_from_attempt:
            self._write(service, after, "guard")
            if service is Service.CFU and after.active and self.manners.wipes_conditionals_on_cfu:
                for conditional in CONDITIONALS:
                    self._write(conditional, INACTIVE, "network")
        self.on_step("command done")
        return (self._exchange(f"AT+CCFC={service},{3 if after.active else 4}", began),)

    async def _travel(self, what: str) -> float:
        loop = asyncio.get_running_loop()
        began = loop.time()
        if not self._status.usable:
            raise ForwardingError(RefusalKind.NO_MODEM, "no modem")
        generation = self._generation
        wait_s = self.manners.silent_s if self.manners.silent else self.manners.latency_s
        end = began + wait_s
        while loop.time() < end:
            await asyncio.sleep(min(0.5, end - loop.time()))
            if not self._status.usable or self._generation != generation:
                raise ForwardingError(RefusalKind.NO_MODEM, "the modem vanished")
        if self.manners.silent:
            raise ForwardingError(RefusalKind.SILENT, f"no answer to the {what} in {wait_s:g} s")
        return began

    def _write(self, service: Service, after: Registration, by: str) -> None:
        at = asyncio.get_running_loop().time()
        self.history.append(Written(at, service, self.table[service], after, by))
        self.table[service] = after

    def _set(self, status: ModemStatus) -> None:
        self._status = status
        waiters, self._changes = self._changes, []
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)

    @staticmethod
    def _refusal(code: int) -> ForwardingError:
        return ForwardingError(RefusalKind.REFUSED, f"+CME ERROR: {code}", code=code)

    @staticmethod
    def _exchange(sent: str, began: float) -> Exchange:
        took = asyncio.get_running_loop().time() - began
        return Exchange(began, sent, ("OK",), took)
