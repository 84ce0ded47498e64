"""After calls: who took it, who it was, and what was missed, by SMS through the box's modem and by e-mail."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any

from bench.exchange_plan import PEOPLE
from bench.lab.exchange_roles import Exchanges, Phones
from bench.lab.roles import Carrier, NotReachedError
from bench.rosters import group, line, person, roster

CALLER = "+420606000021"
WITHIN_S = 90.0


async def text_to(carrier: Carrier, number: str, what: str, before: Sequence[Any] = ()) -> str:
    """The first text beyond those of before that contains ``what``."""
    deadline = time.monotonic() + WITHIN_S
    while True:
        texts = [str(text) for text in (await carrier.texts(number))[len(before) :]]
        for text in texts:
            if what in text:
                return text
        if time.monotonic() > deadline:
            raise NotReachedError(f"no text with {what!r} to {number} within {WITHIN_S:.0f} s; there are {texts}")
        await asyncio.sleep(0.3)


async def test_the_group_hears_who_took_the_call_and_the_caller_who_it_was(
    phones: Phones, exchanges: Exchanges, carrier: Carrier
) -> None:
    ops = group("ops", "anna", "boris", sms_taken=True)
    await exchanges.roster(roster(ops, line=line("group:ops", sms_after=True)))
    await phones.set("boris", "never")
    call = await phones.dial(caller=CALLER)
    await call.hears("anna")
    taken = await text_to(carrier, PEOPLE["boris"], "Anna")
    assert CALLER[-9:] in taken.replace(" ", "")
    await call.hang_up()
    after = await text_to(carrier, CALLER, "Anna")
    assert PEOPLE["anna"][-9:] in after.replace(" ", "")
    assert not any("Anna" in str(text) for text in await carrier.texts(PEOPLE["anna"])), "she knows it was her"


async def test_a_missed_call_is_told_to_the_group_by_sms_and_by_mail(
    phones: Phones, exchanges: Exchanges, carrier: Carrier
) -> None:
    people = [person(name) for name in PEOPLE]
    people[2] |= {"email": "anna@example.org"}
    ops = group("ops", "anna", "boris", missed=["sms", "email"])
    document = roster(ops, line=line("group:ops", missed_email=["office@example.org"]))
    await exchanges.roster({**document, "person": people})
    for who in ("anna", "boris"):
        await phones.set(who, "never")
    before = await carrier.texts(PEOPLE["boris"])
    call = await phones.dial(caller="+420606000022")
    told = await call.told()
    await phones.wait_for_rings(lambda rings: len(rings) == 2, "both ring", told.began)
    await call.hang_up()
    text = await text_to(carrier, PEOPLE["boris"], "022", before)
    assert "606000022" in text.replace(" ", "")
    deadline = time.monotonic() + WITHIN_S
    while (mails := await phones.mail(told.began)) is not None:
        receivers = {to for mail in mails for to in mail["to"]}
        if receivers == {"anna@example.org", "office@example.org"}:
            break
        assert time.monotonic() < deadline, f"mails went to {receivers}"
        await asyncio.sleep(0.3)
    assert all("606000022" in mail["text"].replace(" ", "") for mail in mails)
