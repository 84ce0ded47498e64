"""One life of the modem: from a port that answers to its end. Keeps the status true.

``start`` learns who answers; ``poll`` asks what changes. Both pass errors of the port on; whoever runs the session
takes them for its end.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from appliance.domain.events import EventType
from appliance.domain.health import Health
from appliance.domain.modem import SimState
from appliance.domain.phrase import phrase
from appliance.modem import calls, interview, network, sim, sim_pin
from appliance.modem.forwarding import Forwarder
from appliance.modem.interview import Ask, Identity
from appliance.modem.learned import SimKey
from appliance.modem.messages import REPORT_LINES
from appliance.modem.network import DomainReport
from appliance.modem.sim_pin import PinLedger, PinRefused
from appliance.modem.status_board import StatusBoard

log = logging.getLogger(__name__)

OnEvent = Callable[[str, Mapping[str, Any]], None]

_REBOOTED = ("RDY", "^SYSSTART", "START", "MODEM:STARTUP", "NORMAL POWER DOWN")
_LOCKED = {
    SimState.PUK: phrase("the SIM wants its PUK; only a person may enter it"),
    SimState.BLOCKED: phrase("the SIM is blocked, or the modem is locked to another operator"),
}


class Rebooted(Exception):  # noqa: N818 - an occurrence, not a fault
    """The modem has restarted by itself: what was set in it is gone."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What every session of a service shares."""

    board: StatusBoard
    forwarder: Forwarder
    ledger: PinLedger
    pin_file: Path | None
    on_event: OnEvent
    wake: Callable[[], None]
    on_report: Callable[[str], None] = lambda line: None  # a line that tells of a delivery report


class Session:
    """State of one life. ``ask`` sends to this life's port."""

    def __init__(self, ask: Ask, around: Surroundings) -> None:
        self._ask = ask
        self._around = around
        self._identity: Identity | None = None
        self._reports: dict[str, DomainReport] = {}
        self._sim = SimState.UNKNOWN
        self._sim_named = False
        self._sim_reason = ""
        self._iccid: str | None = None
        self._pin_file_stamp: tuple[int, int] | None = None
        self._calls = 0
        self._calls_news = False
        self._rebooted = False
        self._told_to_report = False
        self._announced = False

    @property
    def identity(self) -> Identity | None:
        """Who answers, once known."""
        return self._identity

    @property
    def live_calls(self) -> int:
        """Voice calls at the last look."""
        return self._calls

    @property
    def sim_locked(self) -> bool:
        """Whether the SIM waits for a person: restarting it would only ask for the PIN again."""
        return self._sim in _LOCKED or (self._sim is SimState.PIN and bool(self._sim_reason))

    @property
    def settled(self) -> bool:
        """Whether nothing is expected to change soon: polls may be rare."""
        registered = self._around.board.status.registration.on_network
        sim_waits = self._sim is SimState.UNKNOWN or (self._sim is SimState.READY and not registered)
        return not sim_waits and not self._calls

    async def start(self) -> None:
        """Learn who answers."""
        found = self._identity = await interview.introduce(self._ask)
        name = " ".join(part for part in (found.manufacturer, found.model) if part)
        self._around.board.update(model=name or None, firmware=found.firmware, imei=found.imei, iccid=None)
        await interview.switch_on(self._ask)
        await interview.report_registration(self._ask)
        self._around.board.update(health=Health.UP, reason="")

    async def poll(self) -> None:
        """Look at everything once, the most important first."""
        if self._rebooted:
            raise Rebooted(phrase("the modem has restarted by itself"))
        await self._look_at_sim()
        await self._look_at_network()
        if not self._told_to_report and self._identity is not None:
            self._told_to_report = True
            await interview.report_the_rest(self._ask, self._identity.quirks)
            await interview.name_operators(self._ask)
        await self._look_at_details()

    async def count_calls(self) -> int:
        """Ask for the live calls now."""
        self._calls = await interview.live_calls(self._ask)
        return self._calls

    def unsolicited(self, line: str) -> None:
        """Take in a line that came by itself."""
        if (report := network.unsolicited_report(line)) is not None:
            before = self._around.board.status.registration
            self._reports[report.domain] = report
            self._show_registration()
            if self._around.board.status.registration is not before:
                self._around.wake()
        elif sim.tells_of_sim(line):
            self._around.wake()
        elif calls.is_ringing(line) or calls.is_ended(line):
            self._calls_news = True
            self._around.wake()
        elif (notification := calls.notification(line)) is not None:
            log.info("the network says: %s (%s)", notification.meaning, notification.code)
        elif line.startswith(REPORT_LINES):
            self._around.on_report(line)
        elif line in _REBOOTED:
            self._rebooted = True
            self._around.wake()

    async def _look_at_sim(self) -> None:
        state = await interview.sim_state(self._ask)
        if state is SimState.UNKNOWN and self._sim is SimState.READY:
            return  # one query without an answer takes nothing away
        if state is not self._sim:
            self._iccid = None
            self._sim_named = False
            self._announced = False
        self._sim = state
        if state is SimState.PIN:
            await self._give_pin()
        elif state is SimState.READY:
            self._sim_reason = ""
            await self._name_sim()
        else:
            self._lock(_LOCKED.get(state, ""))
        self._around.board.update(sim=self._sim, iccid=self._iccid, reason=self._sim_reason)
        self._announce()

    async def _name_sim(self) -> None:
        if self._sim_named or self._identity is None:
            return
        self._sim_named = True
        found = self._identity
        self._iccid = await interview.iccid(self._ask, found.quirks)
        key = SimKey(self._iccid or self._unknown_sim(), found.firmware or "unknown firmware")
        self._around.forwarder.identify(found.quirks, key)
        for name in filter(None, (self._iccid, self._unknown_sim())):
            await sim_pin.note_ready(self._around.ledger, name, self._around.pin_file)

    def _unknown_sim(self) -> str:
        imei = self._identity.imei if self._identity is not None else None
        return f"SIM of unknown number in {imei or 'a modem of unknown IMEI'}"

    async def _give_pin(self) -> None:
        stamp = await asyncio.to_thread(_stamp, self._around.pin_file)
        if self._identity is None or (self._sim_reason and stamp == self._pin_file_stamp):
            return  # judged already; a person who corrects the file is noticed by its stamp
        self._pin_file_stamp = stamp
        quirks = self._identity.quirks
        name = await interview.iccid(self._ask, quirks) or self._unknown_sim()
        left = await interview.pin_tries_left(self._ask, quirks)
        try:
            await sim_pin.unlock(self._ask, self._around.ledger, name, self._around.pin_file, left)
        except PinRefused as refusal:
            self._lock(str(refusal))
            return
        self._sim_reason = ""
        self._sim = SimState.UNKNOWN  # it starts now; the next look tells
        self._around.wake()

    def _lock(self, reason: str) -> None:
        if reason and reason != self._sim_reason:
            log.warning("%s", reason)
            self._around.on_event(EventType.SIM_BLOCKED, {"sim": str(self._sim), "reason": reason})
        self._sim_reason = reason

    async def _look_at_network(self) -> None:
        self._reports |= {report.domain: report for report in await interview.registrations(self._ask)}
        self._show_registration()

    def _show_registration(self) -> None:
        registration, technology = network.merged(self._reports.values())
        board = self._around.board
        if not registration.on_network:
            board.update(registration=registration, technology=None, operator=None, rssi_dbm=None)
        elif technology is not None:
            board.update(registration=registration, technology=technology)
        else:
            board.update(registration=registration)
        self._announce()

    def _announce(self) -> None:
        """Once a life and SIM: the modem can be used anew. Never between two steps of the same change."""
        if self._around.board.status.usable and not self._announced:
            self._announced = True
            self._around.board.rise()

    async def _look_at_details(self) -> None:
        board = self._around.board
        if board.status.registration.on_network:
            name, technology = await interview.operator(self._ask)
            board.update(operator=name, technology=technology or board.status.technology)
            board.update(rssi_dbm=await interview.signal_dbm(self._ask))
        if self._calls_news or self._calls:
            self._calls_news = False
            await self.count_calls()


def _stamp(file: Path | None) -> tuple[int, int] | None:
    try:
        found = os.stat(file) if file is not None else None
    except OSError:
        return None
    return None if found is None else (found.st_mtime_ns, found.st_size)
