"""The product's modem stack and outbox over a simulated modem and network, without the rest of a guard."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from appliance.config.models import Modem
from appliance.domain.phone import PhoneNumber
from appliance.modem.service import ModemService
from appliance.notify.message import Message, State
from appliance.notify.sms_outbox import SmsOutbox
from bench.mobile.modem import SimulatedModem
from bench.mobile.network import MobileNetwork
from bench.mobile.personalities import PERSONALITIES
from bench.mobile.ports import TcpPort
from bench.mobile.smsc import ServiceCentre
from bench.mobile.subscriber import Sim, Subscriber

OWN, EVA, JAN = (PhoneNumber(text) for text in ("+420777000100", "+420777000111", "+420777000222"))


@dataclass
class Box:
    """A box that only sends messages."""

    network: MobileNetwork
    modem: SimulatedModem
    service: ModemService
    outbox: SmsOutbox
    events: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    @property
    def smsc(self) -> ServiceCentre:
        return self.network.smsc

    def told(self, type_: str) -> list[dict[str, Any]]:
        return [data for name, data in self.events if name == type_]

    async def until(self, true: Callable[[], Any]) -> None:
        async with asyncio.timeout(60):
            while not true():  # noqa: ASYNC110  (seen from outside: nothing rings)
                await asyncio.sleep(0.01)

    async def message(self, key: str) -> Message:
        return next(one for one in await self.outbox.newest(100) if one.key == key)

    async def reaches(self, key: str, state: State) -> Message:
        async with asyncio.timeout(60):
            while (message := await self.message(key)).state is not state:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        return message


@contextlib.asynccontextmanager
async def box(
    tmp_path: Path,
    family: str = "generic",
    *,
    network: MobileNetwork | None = None,
    per_hour: int = 60,
    delivery_reports: bool = True,
    keep_trying_s: float = 86_400.0,
    forwarding_due: Callable[[], bool] = lambda: False,
    unix: Callable[[], float] | None = None,
) -> AsyncIterator[Box]:
    """Everything runs on the way in, nothing on the way out."""
    if network is None:
        network = MobileNetwork()
        network.add(Subscriber(OWN.e164, Sim()))
    port = TcpPort(0)
    events: list[tuple[str, dict[str, Any]]] = []

    def say(type_: str, data: Mapping[str, Any]) -> None:
        events.append((str(type_), dict(data)))

    async with SimulatedModem(network, OWN.e164, port, PERSONALITIES[family], boot_scale=0.05) as modem:
        service = ModemService(
            Modem.model_validate({"port": port.address, "service_number": OWN.e164}),
            region="CZ",
            state_dir=tmp_path,
            on_event=say,
            beat=lambda: None,
        )
        more = {"unix": unix} if unix is not None else {}
        outbox = SmsOutbox(
            tmp_path / "sms.db",
            service,
            say,
            per_hour=per_hour,
            delivery_reports=delivery_reports,
            keep_trying_s=keep_trying_s,
            forwarding_due=forwarding_due,
            **more,
        )
        tasks = [asyncio.create_task(one) for one in (service.run(), outbox.run())]
        try:
            yield Box(network, modem, service, outbox, events)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await outbox.aclose()
            for task in tasks:
                if not task.cancelled():
                    task.result()
