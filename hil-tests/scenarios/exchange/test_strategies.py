"""Each strategy's ringing pattern, seen by the telephones and heard by the caller."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import pytest

from bench.lab.exchange_roles import Exchanges, Phones, Told
from bench.rosters import group, line, roster

ALL = ("anna", "boris", "cyril")
TOGETHER_S = 1.0  # phones of one step ring so close together, on a busy machine too


def begins(rings: Sequence[Told]) -> dict[str, float]:
    """Who was rung first when, relative to the first of all."""
    first = {}
    for ring in rings:
        first.setdefault(ring.who or ring.number, ring.began)
    start = min(first.values())
    return {who: at - start for who, at in first.items()}


async def test_ringall_rings_all_at_once_and_the_quickest_has_the_call(phones: Phones, exchanges: Exchanges) -> None:
    await exchanges.roster(roster(group("ops", *ALL), line=line("group:ops")))
    await phones.set("anna", "never")
    await phones.set("boris", answers_after_s=2.0)
    await phones.set("cyril", "never")
    call = await phones.dial()
    told = await call.hears("boris")
    rings = await phones.rings(told.began)
    assert {ring.who for ring in rings} == set(ALL)
    assert max(begins(rings).values()) < TOGETHER_S
    assert told.rang, "the caller heard nothing"
    boris = next(ring for ring in rings if ring.who == "boris")
    others = [ring for ring in rings if ring.who != "boris"]
    assert all(ring.ended_by == "cancel" for ring in others)
    assert boris.answered_at is not None
    assert all(ring.ended_at is not None and ring.ended_at - boris.answered_at < 1.5 for ring in others)
    assert any(one.what == told.who for one in boris.heard) or (await phones.rings(told.began))
    await call.hang_up()


@pytest.mark.usefixtures("rested_phones")
async def test_firstavailable_tries_one_after_the_other_in_order(phones: Phones, exchanges: Exchanges) -> None:
    ops = group("ops", *ALL, strategy="firstavailable", ring_s=2.0)
    await exchanges.roster(roster(ops, line=line("group:ops")))
    await phones.set("anna", "busy")
    await phones.set("boris", "never")
    call = await phones.dial()
    told = await call.hears("cyril")
    rings = await phones.rings(told.began)
    assert [ring.who for ring in rings] == ["anna", "boris", "cyril"]
    at = begins(rings)
    assert at["boris"] < TOGETHER_S, "busy is skipped at once"
    assert 1.5 <= at["cyril"] - at["boris"] <= 4.0
    assert rings[1].ended_by == "cancel"
    await call.hang_up()


async def test_memoryhunt_adds_one_after_the_other(phones: Phones, exchanges: Exchanges) -> None:
    ops = group("ops", *ALL, strategy="memoryhunt", ring_s=10.0, step_s=2.0)
    await exchanges.roster(roster(ops, line=line("group:ops")))
    for who in ("anna", "boris"):
        await phones.set(who, "never")
    await phones.set("cyril", answers_after_s=1.0)
    call = await phones.dial()
    told = await call.hears("cyril")
    rings = await phones.rings(told.began)
    at = begins(rings)
    assert list(at) == ["anna", "boris", "cyril"]
    assert at["boris"] == pytest.approx(2.0, abs=1.0)
    assert at["cyril"] == pytest.approx(4.0, abs=1.2)
    cyril = next(ring for ring in rings if ring.who == "cyril")
    for who in ("anna", "boris"):
        own = [ring for ring in rings if ring.who == who]
        assert len(own) == 1, f"{who} has {len(own)} missed calls of one call"
        assert own[0].ended_at is not None
        assert own[0].ended_at >= (cyril.answered_at or 0) - 0.5, "the first ones ring on"
    await call.hang_up()


async def test_random_rings_one_at_a_time_until_someone_answers(phones: Phones, exchanges: Exchanges) -> None:
    ops = group("ops", *ALL, strategy="random", ring_s=2.0)
    await exchanges.roster(roster(ops, line=line("group:ops")))
    for who in ALL:
        await phones.set(who, "never")
    call = await phones.dial()
    rings = await phones.wait_for_rings(
        lambda rings: any(ring.who == "tech-1" for ring in rings), "the technician is rung last", 0.0, 20
    )
    told = await call.told()
    rings = await phones.rings(told.began)
    assert {ring.who for ring in rings[:3]} == set(ALL)
    for before, after in itertools.pairwise(rings[:4]):
        assert before.ended_at is not None
        assert after.began >= before.ended_at - 0.7, "two rang at once"
    await call.hang_up()


async def test_busy_and_unreachable_members_are_skipped(phones: Phones, exchanges: Exchanges) -> None:
    await exchanges.roster(roster(group("ops", *ALL, ring_s=10.0), line=line("group:ops")))
    await phones.set("anna", "busy")
    await phones.set("boris", "unreachable")
    await phones.set("cyril", answers_after_s=1.5)
    call = await phones.dial()
    told = await call.hears("cyril")
    await call.hang_up()
    await call.over()
    rows = [row for row in await exchanges.calls() if row["caller"] and row["answered_by"] == "cyril"]
    legs = {leg["person"]: leg["result"] for leg in rows[-1]["legs"]}
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
