"""Asking a menu's question, and leading the call to what was chosen."""

from __future__ import annotations

import logging

from appliance.domain.calls import Outcome
from appliance.exchange.menu_dialogue import Act, Ask, Choices, Chosen, GiveUp, Listen, MenuDialogue
from appliance.exchange.prompting import Played, Prompting
from appliance.exchange.stage import Stage
from appliance.exchange.steps.step import Lead, Next, Over, Result
from appliance.exchange.taken import TakenUp
from appliance.exchange.way_steps import AskMenu
from appliance.prompts.speech import Utterance
from appliance.roster.destinations import Menu
from appliance.roster.extensions import extensions

_log = logging.getLogger(__name__)
INFORMED_AT_MOST = 20  # how often one caller has information read out; then the operator takes care
PLAY, MENU, HANGUP = "play:", "menu:", "hangup"
NOTHING = Utterance((), "")


class DoMenu:
    """The question is asked anew where a crash interrupted it."""

    def __init__(self, stage: Stage, step: AskMenu) -> None:
        self._stage, self._call, self._menu = stage, stage.call, step.menu
        self._prompting = Prompting(stage.call)
        self._informed = 0

    async def run(self, taken_up: TakenUp | None) -> Result:
        """Ask, until something is chosen or no try is left. Raises ``CallerGoneError``."""
        menu, call = self._menu, self._call
        call.speak(menu.language, menu.prompts)
        await self._prompting.begin()
        if not menu.options and not menu.direct_dial:
            await self._stage.utter(await self._question(menu))
            return self._operator("it only tells something")
        while True:
            chosen = await self._ask()
            if chosen is None:
                return await self._give_up()
            _log.info("call %s: %s in menu %s leads to %s", call.id, chosen.keys, menu.id, chosen.step)
            if chosen.step == HANGUP:
                await self._stage.say("goodbye")
                await self._stage.over(Outcome.SERVED, "exchange")
                return Over()
            if not await self._inform(chosen.step):
                self._stage.if_gone = Outcome.ABANDONED
                return Lead(chosen.step, f"{chosen.keys} in menu {menu.id}")

    async def _ask(self) -> Chosen | None:
        """The caller's choice; ``None``: no try is left."""
        menu, prompting, now = self._menu, self._prompting, self._call.world.now
        reachable = extensions(self._call.world.standing.roster) if menu.direct_dial else {}
        dialogue = MenuDialogue(Choices(menu.options, reachable), menu.wait_s, menu.tries)
        act: Act | None = dialogue.begin()
        while True:
            if isinstance(act, Chosen | GiveUp):
                prompting.hush()
                return act if isinstance(act, Chosen) else None
            if isinstance(act, Ask):
                await prompting.play(await self._complaint(act.complaint) + await self._question(menu))
            elif isinstance(act, Listen):
                prompting.hush()
            item = await prompting.next(dialogue.wakes_at)
            act = None
            if item is None:
                act = dialogue.wake(now())
            elif isinstance(item, Played):
                dialogue.asked(now())
            else:
                act = dialogue.key(item.key, now())

    async def _complaint(self, complaint: str | None) -> Utterance:
        if complaint is None:
            return NOTHING
        return await self._stage.words(complaint) + await self._stage.words("menu-repeat")

    async def _question(self, menu: Menu) -> Utterance:
        call, speech = self._call, self._call.world.speech
        if menu.sound is not None:
            return speech.sound(menu.sound, language=call.language)
        return await speech.read_out(menu.text or "", language=call.language, prompts=call.prompts)

    async def _inform(self, step: str) -> bool:
        """Information is read out here, and this menu asks again afterwards; ``False`` where it is none."""
        call, menu = self._call, None
        if step.startswith(MENU):
            menu = call.world.standing.roster.menu_by_id(step.removeprefix(MENU))
            if menu is None or menu.options or menu.direct_dial or menu.operator is not None:
                return False
        elif not step.startswith(PLAY):
            return False
        self._informed += 1
        if self._informed > INFORMED_AT_MOST:
            return False
        call.note(steps=(*call.record.steps, step, f"{MENU}{self._menu.id}"))
        if menu is None:
            await self._listen_to(call.world.speech.sound(step.removeprefix(PLAY), language=call.language))
            return True
        before = call.language, call.prompts
        call.speak(menu.language, menu.prompts)
        await self._listen_to(await self._question(menu))
        call.language, call.prompts = before
        return True

    async def _listen_to(self, said: Utterance) -> None:
        """To its end, or until a key is pressed, which only means to have heard enough."""
        await self._prompting.play(said)
        await self._prompting.next()
        self._prompting.hush()
        self._stage.if_gone = Outcome.SERVED

    async def _give_up(self) -> Result:
        if self._menu.operator is not None:
            await self._stage.say("menu-operator")
        return self._operator("no choice")

    def _operator(self, why: str) -> Result:
        self._stage.if_gone = Outcome.ABANDONED
        operator = self._menu.operator
        return Lead(operator, f"{why} in menu {self._menu.id}") if operator is not None else Next()
