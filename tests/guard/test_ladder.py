"""The ladder's own rules, one by one."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any

import pytest

from appliance.domain.health import Health
from appliance.domain.phone import PhoneNumber
from appliance.domain.routes import TECHNICIAN, Override, Route
from appliance.guard.ladder import (
    LadderMemory,
    PartView,
    Rules,
    Situation,
    Verdict,
    View,
    climb,
    judge,
    situation,
)
from appliance.guard.plan import forwarding_plan, net_number

PRIMARY, SECONDARY, TECH = PhoneNumber("+420226000100"), PhoneNumber("+420910000200"), PhoneNumber("+420777000111")
OWN = PhoneNumber("+420910000299")
ROUTES = (Route("primary", PRIMARY, "trunk-a", 1), Route("secondary", SECONDARY, "trunk-b", 1))
RULES = Rules(ROUTES, failback_hold_s=120.0, outlast_s=11.0, isolation_means_technician=False)
WORDS = {"u": Health.UP, "d": Health.DOWN, "?": Health.UNKNOWN, "p": Health.DOWN}


def view(trunks: str, nodes: str = "uu", *, isolated: bool = False) -> View:
    """``u`` up, ``d`` down, ``p`` down in passing, ``?`` unknown; trunk-a and -b, node-1 and -2."""

    def parts(names: tuple[str, str], letters: str) -> dict[str, PartView]:
        return {
            name: PartView(WORDS[one], f"{name} says {one}", one == "p")
            for name, one in zip(names, letters, strict=True)
        }

    return View(parts(("trunk-a", "trunk-b"), trunks), parts(("node-1", "node-2"), nodes), isolated)


LOCAL = Rules(
    (*ROUTES, Route("local", OWN, "trunk-b", 0, local=True)),
    failback_hold_s=120.0,
    outlast_s=11.0,
    isolation_means_technician=False,
)


def local_view(trunks: str, nodes: str, own: str, *, isolated: bool = False, lasts: bool = False) -> View:
    """As :func:`view`, and the box's own exchange at trunk-b."""
    local = {"trunk-b": PartView(WORDS[own], f"exchange says {own}", own == "p")}
    return replace(view(trunks, nodes, isolated=isolated), local=local, isolation_lasts=lasts)


def route_of(seen: View, memory: LadderMemory | None = None, now: float = 0.0, **kwargs: object) -> str | None:
    override = kwargs.get("override")
    assert override is None or isinstance(override, Override)
    choice, _, _ = climb(RULES, seen, TECH, override, memory or LadderMemory(), now)
    return choice.route if choice else None


@pytest.mark.parametrize(
    ("trunks", "nodes", "first"),
    [
        ("uu", "uu", "primary"),
        ("uu", "ud", "primary"),
        ("du", "uu", "secondary"),
        ("dd", "uu", TECHNICIAN),
        ("uu", "dd", TECHNICIAN),
        ("??", "??", None),
        ("?u", "uu", None),
        ("d?", "uu", None),
        ("u?", "uu", "primary"),
        ("uu", "?d", None),
        ("pu", "uu", None),
    ],
)
def test_the_first_choice_waits_for_an_unknown_rung(trunks: str, nodes: str, first: str | None) -> None:
    assert route_of(view(trunks, nodes)) == first


@pytest.mark.parametrize(
    ("current", "trunks", "nodes", "then"),
    [
        ("primary", "pu", "uu", "primary"),
        ("primary", "?u", "uu", "primary"),
        ("primary", "du", "uu", "secondary"),
        ("primary", "d?", "uu", None),
        ("primary", "dp", "uu", None),
        ("primary", "dd", "uu", TECHNICIAN),
        ("primary", "uu", "pp", "primary"),
        ("primary", "uu", "dd", TECHNICIAN),
        ("secondary", "dd", "uu", TECHNICIAN),
        (TECHNICIAN, "??", "??", TECHNICIAN),
    ],
)
def test_a_route_is_left_at_once_for_what_lasts_and_never_for_what_is_unknown(
    current: str, trunks: str, nodes: str, then: str | None
) -> None:
    assert route_of(view(trunks, nodes), LadderMemory(current)) == then


def test_a_better_route_is_taken_back_only_after_its_hold_without_a_break() -> None:
    memory = LadderMemory("secondary")
    choice, memory, again_at = climb(RULES, view("uu"), TECH, None, memory, 1000.0)
    assert choice is not None
    assert (choice.route, again_at) == ("secondary", 1120.0)
    assert "held back" in choice.reason
    _, memory, _ = climb(RULES, view("pu"), TECH, None, memory, 1100.0)
    choice, memory, again_at = climb(RULES, view("uu"), TECH, None, memory, 1101.0)
    assert choice is not None
    assert (choice.route, again_at) == ("secondary", 1221.0)
    choice, _, _ = climb(RULES, view("uu"), TECH, None, memory, 1221.0)
    assert choice is not None
    assert choice.route == "primary"


def test_an_override_stands_above_health_and_an_unknown_name_is_none() -> None:
    pinned = Override("secondary", 0.0, None, "storm", "op")
    assert route_of(view("dd", "dd"), override=pinned) == "secondary"
    assert route_of(view("uu"), override=Override("gone", 0.0, None, "", "op")) == "primary"


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        (view("uu"), Situation.NORMAL),
        (view("du"), Situation.PARTIAL),
        (view("pu"), Situation.PARTIAL),
        (view("uu", "ud"), Situation.PARTIAL),
        (view("dd"), Situation.TOTAL),
        (view("uu", "pp"), Situation.TOTAL),
        (view("?u"), Situation.UNKNOWN),
        (view("??", "??"), Situation.UNKNOWN),
        (view("??", "??", isolated=True), Situation.ISOLATED),
    ],
)
def test_the_situation_is_told_by_health_alone(seen: View, said: Situation) -> None:
    assert situation(RULES, seen) is said


def test_the_plan_of_each_mode() -> None:
    choice, _, _ = climb(RULES, view("uu"), TECH, None, LadderMemory(), 0.0)
    last, _, _ = climb(RULES, view("dd"), TECH, None, LadderMemory(), 0.0)
    assert choice is not None
    assert last is not None
    assert [one.number for one in forwarding_plan(choice, "divert", TECH, 20).values()] == [PRIMARY, TECH, TECH, TECH]
    assert [one.number for one in forwarding_plan(choice, "bridge", TECH, 20).values()] == [None, TECH, TECH, TECH]
    assert [one.number for one in forwarding_plan(last, "bridge", None, 20).values()] == [TECH, None, None, None]
    assert net_number("duty", TECH) == TECH
    assert net_number("off", TECH) is None
    assert net_number(SECONDARY, TECH) == SECONDARY


@pytest.mark.parametrize(
    ("current", "trunks", "nodes", "own", "then"),
    [
        ("primary", "uu", "dd", "u", "local"),
        ("primary", "uu", "dd", "d", TECHNICIAN),
        ("primary", "uu", "dd", "p", None),
        ("primary", "uu", "dd", "?", None),
        ("primary", "ud", "dd", "u", TECHNICIAN),
        ("primary", "uu", "uu", "d", "primary"),
        ("local", "uu", "dd", "p", "local"),
        ("local", "uu", "dd", "?", "local"),
        ("local", "uu", "dd", "d", TECHNICIAN),
        ("local", "ud", "dd", "u", TECHNICIAN),
    ],
)
def test_the_local_route_needs_its_trunk_and_the_boxs_own_exchange(
    current: str, trunks: str, nodes: str, own: str, then: str | None
) -> None:
    choice, _, _ = climb(LOCAL, local_view(trunks, nodes, own), TECH, None, LadderMemory(current), 0.0)
    assert (choice.route if choice else None) == then


def test_an_exchange_that_nobody_watches_is_never_trusted() -> None:
    choice, _, _ = climb(LOCAL, view("uu", "dd"), TECH, None, LadderMemory("primary"), 0.0)
    assert choice is None
    assert situation(LOCAL, view("uu", "dd")) is Situation.UNKNOWN


def test_why_the_local_route_is_taken_or_not_is_said() -> None:
    choice, _, _ = climb(LOCAL, local_view("uu", "dd", "u"), TECH, None, LadderMemory("primary"), 0.0)
    assert choice is not None
    assert choice.reason.endswith("trunk-b is up, the box's own exchange is up")
    choice, _, _ = climb(LOCAL, local_view("uu", "dd", "d"), TECH, None, LadderMemory("primary"), 0.0)
    assert choice is not None
    assert "the box's own exchange is down: exchange says d" in choice.reason


@pytest.mark.parametrize(
    ("trunks", "nodes", "own", "said"),
    [
        ("uu", "uu", "u", Situation.NORMAL),
        ("uu", "dd", "u", Situation.PARTIAL),
        ("uu", "dd", "d", Situation.TOTAL),
        ("uu", "dd", "p", Situation.TOTAL),
        ("ud", "dd", "u", Situation.TOTAL),
        ("uu", "uu", "d", Situation.PARTIAL),
        ("uu", "uu", "?", Situation.UNKNOWN),
    ],
)
def test_the_situation_counts_the_boxs_own_exchange(trunks: str, nodes: str, own: str, said: Situation) -> None:
    assert situation(LOCAL, local_view(trunks, nodes, own)) is said


def test_an_isolated_box_does_not_keep_calls_for_itself() -> None:
    alone = local_view("??", "??", "?", isolated=True)
    held, _, _ = climb(LOCAL, alone, TECH, None, LadderMemory("local"), 0.0)
    assert held is not None
    assert held.route == "local"
    choice, _, _ = climb(LOCAL, replace(alone, isolation_lasts=True), TECH, None, LadderMemory("local"), 0.0)
    assert choice is not None
    assert choice.route == TECHNICIAN
    choice, _, _ = climb(LOCAL, replace(alone, isolation_lasts=True), TECH, None, LadderMemory("primary"), 0.0)
    assert choice is not None
    assert choice.route == "primary"


def test_whatever_is_seen_no_call_is_led_to_what_is_known_to_fail() -> None:
    routes = {route.name: route for route in LOCAL.routes}
    for trunks, nodes, own, current in product(
        product("ud?p", repeat=2), product("ud?p", repeat=2), "ud?p", (None, *routes, TECHNICIAN)
    ):
        seen = local_view("".join(trunks), "".join(nodes), own)
        choice, memory, _ = climb(LOCAL, seen, TECH, None, LadderMemory(current), 0.0)
        if choice is None:
            continue
        if choice.route == TECHNICIAN:
            if current not in (None, TECHNICIAN):
                assert all(judge(route, seen)[0] is Verdict.UNMET for route in LOCAL.routes)
            continue
        assert judge(routes[choice.route], seen)[0] is not Verdict.UNMET
        if choice.route != current:
            assert judge(routes[choice.route], seen)[0] is Verdict.MET
            assert not routes[choice.route].local or own == "u"
        assert memory.route == choice.route


def test_a_hundred_routes_go_through_the_nodes_no_oftener_than_one() -> None:
    """With as many routes as nodes a decision that counted the nodes for each route would be quadratic."""

    class Watched(dict[str, PartView]):
        looks = 0

        def values(self) -> Any:
            self.looks += 1
            return super().values()

        def items(self) -> Any:
            self.looks += 1
            return super().items()

    def looks(routes: int) -> int:
        parts = {f"trunk-{n}": PartView(Health.DOWN, "dead") for n in range(routes)}
        nodes = Watched({f"node-{n}": PartView(Health.UP, "answers") for n in range(routes)})
        seen = View(parts, nodes, isolated=False)
        ladder = tuple(Route(f"route-{n}", PRIMARY, f"trunk-{n}", 1) for n in range(routes))
        rules = Rules(ladder, failback_hold_s=120.0, outlast_s=11.0, isolation_means_technician=False)
        choice, _, _ = climb(rules, seen, TECH, None, LadderMemory(), 0.0)
        assert choice is not None
        assert choice.route == TECHNICIAN
        assert situation(rules, seen) is Situation.TOTAL
        return nodes.looks

    assert looks(100) == looks(1) > 0
