"""Where an outage begins and ends."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.timeline.outages import find_outages
from tests.timeline.tale import NUMBERS, Tale


def spans(tale: Tale, best: str | None = "primary") -> list[tuple[str, str, bool]]:
    """First and last event type of each outage, and whether it is over."""
    return [(found.events[0].type, found.events[-1].type, found.over) for found in find_outages(tale.events, best)]


def test_starting_up_is_no_outage() -> None:
    tale = Tale()
    tale.start()
    assert find_outages(tale.events, "primary") == ()


def test_it_runs_from_the_first_bad_health_to_the_best_route_verified() -> None:
    tale = Tale()
    tale.start()
    tale.health(100, "trunk", "a", "down")
    tale.switch(100.1, "primary", "secondary")
    tale.health(200, "trunk", "a", "up")
    tale.switch(320, "secondary", "primary")
    tale.verify(330, "technician", "cfb")
    (found,) = find_outages(tale.events, "primary")
    assert found.over
    assert [event.type for event in found.events] == tale.types[8:-1]
    assert found.ended is not None
    assert (found.ended - found.began).total_seconds() == 223
    assert found.before is not None
    assert (found.before.number, found.before.route) == (NUMBERS["primary"], "primary")


def test_a_node_lost_without_a_change_of_route_ends_when_it_is_back() -> None:
    tale = Tale()
    tale.start()
    tale.health(100, "node", "1", "down")
    tale.health(160, "node", "1", "up")
    assert spans(tale) == [("health.changed", "health.changed", True)]


def test_decided_back_is_not_back_until_the_network_is_seen_to_do_it() -> None:
    tale = Tale()
    tale.start()
    tale.switch(100, "primary", "technician")
    tale.decide(200, "technician", "primary")
    tale.request(200.1, "primary")
    tale.tell(203, "forwarding.failed", service="cfu", number=NUMBERS["primary"], kind="refused", message="CME 30")
    (found,) = find_outages(tale.events, "primary")
    assert not found.over
    assert found.ended is None


def test_a_change_taken_back_before_it_was_sent_ends_with_the_decision() -> None:
    tale = Tale()
    tale.start()
    tale.decide(100, "primary", "technician")
    tale.decide(101, "technician", "primary")
    assert spans(tale) == [("route.decided", "route.decided", True)]


def test_a_change_that_may_have_happened_ends_only_with_a_look_at_the_network() -> None:
    tale = Tale()
    tale.start()
    tale.decide(100, "primary", "technician")
    tale.request(100.1, "technician")
    tale.decide(101, "technician", "primary")
    assert spans(tale) == [("route.decided", "route.decided", False)]
    tale.verify(105, "primary")
    assert spans(tale) == [("route.decided", "forwarding.verified", True)]


def test_a_part_that_stays_dead_does_not_melt_later_outages_into_one() -> None:
    tale = Tale()
    tale.start()
    tale.health(100, "trunk", "b", "down")
    tale.health(101, "trunk", "a", "down")
    tale.switch(102, "primary", "technician")
    tale.health(200, "trunk", "a", "up")
    tale.switch(300, "technician", "primary")  # b is down still
    tale.health(10_000, "node", "1", "down")
    tale.health(10_060, "node", "1", "up")
    tale.health(20_000, "trunk", "b", "up")
    assert spans(tale) == [
        ("health.changed", "forwarding.verified", True),
        ("health.changed", "health.changed", True),
    ]


def test_isolation_and_a_dispute_are_outages_and_a_lost_reference_is_none() -> None:
    tale = Tale()
    tale.start()
    tale.health(50, "reference", "udp://192.0.2.1:53", "down")
    tale.tell(100, "isolation.began", reason="r")
    tale.tell(160, "isolation.ended", reason="r")
    tale.tell(200, "forwarding.disputed", service="cfu", wanted=NUMBERS["primary"], seen=None)
    tale.verify(205, "primary")
    assert spans(tale) == [
        ("isolation.began", "isolation.ended", True),
        ("forwarding.disputed", "forwarding.verified", True),
    ]


def test_the_best_route_is_learned_where_it_is_not_given() -> None:
    tale = Tale()
    tale.start()
    tale.switch(100, "primary", "secondary")
    tale.switch(200, "secondary", "primary")
    assert spans(tale, best=None) == [("route.decided", "forwarding.verified", True)]


ROUTES = st.sampled_from(sorted(NUMBERS))
STEPS = st.one_of(
    st.tuples(
        st.just("health"), st.sampled_from(["trunk", "node"]), st.sampled_from("ab"), st.sampled_from(["up", "down"])
    ),
    st.tuples(st.just("decide"), ROUTES, ROUTES),
    st.tuples(st.just("request"), ROUTES),
    st.tuples(st.just("verify"), ROUTES),
    st.tuples(
        st.just("tell"), st.sampled_from(["boot", "isolation.began", "isolation.ended", "from.a.later.release"])
    ),
)


@settings(max_examples=150)
@given(st.lists(STEPS, max_size=40))
def test_whatever_happens_outages_are_disjoint_ordered_and_only_the_last_is_open(
    steps: list[tuple[str, ...]],
) -> None:
    tale = Tale()
    for second, (step, *words) in enumerate(steps):
        getattr(tale, step)(second, *words)
    found = find_outages(tale.events, "primary")
    ids = [event.id for outage in found for event in outage.events]
    assert ids == sorted(set(ids))
    assert all(outage.over for outage in found[:-1])
    for outage in found:
        inside = range(outage.events[0].id, outage.events[-1].id + 1)
        assert [event.id for event in outage.events] == list(inside)
