"""Who is rung for whom, strategy by strategy."""

from __future__ import annotations

import random

from appliance.domain.calls import LegResult
from appliance.queueing.hall import (
    Decision,
    Hall,
    Rule,
    Waiter,
    answered,
    decide,
    dialled,
    ended,
    failed,
    join,
    leave,
    rings_already,
)
from appliance.roster.destinations import QueueStrategy

CHANCE = random.Random(1)


def rule(strategy: QueueStrategy = QueueStrategy.LONGESTIDLE, agents: str = "abc") -> dict[str, Rule]:
    return {"desk": Rule(strategy, 20.0, 5.0, tuple(agents))}


def hall(*waiters: str) -> Hall:
    found = Hall()
    for number, id_ in enumerate(waiters):
        found = join(found, Waiter(id_, "desk", float(number)))
    return found


def look(of: Hall, now: float, rules: dict[str, Rule], busy: str = "") -> Decision:
    return decide(of, rules, busy, now, CHANCE)


def rung(of: Hall) -> dict[str, str]:
    return {agent: ring.waiter for agent, ring in of.rings.items()}


def test_the_first_who_came_is_rung_for_and_the_next_by_the_next_agent() -> None:
    found = look(hall("one", "two", "three", "four"), 10, rule())
    assert rung(found.hall) == {"a": "one", "b": "two", "c": "three"}
    assert found.hall.position("four") == 4


def test_who_had_nothing_to_do_for_longest_is_rung() -> None:
    of = look(hall(), 0, rule(), busy="abc").hall
    of = look(of, 1, rule(), busy="ac").hall
    of = look(of, 2, rule(), busy="a").hall
    of = look(of, 3, rule()).hall
    for waiter, agent in (("one", "b"), ("two", "c"), ("three", "a")):
        of = look(join(of, Waiter(waiter, "desk", 9.0)), 10, rule()).hall
        assert of.rung_for(waiter) == (agent,)


def test_who_did_not_answer_is_rung_last_and_after_a_rest() -> None:
    of = look(hall("one"), 0, rule(agents="ab")).hall
    of = dialled(of, "one", "a", 1)
    found = look(of, 20.9, rule(agents="ab"))
    assert (rung(found.hall), found.look_again_at) == ({"a": "one"}, 21)
    found = look(of, 21, rule(agents="ab"))
    assert rung(found.hall) == {"b": "one"}
    of = ended(found.hall, "one", "b", LegResult.REJECTED, 22)
    found = look(of, 22, rule(agents="ab"))
    assert (rung(found.hall), found.look_again_at) == ({}, 26)
    assert rung(look(found.hall, 26, rule(agents="ab")).hall) == {"a": "one"}


def test_one_who_joins_later_is_rung_before_those_who_did_not_answer() -> None:
    of = look(hall("one"), 0, rule(agents="a")).hall
    of = ended(of, "one", "a", LegResult.NO_ANSWER, 1)
    of = look(of, 7, rule(agents="ab")).hall
    assert rung(of) == {"b": "one"}


def test_who_is_being_screened_is_left_alone() -> None:
    of = answered(dialled(look(hall("one"), 0, rule(agents="a")).hall, "one", "a", 0), "one", "a")
    found = look(of, 60, rule(agents=""))
    assert (rung(found.hall), found.look_again_at) == ({"a": "one"}, None)


def test_who_logs_out_or_talks_elsewhere_rings_no_more_and_it_is_no_try() -> None:
    of = look(hall("one"), 0, rule(agents="ab")).hall
    assert rung(look(of, 1, rule(agents="b")).hall) == {"b": "one"}
    assert rung(look(of, 1, rule(agents="ab"), busy="a").hall) == {"b": "one"}
    assert rung(look(look(of, 1, rule(agents="ab"), busy="ab").hall, 2, rule(agents="ab"), busy="b").hall) == {
        "a": "one"
    }


def test_ringall_rings_everybody_for_the_first_and_more_as_they_become_free() -> None:
    everybody = rule(QueueStrategy.RINGALL)
    of = look(hall("one", "two"), 0, everybody, busy="c").hall
    assert rung(of) == {"a": "one", "b": "one"}
    assert rung(look(of, 5, everybody).hall) == {"a": "one", "b": "one", "c": "one"}
    assert rung(look(leave(of, "one"), 6, everybody, busy="a").hall) == {"b": "two", "c": "two"}


def test_memoryhunt_adds_one_after_each_step() -> None:
    hunt = rule(QueueStrategy.MEMORYHUNT)
    found = look(hall("one"), 0, hunt)
    seen = [rung(found.hall)]
    while found.look_again_at is not None and len(seen) < 3:
        found = look(found.hall, found.look_again_at, hunt)
        seen.append(rung(found.hall))
    assert seen == [dict.fromkeys(agents, "one") for agents in ("a", "ab", "abc")]


def test_firstavailable_and_random() -> None:
    first = rule(QueueStrategy.FIRSTAVAILABLE)
    assert rung(look(hall("one"), 0, first, busy="a").hall) == {"b": "one"}
    chosen = {
        decide(hall("one"), rule(QueueStrategy.RANDOM), "", 0, random.Random(seed)).hall.rung_for("one")[0]
        for seed in range(30)
    }
    assert chosen == {"a", "b", "c"}


def test_an_agent_of_two_queues_takes_who_waits_for_longest() -> None:
    rules = {queue: Rule(QueueStrategy.LONGESTIDLE, 20, 5, ("a",)) for queue in ("desk", "night")}
    of = join(join(Hall(), Waiter("late", "desk", 5)), Waiter("early", "night", 4))
    assert rung(decide(of, rules, "", 10, CHANCE).hall) == {"a": "early"}


def test_who_comes_from_another_queue_has_their_place() -> None:
    of = join(hall("one", "two"), Waiter("before", "night", 0.5))
    of = join(of, Waiter("before", "desk", 0.5))
    assert [of.position(one) for one in ("one", "before", "two")] == [1, 2, 3]


def test_a_callback_that_rests_keeps_its_place_and_is_passed_over() -> None:
    of = join(hall("one", "two"), Waiter("one", "desk", 0, ready=False))
    assert rung(look(of, 10, rule(agents="a")).hall) == {"a": "two"}
    assert of.position("two") == 2


def test_a_callback_that_is_held_keeps_its_place_and_is_told_to_nobody() -> None:
    of = join(hall("one", "two"), Waiter("one", "desk", 0, ready=False, held=True))
    assert (of.position("two"), [one.id for one in of.waiting("desk")]) == (1, ["two"])
    of = join(of, Waiter("one", "desk", 0))
    assert (of.position("two"), rung(look(of, 10, rule(agents="a")).hall)) == (2, {"a": "one"})


def test_of_two_in_the_same_millisecond_the_earlier_channel_is_first() -> None:
    of = join(join(Hall(), Waiter("1764000000.10", "desk", 1)), Waiter("1764000000.9", "desk", 1))
    assert of.position("1764000000.9") == 1


def test_what_rang_before_a_crash_rings_on_for_the_same_caller() -> None:
    of = rings_already(hall("one", "two"), "two", {"a": -15.0})
    found = look(of, 0, rule(agents="ab"))
    assert (rung(found.hall), found.look_again_at) == ({"a": "two", "b": "one"}, 5)
    assert rung(rings_already(of, "one", {"a": 0.0})) == {"a": "two"}
    assert rung(rings_already(of, "nobody", {"b": 0.0})) == {"a": "two"}


def test_news_of_an_attempt_that_is_over_changes_nothing() -> None:
    of = look(hall("one"), 0, rule()).hall
    assert ended(of, "one", "b", LegResult.BUSY, 1) == of
    assert ended(of, "other", "a", LegResult.BUSY, 1) == of
    assert dialled(of, "one", "b", 1) == answered(of, "one", "b") == dialled(of, "two", "a", 1) == of


def test_a_queue_that_is_no_more_rings_nobody() -> None:
    of = look(hall("one"), 0, rule()).hall
    assert rung(look(of, 1, {}).hall) == {}


def test_nobody_is_rung_for_their_own_call() -> None:
    of = join(Hall(), Waiter("one", "desk", 0, but="a"))
    assert rung(look(of, 1, rule(agents="ab")).hall) == {"b": "one"}
    assert rung(look(of, 1, rule(QueueStrategy.RINGALL, agents="a")).hall) == {}


def test_a_machine_that_passed_for_an_agent_is_left_alone_for_a_while() -> None:
    of = failed(hall("one"), "one", "a", LegResult.MACHINE, 10)
    found = look(of, 10, rule(agents="a"))
    assert (rung(found.hall), found.look_again_at) == ({}, 70)
    assert failed(hall("one"), "two", "a", LegResult.MACHINE, 10) == hall("one")
