"""Carries out what the recovery ladder decides, and reports each rung with its success."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from appliance.domain.events import EventType
from appliance.modem import recovery
from appliance.modem.channel import ChannelError, PortGoneError
from appliance.modem.dialogue import Request
from appliance.modem.interview import Ask
from appliance.modem.quirks import GENERIC, Quirks
from appliance.modem.recovery import Memory, Rules, Rung, Situation, Symptom
from appliance.modem.recovery_actions import RecoveryActions
from appliance.modem.session import OnEvent

log = logging.getLogger(__name__)

_CFUN_TIMEOUT_S = 20.0


class Mender:
    """The ladder of one modem over all its lives."""

    def __init__(
        self,
        actions: RecoveryActions,
        on_event: OnEvent,
        *,
        rules: Rules | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._actions = actions
        self._on_event = on_event
        self._rules = rules or Rules()
        self._clock = clock
        self._memory = Memory()

    async def step(
        self,
        symptom: Symptom,
        since: float,
        *,
        ask: Ask | None = None,
        quirks: Quirks = GENERIC,
        live_call: bool = False,
        sim_locked: bool = False,
    ) -> Rung | None:
        """Judge the rung under way and take the next one where it is due; the rung taken.

        ``ask`` reaches the modem where the port still answers.
        """
        available = await self._actions.available()
        situation = Situation(symptom, since, available, live_call, sim_locked)
        decision = recovery.decide(self._rules, situation, self._memory, self._clock())
        self._memory = decision.memory
        if decision.failed is not None:
            self._report(decision.failed, ok=False)
        if decision.rung is not None:
            log.warning("modem recovery: %s because of %s", decision.rung, symptom)
            await self._take(decision.rung, ask, quirks)
        return decision.rung

    async def asked(self, ask: Ask | None, quirks: Quirks) -> Rung:
        """A person wants the modem restarted: the mildest rung that does it, whatever its budget."""
        available = await self._actions.available()
        wanted = [Rung.MODEM_RESET] if ask is not None else [Rung.USB_REBIND, Rung.POWER_RELAY]
        rung = next((rung for rung in wanted if rung in available), Rung.REOPEN)
        self._memory = recovery.taken(self._rules, self._memory, rung, Symptom.SILENT, self._clock())
        await self._take(rung, ask, quirks)
        return rung

    def healed(self, *, on_network: bool) -> None:
        """The port answers; ``on_network``: and the modem can be used."""
        cured = recovery.PORT_SYMPTOMS | (recovery.RADIO_SYMPTOMS if on_network else frozenset())
        rung, self._memory = recovery.healed(self._memory, cured)
        if rung is not None:
            self._report(rung, ok=True)

    async def _take(self, rung: Rung, ask: Ask | None, quirks: Quirks) -> None:
        try:
            if rung is Rung.RADIO_CYCLE and ask is not None:
                await self._cycle_radio(ask, quirks)
            elif rung is Rung.MODEM_RESET and ask is not None:
                await ask(Request("AT+CFUN=1,1", timeout_s=_CFUN_TIMEOUT_S))
            elif rung is not Rung.REOPEN:  # the service reopens by itself
                await self._actions.take(rung)
        except PortGoneError:
            return  # a modem that restarts at once takes its port with it
        except (OSError, ChannelError) as error:
            log.warning("modem recovery: %s could not be carried out: %s", rung, error)

    async def _cycle_radio(self, ask: Ask, quirks: Quirks) -> None:
        answer = await ask(Request(f"AT+CFUN={quirks.radio_off}", timeout_s=_CFUN_TIMEOUT_S))
        if not answer.ok and quirks.radio_off == 0:
            await ask(Request("AT+CFUN=4", timeout_s=_CFUN_TIMEOUT_S))
        await ask(Request("AT+CFUN=1", timeout_s=_CFUN_TIMEOUT_S))

    def _report(self, rung: Rung, *, ok: bool) -> None:
        left = self._memory.budget_left(rung, self._clock(), self._rules.ladder)
        self._on_event(EventType.MODEM_RECOVERY, {"rung": str(rung), "ok": ok, "budget_left": left})
