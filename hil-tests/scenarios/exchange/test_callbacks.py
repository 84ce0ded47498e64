"""Callers of a queue who want to be called back: asked with keys and heard, called with the place kept, tried again,
over a SIGKILL of the exchange, from a chained queue and from its internal number (MISSION C1-C7, B8)."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from bench.exchange_plan import PEOPLE
from bench.lab.exchange_roles import Exchanges, Phones, Talk, Told
from bench.lab.registering import registered
from bench.lab.roles import Faults
from bench.lab.sim_exchange import words
from bench.plan import DIDS, SERVICE_NUMBER
from bench.rosters import Document, line, person, roster, sip_person

NODE = "node-1"
# customers here, so that the bench can hear who is called back: 777 000 115 and 777 000 116
CYRIL, DANA = PEOPLE["cyril"], PEOPLE["dana"]
# says a word when called and waits, as a person does: a tone at once would be a machine's; presses 1, as a busy bench
# may take them for neither
PERSON = {"answers_after_s": 1.0, "says_after_s": 0.4, "tone_after_s": 3.0, "presses": "1", "presses_after_s": 2.5}
EVA = sip_person("eva")
SILENT = (
    *("callback-keys", "callback-no-number", "goodbye", "wrong-key"),
    *("callback-agent", "callback-agent-calling", "callback-agent-failed", "callback-hello"),
    *(f"digit-{digit}" for digit in range(10)),
)


def prompts(id_: str, **sounds: str) -> Document:
    """A set whose sounds are tones that the bench knows; what it does not name, and every digit, is silent."""
    silent = dict.fromkeys(SILENT, "silence")
    named = {name.replace("_", "-"): f"bench/{sound}" for name, sound in sounds.items()}
    return {"id": id_, "language": "cs", "sounds": silent | named}


READ_BACK = prompts(
    "read",
    callback_number="notice",
    digit_7="closed",
    digit_5="holiday",
    callback_confirmed="greeting",
    callback_instead="greeting",
)
KEYED = prompts(
    "keyed",
    callback_number="notice",
    callback_enter="greeting",
    callback_forbidden="closed",
    callback_wrong_number="holiday",
)


def desk(prompts: str, callback: Mapping[str, Any] | None = None, **keys: Any) -> Document:
    """A queue with one agent, whose callers are called back soon."""
    terms = {"retry_after_s": 2.0, "ring_s": 8.0, "tries": 4, **(callback or {})}
    quiet = {"screening": "off", "ring_s": 8.0, "say_position": False, "say_wait": False, "prompts": prompts}
    return {"id": "desk", "name": "Desk", "agents": ["anna"], "callback": terms, **quiet, **keys}


def people(*customers: str) -> list[Document]:
    """Everybody who is no customer here."""
    return [person(name) for name in PEOPLE if name not in customers]


async def begin(exchanges: Exchanges, *queues: Document, **keys: Any) -> None:
    """Queues whose agent is at a break."""
    sets = {"prompts": [READ_BACK, KEYED], "person": people("cyril", "dana")}
    await exchanges.roster(roster(line=line(f"queue:{queues[0]['id']}"), queue=list(queues), **(sets | keys)))
    await exchanges.agent("anna", "paused")


async def waiting(exchanges: Exchanges, queue: str, count: int) -> None:
    def wanted(state: Mapping[str, Any]) -> bool:
        return [one["waiting"] for one in state["queues"] if one["id"] == queue] == [count]

    await exchanges.wait_for(NODE, wanted, f"{count} wait in {queue}")


async def standing(exchanges: Exchanges, count: int = 1, timeout_s: float = 60.0) -> Sequence[Mapping[str, Any]]:
    """The callbacks that stand, once there are so many."""
    state = await exchanges.wait_for(NODE, lambda state: len(state["callbacks"]) == count, "callbacks", timeout_s)
    return list(state["callbacks"])


async def let_go(callback: Mapping[str, Any]) -> None:
    """Until the caller has had the time to put the phone down: before, nobody is rung."""
    until = datetime.fromisoformat(callback["not_before"]).timestamp() if callback.get("not_before") else 0.0
    await asyncio.sleep(max(0.0, until - time.time()))


async def asks(
    phones: Phones, exchanges: Exchanges, caller: str, others: int = 0, number: str | None = None
) -> Mapping[str, Any]:
    """A caller who waits, asks to be called back, and is let go; the callback."""
    call = await phones.dial(number, caller=caller)
    await call.hears("music")
    await call.press("2")
    await call.hears("notice")
    await call.press("*")
    await call.over()
    return (await standing(exchanges, others + 1))[-1]


async def rung(phones: Phones, who: str, since: float, count: int = 1, timeout_s: float = 90.0) -> list[Told]:
    """The calls to somebody since then, once there are so many."""

    def wanted(rings: Sequence[Told]) -> bool:
        return sum(1 for one in rings if one.who == who) >= count

    rings = await phones.wait_for_rings(wanted, f"{count} calls to {who}", since, timeout_s)
    return [one for one in rings if one.who == who]


async def talk(phones: Phones, agent: str, caller: str, began: float, after: float = 0.0) -> None:
    """Until both have heard each other, ``after`` that, in the newest of their calls that came since ``began``."""

    def wanted(rings: Sequence[Told]) -> bool:
        newest = {one.who: one for one in rings}
        return all(
            who in newest and any(one.what == other and one.end > after for one in newest[who].heard)
            for who, other in ((agent, caller), (caller, agent))
        )

    deadline = time.monotonic() + 90.0
    while not wanted(await phones.rings(began)):
        assert time.monotonic() < deadline, [words(one) for one in await phones.rings(began)]
        await asyncio.sleep(0.3)


async def rows(exchanges: Exchanges, id_: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """The row in which a callback was asked for, and its own, once that is ended."""
    deadline = time.monotonic() + 90.0
    while True:
        found = [row for row in await exchanges.calls() if row["callback"] == id_ and row["ended_at"]]
        if len(found) == 2:
            own = next(row for row in found if row["id"] == id_)
            return next(row for row in found if row is not own), own
        assert time.monotonic() < deadline, f"the log does not tell callback {id_} whole: {found}"
        await asyncio.sleep(0.2)


def lengths(told: Told, what: str) -> float:
    return sum(one.length_s for one in told.heard if one.what == what)


async def test_on_2_the_number_is_read_back_and_the_place_kept_until_an_agent_has_answered(
    phones: Phones, exchanges: Exchanges
) -> None:
    await begin(exchanges, desk("read"))
    await phones.set("cyril", **PERSON)
    call = await phones.dial(caller=CYRIL)
    await call.hears("music")
    await call.press("2")
    await call.hears("holiday")  # the last digit but the silent ones
    told = await call.told()
    read = [one.what for one in told.heard if one.what in ("notice", "closed", "holiday")]
    assert list(dict.fromkeys(read)) == ["notice", "closed", "holiday"]
    assert 2.2 < lengths(told, "closed") < 3.8  # seven, seven, seven
    await call.press("*")
    told = await call.hears("greeting")  # the promise
    told = await call.over()
    assert told.ended_by == "them"
    (callback,) = await standing(exchanges)
    assert (callback["queue"], callback["number"], callback["state"]) == ("desk", CYRIL, "waiting")
    later = await phones.dial(caller="+420607000022")
    await later.hears("music")
    await let_go(callback)
    began = time.time()
    await exchanges.agent("anna", "in")
    await talk(phones, "anna", "cyril", began)
    (agent,), (caller,) = await rung(phones, "anna", began), await rung(phones, "cyril", began)
    assert agent.answered_at is not None
    assert caller.began >= agent.answered_at  # an agent first
    assert caller.from_ == SERVICE_NUMBER
    assert (await later.told()).first("anna") is None  # who came after does not overtake
    await phones.hang_up("cyril")
    await later.hears("anna")
    await later.hang_up()
    asked, own = await rows(exchanges, callback["id"])
    assert (asked["outcome"], asked["queue_left"]) == ("callback", "callback")
    assert (own["outcome"], own["answered_by"], own["caller"]) == ("answered", "anna", CYRIL)
    assert [leg["result"] for leg in own["legs"]] == ["talked", "talked"]


async def test_offered_in_the_second_queue_of_a_chain_and_declined_then_taken(
    phones: Phones, exchanges: Exchanges
) -> None:
    short = {"id": "short", "name": "Short", "agents": ["anna"], "screening": "off", "overflow": "queue:desk"}
    short |= {"max_wait_s": 10.0, "say_position": False, "say_wait": False}
    long = desk("read", {"offer_after_s": 1.5, "key": False})
    await begin(exchanges, short, long)
    await phones.set("cyril", **PERSON)
    declines = await phones.dial(caller="+420607000023")
    await waiting(exchanges, "short", 1)
    takes = await phones.dial(caller=CYRIL)
    await waiting(exchanges, "short", 2)
    await takes.press("2")  # there is no callback in the short queue: nothing happens
    await waiting(exchanges, "desk", 2)
    for call in (declines, takes):
        await call.hears("notice")
        told = await call.told()
        assert told.heard_names().index("music") < told.heard_names().index("greeting")  # offered after a while
    await declines.press("#")
    pressed = time.time()
    await declines.hears("music", since=pressed + 0.5)
    await takes.press("*")
    await takes.over()
    (callback,) = await standing(exchanges)
    came = {row["caller"]: row for row in await exchanges.calls() if row["queue"] == "desk"}
    first = datetime.fromisoformat(came["+420607000023"]["place_since"])
    assert datetime.fromisoformat(came["+420607000023"]["arrived_at"]) <= first  # since they came to the short queue
    assert first < datetime.fromisoformat(callback["since"]) < datetime.fromisoformat(callback["asked_at"])
    assert (datetime.fromisoformat(callback["asked_at"]) - datetime.fromisoformat(callback["since"])).seconds >= 10
    late = await phones.dial(caller="+420607000024")  # behind both, in the queue before
    await late.hears("music")
    await let_go(callback)
    began = time.time()
    await exchanges.agent("anna", "in")
    await declines.hears("anna")
    await declines.hang_up()
    await talk(phones, "anna", "cyril", began)
    assert (await late.told()).first("anna") is None
    await phones.hang_up("cyril")
    await late.hears("anna")
    await late.hang_up()


async def test_another_number_is_keyed_in_and_what_is_dear_or_foreign_refused(
    phones: Phones, exchanges: Exchanges
) -> None:
    await begin(exchanges, desk("keyed"))
    await phones.set("dana", **PERSON)
    call = await phones.dial(caller=CYRIL)
    await call.hears("music")
    await call.press("2")
    await call.hears("notice")

    async def keys(digits: str, heard: str) -> None:
        pressed = time.time()
        await call.press(digits)
        await call.hears(heard, since=pressed)

    await keys("0", "greeting")
    await keys("906123456#", "closed")  # a premium rate
    await keys("#", "music")
    await keys("2", "notice")
    await keys("0", "greeting")
    await keys("00431234567890#", "closed")  # another country
    assert (await standing(exchanges, 0)) == []
    await keys(DANA.removeprefix("+420") + "#", "notice")
    await call.press("*")
    await call.over()
    (callback,) = await standing(exchanges)
    assert callback["number"] == DANA
    await let_go(callback)
    began = time.time()
    await exchanges.agent("anna", "in")
    await talk(phones, "anna", "dana", began)
    await phones.hang_up("dana")
    assert await rung(phones, "cyril", began, 0) == []


async def test_a_number_that_is_hidden_or_none_is_asked_for_and_the_caller_waits_as_anybody(
    phones: Phones, exchanges: Exchanges
) -> None:
    await begin(exchanges, desk("keyed"))
    talks: list[Talk] = []
    for count, caller in enumerate(("anonymous", "1234567890" * 4, "+42060x0000a", "112"), 1):
        call = await phones.dial(caller=caller)
        await waiting(exchanges, "desk", count)
        await call.hears("music")
        talks.append(call)
    for call in talks:
        await call.press("2")
    for call in talks:
        told = await call.hears("greeting")  # key in a number
        assert told.first("notice") is None
        await call.press("1" * 16 + "#")
    for call in talks:
        await call.hears("holiday")  # that is no number
        await call.press("#")
    for call in talks:
        await call.hears("music", since=time.time() + 0.5)
    assert await standing(exchanges, 0) == []
    await exchanges.agent("anna", "in")
    for call in talks:  # in the order in which they came
        await call.hears("anna")
        await call.hang_up()


async def test_who_is_busy_away_or_a_voicemail_is_tried_again_and_the_agent_is_free_meanwhile(
    phones: Phones, exchanges: Exchanges
) -> None:
    queues = desk("read", {"retry_after_s": 8.0}), desk("read", {"retry_after_s": 4.0}, id="second", agents=["boris"])
    lines = [line("queue:desk"), line("queue:second", id="second", numbers=[DIDS["trunk-b"]])]
    people_ = people("cyril", "dana")
    document = roster(line=lines[0], queue=list(queues), prompts=[READ_BACK], person=people_) | {"line": lines}
    await exchanges.roster(document)
    await exchanges.agent("anna", "paused")
    await exchanges.agent("boris", "paused")
    await phones.set("cyril", "busy")
    await phones.set("dana", "never")
    first = await asks(phones, exchanges, CYRIL)
    second = await asks(phones, exchanges, DANA, 1, DIDS["trunk-b"])
    await let_go(second)
    other = await phones.dial(caller="+420607000025")
    await other.hears("music")
    began = time.time()

    async def is_somebody_else_each_time() -> Told:
        """Whatever cyril does meanwhile: the next attempt does not wait."""
        await rung(phones, "dana", began)
        await phones.set("dana", "voicemail")
        machine = (await rung(phones, "dana", began, 2))[1]
        await phones.set("dana", **PERSON)
        return machine

    async with asyncio.TaskGroup() as beside:
        dana = beside.create_task(is_somebody_else_each_time())
        await exchanges.agent("anna", "in")
        await exchanges.agent("boris", "in")
        await rung(phones, "cyril", began)
        await phones.set("cyril", **PERSON)
        await other.hears("anna")  # until the next attempt the agent takes who is on the line
        await other.hang_up()
        await talk(phones, "anna", "cyril", began)
        await phones.hang_up("cyril")
        assert {one["since"] for one in await standing(exchanges)} == {second["since"]}
    machine = dana.result()
    await rung(phones, "dana", began, 3)
    await talk(phones, "boris", "dana", began)
    await phones.hang_up("dana")
    for callback, number, expected in (
        (first, CYRIL, ["busy", "talked"]),
        (second, DANA, ["no_answer", "machine", "talked"]),
    ):
        _, own = await rows(exchanges, callback["id"])
        assert [leg["result"] for leg in own["legs"] if leg["number"] == number] == expected
    calls = await rung(phones, "dana", began, 3)
    assert all((one.ended_at or 9e12) <= later.began for one, later in itertools.pairwise(calls))
    heard = next(one for one in calls if one.id == machine.id).heard_names()
    assert "boris" not in heard  # a machine is never connected


async def test_over_a_sigkill_of_the_exchange_there_is_one_attempt_and_the_place_is_kept(
    phones: Phones, exchanges: Exchanges, faults: Faults
) -> None:
    await begin(exchanges, desk("read", {"ring_s": 120.0}))
    await phones.set("cyril", **(PERSON | {"answers_after_s": None}))
    callback = await asks(phones, exchanges, CYRIL)
    await faults.break_(f"exchange@{NODE}")  # while it waits
    await faults.mend(f"exchange@{NODE}")
    await exchanges.ready()
    (again,) = await standing(exchanges)
    assert (again["id"], again["since"]) == (callback["id"], callback["since"])
    await let_go(again)
    began = time.time()
    await exchanges.agent("anna", "in")
    await rung(phones, "cyril", began)
    await faults.break_(f"exchange@{NODE}")  # while the caller's phone rings
    await faults.mend(f"exchange@{NODE}")
    await exchanges.ready()
    await phones.pick_up("cyril")
    await talk(phones, "anna", "cyril", began)
    assert len(await rung(phones, "cyril", began)) == 1
    assert len(await rung(phones, "anna", began)) == 1
    await phones.hang_up("cyril")
    await standing(exchanges, 0)
    _, own = await rows(exchanges, callback["id"])
    assert (own["outcome"], own["answered_by"]) == ("answered", "anna")
    assert len(await rung(phones, "cyril", began)) == 1  # and nobody is called once more


async def test_a_queue_is_tried_out_by_its_internal_number_with_its_callback(
    phones: Phones, exchanges: Exchanges
) -> None:
    own = [*people("cyril", "dana"), EVA]
    await begin(exchanges, desk("keyed", extension="800", agents=["anna", "eva"]), person=own)
    await exchanges.agent("eva", "in")
    await phones.set("dana", **PERSON)
    await registered(phones, "eva", NODE)
    dialled = time.time()
    call = await phones.dial("800", phone="eva")
    await call.hears("music")
    await call.press("2")
    await call.hears("notice")  # their mobile: the phone's own short number leads nowhere
    await call.press("0")
    await call.hears("greeting")
    asked = time.time()
    await call.press(DANA.removeprefix("+420") + "#")
    await call.hears("notice", since=asked)
    assert await rung(phones, "eva", dialled, 0) == []  # their own phone is not rung for their own call
    await exchanges.agent("eva", "out")  # before the callback may begin, however long a busy bench takes
    await call.press("*")
    await call.over()
    (callback,) = await standing(exchanges)
    await let_go(callback)
    began = time.time()
    await exchanges.agent("anna", "in")
    await talk(phones, "anna", "dana", began)
    await phones.hang_up("dana")


async def test_who_calls_again_at_another_exchange_is_in_one_queue_only(phones: Phones, exchanges: Exchanges) -> None:
    own = [*people("cyril", "dana"), EVA]
    await begin(exchanges, desk("read", extension="800"), person=own)
    began = time.time()
    callback = await asks(phones, exchanges, EVA["mobile"])
    await let_go(callback)
    await registered(phones, "eva", "node-2")
    call = await phones.dial("800", phone="eva")
    await call.hears("music")
    await exchanges.wait_for(NODE, lambda state: [one["state"] for one in state["callbacks"]] == ["aside"], "a rest")
    await exchanges.agent("anna", "in")  # both exchanges have the same agent
    await call.hears("anna")
    await standing(exchanges, 0)
    await call.hang_up()
    (ended,) = (await exchanges.command(NODE, "callback.list", {"ended": 1, "here": True}))["result"]["callbacks"]
    assert (ended["id"], ended["result"]) == (callback["id"], "called_again")
    assert [one for one in await phones.outgoing(began) if one["number"] == EVA["mobile"]] == []
