"""Carries out what the recovery ladder decides, and reports each rung with its success."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import replace

from appliance.domain.events import EventType
from appliance.domain.forwarding import ForwardingError, RefusalKind
from appliance.domain.phrase import phrase
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
_AROUND_PORT = frozenset({Rung.USB_REBIND, Rung.POWER_RELAY})


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

    async def can_restart_without_port(self) -> bool:
        """Whether this box has another hold on the modem than its port."""
        return not _AROUND_PORT.isdisjoint(await self._actions.available())

    async def asked(self, ask: Ask | None, quirks: Quirks) -> ForwardingError | None:
        """A person wants the modem restarted: the mildest rung that does it, whatever its budget. Why not, if not."""
        available = await self._actions.available()
        wanted = {Rung.MODEM_RESET} if ask is not None else _AROUND_PORT
        rung = next((rung for rung in Rung if rung in wanted and rung in available), None)
        if rung is None:
            return ForwardingError(
                RefusalKind.NO_MODEM, phrase("the modem cannot be restarted: its port is not open")
            )
        before = self._memory
        self._memory = recovery.taken(self._rules, before, rung, Symptom.SILENT, self._clock())
        refusal = await self._take(rung, ask, quirks)
        if refusal is not None:  # its try is spent, and no incident is to be credited with a cure
            self._memory = replace(before, spent=self._memory.spent)
            self._report(rung, ok=False)
        return refusal

    def healed(self, *, on_network: bool) -> None:
        """The port answers; ``on_network``: and the modem can be used."""
        cured = recovery.PORT_SYMPTOMS | (recovery.RADIO_SYMPTOMS if on_network else frozenset())
        rung, self._memory = recovery.healed(self._memory, cured)
        if rung is not None:
            self._report(rung, ok=True)

    async def _take(self, rung: Rung, ask: Ask | None, quirks: Quirks) -> ForwardingError | None:
        """Carry a rung out; why it was not, where it was not."""
        try:
            if rung is Rung.RADIO_CYCLE and ask is not None:
                await self._cycle_radio(ask, quirks)
            elif rung is Rung.MODEM_RESET and ask is not None:
                answer = await ask(Request("AT+CFUN=1,1", timeout_s=_CFUN_TIMEOUT_S))
                if not answer.ok:
                    message = phrase("the modem refused to restart: {answer}", answer=answer.final.text)
                    log.warning("modem recovery: %s", message)
                    return ForwardingError(
                        RefusalKind.REFUSED, message, code=answer.final.code, exchanges=(answer.exchange,)
                    )
            elif rung is not Rung.REOPEN:  # the service reopens by itself
                await self._actions.take(rung)
        except PortGoneError:
            return None  # a modem that restarts at once takes its port with it
        except (OSError, ChannelError) as error:
            message = phrase("{rung} could not be carried out: {why}", rung=str(rung), why=str(error))
            log.warning("modem recovery: %s", message)
            return ForwardingError(RefusalKind.NO_MODEM if ask is None else RefusalKind.SILENT, message)
        return None

    async def _cycle_radio(self, ask: Ask, quirks: Quirks) -> None:
        answer = await ask(Request(f"AT+CFUN={quirks.radio_off}", timeout_s=_CFUN_TIMEOUT_S))
        if not answer.ok and quirks.radio_off == 0:
            await ask(Request("AT+CFUN=4", timeout_s=_CFUN_TIMEOUT_S))
        await ask(Request("AT+CFUN=1", timeout_s=_CFUN_TIMEOUT_S))

    def _report(self, rung: Rung, *, ok: bool) -> None:
        left = self._memory.budget_left(rung, self._clock(), self._rules.ladder)
        self._on_event(EventType.MODEM_RECOVERY, {"rung": str(rung), "ok": ok, "budget_left": left})
