"""Callers who wait in a queue: order, what they hear, agents who come and go, chains, the death of the exchange."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Any

from bench.exchange_plan import PEOPLE
from bench.lab.exchange_roles import Exchanges, Phones, Talk
from bench.lab.registering import registered
from bench.lab.roles import Faults
from bench.plan import DIDS
from bench.rosters import Document, group, line, person, roster, sip_person

NODE = "node-1"


def queue(id_: str, *agents: str, **keys: Any) -> Document:
    """A queue that rings for a short time and says nothing, unless told otherwise."""
    quiet = {"screening": "off", "ring_s": 4.0, "say_position": False, "say_wait": False}
    return {"id": id_, "name": id_.capitalize(), "agents": list(agents), **quiet, **keys}


def waits(count: int) -> Any:
    return lambda state: [one["waiting"] for one in state["queues"] if one["id"] == "desk"] == [count]


def agents_of(state: Mapping[str, Any]) -> dict[str, str]:
    return {one["person"]: one["state"] for one in state["queues"][0]["agents"]}


async def all_in(exchanges: Exchanges) -> None:
    """Agents as if they had never said anything."""
    for who in ("anna", "boris"):
        await exchanges.agent(who, "in")


async def come(phones: Phones, exchanges: Exchanges, last: int, waiting: int) -> Talk:
    """One more customer, who waits."""
    call = await phones.dial(caller=f"+42060700000{last}")
    await exchanges.wait_for(NODE, waits(waiting), f"{waiting} waiting")
    return call


async def test_the_next_free_agent_gets_the_next_caller_also_after_the_exchange_was_killed(
    phones: Phones, exchanges: Exchanges, faults: Faults
) -> None:
    desk = queue("desk", "anna", "boris", greeting="bench/greeting", say_position=True, say_every_s=20.0)
    await exchanges.roster(roster(queue=[desk], line=line("queue:desk")))
    await exchanges.agent("boris", "out")
    assert agents_of(await exchanges.state(NODE) or {}) == {"anna": "free", "boris": "out"}
    first = await phones.dial(caller="+420607000001")
    await first.hears("anna")
    second = await come(phones, exchanges, 2, 1)
    third = await come(phones, exchanges, 3, 2)
    await second.hears("greeting")
    await second.hears("music")
    told = await third.hears("sound")  # where they stand, in words
    said = max(one.end for one in told.heard if one.what == "sound")
    for call in (second, third):
        await call.hears("music", since=said)
    state = await exchanges.state(NODE) or {}
    assert agents_of(state)["anna"] == "busy"
    assert {one["state"] for one in state["calls"]} == {"talking", "waiting"}
    await faults.break_("exchange@node-1")
    killed = time.time()
    await second.hears("music", since=killed + 0.5)
    await first.hang_up()
    await faults.mend("exchange@node-1")
    await exchanges.ready()
    await second.hears("anna")
    await exchanges.agent("boris", "in")
    await third.hears("boris")
    for call in (second, third):
        await call.hang_up()
    await exchanges.wait_for(NODE, lambda state: not state["calls"], "no call")
    rows = {row["caller"]: row for row in await exchanges.calls() if row["caller"].startswith("+4206070000")}
    assert [rows[f"+42060700000{last}"]["answered_by"] for last in (1, 2, 3)] == ["anna", "anna", "boris"]
    assert {(row["queue"], row["queue_left"]) for row in rows.values()} == {("desk", "agent")}


async def test_who_cannot_wait_is_led_on_and_who_does_not_answer_is_passed_over(
    phones: Phones, exchanges: Exchanges
) -> None:
    desk = queue("desk", "anna", "boris", strategy="firstavailable", max_waiting=1, overflow="group:others")
    others = group("others", "cyril")
    await exchanges.roster(roster(others, queue=[desk], line=line("queue:desk")))
    await all_in(exchanges)
    await phones.set("anna", "never")
    call = await phones.dial()
    told = await call.hears("boris")
    assert [one.who for one in await phones.rings(told.began)] == ["anna", "boris"]
    await call.hang_up()
    await phones.set("boris", "never")
    waiting = await come(phones, exchanges, 4, 1)
    full = await phones.dial()
    await full.hears("cyril")
    await full.hang_up()
    for who in ("anna", "boris"):  # the last one takes who waits with them
        await exchanges.agent(who, "out")
    await waiting.hears("cyril")
    await waiting.hang_up()


async def test_who_comes_from_another_queue_keeps_the_place(phones: Phones, exchanges: Exchanges) -> None:
    short = queue("desk", "anna", max_wait_s=12.0, max_waiting=1, overflow="queue:long")
    await exchanges.roster(roster(queue=[short, queue("long", "boris")], line=line("queue:desk")))
    await all_in(exchanges)
    await phones.set("anna", "never")
    await phones.set("boris", "never")
    early = await come(phones, exchanges, 5, 1)
    late = await phones.dial()  # the short queue is full
    both = "both in the second queue"
    await exchanges.wait_for(NODE, lambda state: state["queues"][1]["waiting"] == 2, both)
    await phones.set("boris", "quick")
    await early.hears("boris")  # who came first, though the other was in this queue before
    assert (await late.told()).first("boris") is None
    await early.hang_up()
    await late.hears("boris")
    await late.hang_up()


async def test_who_was_being_told_something_when_the_exchange_was_killed_is_not_left_in_silence(
    phones: Phones, exchanges: Exchanges, faults: Faults
) -> None:
    desk = queue("desk", "anna", say_position=True)
    menu = {"id": "main", "name": "Main", "sound": "bench/closed", "options": {"1": "queue:desk"}, "wait_s": 30.0}
    lines = [line("queue:desk"), line("menu:main", id="second", numbers=[DIDS["trunk-b"]])]
    await exchanges.roster(roster(queue=[desk], menu=[menu], line=lines[0]) | {"line": lines})
    await exchanges.agent("anna", "paused")
    waits_ = await come(phones, exchanges, 6, 1)
    await waits_.hears("sound")  # where they stand, in words
    asked = await phones.dial(DIDS["trunk-b"])
    await asked.hears("closed")
    await faults.break_(f"exchange@{NODE}")
    await asyncio.sleep(3.0)  # what was being said has ended in Asterisk
    await faults.mend(f"exchange@{NODE}")
    mended = time.time()
    await waits_.hears("music", since=mended)
    await asked.hears("closed", since=mended)  # the question once more
    await asked.press("1")
    await exchanges.wait_for(NODE, waits(2), "both wait")
    await all_in(exchanges)
    for call in (waits_, asked):
        await call.hears("anna")
        await call.hang_up()


async def test_an_agent_says_by_codes_on_their_own_phone_whether_they_take_calls(
    phones: Phones, exchanges: Exchanges
) -> None:
    known = [*(person(name) for name in PEOPLE), sip_person("eva")]
    queues = [queue("desk", "eva", extension="800"), queue("other", "eva", "anna")]
    await exchanges.roster(roster(queue=queues, line=line("queue:desk"), person=known))
    await exchanges.agent("eva", "in")
    await registered(phones, "eva", NODE)

    async def says(code: str) -> None:
        call = await phones.dial(code, phone="eva", tone=False)
        await call.hears("sound")  # that it was understood, in words
        assert (await call.over()).ended_by == "them"

    async def shown(*states: str) -> None:
        def wanted(state: Mapping[str, Any]) -> bool:
            return tuple(one["agents"][0]["state"] for one in state["queues"]) == states

        await exchanges.wait_for(NODE, wanted, f"eva {states}")

    await says("*62")
    await shown("out", "out")
    await says("*61800")  # one queue, by its extension
    await shown("free", "out")
    await says("*61")
    await shown("free", "free")
    await says("*63")
    await shown("paused", "paused")
    began = time.time()
    waiting = await come(phones, exchanges, 7, 1)
    await waiting.hears("music")
    assert await phones.rings(began) == []
    await says("*64")
    await waiting.hears("eva")
    await waiting.hang_up()
