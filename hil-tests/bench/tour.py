"""``python -m bench tour``: a group is rung, then come outages and their ends, each step proven by a call."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from bench.faults import WorldFaults
from bench.lab.roles import Heard
from bench.phones.behaviour import Behaviour
from bench.rosters import group, line, roster
from bench.switchboard import Switchboard
from bench.world import Options, World

REDIAL_PAUSE_S = 0.3
PATIENCE_S = 60.0
CCFC_S = 0.3
MEMBERS = ("anna", "boris", "cyril")
# people let it ring a moment, say a word and wait for one
MANNERS = {
    "anna": Behaviour(answers_after_s=6.0),
    "boris": Behaviour(answers_after_s=1.6, tone_after_s=1.6),
    "cyril": Behaviour(answers_after_s=8.0),
    "tech-1": Behaviour(answers_after_s=1.0, says=None, tone_after_s=0.2),
}

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Step:
    """Something happens to ``parts``; then this service and route are expected, and to hear one of ``who``.

    ``exchange`` is who must have connected them, where that is said.
    """

    title: str
    parts: tuple[str, ...]
    mend: bool
    service: str
    route: str
    who: tuple[str, ...] = MEMBERS
    exchange: str = ""


STEPS = (
    Step("The primary trunk dies", ("trunk-a",), False, "partial", "secondary"),
    Step("The primary trunk is mended", ("trunk-a",), True, "normal", "primary"),
    Step("One node dies", ("node-1",), False, "partial", "primary", exchange="node-2"),
    Step(
        "The whole cluster dies: the box's own exchange takes the calls",
        ("cluster",),
        False,
        "partial",
        "local",
        exchange="box",
    ),
    Step("The box's Asterisk dies too", ("asterisk@box",), False, "total", "technician", ("tech-1",)),
    Step("Everything is mended", ("cluster", "asterisk@box"), True, "normal", "primary"),
)


async def tour(say: Say) -> int:
    """Play the tour; 0 when the customer of every step reached a human, in the expected place.

    The customer of an outage dials from its first moment and redials; the calls that reached nobody until the
    network had followed are counted and told.
    """
    began = time.time()
    say("Starting the telephone network, two trunks, two nodes and the box with an exchange each, a modem ...")
    # a mobile network twice as quick as the profile's: an operator's own time teaches nobody anything
    options = Options(profile="demo", watchdog={"failback_hold": 2.0}, ccfc_s=CCFC_S, exchange=True, local_route=True)
    async with World(options) as world:
        assert world.switchboard is not None
        faults = WorldFaults(world)
        for who, manners in MANNERS.items():
            world.switchboard.handsets.set(who, manners)
        say("\nEverything is well")
        good = await _settle(world, "normal", "primary", say, began)
        say("\nA customer dials, and the group on call is rung: Anna, Boris and Cyril, all at once")
        good = good and await _exchanges(world, say) and await _set_roster(world, say)
        good = good and await _call(world, Step("", (), True, "normal", "primary"), say, time.time(), each_phone=True)
        for step in STEPS:
            if not good:
                break
            say(f"\n{step.title}")
            happened = time.time()
            if step.mend:
                await asyncio.gather(*(faults.mend(part) for part in step.parts))
                good &= await _settle(world, step.service, step.route, say, happened)
                # until they are back, the dialplan rings the technician
                good = good and await _exchanges(world, say) and await _call(world, step, say, time.time())
            else:
                for part in step.parts:
                    await faults.break_(part)
                # the customer does not wait for the guard: dials from the first moment, again and again
                customer = asyncio.create_task(_call(world, step, say, happened))
                good &= await _settle(world, step.service, step.route, say, happened)
                good &= await customer
        if not good:
            say("\nThe guard's log ends with:\n" + world.guard.log_tail())
    if good:
        say("\nAt every step the customer reached a human.")
    else:
        say("\nNot every customer reached the human they should have.")
    return 0 if good else 1


async def _set_roster(world: World, say: Say) -> bool:
    """The group on call, told to the guard as any operator would, and by it to every exchange."""
    document = roster(group("ops", *MEMBERS, ring_s=20.0, screening="auto"), line=line("group:ops"))
    command = {"schema": 1, "id": str(uuid.uuid4()), "name": "roster.set", "args": {"roster": document}}
    answer = await world.observer.command(json.dumps(command).encode(), 10.0)
    if answer is None or not answer["ok"]:
        say(f"  the roster was not taken: {answer}")
        return False
    wanted = answer["result"]["revision"]
    deadline = time.monotonic() + PATIENCE_S
    while any(one["roster"]["revision"] != wanted for one in world.observer.exchanges.values()):
        if time.monotonic() > deadline:
            say(f"  not every exchange has heard of the roster: {world.observer.exchanges}")
            return False
        await asyncio.sleep(0.05)
    return True


async def _exchanges(world: World, say: Say) -> bool:
    assert world.switchboard is not None
    deadline = time.monotonic() + PATIENCE_S
    names = set(world.switchboard.exchanges)
    while {name for name, one in world.observer.exchanges.items() if one["ari"] == "connected"} != names:
        if time.monotonic() > deadline or world.dead():
            say(f"  not every exchange serves: {dict(world.observer.exchanges)}; dead: {world.dead()}")
            return False
        await asyncio.sleep(0.05)
    return True


async def _settle(world: World, service: str, route: str, say: Say, since: float) -> bool:
    try:
        state = await world.settled(service, route, PATIENCE_S)
    except TimeoutError:
        say(f"  after {PATIENCE_S:.0f} s the guard still says: {world.observer.state}")
        return False
    where = f"{route} route, {state['forwarding']['cfu']}"
    say(f"  {time.time() - since:5.1f} s  service {service}; calls forwarded to the {where}, as read back")
    return True


async def _call(world: World, step: Step, say: Say, since: float, *, each_phone: bool = False) -> bool:
    """A customer who dials again until somebody is heard."""
    tries = 0
    heard: Heard | None = None
    while time.time() - since < PATIENCE_S and not (heard and heard.reached_a_human):
        if tries:
            await asyncio.sleep(REDIAL_PAUSE_S)
        heard = await world.dial(ring_timeout_s=20.0)
        tries += 1
    if heard is None or heard.answered_at is None or not heard.reached_a_human:
        say(f"  {time.time() - since:5.1f} s  a customer gives up after {tries} tries; the last one: {heard}")
        return False
    if each_phone:
        assert world.switchboard is not None
        _tell_phones(world.switchboard, say, since)
    again = f"; {tries - 1} calls in the seconds before reached nobody" if tries > 1 else ""
    name = (heard.who or "").capitalize()
    after_s = max(heard.answered_at - since, 0)
    say(f"  {after_s:5.1f} s  {name} has answered{heard.way}, and the customer hears it{again}")
    return heard.who in step.who and step.exchange in ("", heard.exchange)


def _tell_phones(board: Switchboard, say: Say, since: float) -> None:
    rings = [one for one in board.handsets.records(since, heard=False) if one["rang_at"]]
    for one in sorted(rings, key=lambda one: one["rang_at"]):
        say(f"  {one['rang_at'] - since:5.1f} s  {one['who'].capitalize()}'s phone rings")
