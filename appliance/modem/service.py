"""The modem as the guard uses it: its status, its forwarding, a person's own commands, messages.

The composition of the room: what each part is told of the others is written here and nowhere else.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from appliance.config.models import Modem as ModemConfig
from appliance.credentials import handed_over
from appliance.domain.forwarding import Exchange, ForwardingError, RefusalKind, Registration, Service, Wanted
from appliance.domain.health import Health
from appliance.domain.modem import ModemStatus, NetworkRegistration, SimState
from appliance.domain.phone import PhoneNumber
from appliance.domain.phrase import number, phrase
from appliance.domain.sms import Fate, SmsError, Submitted
from appliance.modem import at_guard, interview, network
from appliance.modem.channel import Answer, ChannelError
from appliance.modem.dialogue import Request
from appliance.modem.forwarding import Forwarder
from appliance.modem.learned import LearnedWays
from appliance.modem.link import LinkFactory
from appliance.modem.mender import Mender
from appliance.modem.messages import Messages, OnReport
from appliance.modem.recovery import Rules
from appliance.modem.recovery_actions import HostActions, RecoveryActions
from appliance.modem.serial_link import open_link
from appliance.modem.session import OnEvent, Surroundings
from appliance.modem.sim_pin import PinLedger
from appliance.modem.status_board import StatusBoard
from appliance.modem.supervisor import Pace, Port, Supervisor
from appliance.modem.usb import UsbRebind

if TYPE_CHECKING:
    from appliance.modem.sms import StoredSms


def host_actions(config: ModemConfig, state_dir: Path) -> HostActions:
    """The rungs of a real box, as configured."""
    return HostActions(
        usb=UsbRebind() if config.usb_rebind else None,
        power_relay_pin=config.power_relay_pin,
        host_reboot=config.host_reboot,
        reboot_record=state_dir / "last-reboot.json",
    )


class ModemService:
    """Implements the guard's ``ModemPort``.

    ``on_event`` is told journal events (type, data) and must not block; ``beat`` is called every few seconds while
    the service makes progress. ``busy`` tells of calls on the box that no restart may cut. ``clock`` is monotonic.
    """

    def __init__(
        self,
        config: ModemConfig,
        *,
        region: str | None,
        state_dir: Path,
        on_event: OnEvent,
        beat: Callable[[], None],
        busy: Callable[[], bool] = lambda: False,
        actions: RecoveryActions | None = None,
        link_factory: LinkFactory = open_link,
        rules: Rules | None = None,
        pace: Pace | None = None,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._config = config
        self._busy = busy
        self._pace = pace or Pace()
        self._board = StatusBoard()
        self._learned = LearnedWays(state_dir / "learned-ways.json")
        self._forwarder = Forwarder(self._ask, self._learned, region, config.ccfc_timeout)
        self._messages = Messages(self._ask, lambda: self._board.generation)
        actions = actions or host_actions(config, state_dir)
        wake = asyncio.Event()
        around = Surroundings(
            board=self._board,
            forwarder=self._forwarder,
            ledger=PinLedger(state_dir / "pin-tries.json"),
            pin_file=config.pin_file or handed_over("pin"),
            on_event=on_event,
            wake=wake.set,
            on_report=self._messages.unsolicited,
        )
        self._supervisor = Supervisor(
            Port(config.port, config.baudrate, link_factory),
            around,
            wake,
            Mender(actions, on_event, rules=rules, clock=clock),
            actions,
            beat=beat,
            busy=busy,
            pace=self._pace,
            clock=clock,
            wall=wall,
        )

    @property
    def status(self) -> ModemStatus:
        """The newest snapshot."""
        return self._board.status

    @property
    def generation(self) -> int:
        """Rises each time the modem can be used anew: the table must then be read again."""
        return self._board.generation

    async def changed(self) -> None:
        """Return when ``status`` or ``generation`` has changed since this call began."""
        await self._board.changed()

    async def interrogate(self, service: Service) -> tuple[Registration, tuple[Exchange, ...]]:
        """Ask the network for one service, for voice. Raises ``ForwardingError``."""
        self._need_usable()
        return await self._forwarder.interrogate(service)

    async def register(self, service: Service, wanted: Wanted, attempt: int) -> tuple[Exchange, ...]:
        """Register ``wanted.number`` in the ``attempt``-th way. Raises ``ForwardingError``."""
        self._need_usable()
        return await self._forwarder.register(service, wanted, attempt)

    async def erase(self, service: Service, attempt: int) -> tuple[Exchange, ...]:
        """Erase one service in the ``attempt``-th way. Raises ``ForwardingError``."""
        self._need_usable()
        return await self._forwarder.erase(service, attempt)

    def confirm(self, service: Service, attempt: int) -> None:
        """The read-back agreed: keep the way this attempt took for this SIM and firmware."""
        self._forwarder.confirm(service, attempt)

    async def at(self, command: str) -> tuple[str, ...]:
        """A person's own command: the lines of its answer, the final result last. Raises ``ForwardingError``."""
        if (reason := at_guard.refusal(command)) is not None:
            raise ForwardingError(RefusalKind.REFUSED, phrase("this command is not let through: {why}", why=reason))
        answer = await self._asked_by_person(at_guard.request(command, self._config.ccfc_timeout))
        return (*answer.lines, answer.final.text)

    async def network_time(self) -> datetime | None:
        """The network's time as the modem keeps it; ``None`` where it was never told."""
        return network.clock((await self._asked_by_person(network.CLOCK)).lines)

    async def send_sms_part(
        self, number: PhoneNumber, text: str, reference: int, part: int, *, report: bool, validity_s: float | None
    ) -> Submitted:
        """Send one part of a text (:meth:`appliance.modem.messages.Messages.send_part`). Raises ``SmsError``."""
        self._need_usable_for_sms()
        return await self._messages.send_part(number, text, reference, part, report=report, validity_s=validity_s)

    def sms_parts(self, text: str) -> int:
        """How many parts a text has. Raises ``ValueError`` for one that cannot be sent."""
        from appliance.modem import sms_pdu  # a guard without messages never needs the PDU coder in memory

        return sms_pdu.parts_of(text)

    async def take_sms_reports(self, on_report: OnReport) -> None:
        """Hand over delivery reports until cancelled."""
        await self._messages.take_reports(on_report)

    async def collect_sms_reports(self, on_report: OnReport) -> None:
        """Make the modem tell of reports and take those it has stored. Raises ``SmsError``."""
        self._need_usable_for_sms()
        await self._messages.collect(on_report)

    async def stored_sms(self) -> tuple[StoredSms, ...]:
        """The messages the modem keeps, unreadable ones left out. Raises ``ForwardingError``."""
        from appliance.modem import sms

        self._need_usable()
        return await sms.stored(self._asked_by_person)

    async def delete_sms(self, index: int) -> None:
        """Delete one stored message. Raises ``ForwardingError``."""
        from appliance.modem import sms

        await sms.delete(self._asked_by_person, index)

    async def reset(self) -> None:
        """Restart the modem; returns when it answers again and its SIM was read.

        A SIM that is ready gets what is left of the time limit to look for its network, too. Raises
        ``ForwardingError`` where the modem may not restart, refuses to, or does not come back.
        """
        lives = self._supervisor.lives
        try:
            async with asyncio.timeout(self._pace.reset_limit_s):
                if await self._call_is_live():
                    calling = phrase("a call is going on; the modem is not restarted during a call")
                    raise ForwardingError(RefusalKind.REFUSED, calling)
                lives = self._supervisor.lives
                await self._supervisor.restart()
                while (
                    self._supervisor.lives == lives or not _is_read(self.status) or _is_without_network(self.status)
                ):
                    await self._board.changed()
        except TimeoutError:
            if self._supervisor.lives != lives and _is_read(self.status):
                return
            away = phrase(
                "the modem did not come back within {s} s; recovery goes on", s=number(self._pace.reset_limit_s)
            )
            raise ForwardingError(RefusalKind.NO_MODEM, away) from None

    def describe(self) -> dict[str, Any]:
        """What is known beyond the status: the family of the modem and what it was seen to need."""
        session = self._supervisor.session
        known = session.identity if session is not None else None
        return {
            "manufacturer": known.manufacturer if known else None,
            "family": known.quirks.name if known else None,
            "learned": self._forwarder.describe(),
        }

    async def run(self) -> None:
        """Serve until cancelled."""
        await self._learned.load()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._learned.keep_saved(), name="modem: keep what was learned")
            tasks.create_task(self._supervisor.serve(), name="modem: serve")

    async def _ask(self, request: Request) -> Answer:
        return await self._supervisor.ask(request)

    async def _asked_by_person(self, request: Request) -> Answer:
        try:
            return await self._ask(request)
        except ChannelError as error:
            kind = RefusalKind.NO_MODEM if error.exchange is None else RefusalKind.SILENT
            exchanges = () if error.exchange is None else (error.exchange,)
            raise ForwardingError(kind, error.message, exchanges=exchanges) from None

    async def _call_is_live(self) -> bool:
        if self._busy():
            return True
        try:
            return await interview.live_calls(self._ask) > 0
        except ChannelError:
            return False

    def _need_usable_for_sms(self) -> None:
        try:
            self._need_usable()
        except ForwardingError as error:
            raise SmsError(Fate.NOT_SENT, error.message) from None

    def _need_usable(self) -> None:
        status = self.status
        if status.health is not Health.UP:
            why = status.reason or phrase("it has not answered yet")
            reason = phrase("the modem is not there: {why}", why=why)
        elif status.sim is not SimState.READY:
            sim = str(status.sim)
            reason = phrase("the SIM is not ready ({sim})", sim=sim)
            if status.reason:
                reason = phrase("the SIM is not ready ({sim}): {why}", sim=sim, why=status.reason)
        elif not status.registration.on_network:
            registration = str(status.registration)
            reason = phrase("the modem is not registered in a network ({registration})", registration=registration)
        else:
            return
        raise ForwardingError(RefusalKind.NO_MODEM, reason)


def _is_read(status: ModemStatus) -> bool:
    return status.health is Health.UP and status.sim is not SimState.UNKNOWN


def _is_without_network(status: ModemStatus) -> bool:
    """Nothing is known of a network yet, or there is none; a SIM that is not ready has none to wait for."""
    return status.sim is SimState.READY and status.registration is NetworkRegistration.NONE
