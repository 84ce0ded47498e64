"""A caller who is asked by a menu and leaves a message: on the nodes, with mail, over a SIGKILL of the exchange. A
member who listens to recordings by telephone."""

from __future__ import annotations

import asyncio
import base64
import io
import itertools
import time
import wave
from collections.abc import Mapping
from typing import Any

import numpy as np

from bench.exchange_plan import LISTENING, PEOPLE, PROMPT_HZ
from bench.hearing import tones_heard
from bench.lab.exchange_roles import Exchanges, Phones, Talk
from bench.lab.registering import registered
from bench.lab.roles import Faults, NotReachedError
from bench.lab.rows import row_of
from bench.plan import DIDS
from bench.rosters import Document, group, line, person, roster, sip_person

WITHIN_S = 90.0
CALLER = "+420606000041"
MENU: Document = {
    "id": "main",
    "name": "Main",
    "sound": "bench/greeting",
    "options": {"1": "group:ops", "2": "mailbox:desk"},
    "operator": "group:night",
    "wait_s": 3.0,
    "tries": 2,
}
MAILBOX: Document = {
    "id": "desk",
    "name": "Service desk",
    "email": ["desk@example.org"],
    "greeting": "bench/closed",
    "language": "cs",
}


def asked() -> Document:
    return roster(
        group("ops", "anna"), group("night", "boris"), line=line("menu:main"), menu=[MENU], mailbox=[MAILBOX]
    )


async def mail_with_sound(phones: Phones, since: float) -> Mapping[str, Any]:
    deadline = time.monotonic() + WITHIN_S
    while True:
        mails = [one for one in await phones.mail(since) if one["sounds"]]
        if mails:
            return mails[0]
        if time.monotonic() > deadline:
            raise NotReachedError(f"no mail with a sound within {WITHIN_S:.0f} s")
        await asyncio.sleep(0.3)


def sound_of(mail: Mapping[str, Any]) -> tuple[float, frozenset[int]]:
    """Its seconds, and which customers are heard in it."""
    (content,) = mail["sounds"].values()
    with wave.open(io.BytesIO(base64.b64decode(content))) as file:
        samples = memoryview(file.readframes(-1)).cast("h")
        return len(samples) / file.getframerate(), tones_heard(samples, (600, 700, 800, 900))


async def test_a_key_leads_to_a_group_and_silence_to_the_operator(phones: Phones, exchanges: Exchanges) -> None:
    await exchanges.roster(asked())
    call = await phones.dial()
    await call.hears("greeting")
    await call.press("1")
    await call.hears("anna")
    await call.hang_up()
    call = await phones.dial()
    told = await call.hears("boris")
    asked_at = [one.start for one in told.heard if one.what == "greeting"]
    # a busy bench may hear one in two pieces
    assert 1 + sum(later - earlier > 2.0 for earlier, later in itertools.pairwise(asked_at)) == 2
    await call.hang_up()


async def test_a_message_comes_by_mail(phones: Phones, exchanges: Exchanges) -> None:
    await exchanges.roster(asked())
    since = time.time()
    call = await phones.dial(caller=CALLER)
    await call.hears("greeting")
    await call.press("2")
    await call.hears("closed")
    await asyncio.sleep(6.0)
    await call.hang_up()
    mail = await mail_with_sound(phones, since)
    assert mail["to"] == ["desk@example.org"]
    assert mail["subject"].startswith(f"Zpráva od {CALLER}")
    seconds, customers = sound_of(mail)
    assert seconds > 1.0
    assert len(customers) == 1
    row = await row_of(exchanges, CALLER, since)
    assert (row["outcome"], row["steps"]) == ("message", ["menu:main", "mailbox:desk"])


async def test_a_message_survives_the_exchange_that_took_it(
    phones: Phones, exchanges: Exchanges, faults: Faults
) -> None:
    await exchanges.roster(asked())
    since = time.time()
    call = await phones.dial()
    await call.hears("greeting")
    await call.press("2")
    await call.hears("closed")
    await asyncio.sleep(3.0)
    (name,) = [one for one in ("node-1", "node-2", "box") if (await exchanges.state(one) or {}).get("calls")]
    await faults.break_(f"exchange@{name}")
    await asyncio.sleep(5.0)
    await call.hang_up()
    await asyncio.sleep(0.5)
    assert [one for one in await phones.mail(since) if one["sounds"]] == []
    await faults.mend(f"exchange@{name}")
    seconds, _ = sound_of(await mail_with_sound(phones, since))
    assert seconds > 4.0  # more than there was while the exchange was there


def file_with(hz: int) -> bytes:
    """A WAV file as a user might have it: 44.1 kHz, stereo, and a tone that the bench knows."""
    time_s = np.arange(44_100) / 44_100
    samples = np.repeat(np.round(3000 * np.sin(2 * np.pi * hz * time_s)).astype("<i2"), 2)
    file = io.BytesIO()
    with wave.open(file, "wb") as writing:
        writing.setnchannels(2)
        writing.setsampwidth(2)
        writing.setframerate(44_100)
        writing.writeframes(samples.tobytes())
    return file.getvalue()


async def test_a_sound_of_ones_own_is_heard_on_every_exchange(phones: Phones, exchanges: Exchanges) -> None:
    data = base64.b64encode(file_with(PROMPT_HZ["holiday"])).decode()
    args = {"upload": "u1", "name": "wrong", "total": 44_100 * 4 + 44, "data": data}
    answer = await exchanges.command("box", "prompt.put", args)
    assert answer["ok"], answer
    sound = answer["result"]["sound"]
    sets = [{"id": "own", "language": "cs", "sounds": {"wrong-key": sound}}]
    # however slowly a busy bench hears and presses, silence is not what this is about
    document = asked() | {"menu": [MENU | {"prompts": "own", "wait_s": 10.0}], "prompts": sets}
    await exchanges.roster(document)
    for name in ("node-1", "node-2", "box"):  # calls come to the nodes; the box gave it to them
        await exchanges.wait_for(name, lambda state: state["prompts"]["missing"] == [], "every sound there")
    call = await phones.dial()
    await call.hears("greeting")
    await call.press("7")
    await call.hears("holiday")
    await call.hears("sound")  # keys within half a second of a wrong one belong to the same mistake
    await call.press("1")
    await call.hears("anna")
    await call.hang_up()
    refused = await exchanges.command("box", "prompt.remove", {"sound": sound})
    assert refused["error"]["code"] == "conflict"


EVA_PIN, GITA_PIN = "47110", "90210"


def recorded() -> Document:
    """One number rings eva, the other anna; gita supervises."""
    lines = [
        line("group:eva", record=True),
        line("group:anna", id="second", numbers=[DIDS["trunk-b"]], record=True),
    ]
    known = [
        *(person(name) for name in PEOPLE),
        sip_person("eva", pin=EVA_PIN),
        sip_person("gita", pin=GITA_PIN, roles=["supervisor"]),
    ]
    return roster(group("eva", "eva"), group("anna", "anna"), line=lines[0], person=known) | {"line": lines}


async def talked(phones: Phones, exchanges: Exchanges, number: str | None, caller: str, who: str) -> str:
    """A call of some seconds, once its recording is whole; the name of the caller's tone."""
    call = await phones.dial(number, caller=caller)
    told = await call.hears(who)
    await asyncio.sleep(1.5)
    await call.hang_up()
    async with asyncio.timeout(WITHIN_S):
        while True:
            answer = await exchanges.command("box", "recordings.find", {"number": caller})
            assert answer["ok"], answer
            if any(one["state"] == "whole" for one in answer["result"]["recordings"]):
                return told.who or ""
            await asyncio.sleep(0.2)


async def asked_for_pin(phones: Phones, who: str) -> Talk:
    call = await phones.dial(LISTENING, phone=who, tone=False)
    await call.hears("sound")
    return call


async def keyed(call: Talk, digits: str) -> float:
    """Press them, and hear what is said then; when they were pressed."""
    pressed = time.time()
    await call.press(digits)
    await call.hears("sound", since=pressed + 0.5)
    return pressed


async def test_recordings_are_listened_to_by_telephone_ones_own_only_and_all_by_a_supervisor(
    phones: Phones, exchanges: Exchanges
) -> None:
    await exchanges.roster(recorded())
    for who in ("eva", "gita"):
        await registered(phones, who, "node-1")
    customer = await talked(phones, exchanges, None, "+420606000051", "eva")
    await talked(phones, exchanges, DIDS["trunk-b"], "+420606000052", "anna")

    call = await asked_for_pin(phones, "eva")
    await keyed(call, f"{EVA_PIN}#")
    await call.press("1")
    await call.hears("eva")
    told = await call.hears(customer)
    for key in "23":  # there is no other one of hers, this way or that
        await keyed(call, key)
        pressed = time.time()
        await call.press("1")
        told = await call.hears("eva", since=pressed)
    assert "anna" not in told.heard_names()
    await call.press("#")
    assert (await call.over()).ended_by == "them"

    call = await asked_for_pin(phones, "gita")
    await keyed(call, f"{GITA_PIN}#")
    await call.press("1")
    told = await call.hears("anna")  # the newest first
    assert "eva" not in told.heard_names()
    await keyed(call, "2")
    await call.press("1")
    await call.hears("eva")
    await call.hang_up()
    (listens,) = [one for one in await exchanges.calls() if one["steps"][-1:] == ["listens:gita"]]
    assert (await row_of(exchanges, listens["caller"]))["outcome"] == "served"

    call = await asked_for_pin(phones, "gita")
    for wrong in ("1111#", "2222#", "3333#"):
        await keyed(call, wrong)
    assert (await call.over()).ended_by == "them"
    call = await asked_for_pin(phones, "gita")  # locked, also for whoever knows it
    await call.press(f"{GITA_PIN}#")
    told = await call.over()
    assert told.ended_by == "them"
    assert [one["steps"][-1] for one in (await exchanges.calls())[-2:]] == ["listen", "listen"]
    assert not {"anna", "eva"} & set(told.heard_names())
