"""Listening by telephone: one's own recordings behind one's own PIN, keys, guesses, hostile keys."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from appliance.domain.calls import Outcome
from appliance.domain.times import rfc3339
from appliance.recordings import names, wav
from appliance.recordings.entry import Recording, State
from appliance.roster.models import Roster
from appliance.roster.pins import hash_pin
from bench.phones.sounds import sine
from tests.calls.records import answered
from tests.exchange.rig import ANNA, BORIS, HZ, SERVICE, Rig, Said, rig, roster, until


def people() -> Roster:
    document = roster().model_dump(mode="json", by_alias=True)
    for person in document["person"]:
        person |= {"pin_hash": hash_pin("2468"), "extension": {"anna": "21", "boris": "22"}.get(person["id"])}
        if person["id"] == "boris":
            person["roles"] = ["supervisor"]
    document["line"] = [{"id": "listen", "name": "Listen", "open": ["listen"]}]
    return Roster.model_validate(document)


async def keep(world: Rig, call: str, person: str, sounds: str, ago_s: float, sides: int = 1) -> Recording:
    """A recording of somebody's in which a tone is heard."""
    began = datetime.now(UTC) - timedelta(seconds=ago_s)
    tone = sine(HZ[sounds], 6.0)
    pcm = b"".join(one.to_bytes(2, "little", signed=True) * sides for one in map(int, tone))
    record = replace(answered(call), answered_by=person, legs=(), recording=names.name_of(call))
    frames = len(tone)
    made = Recording(
        names.name_of(call), call, rfc3339(began), sides, rfc3339(began), State.WHOLE, "", frames, record
    )
    await world.archive.book.begin(made)
    path = world.archive.keeper.path(made)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(wav.head(sides, len(pcm)) + pcm)
    return made


class Listener:
    """A caller who presses keys."""

    def __init__(self, world: Rig, name: int) -> None:
        self.world, self.name = world, name

    @classmethod
    async def dial(cls, world: Rig, caller: str) -> Listener:
        name = world.talkers.dial(SERVICE, caller)
        await until(lambda: world.talkers.call(name).answered_at is not None)
        return cls(world, name)

    async def press(self, keys: str, pause_s: float = 0.6) -> None:
        self.world.talkers.call(self.name).stream.press(keys)
        await asyncio.sleep(pause_s + 0.2 * len(keys))

    async def hears(self, what: str) -> None:
        if not await self.world.talkers.hears(self.name, what, 90):
            raise AssertionError(f"{what} is not heard, but {self.world.talkers.told(self.name)['heard']}")

    @property
    def over(self) -> bool:
        return self.world.talkers.call(self.name).over.is_set()


async def test_one_world_of_listeners(tmp_path: Path) -> None:
    async with rig(tmp_path, Said(people())) as world:
        await keep(world, "c1", "anna", "tech-1", 300)
        await keep(world, "c2", "cyril", "cyril", 200)
        await keep(world, "c3", "anna", "customer-2", 100, sides=2)
        await her_own_one_after_the_other(world)
        await a_supervisor_from_any_phone(world)
        await guesses(world)
        assert not [*world.archive.desk.folder.glob("*")]


async def her_own_one_after_the_other(world: Rig) -> None:
    anna = await Listener.dial(world, ANNA)
    await asyncio.sleep(0.5)
    await anna.press("2468#", 2.0)
    await anna.press("1")
    await anna.hears("customer-2")  # the newest, of both sides
    await anna.press("5")  # pauses
    await anna.press("5")  # goes on
    await anna.press("2")  # past cyril's
    await anna.press("1")
    await anna.hears("tech-1")
    await anna.press("2", 1.5)  # there are no more
    await anna.press("#", 2.0)
    await until(lambda: anna.over)
    heard = {one["what"] for one in world.talkers.told(anna.name)["heard"]}
    assert "cyril" not in heard
    (record,) = await world.ended()
    assert record.outcome is Outcome.SERVED
    assert "listens:anna" in record.steps


async def a_supervisor_from_any_phone(world: Rig) -> None:
    boss = await Listener.dial(world, "+420601000009")
    await boss.press("22#", 1.0)
    await boss.press("2468#", 2.0)
    await boss.press("2")
    await boss.press("1")
    await boss.hears("cyril")
    (path,) = world.archive.keeper.folder.rglob("hl-c1.wav")
    path.unlink()
    await boss.press("2")
    await boss.press("1", 1.5)  # gone
    await boss.press("9", 1.0)  # means nothing
    world.talkers.call(boss.name).hang_up()
    record = (await world.ended(2))[0]
    assert record.outcome is Outcome.SERVED  # whoever hears what they came for has not been missed


async def guesses(world: Rig) -> None:
    """Thousands of keys, three wrong PINs, out; and out again though the PIN is right by then."""
    thief = await Listener.dial(world, BORIS)
    await thief.press("9" * 20 + "#", 1.5)
    await thief.press("1111#", 1.5)
    await thief.press("2222#", 1.5)
    await until(lambda: thief.over)
    again = await Listener.dial(world, BORIS)
    await again.press("2468#", 1.0)
    await until(lambda: again.over)
    assert not {"customer-2", "cyril", "tech-1"} & {one["what"] for one in world.talkers.told(again.name)["heard"]}
    records = await world.ended(4)
    assert [any("listens" in step for step in one.steps) for one in records] == [False, False, True, True]
