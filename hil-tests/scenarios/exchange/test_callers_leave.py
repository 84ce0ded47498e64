"""The caller hangs up: at the greeting, while phones ring, while an answer is screened, in the middle of the talk."""

from __future__ import annotations

import time

import pytest

from bench.lab.exchange_roles import Exchanges, Phones
from bench.lab.rows import ROUNDED_S, row_of, unix
from bench.rosters import group, line, roster

BLOCK_S = 0.1  # so exactly a telephone knows when it began to hear something
LONG_S = 120.0  # who stops ringing before has been told to


async def test_at_the_greeting_nobody_is_rung(phones: Phones, exchanges: Exchanges) -> None:
    again = ["play:bench/greeting"] * 20  # a busy bench may need longer than one to hear it and hang up
    await exchanges.roster(roster(group("ops", "anna"), line=line(*again, "group:ops", greeting="bench/greeting")))
    caller = "+420606000001"
    call = await phones.dial(caller=caller)
    await call.hears("greeting")
    await call.hang_up()
    told = await call.over()
    row = await row_of(exchanges, caller)
    assert (row["outcome"], row["ended_by"], row["answered_by"]) == ("abandoned", "caller", None)
    assert await phones.rings(told.began) == []


async def test_while_phones_ring_they_stop_at_once_and_it_is_one_missed_call(
    phones: Phones, exchanges: Exchanges
) -> None:
    await exchanges.roster(roster(group("ops", "anna", "boris", ring_s=LONG_S), line=line("group:ops")))
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
    row = await row_of(exchanges, caller)
    assert (row["outcome"], row["ended_by"]) == ("abandoned", "caller")
    assert {leg["result"] for leg in row["legs"]} == {"caller_gone"}
    assert row["waited_s"] is not None
    assert told.ended_at is not None
    assert told.ended_at - ROUNDED_S <= unix(row["ended_at"]) <= time.time()


async def test_while_an_answer_is_screened(phones: Phones, exchanges: Exchanges) -> None:
    await exchanges.roster(roster(group("ops", "anna", screening="key", ring_s=LONG_S), line=line("group:ops")))
    await phones.set("anna", tone=False)  # answers, says hello, presses nothing
    caller = "+420606000003"
    call = await phones.dial(caller=caller)
    told = await call.told()
    await phones.wait_for_rings(lambda rings: any(one.answered_at for one in rings), "anna answers", told.began)
    assert (await call.told()).ended_at is None
    await call.hang_up()
    rings = await phones.wait_for_rings(lambda rings: all(one.ended_at for one in rings), "anna is free", told.began)
    assert not any(one.what.startswith("customer") for one in rings[0].heard), "an unaccepted call was connected"
    row = await row_of(exchanges, caller)
    assert (row["outcome"], row["answered_by"]) == ("abandoned", None)


async def test_in_the_middle_of_the_talk(phones: Phones, exchanges: Exchanges) -> None:
    await exchanges.roster(roster(group("ops", "anna"), line=line("group:ops")))
    caller = "+420606000004"
    call = await phones.dial(caller=caller)
    told = await call.hears("anna")
    await phones.hears("anna", told.who or "", told.began)
    await call.hang_up()
    rings = await phones.wait_for_rings(lambda rings: all(one.ended_at for one in rings), "anna is free", told.began)
    assert rings[0].ended_by == "them"
    row = await row_of(exchanges, caller)
    assert (row["outcome"], row["ended_by"], row["answered_by"]) == ("answered", "caller", "anna")
    assert row["answered_number"] == "+420777000113"


async def test_the_member_hangs_up_and_the_caller_is_released(phones: Phones, exchanges: Exchanges) -> None:
    await exchanges.roster(roster(group("ops", "anna"), line=line("group:ops")))
    caller = "+420606000005"
    call = await phones.dial(caller=caller)
    await call.hears("anna")
    await phones.hang_up("anna")
    told = await call.over()
    assert told.ended_by == "them"
    row = await row_of(exchanges, caller)
    assert (row["outcome"], row["ended_by"]) == ("answered", "member")


async def test_the_log_tells_every_moment_as_the_telephones_saw_it(phones: Phones, exchanges: Exchanges) -> None:
    """Each moment of the log lies between what was seen to come before it and what was seen to follow from it."""
    await exchanges.roster(roster(group("ops", "anna", "boris", ring_s=LONG_S), line=line("group:ops")))
    await phones.set("anna", "never")
    await phones.set("boris", "never")
    caller = "+420606000006"
    call = await phones.dial(caller=caller)
    told = await call.told()
    await phones.wait_for_rings(lambda rings: sum(1 for one in rings if one.rang_at) == 2, "both ring", told.began)
    await phones.pick_up("boris")
    heard = (await call.hears("boris")).first("boris")
    await call.hang_up()
    told = await call.over()
    ended = await phones.wait_for_rings(lambda rings: all(one.ended_at for one in rings), "nobody rings", told.began)
    rings = {one.who: one for one in ended}
    row = await row_of(exchanges, caller)
    boris = rings["boris"]
    assert heard is not None
    assert boris.answered_at is not None
    assert boris.ended_at is not None
    assert told.ended_at is not None
    assert row["called"] == "+420226000100"
    assert row["trunk"] == "trunk-a"
    assert row["line"] == "service"

    def between(at: str, earliest: float, latest: float) -> bool:
        return earliest - ROUNDED_S <= unix(at) <= latest + ROUNDED_S

    assert between(row["arrived_at"], told.began, min(one.began for one in ended))
    assert between(row["answered_at"], boris.answered_at, heard.start + BLOCK_S)
    assert between(row["ended_at"], told.ended_at, time.time())
    assert row["waited_s"] == pytest.approx(unix(row["answered_at"]) - unix(row["arrived_at"]), abs=0.1)
    assert row["talked_s"] == pytest.approx(unix(row["ended_at"]) - unix(row["answered_at"]), abs=0.1)
    legs = {leg["person"]: leg for leg in row["legs"]}
    assert {person: leg["result"] for person, leg in legs.items()} == {"anna": "elsewhere", "boris": "talked"}
    for person, leg in legs.items():
        ring = rings[person]
        assert leg["number"] == ring.number
        assert leg["via"] == ring.via
        assert ring.rang_at is not None
        assert between(leg["rang_at"], ring.rang_at, unix(row["ended_at"]))
    last = max(unix(leg["rang_at"]) for leg in legs.values()) - unix(row["arrived_at"])
    assert 0 < row["last_phone_rang_after_s"] <= last + ROUNDED_S
