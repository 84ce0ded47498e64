"""A call ends at a natural person: voicemails, announcements in early media, silence, and the key asked for."""

from __future__ import annotations

import pytest
import pytest_asyncio

from bench.lab.exchange_roles import Exchanges, Phones
from bench.lab.rows import row_of
from bench.rosters import group, line, roster

CALLER = "+420606000071"


@pytest_asyncio.fixture(autouse=True)
async def people(phones: Phones) -> None:
    """Whoever is screened must behave as people do: let it ring, say a word, wait for one."""
    await phones.reset("normal")


@pytest.mark.parametrize("like", ["voicemail", "early-voicemail"])
async def test_a_voicemail_is_never_connected_and_the_others_ring_on(
    phones: Phones, exchanges: Exchanges, like: str
) -> None:
    ops = group("ops", "anna", "boris", ring_s=60.0, screening="auto")
    await exchanges.roster(roster(ops, line=line("group:ops")))
    await phones.set("anna", like)
    await phones.set("boris", answers_after_s=9.0)
    call = await phones.dial(caller=CALLER)
    told = await call.hears("boris", 60)
    rings = {one.who: one for one in await phones.rings(told.began)}
    assert not any(one.what.startswith("customer") for one in rings["anna"].heard), "the voicemail heard the caller"
    await call.hang_up()
    row = await row_of(exchanges, CALLER, told.began)
    assert row["answered_by"] == "boris"
    legs = {leg["person"]: leg["result"] for leg in row["legs"]}
    assert legs["boris"] == "talked"
    if like == "voicemail":
        assert legs["anna"] in ("machine", "not_accepted")


async def test_a_mailbox_that_sounds_like_a_person_is_given_away_by_its_number(
    phones: Phones, exchanges: Exchanges
) -> None:
    ops = group("ops", "anna", "boris", ring_s=60.0, screening="auto")
    await exchanges.roster(roster(ops, line=line("group:ops")))
    await phones.set("anna", "voicemail", says="voicemail-pause", answers_as="+420603399999")
    await phones.set("boris", answers_after_s=9.0)
    call = await phones.dial(caller=CALLER)
    told = await call.hears("boris", 60)
    anna = next(one for one in await phones.rings(told.began) if one.who == "anna")
    assert not any(one.what.startswith("customer") for one in anna.heard), "the mailbox heard the caller"
    await call.hang_up()
    row = await row_of(exchanges, CALLER, told.began)
    legs = {leg["person"]: leg for leg in row["legs"]}
    assert (row["answered_by"], legs["anna"]["connected"]) == ("boris", "+420603399999")


async def test_only_voicemails_lead_to_the_technician(phones: Phones, exchanges: Exchanges) -> None:
    ops = group("ops", "anna", "boris", ring_s=10.0, screening="auto")
    await exchanges.roster(roster(ops, line=line("group:ops")))
    for who in ("anna", "boris"):
        await phones.set(who, "voicemail")
    call = await phones.dial()
    told = await call.hears("tech-1", 60)
    assert "anna" not in told.heard_names()
    await call.hang_up()


@pytest.mark.parametrize(
    ("says", "presses", "by"), [("hello", "", "human"), ("greeting-long", "1", "key")], ids=["a word", "sentences"]
)
async def test_a_person_who_says_a_word_needs_no_key_and_one_who_talks_on_is_asked(
    phones: Phones, exchanges: Exchanges, says: str, presses: str, by: str
) -> None:
    await exchanges.roster(roster(group("ops", "anna", screening="auto", ring_s=60.0), line=line("group:ops")))
    await phones.set("anna", says=says, presses=presses, presses_after_s=4.0)
    call = await phones.dial(caller=CALLER)
    told = await call.hears("anna", 60)
    await call.hang_up()
    row = await row_of(exchanges, CALLER, told.began)
    assert [leg["screening"] for leg in row["legs"]] == [by]


async def test_who_says_nothing_is_asked_for_a_key_and_connected_on_pressing_it(
    phones: Phones, exchanges: Exchanges
) -> None:
    await exchanges.roster(roster(group("ops", "anna", screening="auto", ring_s=60.0), line=line("group:ops")))
    await phones.set("anna", says=None, tone=True, tone_after_s=7.0, presses="1", presses_after_s=4.0)
    call = await phones.dial(caller=CALLER)
    told = await call.hears("anna", 60)
    anna = (await phones.rings(told.began))[0]
    assert any(one.what == "sound" for one in anna.heard), "she was not asked"
    await call.hang_up()
    assert (await row_of(exchanges, CALLER, told.began))["legs"][0]["screening"] == "key"


async def test_with_screening_by_key_nobody_is_connected_without_one(phones: Phones, exchanges: Exchanges) -> None:
    ops = group("ops", "anna", "boris", screening="key", ring_s=60.0)
    await exchanges.roster(roster(ops, line=line("group:ops")))
    await phones.set("anna", tone=False)
    await phones.set("boris", answers_after_s=1.0, presses="1", presses_after_s=2.5)
    call = await phones.dial()
    told = await call.hears("boris", 60)
    rings = {one.who: one for one in await phones.rings(told.began)}
    assert not any(one.what.startswith("customer") for one in rings["anna"].heard)
    await call.hang_up()
