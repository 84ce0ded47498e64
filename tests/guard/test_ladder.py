"""The ladder's own rules, one by one."""

from __future__ import annotations

import pytest

from appliance.domain.health import Health
from appliance.domain.phone import PhoneNumber
from appliance.domain.routes import TECHNICIAN, Override, Route
from appliance.guard.ladder import LadderMemory, PartView, Rules, Situation, View, climb, situation
from appliance.guard.plan import forwarding_plan, net_number

PRIMARY, SECONDARY, TECH = PhoneNumber("+420226000100"), PhoneNumber("+420910000200"), PhoneNumber("+420777000111")
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
