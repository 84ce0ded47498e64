"""An agent's word, said by telephone: whether it is theirs to say, and keeping it."""

from __future__ import annotations

from appliance.exchange.world import World
from appliance.queueing.presence import ALL, Presence, Word
from appliance.roster.members import people_of


def is_agent(world: World, person: str, queue: str | None) -> bool:
    """Whether a queue (any, for ``None``) has the person as an agent now."""
    roster, now, duty = world.standing.roster, world.wall(), world.standing.duty.person
    return any(
        person == one.id
        for found in roster.queue
        if queue in (None, found.id)
        for one in people_of(found.agents, roster, now, world.timezone, duty)
    )


async def keep_word(world: World, person: str, presence: Presence, queue: str | None, phone: str) -> None:
    """Let it count, here at once and soon everywhere."""
    await world.presences.say(person, Word(presence, world.wall(), f"{phone} at {world.name}"), queue or ALL)
