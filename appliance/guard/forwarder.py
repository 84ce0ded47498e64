"""Makes the network hold the plan: carries out what :mod:`appliance.guard.reconcile` says, one action at a time.

Intent is durable before the first command goes out, so that after a power cut anywhere the box knows which numbers
may stand in the network by its own doing, and takes up the change by looking.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from math import inf
from typing import Any

from appliance.domain.events import EventType
from appliance.domain.forwarding import Exchange, ForwardingError, Plan, Service
from appliance.domain.phone import PhoneNumber, e164
from appliance.domain.phrase import phrase
from appliance.guard import ledger
from appliance.guard.ledger import Meaning
from appliance.guard.ports import JournalPort, ModemPort
from appliance.guard.reconcile import ALARM_AFTER, Change, Interrogate, Memory, Record, Settings, Wait, next_action
from appliance.guard.scribe import Scribe
from appliance.guard.waiting import sleep_until

log = logging.getLogger(__name__)

INTENT_KEY = "forwarding.intent"
JOURNAL_PATIENCE_S = 2.0  # a sick disk may delay a change by so much, and no more
VERIFY_LIMIT_S = 300.0


class Forwarder:
    """Owns the memory of what the network said and was asked. ``changed`` is called after each outcome."""

    def __init__(
        self,
        modem: ModemPort,
        journal: JournalPort,
        scribe: Scribe,
        settings: Settings,
        *,
        unix: Callable[[], float],
        changed: Callable[[], None],
        beat: Callable[[], None],
    ) -> None:
        self._modem = modem
        self._journal = journal
        self._scribe = scribe
        self._settings = settings
        self._unix = unix
        self._changed = changed
        self._beat = beat
        self._plan: Plan | None = None
        self._technician: PhoneNumber | None = None
        self._wake = asyncio.Event()
        self._outcome = asyncio.Condition()
        self._exchanges: dict[Service, list[Exchange]] = {}
        self._began: dict[Service, float] = {}
        self._generation = -1
        self._iccid: str | None = None
        self.memory = Memory()

    @property
    def plan(self) -> Plan | None:
        """What the network should hold."""
        return self._plan

    @property
    def due(self) -> bool:
        """Whether the next action is due: others who talk to the modem hold back."""
        now = asyncio.get_running_loop().time()
        return not isinstance(next_action(self._plan, self._technician, self.memory, self._settings, now), Wait)

    def want(self, plan: Plan | None, technician: PhoneNumber) -> None:
        """The plan is this from now on."""
        if plan != self._plan or technician != self._technician:
            self._plan, self._technician = plan, technician
            self._wake.set()

    def poke(self) -> None:
        """Something the next action depends on has changed: the modem came up, or the clock was set."""
        self._wake.set()

    async def verify_now(self) -> None:
        """Read the whole table anew; returns when each service was read or failed to be.

        Raises ``TimeoutError`` after :data:`VERIFY_LIMIT_S`: a change that takes its time has the line.
        """
        begun = asyncio.get_running_loop().time()
        self.memory = ledger.recheck(self.memory)
        self.poke()
        async with asyncio.timeout(VERIFY_LIMIT_S), self._outcome:
            await self._outcome.wait_for(
                lambda: (
                    not self._modem.status.usable
                    or all(one.seen_at >= begun or one.read_failures for one in self.memory.records.values())
                )
            )

    async def run(self) -> None:
        """Act, forever."""
        await self._resume()
        loop = asyncio.get_running_loop()
        while True:
            self._beat()
            self._wake.clear()
            self._notice_modem()
            if not self._modem.status.usable:
                async with self._outcome:
                    self._outcome.notify_all()
                await sleep_until(None, self._wake)
                continue
            match next_action(self._plan, self._technician, self.memory, self._settings, loop.time()):
                case Wait(until):
                    await sleep_until(until, self._wake)
                case Interrogate(service):
                    await self._interrogate(service)
                case Change() as change:
                    await self._change(change)
            self._changed()
            async with self._outcome:
                self._outcome.notify_all()

    def _notice_modem(self) -> None:
        if self._modem.generation == self._generation:
            return
        iccid = self._modem.status.iccid
        other_sim = self._iccid is not None and iccid is not None and iccid != self._iccid
        if self._generation >= 0 or other_sim:
            self.memory = ledger.stale(self.memory, forget=other_sim)
        self._generation = self._modem.generation
        self._iccid = iccid or self._iccid

    async def _interrogate(self, service: Service) -> None:
        loop = asyncio.get_running_loop()
        try:
            seen, exchanges = await self._modem.interrogate(service)
        except ForwardingError as error:
            self.memory = ledger.unreadable(self.memory, service, self._plan, error.kind, loop.time())
            self._fail(service, "interrogation", error)
            return
        trail = self._exchanges.setdefault(service, [])
        trail.extend(exchanges)
        before = self.memory.records[service]
        self.memory, meaning = ledger.read(self.memory, service, seen, self._plan, loop.time())
        if meaning is Meaning.NOT_DONE:
            self._say_not_done(service)
        elif meaning in (Meaning.VERIFIED, Meaning.QUIESCENT):
            self._modem.confirm(service, before.attempt)
            began = self._began.pop(service, None)
            self._scribe.say(
                EventType.FORWARDING_VERIFIED,
                {
                    "service": service.key,
                    "number": e164(seen.target),
                    "quiescent": meaning is Meaning.QUIESCENT,
                    "took_s": round(loop.time() - began, 3) if began is not None else None,
                    "exchanges": _told(trail),
                },
            )
            await self._keep_intent()
        elif meaning is Meaning.DISPUTED:
            line = self._plan.get(service) if self._plan else None
            wanted = line.number if line else None
            log.error("%s stands at %s, which nobody asked for", service.name, seen.target)
            self._scribe.say(
                EventType.FORWARDING_DISPUTED,
                {
                    "service": service.key,
                    "wanted": e164(wanted),
                    "seen": e164(seen.target),
                    "exchanges": _told(trail),
                },
            )
        trail.clear()

    async def _change(self, change: Change) -> None:
        loop = asyncio.get_running_loop()
        service, wanted = change.service, change.wanted
        if change.attempt == 0:
            self._began[service] = loop.time()
        self.memory = ledger.commanded(self.memory, change, loop.time())
        self._scribe.say(
            EventType.FORWARDING_REQUESTED,
            {"service": service.key, "number": e164(wanted.number), "attempt": change.attempt, "why": change.why},
        )
        await self._keep_intent()
        self._changed()
        try:
            if wanted.number is None:
                exchanges = await self._modem.erase(service, change.attempt)
            else:
                exchanges = await self._modem.register(service, wanted, change.attempt)
        except ForwardingError as error:
            self.memory = ledger.refused(self.memory, change, error.kind, loop.time())
            self._fail(service, e164(wanted.number) or "erasure", error)
            return
        self._exchanges[service] = list(exchanges)

    def _fail(self, service: Service, number: str, error: ForwardingError) -> None:
        record = self.memory.records[service]
        worst = max(record.attempt, record.read_failures)
        level = logging.ERROR if worst >= ALARM_AFTER else logging.WARNING
        log.log(level, "%s %s failed (%d in a row): %s", service.name, number, worst, error.message)
        trail = [*self._exchanges.pop(service, []), *error.exchanges]
        self._scribe.say(
            EventType.FORWARDING_FAILED,
            {
                "service": service.key,
                "number": number,
                "kind": str(error.kind),
                "code": error.code,
                "message": error.message,
                "in_a_row": worst,
                "alarm": worst >= ALARM_AFTER,
                "exchanges": _told(trail),
            },
        )

    def _say_not_done(self, service: Service) -> None:
        record = self.memory.records[service]
        seen = record.seen.target if record.seen else None
        self._scribe.say(
            EventType.FORWARDING_FAILED,
            {
                "service": service.key,
                "number": e164(record.goal.number if record.goal else None),
                "kind": "not_done",
                "code": None,
                "message": phrase("the network said OK, and reads back {number}", number=seen.e164)
                if seen is not None
                else phrase("the network said OK, and reads back inactive"),
                "in_a_row": record.attempt,
                "alarm": record.attempt >= ALARM_AFTER,
                "exchanges": _told(self._exchanges.get(service, [])),
            },
        )

    async def _keep_intent(self) -> None:
        """Write down which numbers may stand in the network by our doing, and the budget spent."""
        loop_now, unix_now = asyncio.get_running_loop().time(), self._unix()
        intent = {
            "asked": {service.key: sorted({*_may_stand(record)}) for service, record in self.memory.records.items()},
            "spent": [round(unix_now - (loop_now - at), 3) for at in self.memory.spent],
            "hides": self.memory.hides,
            "iccid": self._iccid,
        }
        writing = asyncio.ensure_future(self._journal.remember(INTENT_KEY, intent))
        done, _ = await asyncio.wait({writing}, timeout=JOURNAL_PATIENCE_S)
        if not done:
            log.error("the intent could not be written within %g s; going on without it", JOURNAL_PATIENCE_S)
            writing.cancel()
        await self._scribe.settled(JOURNAL_PATIENCE_S)

    async def _resume(self) -> None:
        intent = await self._journal.recall(INTENT_KEY)
        if isinstance(intent, dict):
            try:
                self.memory = _resumed(intent, asyncio.get_running_loop().time(), self._unix())
                self._iccid = intent.get("iccid")
            except (KeyError, TypeError, ValueError) as error:
                log.warning("the kept intent cannot be read (%s); the network will be asked", error)


def _may_stand(record: Record) -> list[str]:
    """The numbers ("" for inactive) that may stand for a service without anybody else's doing."""
    numbers: list[PhoneNumber | None] = list(record.expected or ())
    if record.seen is not None:
        numbers.append(record.seen.target)
    if record.asked is not None:
        numbers.append(record.asked.number)
    return [number.e164 if number else "" for number in numbers]


def _resumed(intent: dict[str, Any], loop_now: float, unix_now: float) -> Memory:
    records = {}
    for service in Service:
        numbers = intent["asked"].get(service.key) or []
        expected = frozenset(PhoneNumber(text) if text else None for text in numbers)
        records[service] = Record(expected=expected or None)
    spent = tuple(loop_now - max(0.0, unix_now - at) for at in intent["spent"])
    return Memory(records=records, spent=tuple(at for at in spent if at > -inf), hides=intent.get("hides"))


def _told(exchanges: list[Exchange]) -> list[dict[str, Any]]:
    return [{"sent": one.sent, "received": list(one.received), "took_s": round(one.took_s, 3)} for one in exchanges]
