"""The product's modem stack against every simulated family of modems: two readings of the manuals, made apart."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from appliance.config.models import Modem
from appliance.domain.forwarding import CONDITIONALS, ForwardingStatus, Plan, Service, Wanted
from appliance.domain.phone import PhoneNumber
from appliance.guard import ledger
from appliance.guard.forwarder import Forwarder
from appliance.guard.reconcile import Settings
from appliance.guard.scribe import Scribe
from appliance.modem.service import ModemService
from bench.mobile.forwarding import Reason
from bench.mobile.modem import SimulatedModem
from bench.mobile.network import MobileNetwork
from bench.mobile.personalities import PERSONALITIES
from bench.mobile.ports import TcpPort
from bench.mobile.routing import Ring
from bench.mobile.subscriber import Sim, Subscriber
from bench.virtual.journal import VirtualJournal

OWN, PRIMARY, SECONDARY, TECH = (
    PhoneNumber(text) for text in ("+420777000100", "+420226000100", "+420910000200", "+420777000111")
)


def plan(cfu: PhoneNumber | None) -> Plan:
    return {Service.CFU: Wanted(cfu)} | {
        service: Wanted(TECH, 20 if service is Service.CFNRY else None) for service in CONDITIONALS
    }


@asynccontextmanager
async def stack(family: str, network: MobileNetwork, tmp_path: Path) -> AsyncIterator[Forwarder]:
    network.operator.latency_s = 0.01
    network.add(Subscriber(OWN.e164, Sim("8942001234567890123", "230011234567890", None, "12345678")))
    port = TcpPort(0)
    async with SimulatedModem(network, OWN.e164, port, PERSONALITIES[family]):
        journal = VirtualJournal()
        scribe = Scribe(journal)
        service = ModemService(
            Modem.model_validate({"port": port.address, "service_number": OWN.e164, "ccfc_timeout": 20.0}),
            region="CZ",
            state_dir=tmp_path,
            on_event=scribe.say,
            beat=lambda: None,
        )
        forwarder = Forwarder(
            service, journal, scribe, Settings(), unix=lambda: 0.0, changed=lambda: None, beat=lambda: None
        )

        async def watch() -> None:
            while True:
                await service.changed()
                forwarder.poke()

        tasks = [asyncio.create_task(one) for one in (scribe.run(), service.run(), forwarder.run(), watch())]
        try:
            yield forwarder
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def verified(forwarder: Forwarder, wanted: Plan) -> None:
    forwarder.want(wanted, TECH)
    async with asyncio.timeout(40):
        while True:
            now = asyncio.get_running_loop().time()
            if ledger.status(wanted, forwarder.memory, now, 900.0) is ForwardingStatus.VERIFIED:
                return
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("family", sorted(PERSONALITIES))
async def test_the_whole_table_is_set_moved_and_erased(family: str, tmp_path: Path) -> None:
    network = MobileNetwork()
    async with stack(family, network, tmp_path) as forwarder:
        for cfu in (PRIMARY, SECONDARY, TECH):
            await verified(forwarder, plan(cfu))
            where = network.destination(OWN.e164)
            assert isinstance(where, Ring)
            assert where.number == cfu.e164
        assert network.audit.gaps(OWN.e164, Reason.CFU) == []
        await verified(forwarder, plan(None))
        for reason in (Reason.CFB, Reason.CFNRY, Reason.CFNRC):
            assert network.target(OWN.e164, reason) == TECH.e164
