"""What a line does at this hour: greeting, hours, holidays, night switch, backup groups, last the technician."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bench.lab.exchange_roles import Exchanges, Phones
from bench.lab.rows import row_of
from bench.rosters import Document, group, line, roster

HOME = ZoneInfo("Europe/Prague")
OPS, NIGHT, FEAST = group("ops", "anna"), group("night", "boris"), group("feast", "cyril")
PLAN = {"open": ["group:ops"], "closed": ["group:night"], "holiday": ["group:feast"]}


def now(*spans: str) -> dict[str, list[str]]:
    """Hours for today, and for the days beside it: midnight may come before the call does."""
    today = datetime.now(HOME).date()
    return {(today + timedelta(days)).isoformat(): list(spans) for days in (-1, 0, 1)}


def hours(**keys: object) -> Document:
    return {"id": "office", "week": {}, **keys}


def planned(office: Document, **keys: object) -> Document:
    return roster(OPS, NIGHT, FEAST, line={"id": "service", "name": "Service", **PLAN, **keys}, hours=[office])


ALWAYS = {day: ["00:00-24:00"] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}


@pytest.mark.parametrize(
    ("office", "who"),
    [
        (hours(week=ALWAYS), "anna"),
        (hours(week={}), "boris"),
        (hours(week=ALWAYS, dates=now()), "cyril"),
        (hours(week={}, dates=now("00:00-24:00")), "anna"),
    ],
    ids=["open", "closed", "a date that is closed", "a date that is open"],
)
async def test_the_hour_says_who_is_rung(phones: Phones, exchanges: Exchanges, office: Document, who: str) -> None:
    await exchanges.roster(planned(office, hours="office"))
    call = await phones.dial()
    told = await call.hears(who)
    assert {ring.who for ring in await phones.rings(told.began)} == {who}
    await call.hang_up()


async def test_the_night_switch_stands_above_the_clock_until_it_is_taken_back(
    phones: Phones, exchanges: Exchanges
) -> None:
    await exchanges.roster(planned(hours(week=ALWAYS), hours="office"))
    for situation, who in (("closed", "boris"), ("holiday", "cyril"), ("auto", "anna")):
        await exchanges.night_switch("service", situation)
        call = await phones.dial()
        await call.hears(who)
        await call.hang_up()
        await call.over()


async def test_nobody_in_the_group_then_the_backup_group_then_the_technician(
    phones: Phones, exchanges: Exchanges
) -> None:
    first = group("ops", "anna", ring_s=2.0, backup="night")
    await exchanges.roster(roster(first, group("night", "boris", ring_s=2.0), line=line("group:ops")))
    for who in ("anna", "boris"):
        await phones.set(who, "never")
    call = await phones.dial()
    told = await call.hears("tech-1")
    rings = await phones.rings(told.began)
    assert [ring.who for ring in rings] == ["anna", "boris", "tech-1"]
    assert told.rang
    await call.hang_up()


async def test_a_greeting_is_heard_before_anybody_rings_and_music_while_they_ring(
    phones: Phones, exchanges: Exchanges
) -> None:
    ops = group("ops", "anna", hears="music")
    await exchanges.roster(roster(ops, line=line("group:ops", greeting="bench/greeting")))
    await phones.set("anna", answers_after_s=3.0)
    call = await phones.dial()
    told = await call.hears("anna")
    names = told.heard_names()
    assert names.index("greeting") < names.index("music") < names.index("anna")
    greeting, rings = told.first("greeting"), await phones.rings(told.began)
    assert greeting is not None
    assert sum(one.length_s for one in told.heard if one.what == "greeting") > 0.6, "cut off"
    assert rings[0].began >= greeting.start + 0.5
    await call.hang_up()


async def test_hangup_as_the_last_step_ends_the_call(phones: Phones, exchanges: Exchanges) -> None:
    await exchanges.roster(roster(OPS, line=line("play:bench/closed", "hangup")))
    call = await phones.dial()
    told = await call.over()
    assert "closed" in told.heard_names()
    assert told.ended_by in ("them", "refused")
    assert await phones.rings(told.began) == []


@pytest.mark.parametrize("shown", ["caller", "service"])
async def test_a_forwarded_leg_shows_the_caller_or_the_service_number(
    phones: Phones, exchanges: Exchanges, shown: str
) -> None:
    await exchanges.roster(roster(OPS, line=line("group:ops", caller_id=shown)))
    caller = "+420606123456"
    call = await phones.dial(caller=caller)
    told = await call.hears("anna")
    out = (await phones.outgoing(told.began))[-1]
    if shown == "caller":
        assert caller in (out["from_"], out["pai"])
        assert out["diversion"], "operators want to see on whose behalf a foreign number calls"
    else:
        assert out["from_"] == "+420777000100"
        assert caller not in (out["from_"], out["pai"], out["diversion"])
    await call.hang_up()


async def test_a_caller_who_hides_the_number_stays_hidden_and_is_answered(
    phones: Phones, exchanges: Exchanges
) -> None:
    await exchanges.roster(roster(OPS, line=line("group:ops")))
    call = await phones.dial(caller="anonymous")
    told = await call.hears("anna")
    await call.hang_up()
    row = await row_of(exchanges, None, told.began)
    assert row["answered_by"] == "anna"
    assert date.fromisoformat(row["arrived_at"][:10])
    assert told.number
