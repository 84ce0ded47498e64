"""A member hands a caller on, by keys: who hears whom, who is let go, and that no caller is lost by it."""

from __future__ import annotations

import pytest_asyncio

from bench.lab.exchange_roles import Exchanges, Phones, Talk
from bench.lab.rows import row_of
from bench.rosters import group, line, person, roster

EXTENSIONS = {"anna": "201", "boris": "202", "cyril": "203"}


@pytest_asyncio.fixture(autouse=True)
async def people(exchanges: Exchanges) -> None:
    """Calls come to anna; boris is group 300, and group 301 asks whoever answers for a word."""
    groups = [
        group("ops", "anna"),
        group("two", "boris", extension="300", ring_s=4.0),
        group("screened", "boris", extension="301", ring_s=12.0, screening="auto"),
    ]
    known = [person(name, extension=extension) for name, extension in EXTENSIONS.items()]
    known += [person(name) for name in ("tech-1", "tech-2", "dana")]
    await exchanges.roster(roster(*groups, line=line("group:ops"), person=known))


async def talking(phones: Phones, caller: str) -> Talk:
    call = await phones.dial(caller=caller)
    await call.hears("anna")
    return call


async def test_blind_the_caller_hears_the_next_one_and_the_member_is_free(
    phones: Phones, exchanges: Exchanges
) -> None:
    caller = "+420606000101"
    call = await talking(phones, caller)
    began = (await call.told()).began
    await phones.press("anna", "*1300#")
    told = await call.hears("boris")
    both = await phones.wait_for_rings(
        lambda rings: any(one.who == "anna" and one.ended_at for one in rings), "anna is free", began
    )
    rings = {one.who: one for one in both}
    assert rings["anna"].ended_by == "them"
    assert (await phones.hears("boris", told.who or "", began)).ended_at is None
    await call.hang_up()
    row = await row_of(exchanges, caller)
    assert tuple(row["transfers"]) == ("anna to group:two, blind: boris answered",)
    assert (row["answered_by"], row["outcome"]) == ("anna", "answered")


async def test_blind_to_nobody_who_answers_rings_the_member_again(phones: Phones, exchanges: Exchanges) -> None:
    caller = "+420606000102"
    await phones.set("boris", "never")
    call = await talking(phones, caller)
    began = (await call.told()).began
    await phones.press("anna", "*1300#")
    await phones.wait_for_rings(
        lambda rings: sum(1 for one in rings if one.who == "anna" and one.answered_at) == 2, "anna again", began, 60
    )
    assert (await call.told()).first("ringing") is not None
    assert (await call.told()).ended_at is None
    await call.hang_up()


async def test_attended_caller_waits_with_music_member_and_target_talk_then_caller_and_target(
    phones: Phones, exchanges: Exchanges
) -> None:
    caller = "+420606000103"
    call = await talking(phones, caller)
    told = await call.told()
    await phones.press("anna", "*2300#")
    told = await call.hears("music")
    await phones.hears("anna", "boris", told.began)
    await phones.hears("boris", "anna", told.began)
    assert "boris" not in (await call.told()).heard_names()
    await phones.hang_up("anna")
    told = await call.hears("boris")
    await phones.hears("boris", told.who or "", told.began)
    await call.hang_up()
    row = await row_of(exchanges, caller)
    assert tuple(row["transfers"]) == ("anna to group:two, attended: boris has the caller",)


async def test_a_voicemail_never_gets_the_caller_nor_the_member(phones: Phones, exchanges: Exchanges) -> None:
    caller = "+420606000104"
    await phones.set("boris", "voicemail")
    call = await talking(phones, caller)
    began = (await call.told()).began
    await phones.press("anna", "*2301#")
    rings = await phones.wait_for_rings(
        lambda rings: any(one.who == "boris" and one.ended_at for one in rings), "the voicemail is left", began, 60
    )
    boris = next(one for one in rings if one.who == "boris")
    assert not any(name.startswith("customer") or name == "anna" for name in boris.heard_names())
    await call.hears("anna", since=boris.ended_at)
    await call.hang_up()


async def test_a_wrong_extension_costs_a_hint_and_nothing_else(phones: Phones, exchanges: Exchanges) -> None:
    caller = "+420606000105"
    call = await talking(phones, caller)
    began = (await call.told()).began
    await phones.press("anna", "*1999#")
    told = await call.hears("music")
    music = told.first("music")
    assert music is not None
    await call.hears("anna", since=music.start + 1.0)
    assert [one.who for one in await phones.rings(began)] == ["anna"]
    await call.hang_up()
    assert not (await row_of(exchanges, caller))["transfers"]
