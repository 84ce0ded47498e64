"""The agents' desk by telephone: who it is, their PIN, then a key says whether they take calls (MISSION Q1).

For agents who call from a mobile or any other phone; from a phone of ours a code is shorter (:mod:`.agent`).
"""

from __future__ import annotations

from appliance.domain.calls import Outcome
from appliance.exchange.agent_codes import KEYS
from appliance.exchange.identifying import Identifying
from appliance.exchange.presence_word import is_agent, keep_word
from appliance.exchange.prompting import Key, Played, Prompting
from appliance.exchange.stage import Stage
from appliance.exchange.steps.step import Next, Over, Result
from appliance.exchange.taken import TakenUp
from appliance.exchange.way_steps import AgentsDesk
from appliance.roster.models import Person

IDLE_S, TRIES = 10.0, 3


class DoAgentsDesk:
    """Begun anew where a crash interrupted it: a word that was kept counts."""

    def __init__(self, stage: Stage, _step: AgentsDesk) -> None:
        self._stage, self._call = stage, stage.call
        self._prompting = Prompting(stage.call)

    async def run(self, taken_up: TakenUp | None) -> Result:
        """Ask, and keep the word. Raises ``CallerGoneError``."""
        desk = self._call.world.listening
        if desk is None:
            return Next()
        await self._prompting.begin()
        person = await Identifying(self._stage, self._prompting, desk.gate).person()
        if person is not None:
            self._call.note(steps=(*self._call.record.steps, f"agent:{person.id}"))
            self._stage.if_gone = Outcome.SERVED
            if person.language is not None:
                self._call.language, self._call.prompts = person.language, None
            await self._ask(person)
        await self._stage.say("goodbye")
        await self._stage.over(Outcome.SERVED, "exchange")
        return Over()

    async def _ask(self, person: Person) -> None:
        if not is_agent(self._call.world, person.id, None):
            await self._stage.say("agent-no-queue")
            return
        for _ in range(TRIES):
            found = KEYS.get(await self._key())
            if found is not None:
                await keep_word(self._call.world, person.id, found.presence, None, "a telephone")
                await self._stage.say(found.prompt)
                return
            await self._stage.say("wrong-key")

    async def _key(self) -> str:
        call, until = self._call, None
        await self._prompting.play(await self._stage.words("agent-keys"))
        while True:
            item = await self._prompting.next(until)
            if isinstance(item, Played):
                until = call.world.now() + IDLE_S
                continue
            self._prompting.hush()
            return item.key if isinstance(item, Key) else ""
