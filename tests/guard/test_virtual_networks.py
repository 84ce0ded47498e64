"""Networks and modems that refuse, hide, lie, fall silent, vanish, or are changed behind our back."""

from __future__ import annotations

import pytest

from appliance.domain.forwarding import CONDITIONALS, Registration, Service
from appliance.domain.phone import PhoneNumber
from appliance.guard.reconcile import Settings
from bench.virtual.world import PRIMARY, SECONDARY, TECH_1, TECH_2, VirtualWorld
from tests.guard.test_virtual_outages import play, settle

STRANGER = PhoneNumber("+420600000999")


async def lose_primary(world: VirtualWorld) -> None:
    world.parts["trunk-a"].alive = False


@pytest.mark.parametrize("code", [30, 100, 258])
def test_a_refused_change_is_reported_and_done_when_the_network_relents(code: int) -> None:
    async def story(world: VirtualWorld) -> None:
        await settle(world)
        world.modem.manners.refuses = code
        await lose_primary(world)
        await world.after(120)
        assert world.rings() == "primary"
        state = world.reports[-1]
        assert (state["route"]["active"], state["route"]["desired"]) == ("primary", "secondary")
        assert state["forwarding"]["status"] == "unverified"
        failed = world.journal.of("forwarding.failed")
        assert {event.data["code"] for event in failed} == {code}
        assert failed[-1].data["alarm"]
        world.modem.manners.refuses = None
        await world.after(320)
        assert world.rings() == "secondary"
        assert world.reports[-1]["forwarding"]["status"] == "verified"

    play(story)


def test_each_failure_takes_another_way() -> None:
    async def story(world: VirtualWorld) -> None:
        world.modem.manners.obeys_from_attempt = 3
        await world.after(200)
        assert world.rings() == "primary"
        assert (Service.CFU, 3) in world.modem.confirmed
        assert {event.data["kind"] for event in world.journal.of("forwarding.failed")} == {"not_done"}

    play(story)


def test_silence_is_read_back_and_asked_again() -> None:
    async def story(world: VirtualWorld) -> None:
        await settle(world)
        world.modem.manners.silent = True
        await lose_primary(world)
        await world.after(400)
        assert world.reports[-1]["forwarding"]["status"] != "verified"
        world.modem.manners.silent = False
        await world.after(400)
        assert world.rings() == "secondary"

    play(story)


def test_an_ok_that_does_nothing_is_never_called_verified() -> None:
    async def story(world: VirtualWorld) -> None:
        await settle(world)
        world.modem.manners.lies = True
        await lose_primary(world)
        await world.after(200)
        assert world.reports[-1]["forwarding"]["status"] == "unverified"
        assert world.journal.of("forwarding.failed")[-1].data["kind"] == "not_done"
        world.modem.manners.lies = False
        await world.after(320)
        assert world.rings() == "secondary"

    play(story)


def test_a_table_changed_behind_our_back_is_disputed_then_repaired() -> None:
    async def story(world: VirtualWorld) -> None:
        await settle(world)
        world.modem.alter(Service.CFU, STRANGER)
        world.modem.manners.refuses = 30
        await world.after(950)
        state = world.reports[-1]
        assert state["forwarding"]["status"] == "disputed"
        assert (state["route"]["active"], state["route"]["number"]) == (None, STRANGER.e164)
        assert world.journal.of("forwarding.disputed")[0].data["seen"] == STRANGER.e164
        world.modem.manners.refuses = None
        await world.after(320)
        assert world.rings() == "primary"
        assert world.reports[-1]["forwarding"]["status"] == "verified"

    play(story)


def test_a_diversion_to_a_short_code_is_disputed_too() -> None:
    async def story(world: VirtualWorld) -> None:
        await settle(world)
        world.modem.table[Service.CFB] = Registration(active=True, number=None)
        await world.after(950)
        assert [event.data["service"] for event in world.journal.of("forwarding.disputed")] == ["cfb"]
        assert world.target(Service.CFB) == TECH_1

    play(story)


def test_a_dispute_is_seen_across_a_restart() -> None:
    async def story(world: VirtualWorld) -> None:
        await settle(world)
        await world.kill()
        world.modem.alter(Service.CFU, STRANGER)
        world.start()
        await world.after(30)
        assert [event.data["seen"] for event in world.journal.of("forwarding.disputed")] == [STRANGER.e164]
        await world.after(60)
        assert world.rings() == "primary"

    play(story)


def test_failing_queries_mean_unknown_and_the_change_is_made_all_the_same() -> None:
    async def story(world: VirtualWorld) -> None:
        world.modem.manners.refuses_queries = 100
        await world.after(200)
        assert world.rings() == "primary"
        state = world.reports[-1]
        assert state["forwarding"]["status"] == "unverified"
        assert state["forwarding"]["cfu"] is None
        assert world.journal.of("forwarding.verified") == []
        world.modem.manners.refuses_queries = None
        await world.after(400)
        assert world.reports[-1]["forwarding"]["status"] == "verified"

    play(story)


@pytest.mark.parametrize(
    ("manner", "said"),
    [
        ("hides_conditionals", ("quiescent", "verified")),
        ("refuses_conditionals_under_cfu", ("stale", "unverified")),
    ],
)
def test_hidden_conditionals_are_quiescent_and_cfu_is_never_erased_to_look(
    manner: str, said: tuple[str, str]
) -> None:
    async def story(world: VirtualWorld) -> None:
        setattr(world.modem.manners, manner, True)
        await world.after(120)
        assert {world.target(service) for service in CONDITIONALS} == {TECH_1}, "the net is armed before CFU"
        await world.guard.desk.set_duty("tech-2", None, "test")
        world.guard.poke()
        await world.after(4000)
        assert world.rings() == "primary"
        state = world.reports[-1]
        assert (state["forwarding"]["net"], state["forwarding"]["status"]) == said
        assert None not in world.changes(), "CFU was erased"
        assert world.modem.commands < 4 + 3 * 20

    play(story)


def test_conditionals_wiped_by_the_network_are_armed_again() -> None:
    async def story(world: VirtualWorld) -> None:
        world.modem.manners.wipes_conditionals_on_cfu = True
        await world.after(120)
        assert world.rings() == "primary"
        assert {world.target(service) for service in CONDITIONALS} == {TECH_1}
        assert world.reports[-1]["forwarding"]["net"] == "armed"

    play(story)


def test_a_modem_unplugged_while_a_change_is_wanted_does_it_when_it_is_back() -> None:
    async def story(world: VirtualWorld) -> None:
        await settle(world)
        world.modem.unplug()
        await lose_primary(world)
        await world.after(300)
        assert world.rings() == "primary"
        assert world.reports[-1]["modem"]["health"] == "down"
        world.modem.plug()
        await world.after(60)
        assert world.rings() == "secondary"
        assert world.reports[-1]["forwarding"]["status"] == "verified"

    play(story)


def test_a_modem_that_vanishes_in_the_middle_of_a_command() -> None:
    async def story(world: VirtualWorld) -> None:
        await settle(world)
        sent = world.modem.commands
        await lose_primary(world)
        while world.modem.commands == sent:
            await world.after(0.1)
        world.modem.unplug()
        await world.after(30)
        world.modem.plug()
        await world.after(60)
        assert world.changes() == [PRIMARY, SECONDARY]

    play(story)


def test_another_sim_is_a_table_of_which_nothing_is_known() -> None:
    async def story(world: VirtualWorld) -> None:
        await settle(world)
        world.modem.unplug()
        world.modem.table = dict.fromkeys(Service, Registration(active=False))
        await world.after(5)
        world.modem.plug(iccid="8942002")
        await world.after(90)
        assert world.rings() == "primary"
        assert world.journal.of("forwarding.disputed") == []

    play(story)


def test_the_change_budget_holds_and_its_reserve_reaches_the_technician() -> None:
    async def story(world: VirtualWorld) -> None:
        await settle(world)
        for minute in range(50):
            await world.guard.desk.set_override("secondary" if minute % 2 else "primary", None, "", "test")
            world.guard.poke()
            await world.after(30)
        limit = world.settings.change_budget
        assert len(world.modem.history) <= limit - world.settings.reserve
        await world.guard.desk.set_override("technician", None, "", "test")
        world.guard.poke()
        await world.after(60)
        assert world.rings() == "technician"
        assert len(world.modem.history) <= limit
        await world.kill()
        world.start()
        await world.guard.desk.set_override("primary", None, "", "test")
        await world.after(60)
        assert world.rings() == "technician", "the budget outlasts a restart"

    play(story, settings=Settings(change_budget=40))


def test_net_off_leaves_no_conditional_active() -> None:
    async def story(world: VirtualWorld) -> None:
        world.modem.alter(Service.CFB, TECH_2)
        await world.after(120)
        assert world.rings() == "primary"
        assert {world.target(service) for service in CONDITIONALS} == {None}
        assert world.reports[-1]["forwarding"]["net"] == "off"

    play(story, net="off")
