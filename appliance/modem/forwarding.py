"""The meaning: one service of call forwarding asked for, registered, erased, in the way this SIM and modem take.

OK is not proof (modems answer it and do nothing); proof is the network's own answer to a later interrogation, which
is the guard's business. Here a way is only remembered as *taken* until the guard confirms it.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from appliance.domain.forwarding import (
    Exchange,
    ForwardingError,
    RefusalKind,
    Registration,
    Service,
    Wanted,
)
from appliance.domain.phrase import phrase
from appliance.modem import ccfc, ways
from appliance.modem.channel import Answer, ChannelError, NoAnswerError
from appliance.modem.dialogue import Request
from appliance.modem.learned import LearnedWays, SimKey
from appliance.modem.quirks import GENERIC, Quirks
from appliance.modem.ways import Operation, Via, Way

log = logging.getLogger(__name__)

Ask = Callable[[Request], Awaitable[Answer]]
# No other spelling helps where the SIM itself cannot be used (27.007 §9.2: 10 to 15).
_SIM_ERRORS = range(10, 16)


class Forwarder:
    """Forwarding operations over ``ask``. ``region`` reads national numbers; ``timeout_s`` is the network's time."""

    def __init__(self, ask: Ask, learned: LearnedWays, region: str | None, timeout_s: float) -> None:
        self._ask = ask
        self._learned = learned
        self._region = region
        self._timeout_s = timeout_s
        self._quirks: Quirks = GENERIC
        self._key: SimKey | None = None
        self._taken: dict[tuple[Service, int], tuple[Operation, Way]] = {}
        self._dialled_in_vain: dict[Service, tuple[RefusalKind, int | None]] = {}

    def identify(self, quirks: Quirks, key: SimKey | None) -> None:
        """Say which modem and SIM this is; what was taken before is forgotten if it is another one.

        Called once for each SIM in each life of the port: an MMI query that was in vain gets another chance then.
        """
        self._dialled_in_vain.clear()
        if key != self._key:
            self._taken.clear()
        self._quirks, self._key = quirks, key

    async def interrogate(self, service: Service) -> tuple[Registration, tuple[Exchange, ...]]:
        """Ask the network, in another way where one is refused. Raises :class:`ForwardingError`."""
        trusted = self._learned.trusted(self._key, service, Operation.INTERROGATE)
        exchanges: list[Exchange] = []
        refusal: ForwardingError | None = None
        for way in ways.interrogations(self._quirks, trusted):
            if way.via is Via.MMI and refusal is not None and self._was_in_vain(service, refusal):
                continue
            try:
                answer = await self._exchange(ways.spell_interrogation(service, way), way, exchanges)
                registration = self._read(answer, way, exchanges)
            except ForwardingError as error:
                # the AT command's own error says more than that of a makeshift behind it
                refusal = refusal or error
                if way.via is Via.MMI:
                    self._dialled_in_vain[service] = (refusal.kind, refusal.code)
                if error.kind not in (RefusalKind.REFUSED, RefusalKind.GARBLED) or error.code in _SIM_ERRORS:
                    break
                continue
            self._learned.keep(self._key, service, Operation.INTERROGATE, way)
            return registration, tuple(exchanges)
        if refusal is None:
            raise ForwardingError(RefusalKind.NO_MODEM, phrase("no way to ask this modem is known"))
        raise ForwardingError(refusal.kind, refusal.message, code=refusal.code, exchanges=tuple(exchanges))

    async def register(self, service: Service, wanted: Wanted, attempt: int) -> tuple[Exchange, ...]:
        """Register in the ``attempt``-th way; a standing registration is replaced, never erased first."""
        if wanted.number is None:
            raise ValueError("register() needs a number; erase() takes one away")
        trusted = self._learned.trusted(self._key, service, Operation.REGISTER)
        known = ways.registrations(service, self._quirks, trusted)
        way = known[attempt % len(known)]
        ring_time_s = None if wanted.no_reply_time_s is None else self._quirks.ring_time_s(wanted.no_reply_time_s)
        self._taken[service, attempt] = (Operation.REGISTER, way)
        return await self._set(ways.spell_registration(service, wanted.number, ring_time_s, way), way)

    async def erase(self, service: Service, attempt: int) -> tuple[Exchange, ...]:
        """Erase in the ``attempt``-th way."""
        trusted = self._learned.trusted(self._key, service, Operation.ERASE)
        known = ways.erasures(self._quirks, trusted)
        way = known[attempt % len(known)]
        self._taken[service, attempt] = (Operation.ERASE, way)
        return await self._set(ways.spell_erasure(service, way), way)

    def confirm(self, service: Service, attempt: int) -> None:
        """The read-back agreed: keep the way that attempt took."""
        taken = self._taken.get((service, attempt))
        if taken is not None:
            self._learned.keep(self._key, service, *taken)

    def describe(self) -> dict[str, str]:
        """What was learned for the SIM in the modem, in words."""
        return self._learned.describe(self._key)

    def _was_in_vain(self, service: Service, refusal: ForwardingError) -> bool:
        """Whether an MMI query has failed behind the same refusal of the AT command: it is not dialled again."""
        return self._dialled_in_vain.get(service) == (refusal.kind, refusal.code)

    async def _set(self, command: str, way: Way) -> tuple[Exchange, ...]:
        exchanges: list[Exchange] = []
        answer = await self._exchange(command, way, exchanges)
        if not answer.ok:
            raise _refused(answer, exchanges)
        return tuple(exchanges)

    def _read(self, answer: Answer, way: Way, exchanges: list[Exchange]) -> Registration:
        if not answer.ok:
            raise _refused(answer, exchanges)
        try:
            if way.via is Via.MMI and not ccfc.rows(answer.lines)[0]:
                # many modems say OK and show the result nowhere: that is no answer, least of all "inactive"
                raise ccfc.UnreadableError(
                    phrase("the modem does not show what the network answered to the MMI code")
                )
            return ccfc.voice(answer.lines, self._region)
        except ccfc.UnreadableError as error:
            message = phrase(
                "the answer to {command} cannot be used: {why}", command=answer.exchange.sent, why=str(error)
            )
            raise ForwardingError(RefusalKind.GARBLED, message, exchanges=tuple(exchanges)) from None

    async def _exchange(self, command: str, way: Way, exchanges: list[Exchange]) -> Answer:
        request = Request(
            command,
            (ccfc.PREFIX, ccfc.MMI_PREFIX),
            timeout_s=self._timeout_s,
            dials=way.via is Via.MMI,
        )
        try:
            answer = await self._ask(request)
        except ChannelError as error:
            if error.exchange is None:
                raise ForwardingError(RefusalKind.NO_MODEM, error.message, exchanges=tuple(exchanges)) from None
            exchanges.append(error.exchange)
            kind = RefusalKind.SILENT  # it was sent: whether it had an effect is not known
            message = error.message
            if not isinstance(error, NoAnswerError):
                message = phrase("{trouble} before {command} was answered", trouble=message, command=command)
            raise ForwardingError(kind, message, exchanges=tuple(exchanges)) from None
        exchanges.append(answer.exchange)
        return answer


def _refused(answer: Answer, exchanges: list[Exchange]) -> ForwardingError:
    return ForwardingError(RefusalKind.REFUSED, answer.refusal, code=answer.final.code, exchanges=tuple(exchanges))
