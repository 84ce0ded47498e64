"""The caller hangs up: at the greeting, while phones ring, while an answer is screened, in the middle of the talk."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from bench.lab.exchange_roles import Exchanges, Phones
from bench.lab.roles import NotReachedError
from bench.rosters import group, line, roster

NEAR_S = 1.5  # the log and the telephones look at the same second from two sides


async def last_row(exchanges: Exchanges, caller: str) -> Any:
    for _ in range(40):
        rows = [row for row in await exchanges.calls() if row["caller"] == caller and row["ended_at"]]
        if rows:
            return rows[-1]
    raise NotReachedError(f"no row of {caller} in any log")


def unix(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


async def test_at_the_greeting_nobody_is_rung(phones: Phones, exchanges: Exchanges) -> None:
    again = ["play:bench/greeting"] * 3  # a busy bench may need longer than one to hear it and hang up
    await exchanges.roster(roster(group("ops", "anna"), line=line(*again, "group:ops", greeting="bench/greeting")))
    caller = "+420606000001"
    call = await phones.dial(caller=caller)
    await call.hears("greeting")
    await call.hang_up()
    told = await call.over()
    row = await last_row(exchanges, caller)
    assert (row["outcome"], row["ended_by"], row["answered_by"]) == ("abandoned", "caller", None)
    assert await phones.rings(told.began) == []


async def test_while_phones_ring_they_stop_at_once_and_it_is_one_missed_call(
    phones: Phones, exchanges: Exchanges
) -> None:
    await exchanges.roster(roster(group("ops", "anna", "boris"), line=line("group:ops")))
    for who in ("anna", "boris"):
        await phones.set(who, "never")
    caller = "+420606000002"
    call = await phones.dial(caller=caller)
    told = await call.told()
    await phones.wait_for_rings(lambda rings: sum(1 for one in rings if one.rang_at) == 2, "both ring", told.began)
    await call.hang_up()
    told = await call.over()
    rings = await phones.wait_for_rings(lambda rings: all(one.ended_at for one in rings), "nobody rings", told.began)
    assert [one.ended_by for one in rings] == ["cancel", "cancel"]
    assert all(one.ended_at - told.ended_at < NEAR_S for one in rings if one.ended_at and told.ended_at)
    row = await last_row(exchanges, caller)
    assert (row["outcome"], row["ended_by"]) == ("abandoned", "caller")
    assert {leg["result"] for leg in row["legs"]} == {"caller_gone"}
    assert row["waited_s"] is not None
    assert abs(unix(row["ended_at"]) - (told.ended_at or 0)) < NEAR_S


async def test_while_an_answer_is_screened(phones: Phones, exchanges: Exchanges) -> None:
    await exchanges.roster(roster(group("ops", "anna", screening="key"), line=line("group:ops")))
    await phones.set("anna", tone=False)  # answers, says hello, presses nothing
    caller = "+420606000003"
    call = await phones.dial(caller=caller)
    told = await call.told()
    await phones.wait_for_rings(lambda rings: any(one.answered_at for one in rings), "anna answers", told.began)
    assert (await call.told()).ended_at is None
    await call.hang_up()
    rings = await phones.wait_for_rings(lambda rings: all(one.ended_at for one in rings), "anna is free", told.began)
    assert not any(one.what.startswith("customer") for one in rings[0].heard), "an unaccepted call was connected"
    row = await last_row(exchanges, caller)
    assert (row["outcome"], row["answered_by"]) == ("abandoned", None)


async def test_in_the_middle_of_the_talk(phones: Phones, exchanges: Exchanges) -> None:
    await exchanges.roster(roster(group("ops", "anna"), line=line("group:ops")))
    caller = "+420606000004"
    call = await phones.dial(caller=caller)
    told = await call.hears("anna")
    await call.hang_up()
    rings = await phones.wait_for_rings(lambda rings: all(one.ended_at for one in rings), "anna is free", told.began)
    assert rings[0].ended_by == "them"
    assert any(one.what == told.who for one in rings[0].heard), "anna did not hear the caller"
    row = await last_row(exchanges, caller)
    assert (row["outcome"], row["ended_by"], row["answered_by"]) == ("answered", "caller", "anna")
    assert row["answered_number"] == "+420777000113"


async def test_the_member_hangs_up_and_the_caller_is_released(phones: Phones, exchanges: Exchanges) -> None:
    await exchanges.roster(roster(group("ops", "anna"), line=line("group:ops")))
    caller = "+420606000005"
    call = await phones.dial(caller=caller)
    await call.hears("anna")
    await phones.hang_up("anna")
    told = await call.over(10)
    assert told.ended_by == "them"
    row = await last_row(exchanges, caller)
    assert (row["outcome"], row["ended_by"]) == ("answered", "member")


async def test_the_log_tells_every_moment_to_the_second(phones: Phones, exchanges: Exchanges) -> None:
    await exchanges.roster(roster(group("ops", "anna", "boris"), line=line("group:ops")))
    await phones.set("anna", "never")
    await phones.set("boris", answers_after_s=2.0)
    caller = "+420606000006"
    call = await phones.dial(caller=caller)
    await call.hears("boris")
    await call.hang_up()
    told = await call.over()
    rings = {one.who: one for one in await phones.rings(told.began)}
    row = await last_row(exchanges, caller)
    boris = rings["boris"]
    assert boris.answered_at is not None
    assert boris.ended_at is not None
    assert row["called"] == "+420226000100"
    assert row["trunk"] == "trunk-a"
    assert row["line"] == "service"
    seen = {
        "arrived_at": told.began,
        "answered_at": boris.answered_at,
        "ended_at": told.ended_at,
    }
    for name, at in seen.items():
        assert abs(unix(row[name]) - (at or 0)) < NEAR_S, name
    assert abs(row["waited_s"] - (boris.answered_at - told.began)) < NEAR_S
    assert abs(row["talked_s"] - (boris.ended_at - boris.answered_at)) < NEAR_S
    legs = {leg["person"]: leg for leg in row["legs"]}
    assert {person: leg["result"] for person, leg in legs.items()} == {"anna": "elsewhere", "boris": "talked"}
    for person, leg in legs.items():
        ring = rings[person]
        assert leg["number"] == ring.number
        assert leg["via"] == ring.via
        assert ring.rang_at is not None
        assert abs(unix(leg["rang_at"]) - ring.rang_at) < NEAR_S
    assert row["last_phone_rang_after_s"] is not None
    assert row["last_phone_rang_after_s"] < NEAR_S
