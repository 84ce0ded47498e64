"""The exchange or its Asterisk dies in the middle of calls; nobody is lost, and the log comes out right."""

from __future__ import annotations

import asyncio
import base64
import io
import time
import wave
from array import array
from collections.abc import Mapping, Sequence
from typing import Any

import pytest_asyncio

from bench.exchange_plan import KNOWN_HZ
from bench.hearing import tones_heard
from bench.lab.exchange_roles import ExchangeBench, Exchanges, Phones
from bench.lab.roles import Faults, NotReachedError
from bench.lab.rows import row_of
from bench.rosters import group, line, roster

OPS = roster(group("ops", "anna", "boris", ring_s=120.0), line=line("group:ops"))


@pytest_asyncio.fixture(autouse=True)
async def anna_answers(phones: Phones, exchange_bench: ExchangeBench) -> None:
    """Both ring, and it is always the same one who takes the call."""
    del exchange_bench  # quiet before
    await phones.set("boris", "never")


async def told_once(exchanges: Exchanges, caller: str) -> None:
    assert len([row for row in await exchanges.calls() if row["caller"] == caller]) == 1


async def again_to_anna(phones: Phones) -> None:
    """Dial until the exchange has the calls again: until then they ring the technician."""
    deadline = time.monotonic() + 180
    while True:
        call = await phones.dial()
        try:
            await call.hears("anna", 10)
        except NotReachedError:
            assert time.monotonic() < deadline
        else:
            return
        finally:
            await call.hang_up()


async def test_talkers_do_not_notice_that_the_exchange_dies_and_the_log_tells_the_call(
    phones: Phones, exchanges: Exchanges, faults: Faults
) -> None:
    await exchanges.roster(OPS)
    caller = "+420606000011"
    call = await phones.dial(caller=caller)
    await call.hears("anna")
    await faults.break_("exchange@node-1")
    killed = time.time()
    told = await call.hears("anna", since=killed + 0.5)
    assert told.ended_at is None
    await faults.mend("exchange@node-1")
    await exchanges.ready()
    await call.hears("anna", since=time.time())
    await phones.hang_up("anna")
    told = await call.over()
    anna = next(one for one in await phones.rings(told.began) if one.who == "anna")
    heard = [one for one in anna.heard if one.what == told.who]
    assert sum(one.length_s for one in heard) > (killed - (anna.answered_at or killed)), "she lost the caller"
    row = await row_of(exchanges, caller)
    assert (row["outcome"], row["answered_by"], row["ended_by"]) == ("answered", "anna", "member")
    await told_once(exchanges, caller)


async def test_phones_that_rang_when_the_exchange_died_can_still_answer(
    phones: Phones, exchanges: Exchanges, faults: Faults
) -> None:
    await exchanges.roster(OPS)
    await phones.set("anna", "never")
    caller = "+420606000012"
    call = await phones.dial(caller=caller)
    told = await call.told()
    await phones.wait_for_rings(lambda rings: len(rings) == 2, "both ring", told.began)
    await faults.break_("exchange@node-1")
    await faults.mend("exchange@node-1")
    await exchanges.ready()
    await phones.pick_up("anna")
    told = await call.hears("anna")
    rings = await phones.rings(told.began)
    assert sorted(one.who or "" for one in rings) == ["anna", "boris"], "rung twice"
    await call.hang_up()
    row = await row_of(exchanges, caller)
    assert (row["outcome"], row["answered_by"]) == ("answered", "anna")
    await told_once(exchanges, caller)


async def test_a_call_without_an_exchange_rings_the_technician(
    phones: Phones, exchanges: Exchanges, faults: Faults
) -> None:
    await exchanges.roster(OPS)
    await faults.break_("exchange@node-1")
    call = await phones.dial()
    told = await call.hears("tech-1")
    assert {one.who for one in await phones.rings(told.began)} == {"tech-1"}
    await call.hang_up()
    await faults.mend("exchange@node-1")
    await exchanges.ready()
    again = await phones.dial()
    await again.hears("anna")
    await again.hang_up()


async def test_the_technician_of_the_gap_is_who_has_duty_now(
    phones: Phones, exchanges: Exchanges, faults: Faults
) -> None:
    await exchanges.roster(OPS)
    await exchanges.duty("tech-2")
    await faults.break_("exchange@node-1")
    call = await phones.dial()
    await call.hears("tech-2")
    await call.hang_up()


async def test_a_restarted_asterisk_is_found_again_and_its_calls_are_told_as_cut(
    phones: Phones, exchanges: Exchanges, faults: Faults
) -> None:
    await exchanges.roster(OPS)
    caller = "+420606000013"
    call = await phones.dial(caller=caller)
    await call.hears("anna")
    await faults.break_("asterisk@node-1")
    await faults.mend("asterisk@node-1")
    row = await row_of(exchanges, caller)
    assert row["outcome"] == "cut"
    await told_once(exchanges, caller)
    await exchanges.ready()
    await phones.reset("quick")
    await phones.set("boris", "never")
    await again_to_anna(phones)


async def test_without_a_broker_calls_go_on_with_the_roster_that_was_heard_last(
    phones: Phones, exchanges: Exchanges, faults: Faults
) -> None:
    await exchanges.roster(OPS)
    await faults.break_("broker")
    call = await phones.dial()
    await call.hears("anna")
    await call.hang_up()
    await faults.break_("exchange@node-1")
    await faults.mend("exchange@node-1")
    await again_to_anna(phones)


async def test_a_recording_survives_the_exchange_is_had_from_the_box_and_erased_with_its_caller(
    phones: Phones, exchanges: Exchanges, faults: Faults
) -> None:
    await exchanges.roster(
        roster(group("ops", "anna"), line=line("group:ops", record=True, record_sides="stereo", record_days=3))
    )
    caller = "+420606000017"
    call = await phones.dial(caller=caller)
    told = await call.hears("anna")
    await faults.break_("exchange@node-1")
    await asyncio.sleep(2.5)
    await faults.mend("exchange@node-1")
    await exchanges.ready()
    await asyncio.sleep(4.0)
    await call.hang_up()
    row = await row_of(exchanges, caller)
    recording = await recording_of(exchanges, caller)
    assert (recording["exchange"], recording["state"], recording["sides"]) == ("node-1", "whole", "stereo")
    assert recording["people"] == ["anna"]
    # MISSION K7: neither is the talk up to the kill missing, nor that after the return
    assert row["talked_s"] - recording["seconds"] < 3.0
    left, right = await sides_of(exchanges, recording)
    assert tones_heard(left, KNOWN_HZ.values()) == {KNOWN_HZ[told.who or ""]}
    assert tones_heard(right, KNOWN_HZ.values()) == {KNOWN_HZ["anna"]}
    figures = await result(exchanges, "stats", {"person": "anna", "by": "person"})
    assert figures["total"]["answered"] >= 1
    await collected(exchanges, caller)
    erased = await result(exchanges, "privacy.erase", {"number": caller})
    assert (erased["missing"], erased["in_use"]) == ([], 0)
    assert (erased["erased"]["node-1"]["recordings"], erased["erased"]["box"]["calls"]) == (1, 1)
    assert (await result(exchanges, "recordings.find", {"number": caller}))["recordings"] == []
    assert [one for one in await exchanges.calls() if one.get("caller") == caller] == []


async def result(exchanges: Exchanges, name: str, args: Mapping[str, Any]) -> Any:
    answer = await exchanges.command("box", name, args)
    assert answer["ok"], answer
    return answer["result"]


async def collected(exchanges: Exchanges, caller: str) -> None:
    """Until the box has the call of a node in its own log."""
    async with asyncio.timeout(90):
        while True:
            found = (await result(exchanges, "privacy.export", {"number": caller}))["found"]
            if any(one["ended_at"] for one in found["box"]["calls"]):
                return
            await asyncio.sleep(0.2)


async def recording_of(exchanges: Exchanges, caller: str) -> dict[str, Any]:
    async with asyncio.timeout(90):
        while True:
            answer = await result(exchanges, "recordings.find", {"number": caller})
            if answer["recordings"] and answer["recordings"][0]["state"] != "recording":
                return dict(answer["recordings"][0])
            await asyncio.sleep(0.2)


async def sides_of(exchanges: Exchanges, recording: Mapping[str, Any]) -> list[Sequence[int]]:
    """The samples of each side, fetched through the box."""
    data, last = b"", False
    while not last:
        args = {"id": recording["id"], "exchange": recording["exchange"], "offset": len(data)}
        answer = await result(exchanges, "recording.read", args)
        data, last = data + base64.b64decode(answer["data"]), answer["last"]
    with wave.open(io.BytesIO(data)) as file:
        samples = array("h", file.readframes(file.getnframes()))
    return [samples[0::2], samples[1::2]]
