"""An agent says on their own phone whether they take calls, and hears that it was understood."""

from __future__ import annotations

from appliance.domain.calls import Outcome
from appliance.exchange.route import SayPresence
from appliance.exchange.stage import Stage
from appliance.exchange.step import Over, Result
from appliance.exchange.taken import TakenUp
from appliance.queueing.presence import ALL, Word
from appliance.roster.members import people_of


class DoSayPresence:
    """Said again where a crash interrupted it: the last word counts, and it is the same one."""

    def __init__(self, stage: Stage, step: SayPresence) -> None:
        self._stage, self._call, self._step = stage, stage.call, step

    async def run(self, taken_up: TakenUp | None) -> Result:
        """Keep the word, then confirm it. Raises ``CallerGoneError``: the word counts."""
        step, world = self._step, self._call.world
        roster, now, duty = world.standing.roster, world.wall(), world.standing.duty.person
        queues = [one for one in roster.queue if step.code.queue in (None, one.id)]
        agents = {
            person.id for queue in queues for person in people_of(queue.agents, roster, now, world.timezone, duty)
        }
        if step.person in agents:
            word = Word(step.code.presence, now, f"their phone at {world.name}")
            await world.presences.say(step.person, word, step.code.queue or ALL)
            await self._stage.say(step.code.prompt)
        else:
            await self._stage.say("agent-no-queue")
        await self._stage.over(Outcome.SERVED, "exchange")
        return Over()
