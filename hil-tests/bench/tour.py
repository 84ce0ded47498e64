"""``python -m bench tour``: an outage and its end, without hands, each step proven by a call."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from bench.faults import WorldFaults
from bench.lab.roles import Heard
from bench.world import Options, World

REDIAL_PAUSE_S = 0.3
PATIENCE_S = 60.0

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Step:
    """Something happens to ``part``; then this service and route are expected, and somebody whose name begins so."""

    title: str
    part: str
    mend: bool
    service: str
    route: str
    who: str


STEPS = (
    Step("The primary trunk dies", "trunk-a", False, "partial", "secondary", "node-"),
    Step("The primary trunk is mended", "trunk-a", True, "normal", "primary", "node-"),
    Step("One node dies", "node-1", False, "partial", "primary", "node-2"),
    Step("The whole cluster dies", "cluster", False, "total", "technician", "technician:"),
    Step("The cluster is mended", "cluster", True, "normal", "primary", "node-"),
)


async def tour(say: Say) -> int:
    """Play the tour; 0 when the customer of every step reached a human, in the expected place.

    The customer of an outage dials from its first moment and redials; the calls that reached nobody until the
    network had followed are counted and told.
    """
    began = time.time()
    say("Starting the telephone network, two trunks, two nodes, a broker, a modem and the guard ...")
    async with World(Options(profile="demo", watchdog={"failback_hold": 3.0})) as world:
        faults = WorldFaults(world)
        say("\nEverything is well")
        good = await _settle(world, "normal", "primary", say, began)
        good &= await _call(world, "node-", say, time.time())
        for step in STEPS:
            say(f"\n{step.title}")
            happened = time.time()
            if step.mend:
                await faults.mend(step.part)
                good &= await _settle(world, step.service, step.route, say, happened)
                good &= await _call(world, step.who, say, time.time())
            else:
                await faults.break_(step.part)
                # the customer does not wait for the guard: dials from the first moment, again and again
                customer = asyncio.create_task(_call(world, step.who, say, happened))
                good &= await _settle(world, step.service, step.route, say, happened)
                good &= await customer
        if not good:
            say("\nThe guard's log ends with:\n" + world.guard.log_tail())
    if good:
        say("\nAt every step the customer reached a human.")
    else:
        say("\nNot every customer reached the human they should have.")
    return 0 if good else 1


async def _settle(world: World, service: str, route: str, say: Say, since: float) -> bool:
    try:
        state = await world.settled(service, route, PATIENCE_S)
    except TimeoutError:
        say(f"  after {PATIENCE_S:.0f} s the guard still says: {world.observer.state}")
        return False
    where = f"{route} route, {state['forwarding']['cfu']}"
    say(f"  {time.time() - since:5.1f} s  service {service}; calls forwarded to the {where}, as read back")
    return True


async def _call(world: World, who: str, say: Say, since: float) -> bool:
    """A customer who dials again until somebody is heard."""
    tries = 0
    heard: Heard | None = None
    while time.time() - since < PATIENCE_S and not (heard and heard.reached_a_human):
        if tries:
            await asyncio.sleep(REDIAL_PAUSE_S)
        heard = await world.dial()
        tries += 1
    if heard is None or heard.answered_at is None or not heard.reached_a_human:
        say(f"  {time.time() - since:5.1f} s  a customer gives up after {tries} tries; the last one: {heard}")
        return False
    way = f" through {heard.via}" if heard.via else ""
    again = f"; {tries - 1} calls in the seconds before reached nobody" if tries > 1 else ""
    say(f"  {max(heard.answered_at - since, 0):5.1f} s  a customer hears {heard.who}{way}{again}")
    return (heard.who or "").startswith(who)
