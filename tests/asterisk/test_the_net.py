"""No exchange is connected: the dialplan leads callers to the technician by itself."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path

from appliance.asterisk.manager import Manager
from bench.addresses import Subnet
from tests.asterisk.world import DEFAULT_TECHNICIAN, DID, TRUNK_A, TRUNK_B, RealAsterisk, SipPeer

Peers = Callable[[int], Awaitable[SipPeer]]
CALLER = "+420601000001"


async def test_the_number_known_when_rendered_is_rung_with_the_callers_own_shown(
    asterisk: RealAsterisk, peer: Peers
) -> None:
    trunk_a, trunk_b = await peer(TRUNK_A), await peer(TRUNK_B)
    status, _, _ = await trunk_a.call(asterisk.address, "+420226000100", sender=CALLER)
    assert status == 486  # what the technician's phone said
    (leg,) = trunk_a.invited
    assert leg.number == DEFAULT_TECHNICIAN
    assert CALLER in leg.headers["from"]
    # the service number: ours, whoever calls; in the trunk's own domain
    assert leg.headers["p-asserted-identity"] == f"<sip:+420777000100@{trunk_a.address};user=phone>"
    assert "+420226000100" in leg.headers["diversion"]
    assert trunk_b.invited == []  # a busy technician is busy over any trunk


async def test_the_number_that_the_exchange_kept_stands_above_it(asterisk: RealAsterisk, peer: Peers) -> None:
    trunk = await peer(TRUNK_A)
    manager = await asterisk.manager()
    await manager.db_put("hotline", "technician", "+420777000112")
    manager.close()
    await trunk.call(asterisk.address, "+420226000100", sender=CALLER)
    assert [one.number for one in trunk.invited] == ["+420777000112"]
    while await asyncio.to_thread(_on_disk, asterisk.folder / "lib/astdb.sqlite3") != "+420777000112":  # noqa: ASYNC110
        await asyncio.sleep(0.05)  # Asterisk writes its database once a second
    await asterisk.process.kill()
    await asterisk.start()
    await trunk.call(asterisk.address, "+420226000100", sender=CALLER)
    assert [one.number for one in trunk.invited] == ["+420777000112"] * 2


def _on_disk(database: Path) -> str | None:
    with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        row = connection.execute("SELECT value FROM astdb WHERE key = '/hotline/technician'").fetchone()
    return row[0] if row else None


async def test_damage_in_the_database_dials_nothing_odd(asterisk: RealAsterisk, peer: Peers) -> None:
    trunk = await peer(TRUNK_A)
    manager = await asterisk.manager()
    await manager.db_put("hotline", "technician", "&PJSIP/evil@trunk-a,${SHELL(id)}")
    manager.close()
    await trunk.call(asterisk.address, "+420226000100", sender=CALLER)
    assert {one.number for one in trunk.invited} == {DEFAULT_TECHNICIAN}


async def test_the_next_trunk_is_taken_where_one_refuses(asterisk: RealAsterisk, peer: Peers) -> None:
    trunk_a, trunk_b = await peer(TRUNK_A), await peer(TRUNK_B)
    trunk_a.refuses = "503 Service Unavailable"
    status, _, _ = await trunk_a.call(asterisk.address, "+420226000100", sender=CALLER)
    assert status == 486
    assert [one.number for one in trunk_a.invited] == [DEFAULT_TECHNICIAN]
    (leg,) = trunk_b.invited
    assert DID in leg.headers["diversion"]
    assert '"account"' in leg.headers.get("authorization", '"account"')


async def test_every_trunk_is_tried_again_by_its_address_before_a_call_is_lost(
    asterisk: RealAsterisk, peer: Peers
) -> None:
    trunk_a, trunk_b = await peer(TRUNK_A), await peer(TRUNK_B)
    trunk_a.refuses = trunk_b.refuses = "503 Service Unavailable"
    status, _, _ = await trunk_a.call(asterisk.address, "+420226000100", sender=CALLER)
    assert status >= 400
    assert (len(trunk_a.invited), len(trunk_b.invited)) == (2, 2)


async def test_the_service_number_is_shown_where_that_is_configured(
    subnet: Subnet, tmp_path: Path, peer: Peers
) -> None:
    server = RealAsterisk(subnet, tmp_path, exchange='caller_id = "service"')
    await server.start()
    try:
        trunk = await peer(TRUNK_A)
        await trunk.call(server.address, "+420226000100", sender=CALLER)
        (leg,) = trunk.invited
        assert "+420777000100" in leg.headers["from"]
        assert CALLER not in leg.text
    finally:
        await server.process.kill()


async def _thought_dead(asterisk: RealAsterisk, *trunks: str) -> None:
    manager = await asterisk.manager()
    for trunk in trunks:
        async with asyncio.timeout(120):
            while await _contact(manager, trunk) not in ("Unreachable", "Unavailable"):  # noqa: ASYNC110
                await asyncio.sleep(0.2)
    manager.close()


async def _contact(manager: Manager, trunk: str) -> str:
    events = await manager.listing("PJSIPShowEndpoint", Endpoint=trunk)
    return next((one.get("Status", "") for one in events if one.get("Event") == "ContactStatusDetail"), "")


async def test_a_trunk_that_is_thought_dead_costs_the_caller_no_time(asterisk: RealAsterisk, peer: Peers) -> None:
    trunk_a, trunk_b = await peer(TRUNK_A), await peer(TRUNK_B)
    trunk_a.silent = True
    await _thought_dead(asterisk, "trunk-a")
    status, _, _ = await trunk_b.call(asterisk.address, DID, sender=CALLER)
    assert status == 486
    assert trunk_a.invited == []
    assert [one.number for one in trunk_b.invited] == [DEFAULT_TECHNICIAN]


async def test_a_trunk_that_is_wrongly_thought_dead_still_takes_a_call(asterisk: RealAsterisk, peer: Peers) -> None:
    trunk_a, trunk_b = await peer(TRUNK_A), await peer(TRUNK_B)
    trunk_a.deaf_to = trunk_b.deaf_to = frozenset({"OPTIONS"})
    await _thought_dead(asterisk, "trunk-a", "trunk-b")
    status, _, _ = await trunk_b.call(asterisk.address, DID, sender=CALLER)
    assert status == 486
    assert [one.number for one in trunk_a.invited] == [DEFAULT_TECHNICIAN]
