"""Each strategy's ringing pattern, seen by the telephones and heard by the caller."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import pytest

from bench.lab.exchange_roles import Exchanges, Phones, Told
from bench.lab.rows import row_of
from bench.rosters import group, line, roster

ALL = ("anna", "boris", "cyril")
LONG_S = 60.0  # who stops ringing before has been told to


def begins(rings: Sequence[Told]) -> dict[str, float]:
    """Who was rung first when, relative to the first of all."""
    first = {}
    for ring in rings:
        first.setdefault(ring.who or ring.number, ring.began)
    start = min(first.values())
    return {who: at - start for who, at in first.items()}


async def test_ringall_rings_all_at_once_and_the_quickest_has_the_call(phones: Phones, exchanges: Exchanges) -> None:
    await exchanges.roster(roster(group("ops", *ALL, ring_s=LONG_S), line=line("group:ops")))
    for who in ALL:
        await phones.set(who, "never")
    call = await phones.dial()
    began = (await call.told()).began
    rings = await phones.wait_for_rings(lambda rings: len([one for one in rings if one.rang_at]) == 3, "all", began)
    assert {ring.who for ring in rings} == set(ALL)
    assert [ring for ring in rings if ring.ended_at] == [], "not all at once"
    await phones.pick_up("boris")
    told = await call.hears("boris")
    assert told.rang, "the caller heard nothing"
    rings = await phones.wait_for_rings(
        lambda rings: all(ring.ended_at for ring in rings if ring.who != "boris"), "the others ring no more", began
    )
    assert {ring.ended_by for ring in rings if ring.who != "boris"} == {"cancel"}
    assert (await phones.hears("boris", told.who or "", began)).ended_at is None
    await call.hang_up()


@pytest.mark.usefixtures("rested_phones")
async def test_firstavailable_tries_one_after_the_other_in_order(phones: Phones, exchanges: Exchanges) -> None:
    ops = group("ops", *ALL, strategy="firstavailable", ring_s=8.0)
    await exchanges.roster(roster(ops, line=line("group:ops")))
    await phones.set("anna", "busy")
    await phones.set("boris", "never")
    call = await phones.dial()
    told = await call.hears("cyril")
    rings = await phones.wait_for_rings(lambda rings: bool(rings[1].ended_at), "boris rings no more", told.began)
    assert [ring.who for ring in rings] == ["anna", "boris", "cyril"]
    at = begins(rings)
    assert at["boris"] < 7.0, "busy is skipped at once, and does not take its time to ring"
    assert at["cyril"] - at["boris"] >= 4.0, "boris was not rung for his time"
    assert rings[1].ended_by == "cancel"
    await call.hang_up()


async def test_memoryhunt_adds_one_after_the_other(phones: Phones, exchanges: Exchanges) -> None:
    ops = group("ops", *ALL, strategy="memoryhunt", ring_s=LONG_S, step_s=3.0)
    await exchanges.roster(roster(ops, line=line("group:ops")))
    for who in ("anna", "boris"):
        await phones.set(who, "never")
    await phones.set("cyril", answers_after_s=1.0)
    call = await phones.dial()
    told = await call.hears("cyril")
    rings = await phones.wait_for_rings(
        lambda rings: all(ring.ended_at for ring in rings if ring.who != "cyril"),
        "the others ring no more",
        told.began,
    )
    at = begins(rings)
    assert list(at) == ["anna", "boris", "cyril"]
    assert at["boris"] >= 1.5
    assert at["cyril"] - at["boris"] >= 1.5
    cyril = next(ring for ring in rings if ring.who == "cyril")
    for who in ("anna", "boris"):
        own = [ring for ring in rings if ring.who == who]
        assert len(own) == 1, f"{who} has {len(own)} missed calls of one call"
        assert own[0].ended_at is not None
        assert own[0].ended_at >= (cyril.answered_at or 0) - 0.5, "the first ones ring on"
    await call.hang_up()


async def test_random_rings_one_at_a_time_until_someone_answers(phones: Phones, exchanges: Exchanges) -> None:
    ops = group("ops", *ALL, strategy="random", ring_s=4.0)
    await exchanges.roster(roster(ops, line=line("group:ops")))
    for who in ALL:
        await phones.set(who, "never")
    call = await phones.dial()
    rings = await phones.wait_for_rings(
        lambda rings: any(ring.who == "tech-1" for ring in rings) and all(ring.ended_at for ring in rings[:3]),
        "the technician is rung last",
        (await call.told()).began,
        60,
    )
    assert {ring.who for ring in rings[:3]} == set(ALL)
    for before, after in itertools.pairwise(rings[:4]):
        assert before.ended_at is not None
        assert after.began >= before.ended_at - 2.0, "two rang at once"  # the end and the beginning have ways apart
    await call.hang_up()


async def test_busy_and_unreachable_members_are_skipped(phones: Phones, exchanges: Exchanges) -> None:
    await exchanges.roster(roster(group("ops", *ALL, ring_s=10.0), line=line("group:ops")))
    await phones.set("anna", "busy")
    await phones.set("boris", "unreachable")
    await phones.set("cyril", answers_after_s=1.5)
    caller = "+420606000081"
    call = await phones.dial(caller=caller)
    told = await call.hears("cyril")
    await call.hang_up()
    row = await row_of(exchanges, caller)
    assert row["answered_by"] == "cyril"
    legs = {leg["person"]: leg["result"] for leg in row["legs"]}
    # Asterisk makes Q.850 19 (no answer) of 480, with which networks tell that a phone is switched off
    assert legs.pop("boris") in ("unreachable", "no_answer")
    assert legs == {"anna": "busy", "cyril": "talked"}
    assert "anna" not in told.heard_names()


async def test_two_callers_at_once_get_two_people(phones: Phones, exchanges: Exchanges) -> None:
    ops = group("ops", "anna", "boris", strategy="firstavailable", ring_s=5.0)
    await exchanges.roster(roster(ops, line=line("group:ops")))
    first = await phones.dial()
    await first.hears("anna")
    second = await phones.dial()
    told = await second.hears("boris")
    assert "anna" not in told.heard_names()
    assert (await first.told()).ended_at is None
    both = await phones.rings(told.began)
    assert [ring.who for ring in both if ring.answered_at] == ["boris"]
    await first.hang_up()
    await second.hang_up()
