"""An agent says on their own phone whether they take calls, and hears that it was understood."""

from __future__ import annotations

from appliance.domain.calls import Outcome
from appliance.exchange.presence_word import is_agent, keep_word
from appliance.exchange.stage import Stage
from appliance.exchange.steps.step import Over, Result
from appliance.exchange.taken import TakenUp
from appliance.exchange.way_steps import SayPresence


class DoSayPresence:
    """Said again where a crash interrupted it: the last word counts, and it is the same one."""

    def __init__(self, stage: Stage, step: SayPresence) -> None:
        self._stage, self._call, self._step = stage, stage.call, step

    async def run(self, taken_up: TakenUp | None) -> Result:
        """Keep the word, then confirm it. Raises ``CallerGoneError``: the word counts."""
        step, code, world = self._step, self._step.code, self._call.world
        if is_agent(world, step.person, code.queue):
            await keep_word(world, step.person, code.presence, code.queue, "their phone")
            await self._stage.say(step.code.prompt)
        else:
            await self._stage.say("agent-no-queue")
        await self._stage.over(Outcome.SERVED, "exchange")
        return Over()
