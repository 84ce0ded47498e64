"""SIP phones transfer with REFER; Asterisk leaves the decision to us, or does it by itself where it is too old."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from appliance.asterisk.accounts import Accounts
from appliance.asterisk.ari import Ari
from appliance.domain.calls import Outcome
from appliance.exchange import attempt
from appliance.roster.models import Roster
from bench.phones.behaviour import Behaviour
from bench.phones.call import Call as PhoneCall
from bench.phones.handsets import Handsets
from tests.exchange.rig import HZ, SERVICE, Rig, Said, Tones, rig, until
from tests.exchange.test_recovery import killed
from tests.exchange_transfer.people import ACCEPTS, QUICK, hang_up, hears, line, talking, with_extensions


def with_sip_phone(world: Rig) -> Roster:
    """Anna is at a SIP phone; what is dialled there is her mobile number still, for the bench to know her by."""
    document = with_extensions().model_dump(mode="json", by_alias=True)
    for person in document["person"]:
        if person["id"] == "anna":
            person |= {"sip": f"sip:{person['mobile']}@{world.phones.agent.contact}", "ring": ["sip"]}
    return Roster.model_validate(document)


async def refer(world: Rig, to: str) -> list[str]:
    """Anna transfers; what she is told."""
    call = line(world, "anna")
    assert await call.refer(f"sip:{to}@{world.asterisk.address}") == 202
    await until(lambda: any("100" not in told for told in call.told))
    return call.told


async def test_blind_to_an_extension(tmp_path: Path) -> None:
    async with rig(tmp_path, Said(with_extensions())) as world:
        world.said.roster = with_sip_phone(world)
        name = await talking(world)
        assert any("200" in told for told in await refer(world, "302"))
        assert await world.talkers.hears(name, "boris", 90)
        await until(lambda: len(world.lasting()) == 1)
        world.talkers.call(name).hang_up()
        (record,) = await world.ended()
        assert record.transfers == ("anna to group:two, blind: boris answered",)


@pytest.mark.parametrize("to", ["999", "+420900123456"])
async def test_to_somebody_outside_the_roster_is_declined_and_the_talk_goes_on(tmp_path: Path, to: str) -> None:
    async with rig(tmp_path, Said(with_extensions())) as world:
        world.said.roster = with_sip_phone(world)
        name = await talking(world)
        told = await refer(world, to)
        assert not any("200" in one for one in told)
        await asyncio.sleep(0.5)
        assert line(world, "anna")
        assert world.talkers.call(name).ended_at is None
        assert {one["who"] for one in world.rung()} == {"anna"}
        hang_up(world, "anna")
        (record,) = await world.ended()
        assert record.transfers == ()


async def test_an_older_asterisk_transfers_by_itself_and_the_caller_comes_back_to_us(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempt, "HANDLING", {})
    async with rig(tmp_path, Said(with_extensions())) as world:
        world.said.roster = with_sip_phone(world)
        name = await talking(world, cyril=Behaviour(refuses=603), **{"tech-1": ACCEPTS})
        await refer(world, "302")
        assert await world.talkers.hears(name, "boris", 90)
        await until(lambda: len(world.lasting()) == 1)
        world.talkers.call(name).hang_up()
        (record,) = await world.ended()
        assert record.transfers == ("anna to group:two, blind: boris answered",)


@asynccontextmanager
async def registered_phone(world: Rig) -> AsyncIterator[Handsets]:
    """Eva's SIP phone, registered at the exchange; calls come to her."""
    document = with_extensions(members=["eva"]).model_dump(mode="json", by_alias=True, exclude_none=True)
    eva = {"id": "eva", "name": "Eva", "mobile": "+420777000119", "sip": "eva", "sip_password": "secret-of-eva"}
    document["person"].append(eva | {"ring": ["sip"], "extension": "205"})
    world.said.roster = Roster.model_validate(document)
    config, password = world.asterisk.config, world.asterisk.credentials.ari
    async with Ari(config.exchange.ari, "hotline", password, "hotline") as ari:
        assert await Accounts(config, ari).sync(world.said.roster) == ()
    HZ.setdefault("eva", 1340)
    phone = Handsets(Tones(), {"eva": "eva"}, HZ, lambda number, via: None)
    await phone.agent.start(world.asterisk.address.rpartition(".")[0] + ".55", 5070)
    try:
        phone.set("eva", QUICK)
        assert await phone.register("eva", (world.asterisk.address, 5060), "secret-of-eva") == 200
        yield phone
    finally:
        await phone.agent.close()


async def consulting(world: Rig, eva: Handsets, extension: str) -> tuple[int, PhoneCall]:
    """A caller talks with Eva, who has them wait and calls somebody else; the caller's name, and her second call."""
    world.manners(boris=QUICK)
    name = world.talkers.dial(SERVICE)
    assert await world.talkers.hears(name, "eva", 90)
    id_ = await eva.consult("eva", extension)
    return name, next(call for call in eva.agent.calls if call.call_id == id_)


async def test_attended_with_replaces(tmp_path: Path) -> None:
    async with rig(tmp_path, Said(with_extensions())) as world, registered_phone(world) as eva:
        name, second = await consulting(world, eva, "302")
        await hears(world, "boris", "eva")
        assert await eva.refer("eva", None, second.call_id) == 202
        assert await world.talkers.hears(name, "boris", 90)
        since = time.time()
        await hears(world, "boris", "customer-1", since)
        await until(lambda: all(call.ended_at for call in eva.agent.calls))
        await killed(world)
        await world.start()
        since = time.time()
        assert await world.talkers.hears(name, "boris", 90, since)  # also when the call is taken up after a crash
        world.talkers.call(name).hang_up()
        internal, outside = sorted(await world.ended(2), key=lambda record: record.trunk or "")
        assert outside.transfers == ("eva to person:boris, attended: boris has the caller",)
        assert (internal.called, internal.outcome) == ("302", Outcome.ANSWERED)
        await until(lambda: not world.lasting())


async def test_attended_while_it_rings_joins_them_once_it_is_answered(tmp_path: Path) -> None:
    async with rig(tmp_path, Said(with_extensions())) as world, registered_phone(world) as eva:
        world.manners(cyril=Behaviour(answers_after_s=2.0, says=None, tone_after_s=0.0))
        name, second = await consulting(world, eva, "301")
        await until(lambda: second.rang_at or second.early_at)
        assert await eva.refer("eva", None, second.call_id) == 202
        assert await world.talkers.hears(name, "cyril", 90)
        await until(lambda: all(call.ended_at for call in eva.agent.calls))


async def test_a_phone_calls_extensions_and_nobody_else(tmp_path: Path) -> None:
    async with rig(tmp_path, Said(with_extensions())) as world, registered_phone(world) as eva:
        for number in ("+420900123456", "999", "205", "0"):
            _, refused = await consulting(world, eva, number)
            await until(lambda call=refused: call.ended_at)
            assert refused.answered_at is None, number
            eva.reset()
            eva.set("eva", QUICK)
            world.talkers.hang_up_all()
            await until(lambda: not world.hub or not world.hub.reception.sessions)
        assert {one["who"] for one in world.rung()} == set()
