"""Finding out by telephone who calls: by number or account, else by an extension keyed in; only the PIN opens.

A caller's number is no proof: networks carry what the calling side says.
"""

from __future__ import annotations

from appliance.exchange.keypad import Keypad
from appliance.exchange.pin_gate import Answer, PinGate
from appliance.exchange.pin_lock import TRIES
from appliance.exchange.prompting import Played, Prompting
from appliance.exchange.stage import Stage
from appliance.roster.models import Person

MOST_EXTENSION, MOST_PIN = 6, 12


class Identifying:
    """One caller's."""

    def __init__(self, stage: Stage, prompting: Prompting, gate: PinGate) -> None:
        self._stage, self._call, self._prompting, self._gate = stage, stage.call, prompting, gate

    async def person(self) -> Person | None:
        """Whoever knows a PIN; ``None``, and told so, after three wrong ones. Raises ``CallerGoneError``."""
        known = self._by_number()
        for _ in range(TRIES):
            person = known
            if person is None:
                extension = await self._keyed("extension-enter", MOST_EXTENSION)
                roster = self._call.world.standing.roster
                person = next((one for one in roster.person if one.extension == extension and extension), None)
            pin = await self._keyed("pin-enter", MOST_PIN)
            answer = await self._gate.opens(person, pin)
            if answer is Answer.RIGHT:
                return person
            if answer is Answer.LOCKED:
                break
            await self._stage.say("pin-wrong")
        await self._stage.say("pin-locked")
        return None

    def _by_number(self) -> Person | None:
        arrival, people = self._call.arrival, self._call.world.standing.roster.person
        if arrival.account is not None:
            return next((one for one in people if one.sip == arrival.account), None)
        number = arrival.caller.number
        return next((one for one in people if number is not None and one.mobile == number), None)

    async def _keyed(self, prompt: str, most: int) -> str:
        keypad, now = Keypad(most), self._call.world.now
        await self._prompting.play(await self._stage.words(prompt))
        while True:
            item = await self._prompting.next(keypad.wakes_at)
            if item is None:
                break
            if isinstance(item, Played):
                keypad.asked(now())
                continue
            self._prompting.hush()
            if keypad.key(item.key, now()):
                break
        self._prompting.hush()
        return keypad.entered
