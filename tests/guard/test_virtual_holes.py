"""Ways in which callers once reached nobody, found by reviewers who looked for them."""

from __future__ import annotations

import asyncio

import pytest

from appliance.domain.forwarding import CONDITIONALS, INACTIVE, ForwardingError, RefusalKind, Service, Wanted
from appliance.guard.reconcile import Settings
from bench.virtual.modem import VirtualModem
from bench.virtual.world import PRIMARY, SECONDARY, TECH_1, TECH_2, VirtualWorld
from tests.guard.test_virtual_outages import play, settle


def test_two_changes_in_quick_succession_end_at_the_last_one() -> None:
    async def story(world: VirtualWorld) -> None:
        await settle(world)
        world.parts["trunk-a"].alive = world.parts["trunk-b"].alive = False
        await world.after(60)
        await world.guard.desk.set_override("primary", None, "", "test")
        await world.guard.decide_now()
        await world.after(1)
        await world.guard.desk.end_override("taken back")
        world.guard.back_to_automatic()
        await world.after(30)
        assert world.rings() == "technician"
        for person in ("tech-2", "tech-1"):
            await world.guard.desk.set_duty(person, None, "test")
            await world.guard.decide_now()
            await world.after(2)
        await world.after(60)
        assert world.target() == TECH_1

    play(story)


@pytest.mark.parametrize("dead", [["ref-1", "ref-2"], ["ref-1"]])
def test_references_that_were_dead_all_along_do_not_hide_a_total_outage(dead: list[str]) -> None:
    async def story(world: VirtualWorld) -> None:
        for name in dead:
            world.parts[name].alive = False
        await world.after(600)
        assert world.rings() == "primary"
        for name in ("trunk-a", "trunk-b", "node-1", "node-2"):
            world.parts[name].alive = False
        await world.after(60)
        assert world.rings() == "technician"
        assert world.reports[-1]["service"] == "total"

    play(story)


def test_a_number_that_the_network_refuses_is_given_up_for_the_next_rung() -> None:
    class Picky(VirtualModem):
        async def register(self, service: Service, wanted: Wanted, attempt: int):  # type: ignore[no-untyped-def]
            if wanted.number == SECONDARY:
                raise ForwardingError(RefusalKind.REFUSED, "+CME ERROR: 3", code=3)
            return await super().register(service, wanted, attempt)

    async def story(world: VirtualWorld) -> None:
        world.modem = Picky()
        await world.kill()
        world.start()
        await settle(world)
        world.parts["trunk-a"].alive = False
        await world.after(150)
        assert world.rings() == "technician"
        assert "does not accept" in world.reports[-1]["route"]["reason"]

    play(story)


@pytest.mark.parametrize("isolated", [False, True])
def test_a_route_kept_from_before_a_power_cut_is_not_acted_on_without_a_verdict(isolated: bool) -> None:
    async def story(world: VirtualWorld) -> None:
        await settle(world)
        world.parts["trunk-a"].alive = False
        while world.journal.kept.get("route") != '"secondary"':
            await world.after(0.001)
        await world.kill()
        assert world.rings() == "primary"
        world.parts["trunk-a"].alive, world.parts["trunk-b"].alive = True, False
        world.uplink.cut = isolated
        world.start()
        await world.after(3600)
        assert world.changes() == [PRIMARY]

    play(story)


def test_the_net_is_armed_even_by_a_box_that_sees_nobody() -> None:
    async def story(world: VirtualWorld) -> None:
        world.uplink.cut = True
        await world.after(120)
        assert {world.target(service) for service in CONDITIONALS} == {TECH_1}
        assert world.target() is None

    play(story)


def test_a_conditional_wiped_again_and_again_is_never_taken_for_hidden() -> None:
    async def story(world: VirtualWorld) -> None:
        await settle(world)
        await world.guard.desk.set_duty("tech-2", None, "test")
        world.guard.poke()
        await world.after(60)
        for _ in range(3):
            for service in CONDITIONALS:
                world.modem.alter(service, None)
            await world.guard.forwarder.verify_now()
            await world.after(60)
            assert {world.target(service) for service in CONDITIONALS} == {TECH_2}
            assert world.reports[-1]["forwarding"]["net"] == "armed"

    play(story)


def test_bridge_mode_erases_cfu_only_over_a_net_that_stands() -> None:
    async def story(world: VirtualWorld) -> None:
        world.modem.alter(Service.CFU, TECH_1)
        await world.after(60)
        assert world.target() is None
        table = dict.fromkeys(Service, INACTIVE)
        for written in world.modem.history:
            table[written.service] = written.after
            assert any(line.active for line in table.values()), "nothing stood for a moment"

    play(story, mode="bridge")


def test_verify_answers_while_changes_are_refused_and_the_table_is_read_all_the_same() -> None:
    async def story(world: VirtualWorld) -> None:
        await settle(world)
        world.modem.manners.refuses = 30
        world.parts["trunk-a"].alive = False
        await world.after(60)
        async with asyncio.timeout(60):
            await world.guard.forwarder.verify_now()
        await world.after(300)
        world.modem.alter(Service.CFU, SECONDARY)  # a person at the operator helps
        await world.after(1000)
        assert world.reports[-1]["route"]["active"] == "secondary"

    play(story)


@pytest.mark.parametrize("jump_s", [-5 * 365 * 86_400.0, 86_400.0])
def test_ten_minutes_stay_ten_minutes_when_the_clock_jumps(jump_s: float) -> None:
    async def story(world: VirtualWorld) -> None:
        await settle(world)
        shift = 0.0
        true_unix = world.unix
        # all of the guard has one clock: two of them, years apart, keep it from ever resting
        world.guard._unix = world.guard.desk._unix = lambda: true_unix() + shift
        await world.guard.desk.expire()
        await world.guard.desk.set_override("technician", 10, "", "test")
        world.guard.poke()
        await world.after(60)
        shift = jump_s
        await world.after(300)
        assert world.rings() == "technician"
        await world.after(300)
        assert world.rings() == "primary"

    play(story)


def test_without_references_a_death_is_acted_upon_as_fast() -> None:
    async def story(world: VirtualWorld) -> None:
        for name in ("ref-1", "ref-2"):
            del world.parts[name]
        await world.kill()
        world.start()
        await settle(world)
        world.parts["trunk-a"].alive = False
        await world.after(14)
        assert world.reports[-1]["route"]["desired"] == "secondary"

    play(story)


def test_a_network_silent_about_conditionals_does_not_keep_cfu_waiting() -> None:
    class Mute(VirtualModem):
        async def interrogate(self, service: Service):  # type: ignore[no-untyped-def]
            self.manners.silent = service in CONDITIONALS
            try:
                return await super().interrogate(service)
            finally:
                self.manners.silent = False

    async def story(world: VirtualWorld) -> None:
        world.modem = Mute()
        await world.kill()
        world.start()
        await world.after(200)
        assert world.rings() == "primary", "one silent conditional, then CFU"

    play(story, settings=Settings())
