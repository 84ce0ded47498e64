"""The roster of these tests: everybody has an extension, and rings for a short time."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from appliance.roster.models import Roster
from bench.phones.behaviour import Behaviour
from bench.phones.call import Call
from tests.exchange.rig import HZ, SERVICE, Rig, roster

QUICK = Behaviour(answers_after_s=0.4, says=None, tone_after_s=0.0)
ACCEPTS = Behaviour(answers_after_s=0.4, says=None, tone_after_s=3.0, presses="1")  # a tone is no word
NEVER = Behaviour(answers_after_s=None)
EXTENSIONS = {"anna": "201", "boris": "202", "cyril": "203", "tech-1": "210"}


def with_extensions(**group: Any) -> Roster:
    """Calls come to anna; boris and cyril are group 300, cyril alone 301 for two seconds."""
    document = roster(**({"members": ["anna"], "ring_s": 3.0} | group)).model_dump(mode="json", by_alias=True)
    for person in document["person"]:
        person["extension"] = EXTENSIONS[person["id"]]
    common = {"screening": "off", "ring_s": 3.0}
    document["group"] += [
        {"id": "pair", "name": "Pair", "members": ["anna", "boris", "cyril"], "extension": "300", **common},
        {"id": "one", "name": "One", "members": ["cyril"], "extension": "301", **common},
        {"id": "two", "name": "Two", "members": ["boris"], "extension": "302", **common},
        {"id": "ears", "name": "Ears", "members": ["boris"], "extension": "303", "ring_s": 6.0},
    ]
    return Roster.model_validate(document)


async def talking(world: Rig, **manners: Behaviour) -> int:
    """A caller who talks with anna; the name of the call."""
    world.manners(**{"anna": QUICK, "boris": QUICK, "cyril": QUICK, "tech-1": QUICK} | manners)
    name = world.talkers.dial(SERVICE)
    assert await world.talkers.hears(name, "anna", 90)
    return name


def line(world: Rig, who: str) -> Call:
    """The call somebody has picked up."""
    return next(call for call in calls(world, who) if call.ended_at is None and call.answered_at is not None)


def press(world: Rig, who: str, digits: str) -> None:
    line(world, who).stream.press(digits)


def hang_up(world: Rig, who: str) -> None:
    for call in calls(world, who):
        call.hang_up()


async def hears(world: Rig, who: str, what: str, since: float = 0.0) -> None:
    """Somebody called hears something for a third of a second, after a Unix time."""
    began = time.monotonic()
    while True:
        for call in calls(world, who):
            after_s = since - call.stream.began
            heard = (span for span in call.stream.heard(HZ) if span.what == what)
            if any(span.end_s - max(span.start_s, after_s) >= 0.3 for span in heard):
                return
        if time.monotonic() - began > 30:
            raise AssertionError(f"{who} did not hear {what}")
        await asyncio.sleep(0.2)  # looking costs the telephones' own time


def calls(world: Rig, who: str) -> list[Call]:
    """Every call that came to somebody."""
    return [*world.phones.calls(who), *world.phones_b.calls(who)]


def rings(world: Rig, who: str) -> bool:
    """Whether somebody's phone rings now."""
    return any(call.rang_at and not call.answered_at and not call.ended_at for call in calls(world, who))
