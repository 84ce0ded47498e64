"""Menus with sound and keys, against a real Asterisk: one world, many callers."""

from __future__ import annotations

import asyncio
from pathlib import Path

from appliance.asterisk.events import AriEvent
from appliance.domain.calls import CallRecord, Outcome
from appliance.roster.models import Roster
from bench.phones.behaviour import Behaviour
from tests.exchange.rig import ANNA, BORIS, CYRIL, SERVICE, TECH, Rig, Said, rig, until

QUICK = Behaviour(answers_after_s=0.2, tone_after_s=0.1)
PEOPLE = {"tech-1": TECH, "anna": ANNA, "boris": BORIS, "cyril": CYRIL}


def menus(question: str, information: str) -> Roster:
    main = {
        "id": "main",
        "name": "Main",
        "sound": question,
        "options": {"1": "group:anna", "2": "menu:more", "3": f"play:{information}", "4": "menu:told", "9": "hangup"},
        "operator": "group:boris",
        "wait_s": 0.6,
        "tries": 2,
        "extension": "11",
    }
    more = {
        "id": "more",
        "name": "More",
        "text": "For the first menu press zero.",
        "options": {"0": "menu:main"},
        "direct_dial": False,
        "wait_s": 0.6,
        "tries": 1,
    }
    told = {"id": "told", "name": "Told", "sound": information, "direct_dial": False}
    return Roster.model_validate(
        {
            "revision": 1,
            "duty": {"default": "tech-1"},
            "person": [{"id": id_, "name": id_, "mobile": number} for id_, number in PEOPLE.items()],
            "group": [
                {"id": id_, "name": id_, "members": [id_], "screening": "off"}
                | ({"extension": "31"} if id_ == "cyril" else {})
                for id_ in ("anna", "boris", "cyril")
            ],
            "menu": [main, more, told],
            "line": [{"id": "service", "name": "Service", "open": ["menu:main", "group:cyril"]}],
        }
    )


async def asked(world: Rig) -> int:
    name = world.talkers.dial(SERVICE)
    assert await world.talkers.hears(name, "question", 20)
    return name


async def over(world: Rig, name: int, count: int) -> CallRecord:
    world.talkers.call(name).hang_up()
    records = await world.ended(count)
    await until(lambda: not world.lasting())
    return max(records, key=lambda record: record.arrived_at)


def heard(world: Rig, name: int, what: str) -> int:
    return sum(one["what"] == what for one in world.talkers.told(name)["heard"])


async def test_menus(tmp_path: Path) -> None:
    said = Said(Roster.model_construct())
    async with rig(tmp_path, said, start=False) as world:
        said.roster = menus(await world.own("question", 1.4), await world.own("information", 0.6))
        await world.start()
        world.manners(anna=QUICK, boris=QUICK, cyril=QUICK)

        # a key while the question plays ends it, and leads where it says
        name = await asked(world)
        world.talkers.call(name).stream.press("1")
        assert await world.talkers.hears(name, "anna", 10)
        record = await over(world, name, 1)
        assert (record.outcome, record.steps) == (Outcome.ANSWERED, ("menu:main", "group:anna"))
        question = next(one for one in world.talkers.told(name)["heard"] if one["what"] == "question")
        assert question["end"] - question["start"] < 1.3

        # an extension is dialled directly, though a key begins it (3)
        name = await asked(world)
        world.talkers.call(name).stream.press("31")
        assert await world.talkers.hears(name, "cyril", 10)
        assert (await over(world, name, 2)).steps == ("menu:main", "group:cyril")

        # information is read out, by a sound and by a menu that only tells; then the question comes again
        name = await asked(world)
        for key, count in (("3", 1), ("4", 2)):
            world.talkers.call(name).stream.press(key)
            await until(lambda count=count, name=name: heard(world, name, "information") == count)
            await until(lambda count=count, name=name: heard(world, name, "question") == count + 1)
        record = await over(world, name, 3)
        assert record.outcome is Outcome.SERVED
        assert record.steps == ("menu:main", f"play:{menu_of(said, 'told')}", "menu:main", "menu:told", "menu:main")

        # levels: down, and up again by a key
        name = await asked(world)
        world.talkers.call(name).stream.press("2")
        assert await world.talkers.hears(name, "sound", 10)  # the text, spoken
        world.talkers.call(name).stream.press("0")
        await until(lambda: heard(world, name, "question") == 2)
        world.talkers.call(name).stream.press("1")
        assert await world.talkers.hears(name, "anna", 10)
        assert (await over(world, name, 4)).steps == ("menu:main", "menu:more", "menu:main", "group:anna")

        # silence: asked again, then the operator
        name = await asked(world)
        assert await world.talkers.hears(name, "boris", 20)
        assert heard(world, name, "question") == 2
        assert (await over(world, name, 5)).steps == ("menu:main", "group:boris")

        # a wrong key: told so, asked again, and right now
        name = await asked(world)
        world.talkers.call(name).stream.press("7")
        await until(lambda: heard(world, name, "question") == 2)
        assert heard(world, name, "sound") >= 1
        world.talkers.call(name).stream.press("1")
        assert await world.talkers.hears(name, "anna", 10)
        await over(world, name, 6)

        # silence in a menu without an operator: the plan goes on
        name = await asked(world)
        world.talkers.call(name).stream.press("2")
        assert await world.talkers.hears(name, "cyril", 20)
        assert (await over(world, name, 7)).steps == ("menu:main", "menu:more", "group:cyril")

        # the key that ends the call
        name = await asked(world)
        world.talkers.call(name).stream.press("9")
        (*_, record) = sorted(await world.ended(8), key=lambda one: one.arrived_at)
        assert (record.outcome, record.ended_by) == (Outcome.SERVED, "exchange")

        # thousands of keys, faster than anybody presses them
        name = await asked(world)
        assert world.hub is not None
        ((id_, session),) = world.hub.reception.sessions.items()
        for number in range(5000):
            key = {"digit": "5867"[number % 4], "channel": {"id": id_}}
            session.call.inbox.put(AriEvent("ChannelDtmfReceived", id_, key))
        assert await world.talkers.hears(name, "boris", 20)
        assert (await over(world, name, 9)).steps == ("menu:main", "group:boris")

        # a menu that leads back to itself for ever, by somebody who presses its key for ever
        name = await asked(world)
        ((id_, session),) = world.hub.reception.sessions.items()
        for number in range(3000):
            key = {"digit": "20"[number % 2], "channel": {"id": id_}}
            session.call.inbox.put(AriEvent("ChannelDtmfReceived", id_, key))
        assert await world.talkers.hears(name, "cyril", 20)
        assert len((await over(world, name, 10)).steps) < 60

        # a caller who hangs up in the middle of the question
        name = await asked(world)
        record = await over(world, name, 11)
        assert (record.outcome, record.steps) == (Outcome.ABANDONED, ("menu:main",))

        # the exchange dies while the question plays: it is asked anew, and the key counts
        name = await asked(world)
        await world.stop()
        await asyncio.sleep(0.5)
        await world.start()
        await until(lambda: heard(world, name, "question") >= 2)
        world.talkers.call(name).stream.press("1")
        assert await world.talkers.hears(name, "anna", 10)
        record = await over(world, name, 12)
        assert (record.outcome, record.steps) == (Outcome.ANSWERED, ("menu:main", "group:anna"))
        assert await world.hub.world.channels.listed() == {}


def menu_of(said: Said, id_: str) -> str | None:
    menu = said.roster.menu_by_id(id_)
    return menu.sound if menu is not None else None
