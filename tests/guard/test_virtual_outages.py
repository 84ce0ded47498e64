"""Outages in virtual time: the whole guard above its ports, minutes in milliseconds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine

import pytest

from appliance.domain.forwarding import CONDITIONALS, Service
from bench.virtual.world import PRIMARY, SECONDARY, TECH_1, TECH_2, VirtualWorld
from bench.virtual_time import run

Story = Callable[[VirtualWorld], Coroutine[None, None, None]]


def play(story: Story, **options: object) -> VirtualWorld:
    async def main() -> VirtualWorld:
        async with VirtualWorld(**options) as world:  # type: ignore[arg-type]
            await story(world)
            return world

    return run(main())


async def settle(world: VirtualWorld) -> None:
    await world.after(60)
    assert world.rings() == "primary"
    assert world.reports[-1]["service"] == "normal"


def test_normal_diverts_to_the_primary_over_an_armed_net() -> None:
    async def story(world: VirtualWorld) -> None:
        await settle(world)
        assert {world.target(service) for service in CONDITIONALS} == {TECH_1}
        assert world.modem.table[Service.CFNRY].no_reply_time_s == 20
        forwarding = world.reports[-1]["forwarding"]
        assert (forwarding["status"], forwarding["net"]) == ("verified", "armed")

    play(story)


@pytest.mark.parametrize(
    ("dead", "rings", "service"),
    [
        (["node-1"], "primary", "partial"),
        (["node-1", "node-2"], "technician", "total"),
        (["trunk-a"], "secondary", "partial"),
        (["trunk-b"], "primary", "partial"),
        (["trunk-a", "trunk-b"], "technician", "total"),
        (["ref-1", "ref-2"], "primary", "normal"),
    ],
)
def test_each_outage_leads_to_its_route(dead: list[str], rings: str, service: str) -> None:
    async def story(world: VirtualWorld) -> None:
        await settle(world)
        for name in dead:
            world.parts[name].alive = False
        await world.after(60)
        assert (world.rings(), world.reports[-1]["service"]) == (rings, service)
        for name in dead:
            world.parts[name].alive = True
        await world.after(100)
        assert world.rings() == rings, "back before the fail-back hold"
        await world.after(120)
        assert (world.rings(), world.reports[-1]["service"]) == ("primary", "normal")

    play(story)


def test_a_trunk_that_flaps_for_ten_minutes_causes_at_most_two_changes() -> None:
    async def story(world: VirtualWorld) -> None:
        await settle(world)
        before = len(world.changes())
        for _ in range(30):
            world.parts["trunk-a"].alive = not world.parts["trunk-a"].alive
            await world.after(20)
        world.parts["trunk-a"].alive = True
        await world.after(1200)
        assert world.rings() == "primary"
        assert 1 <= len(world.changes()) - before <= 2

    play(story)


@pytest.mark.parametrize(("policy", "rings"), [("hold", "primary"), ("technician", "technician")])
def test_an_isolated_box_does_what_it_was_told(policy: str, rings: str) -> None:
    async def story(world: VirtualWorld) -> None:
        await settle(world)
        world.uplink.cut = True
        await world.after(60)
        state = world.reports[-1]
        assert (world.rings(), state["service"]) == (rings, "isolated")
        assert {part["health"] for part in [*state["trunks"].values(), *state["nodes"].values()]} == {"unknown"}
        world.uplink.cut = False
        await world.after(300)
        assert (world.rings(), world.reports[-1]["service"]) == ("primary", "normal")
        if policy == "hold":
            assert world.changes() == [PRIMARY], "isolation alone changes nothing"

    play(story, on_isolation=policy)


def test_an_uplink_that_blinks_never_moves_a_call() -> None:
    async def story(world: VirtualWorld) -> None:
        await settle(world)
        for blink_s in (1, 2, 4, 5, 6, 8, 10, 15):
            world.uplink.cut = True
            await world.after(blink_s)
            world.uplink.cut = False
            await world.after(45)
        assert world.changes() == [PRIMARY]

    for seed in range(5):
        play(story, seed=seed)


def test_a_part_that_blinks_or_restarts_never_moves_a_call() -> None:
    async def story(world: VirtualWorld) -> None:
        await settle(world)
        for name in ("trunk-a", "node-1", "node-2"):
            for blink_s in (1, 2, 5, 10):
                world.parts[name].alive = False
                await world.after(blink_s)
                world.parts[name].alive = True
                await world.after(300)
        assert world.changes() == [PRIMARY]

    for seed in range(5):
        play(story, seed=seed)


def test_a_part_that_hardly_ever_answers_is_left_all_the_same() -> None:
    async def story(world: VirtualWorld) -> None:
        await settle(world)
        world.parts["trunk-a"].link.loss = 0.85
        await world.after(240)
        assert world.rings() == "secondary"

    play(story)


def test_thirty_percent_loss_holds_and_a_death_on_top_of_it_is_seen() -> None:
    async def story(world: VirtualWorld) -> None:
        await settle(world)
        world.parts["trunk-a"].link.loss = 0.3
        await world.after(600)
        assert world.changes() == [PRIMARY]
        world.parts["trunk-a"].alive = False
        await world.after(90)
        assert world.rings() == "secondary"
        decided = world.journal.of("route.decided")[-1].data["reason"]
        assert "loss" in decided

    for seed in range(5):
        play(story, seed=seed)


def test_nothing_is_switched_before_the_probes_have_a_verdict() -> None:
    async def story(world: VirtualWorld) -> None:
        world.modem.alter(Service.CFU, SECONDARY)
        for part in world.parts.values():
            part.alive = False
        await world.after(2.0)
        assert world.changes() == []
        assert world.reports[-1]["route"]["desired"] is None

    play(story)


def test_bridge_mode_erases_cfu_and_keeps_the_net_armed() -> None:
    async def story(world: VirtualWorld) -> None:
        world.modem.alter(Service.CFU, TECH_1)
        await world.after(60)
        assert world.target() is None
        assert {world.target(service) for service in CONDITIONALS} == {TECH_1}
        world.uplink.cut = True
        await world.after(60)
        assert world.rings() == "technician", "in bridge mode isolation is a total outage"

    play(story, mode="bridge")


def test_an_override_stands_until_its_time_and_is_reported() -> None:
    async def story(world: VirtualWorld) -> None:
        await settle(world)
        await world.guard.desk.set_override("technician", 10, "storm", "test")
        world.guard.poke()
        await world.after(30)
        assert world.rings() == "technician"
        assert world.reports[-1]["override"]["reason"] == "storm"
        await world.kill()
        world.start()
        await world.after(60)
        assert world.rings() == "technician", "an override outlasts a restart"
        await world.after(600)
        assert world.rings() == "primary"
        assert world.reports[-1]["override"] is None
        assert [event.data["why"] for event in world.journal.of("override.ended")] == ["its time is over"]

    play(story)


def test_a_new_person_on_duty_moves_calls_and_net() -> None:
    async def story(world: VirtualWorld) -> None:
        await settle(world)
        for name in ("node-1", "node-2"):
            world.parts[name].alive = False
        await world.after(60)
        await world.guard.desk.set_duty("tech-2", None, "test")
        world.guard.poke()
        await world.after(60)
        assert world.target() == TECH_2
        assert {world.target(service) for service in CONDITIONALS} == {TECH_2}
        assert world.reports[-1]["duty"] == {"person": "tech-2", "number": TECH_2.e164, "until": None}

    play(story)


def test_a_hanging_journal_does_not_stop_the_calls() -> None:
    async def story(world: VirtualWorld) -> None:
        await settle(world)
        world.journal.stick()
        world.parts["trunk-a"].alive = False
        await world.after(60)
        assert world.rings() == "secondary"
        world.journal.unstick()
        await world.after(10)
        assert world.journal.of("forwarding.verified")[-1].data["number"] == SECONDARY.e164

    play(story)


def test_the_watchdog_would_be_fed_all_the_way_through_a_silent_network() -> None:
    async def story(world: VirtualWorld) -> None:
        await settle(world)
        heart = world.guard.watchers  # the guard's own tasks are all there
        assert len(heart) == len(world.parts)
        world.modem.manners.silent = True
        world.parts["trunk-a"].alive = False
        await world.after(700)
        world.modem.manners.silent = False
        await world.after(400)
        assert world.rings() == "secondary"

    play(story)


def test_a_death_is_acted_upon_as_soon_as_it_has_outlasted_a_blip() -> None:
    async def story(world: VirtualWorld) -> None:
        await settle(world)
        began = asyncio.get_running_loop().time()
        world.parts["trunk-a"].alive = False
        while not any(event.data["to"] == "secondary" for event in world.journal.of("route.decided")):
            await world.after(0.05)
        assert asyncio.get_running_loop().time() - began < 2.2 + 11.0 + 0.2, "inter, then outlast"

    play(story)
