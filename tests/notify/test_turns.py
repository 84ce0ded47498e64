"""Sources take turns, and one of them alone never uses up the hour."""

from __future__ import annotations

from appliance.notify.turns import Turns, Waiting, source_of

FLOOD = [Waiting(id_, f"command {id_}", 0.0) for id_ in range(1, 101)]
NOTICES = [Waiting(200 + id_, f"box:call-{id_}:taken:sms:+420777000111", 0.0) for id_ in range(3)]


def served(turns: Turns, waiting: list[Waiting], now: float = 0.0) -> list[int]:
    """Which go out at once."""
    left, gone = list(waiting), []
    while (turn := turns.next(left, now)) is not None and turn.at <= now:
        one = next(one for one in left if one.id == turn.id)
        turns.taken(one.key)
        turns.sent(one.key, now)
        left.remove(one)
        gone.append(one.id)
    return gone


def test_a_key_says_whose_it_is_before_its_colon() -> None:
    assert [source_of(key) for key in ("box:c1:taken", "command 5", "k", "", ":x")] == ["box", "", "", "", ""]


def test_a_notice_behind_a_flood_waits_for_one_part_at_most() -> None:
    assert served(Turns(60), FLOOD[:4] + NOTICES) == [1, 200, 2, 201, 3, 202, 4]


def test_a_flood_leaves_a_quarter_of_the_hour_to_others() -> None:
    turns = Turns(60)
    assert served(turns, FLOOD) == list(range(1, 46))
    turn = turns.next(FLOOD[45:], 10.0)
    assert turn is not None
    assert (turn.id, turn.at, turn.held) == (46, 3600.0, True)
    assert served(turns, FLOOD[45:] + NOTICES, 10.0) == [200, 201, 202]
    others = [Waiting(300 + id_, f"node-{id_}:c", 0.0) for id_ in range(20)]
    assert len(served(turns, others, 20.0)) == 12  # and then the whole hour is full
    assert served(turns, FLOOD[45:], 3600.0) == list(range(46, 91))


def test_an_hour_of_few_has_nothing_to_leave() -> None:
    assert served(Turns(2), FLOOD) == [1, 2]


def test_of_one_source_the_oldest_goes_first_and_what_is_put_off_holds_up_nobody() -> None:
    turns = Turns(60)
    late = Waiting(1, "box:a", 50.0)
    assert served(turns, [late, Waiting(3, "box:c", 0.0), Waiting(2, "box:b", 0.0)]) == [2, 3]
    turn = turns.next([late], 0.0)
    assert turn is not None
    assert (turn.at, turn.held) == (50.0, False)
    assert turns.next([], 0.0) is None


def test_endless_sources_are_forgotten() -> None:
    turns = Turns(10_000)
    for number in range(3_000):
        turns.taken(f"{number}:x")
        turns.sent(f"{number}:x", number * 10.0)
    assert len(turns._turns) <= 1_000
    assert len(turns._hours) <= 361
