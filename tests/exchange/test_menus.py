"""Menus with sound and keys, against a real Asterisk: one world, many callers."""

from __future__ import annotations

import asyncio
from pathlib import Path

from appliance.domain.calls import CallRecord, Outcome
from appliance.roster.models import Roster
from bench.phones.behaviour import Behaviour
from tests.exchange.callers import flood, press, record_of
from tests.exchange.rig import ANNA, BORIS, CYRIL, SERVICE, TECH, Rig, Said, rig, until

QUICK = Behaviour(answers_after_s=0.2, tone_after_s=0.1)
QUESTION_S, WAIT_S = 3.0, 4.0  # for a key to come in time on a slow machine, too
PEOPLE = {"tech-1": TECH, "anna": ANNA, "boris": BORIS, "cyril": CYRIL}


def menus(question: str, information: str) -> Roster:
    main = {
        "id": "main",
        "name": "Main",
        "sound": question,
        "options": {"1": "group:anna", "2": "menu:more", "3": f"play:{information}", "4": "menu:told", "9": "hangup"},
        "operator": "group:boris",
        "wait_s": WAIT_S,
        "tries": 2,
        "extension": "11",
    }
    more = {
        "id": "more",
        "name": "More",
        "text": "For the first menu press zero.",
        "options": {"0": "menu:main"},
        "direct_dial": False,
        "wait_s": WAIT_S,
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
    assert await world.talkers.hears(name, "question", 90)
    return name


async def over(world: Rig, name: int) -> CallRecord:
    world.talkers.call(name).hang_up()
    return await record_of(world, name)


def heard(world: Rig, name: int, what: str) -> int:
    return sum(one["what"] == what for one in world.talkers.told(name)["heard"])


async def asked_again(world: Rig, name: int, keys: str, told: int | None = None) -> None:
    """Press, and hear the question once more; before it so many times the information."""
    before = heard(world, name, "question")  # more than one where a slow machine let the time for a key pass
    press(world, name, keys)
    if told is not None:
        await until(lambda: heard(world, name, "information") == told)
    await until(lambda: heard(world, name, "question") > before)


async def _chosen(world: Rig) -> None:
    """Whatever leads to Anna, one call after the other."""
    # a key while the question plays ends it, and leads where it says
    name = await asked(world)
    press(world, name, "1")
    assert await world.talkers.hears(name, "anna", 90)
    record = await over(world, name)
    assert (record.outcome, record.steps) == (Outcome.ANSWERED, ("menu:main", "group:anna"))
    question = next(one for one in world.talkers.told(name)["heard"] if one["what"] == "question")
    assert question["end"] - question["start"] < QUESTION_S - 0.4

    # levels: down, and up again by a key
    name = await asked(world)
    press(world, name, "2")
    assert await world.talkers.hears(name, "sound", 90)  # the text, spoken
    await asked_again(world, name, "0")
    press(world, name, "1")
    assert await world.talkers.hears(name, "anna", 90)
    assert (await over(world, name)).steps == ("menu:main", "menu:more", "menu:main", "group:anna")

    # a wrong key: told so, asked again, and right now
    name = await asked(world)
    await asked_again(world, name, "7")
    assert heard(world, name, "sound") >= 1
    press(world, name, "1")
    assert await world.talkers.hears(name, "anna", 90)
    await over(world, name)


async def _operator(world: Rig) -> None:
    """Whatever ends at the operator, Boris."""
    name = await asked(world)  # silence: asked again
    assert await world.talkers.hears(name, "boris", 90)
    assert heard(world, name, "question") == 2
    assert (await over(world, name)).steps == ("menu:main", "group:boris")

    name = await asked(world)
    flood(world, name, "5867", 5000)
    assert await world.talkers.hears(name, "boris", 90)
    assert (await over(world, name)).steps == ("menu:main", "group:boris")


async def _dialled_or_gone_on(world: Rig) -> None:
    """Whatever ends at Cyril: his extension, and the plan's next step."""
    name = await asked(world)
    press(world, name, "31")  # though 3 is an option
    assert await world.talkers.hears(name, "cyril", 90)
    assert (await over(world, name)).steps == ("menu:main", "group:cyril")

    name = await asked(world)  # silence in a menu without an operator
    press(world, name, "2")
    assert await world.talkers.hears(name, "cyril", 90)
    assert (await over(world, name)).steps == ("menu:main", "menu:more", "group:cyril")

    name = await asked(world)  # down and up again for ever
    flood(world, name, "20", 3000)
    assert await world.talkers.hears(name, "cyril", 90)
    assert len((await over(world, name)).steps) < 60


async def _served(world: Rig, told: str) -> None:
    """Whatever needs nobody."""
    # information is read out, by a sound and by a menu that only tells; then the question comes again
    name = await asked(world)
    for key, count in (("3", 1), ("4", 2)):
        await asked_again(world, name, key, count)
    record = await over(world, name)
    assert record.outcome is Outcome.SERVED
    assert record.steps == ("menu:main", f"play:{told}", "menu:main", "menu:told", "menu:main")

    # the key that ends the call
    name = await asked(world)
    press(world, name, "9")
    record = await record_of(world, name)
    assert (record.outcome, record.ended_by) == (Outcome.SERVED, "exchange")

    # a caller who hangs up in the middle of the question
    name = await asked(world)
    record = await over(world, name)
    assert (record.outcome, record.steps) == (Outcome.ABANDONED, ("menu:main",))


async def test_menus(tmp_path: Path) -> None:
    said = Said(Roster.model_construct())
    async with rig(tmp_path, said, start=False) as world:
        told = await world.own("information", 0.6)
        said.roster = menus(await world.own("question", QUESTION_S), told)
        await world.start()
        world.manners(anna=QUICK, boris=QUICK, cyril=QUICK)
        async with asyncio.TaskGroup() as callers:
            callers.create_task(_chosen(world))
            callers.create_task(_operator(world))
            callers.create_task(_dialled_or_gone_on(world))
            callers.create_task(_served(world, told))

        # the exchange dies while the question plays: it is asked anew, and the key counts
        name = await asked(world)
        await world.stop()
        await asyncio.sleep(0.5)
        await world.start()
        await until(lambda: heard(world, name, "question") >= 2)
        press(world, name, "1")
        assert await world.talkers.hears(name, "anna", 90)
        record = await over(world, name)
        assert (record.outcome, record.steps) == (Outcome.ANSWERED, ("menu:main", "group:anna"))
        await until(lambda: not world.lasting())
        await world.no_channels()
