"""The local route in virtual time: the cluster goes, the box's own exchange takes the calls."""

from __future__ import annotations

from collections.abc import Callable, Coroutine

import pytest

from bench.virtual.world import VirtualWorld
from bench.virtual_time import run

Story = Callable[[VirtualWorld], Coroutine[None, None, None]]


def play(story: Story, **options: object) -> None:
    async def main() -> None:
        async with VirtualWorld(local_route=True, **options) as world:  # type: ignore[arg-type]
            await world.after(60)
            assert (world.rings(), service(world)) == ("primary", "normal")
            await story(world)

    run(main())


def service(world: VirtualWorld) -> str:
    return str(world.reports[-1]["service"])


def kill(world: VirtualWorld, *names: str) -> None:
    for name in names:
        world.parts[name].alive = False


@pytest.mark.parametrize(
    ("dead", "rings", "said"),
    [
        (["node-1", "node-2"], "local", "partial"),
        (["node-1", "node-2", "trunk-a"], "local", "partial"),
        (["node-1", "node-2", "trunk-b"], "technician", "total"),
        (["node-1", "node-2", "exchange"], "technician", "total"),
        (["trunk-a", "exchange"], "secondary", "partial"),
        (["exchange"], "primary", "partial"),
        (["ref-1", "ref-2"], "primary", "normal"),
    ],
)
def test_each_outage_leads_to_its_route(dead: list[str], rings: str, said: str) -> None:
    async def story(world: VirtualWorld) -> None:
        kill(world, *dead)
        await world.after(60)
        assert (world.rings(), service(world)) == (rings, said)
        for name in dead:
            world.parts[name].alive = True
        await world.after(240)
        assert (world.rings(), service(world)) == ("primary", "normal")

    play(story)


def test_the_exchange_dies_while_it_has_the_calls() -> None:
    async def story(world: VirtualWorld) -> None:
        kill(world, "node-1", "node-2")
        await world.after(60)
        assert world.rings() == "local"
        kill(world, "exchange")
        await world.after(9)
        assert world.rings() == "local", "a restart of the exchange moves no call"
        await world.after(40)
        assert (world.rings(), service(world)) == ("technician", "total")

    play(story)


def test_an_isolated_box_gives_the_calls_that_it_has_itself_to_the_technician() -> None:
    async def story(world: VirtualWorld) -> None:
        kill(world, "node-1", "node-2")
        await world.after(60)
        world.uplink.cut = True  # the exchange still says that it is registered
        await world.after(60)
        assert (world.rings(), service(world)) == ("technician", "isolated")
        world.uplink.cut = False
        await world.after(240)
        assert world.rings() == "local"

    play(story)


def test_isolation_moves_no_call_that_the_cluster_has() -> None:
    async def story(world: VirtualWorld) -> None:
        world.uplink.cut = True
        await world.after(300)
        assert (world.rings(), service(world)) == ("primary", "isolated")

    play(story)


def test_the_picture_tells_of_the_exchange_only_where_a_route_ends_there() -> None:
    async def story(world: VirtualWorld) -> None:
        kill(world, "exchange")
        await world.after(60)
        own = world.reports[-1]["local"]["trunk-b"]
        assert (own["health"], own["rtt_ms"]) == ("down", None)
        world.parts["exchange"].alive = True
        await world.after(60)
        assert world.reports[-1]["local"]["trunk-b"]["health"] == "up"
        assert world.reports[-1]["local"]["trunk-b"]["rtt_ms"] > 0

    play(story)

    async def without() -> None:
        async with VirtualWorld() as world:
            await world.after(10)
            assert "local" not in world.reports[-1]

    run(without())
