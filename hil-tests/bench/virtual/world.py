"""A whole guard in virtual time, that can be killed and started again while the world goes on."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping
from typing import Any

from appliance.domain.forwarding import Service
from appliance.domain.health import Target, TargetKind
from appliance.domain.people import Person
from appliance.domain.phone import PhoneNumber
from appliance.domain.routes import TECHNICIAN, Route
from appliance.guard.brain import Policy
from appliance.guard.desk import Desk
from appliance.guard.health import WatchSettings
from appliance.guard.ladder import Rules
from appliance.guard.loop import Guard
from appliance.guard.picture import Frame
from appliance.guard.reconcile import Settings
from appliance.guard.scribe import Scribe
from appliance.heartbeat import Heart
from bench.virtual.journal import VirtualJournal
from bench.virtual.modem import VirtualModem
from bench.virtual.parts import Link, VirtualPart

PRIMARY = PhoneNumber("+420226000100")
SECONDARY = PhoneNumber("+420910000200")
OWN = PhoneNumber("+420910000299")
TECH_1 = PhoneNumber("+420777000111")
TECH_2 = PhoneNumber("+420777000222")
PEOPLE = {
    "tech-1": Person("tech-1", "Technician 1", TECH_1),
    "tech-2": Person("tech-2", "Technician 2", TECH_2),
}
ROUTES = (
    Route("primary", PRIMARY, "trunk-a", 1),
    Route("secondary", SECONDARY, "trunk-b", 1),
)
LOCAL_ROUTE = Route("local", OWN, "trunk-b", 0, local=True)
WATCH = WatchSettings(inter_s=2.0, fastinter_s=0.5, downinter_s=5.0, timeout_s=1.0, fall=3, rise=5, half_life_s=60.0)


class VirtualWorld:
    """Two trunks, two nodes, two references, a modem, a journal, and a guard that knows them by its ports only."""

    def __init__(
        self,
        *,
        seed: int = 1,
        mode: str = "divert",
        net: str = "duty",
        on_isolation: str = "hold",
        failback_hold_s: float = 120.0,
        outlast_s: float = 11.0,
        watch: WatchSettings = WATCH,
        settings: Settings | None = None,
        local_route: bool = False,
    ) -> None:
        self.chance = random.Random(seed)
        self.uplink = Link()
        self.parts = {
            name: VirtualPart(Target(kind, name), self.uplink, self.chance)
            for kind, name in (
                (TargetKind.TRUNK, "trunk-a"),
                (TargetKind.TRUNK, "trunk-b"),
                (TargetKind.NODE, "node-1"),
                (TargetKind.NODE, "node-2"),
                (TargetKind.REFERENCE, "ref-1"),
                (TargetKind.REFERENCE, "ref-2"),
            )
        }
        self.routes: tuple[Route, ...] = ROUTES
        if local_route:  # the box's own exchange is on this side of the uplink
            own = Target(TargetKind.LOCAL, "trunk-b")
            self.parts["exchange"] = VirtualPart(own, Link(), self.chance)
            self.routes = (*ROUTES, LOCAL_ROUTE)
        self.modem = VirtualModem()
        self.journal = VirtualJournal()
        self.settings = settings or Settings()
        self.policy = Policy(
            Rules(self.routes, failback_hold_s, outlast_s, on_isolation == "technician" or mode == "bridge"),
            watch,
            mode,  # type: ignore[arg-type]  # the tests name the two modes
            net if net in ("duty", "off") else PhoneNumber(net),  # type: ignore[arg-type]
            20,
        )
        self.reports: list[dict[str, Any]] = []
        self.guard: Guard
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> VirtualWorld:
        self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.kill()

    def start(self) -> None:
        """Start the guard, as after power-up: it knows what the journal kept."""
        loop = asyncio.get_running_loop()
        scribe = Scribe(self.journal)

        async def people() -> Mapping[str, Person]:
            return PEOPLE

        desk = Desk(
            self.journal,
            scribe.say,
            people=people,
            fallback_people=PEOPLE,
            default="tech-1",
            region="CZ",
            unix=self.unix,
        )
        self.guard = Guard(
            policy=self.policy,
            settings=self.settings,
            frame=Frame("boot", "0", self.routes, self.policy.mode, self.settings.verify_interval_s),
            probers=list(self.parts.values()),
            modem=self.modem,
            journal=self.journal,
            journal_health=lambda: {"ok": True, "reason": ""},
            desk=desk,
            scribe=scribe,
            report=self.reports.append,
            heart=Heart(loop.time),
            unix=self.unix,
            chance=self.chance,
        )
        self._task = asyncio.create_task(self.guard.run(), name="guard")

    async def kill(self) -> None:
        """End the guard where it stands, as a power cut would: nothing it had in memory survives."""
        if self._task is None:
            return
        task, self._task = self._task, None
        if task.done() and not task.cancelled() and (error := task.exception()) is not None:
            raise error
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    async def after(self, seconds: float) -> VirtualWorld:
        """Let time pass; a guard that died of itself is an error."""
        await asyncio.sleep(seconds)
        if self._task is not None and self._task.done():
            await self._task
        return self

    def unix(self) -> float:
        """The wall clock of this world."""
        return 1_800_000_000.0 + asyncio.get_running_loop().time()

    def target(self, service: Service = Service.CFU) -> PhoneNumber | None:
        """Where the network sends calls by this service."""
        return self.modem.table[service].target

    def rings(self) -> str | None:
        """Who a customer's unconditional diversion leads to, by name."""
        names = {PRIMARY: "primary", SECONDARY: "secondary", OWN: "local", TECH_1: TECHNICIAN, TECH_2: "tech-2"}
        number = self.target()
        return names.get(number, str(number)) if number is not None else None

    def changes(self, service: Service = Service.CFU) -> list[PhoneNumber | None]:
        """Every number the guard set for a service, in order."""
        return [one.after.target for one in self.modem.history if one.service is service and one.by == "guard"]
