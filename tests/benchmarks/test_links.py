"""The simulated link loses what it is told to, and no more."""

import random
from itertools import pairwise

from benchmarks.rivals.links import RTT_S, Link, answered_at, blips


def share_answered(link: Link, sends_s: tuple[float, ...], questions: int = 4000) -> float:
    chance = random.Random(1)
    asked = [answered_at((link,), 10.0 * index, sends_s, 3.0, chance) for index in range(questions)]
    return sum(answer is not None for answer in asked) / questions


def test_a_clean_link_answers_the_first_copy() -> None:
    assert answered_at((Link(),), 5.0, (0.0, 0.5), 1.0, random.Random(1)) == 5.0 + RTT_S


def test_loss_counts_each_way_and_each_copy() -> None:
    lost = 1 - 0.8**2
    assert abs(share_answered(Link(0.2), (0.0,)) - (1 - lost)) < 0.03
    assert abs(share_answered(Link(0.2), (0.0, 0.5, 1.5)) - (1 - lost**3)) < 0.02


def test_every_link_on_the_way_loses_its_share() -> None:
    chance = random.Random(1)
    both = (Link(0.2), Link(0.2))
    answered = [answered_at(both, 0.0, (0.0,), 1.0, chance) is not None for _ in range(4000)]
    assert abs(sum(answered) / 4000 - 0.8**4) < 0.03


def test_an_outage_swallows_what_is_sent_or_answered_within() -> None:
    link, chance = Link(outages=((10.0, 12.0),)), random.Random(1)
    assert link.carries(9.99, chance)
    assert not link.carries(10.0, chance)
    assert not link.carries(11.99, chance)
    assert link.carries(12.0, chance)
    assert answered_at((link,), 10.0 - RTT_S / 2, (0.0,), 1.0, chance) is None, "the answer meets the outage"
    assert answered_at((link,), 11.0, (0.0, 0.5, 1.5), 3.0, chance) == 12.5 + RTT_S


def test_an_answer_after_the_patience_does_not_count() -> None:
    chance = random.Random(1)
    assert answered_at((Link(),), 0.0, (0.0,), RTT_S, chance) == RTT_S
    assert answered_at((Link(),), 0.0, (0.0,), RTT_S / 2, chance) is None


def test_a_death_ends_the_link_for_good() -> None:
    link = Link(outages=((1.0, 2.0), (50.0, 60.0))).dead_from(20.0)
    chance = random.Random(1)
    assert not link.carries(1.5, chance)
    assert link.carries(19.9, chance)
    assert not link.carries(1e9, chance)


def test_blips_are_as_many_and_as_long_as_asked_for() -> None:
    found = blips(10.0, 1200.0, 86_400.0, random.Random(1))
    assert len(found) == 72
    assert all(abs(end - begin - 10.0) < 1e-6 for begin, end in found)
    assert all(earlier[1] <= later[0] for earlier, later in pairwise(found))
    assert len({round(begin % 60) for begin, _ in found}) > 20, "at no fixed phase of a minute"
