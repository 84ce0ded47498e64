"""A simulated modem: power, SIM and registration. Calls are in ``phone.py``, the commands in ``cmd_*.py``.

``async with SimulatedModem(network, msisdn, port, PERSONALITIES["huawei"]) as modem:`` runs one; outside the block
nothing of it runs any more.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Self

from bench.mobile import reports
from bench.mobile.interpreter import Interpreter
from bench.mobile.network import MobileNetwork
from bench.mobile.outbox import Outbox
from bench.mobile.personality import Personality
from bench.mobile.phone import Phone
from bench.mobile.ports import Port
from bench.mobile.receiver import Line, Receiver, Text
from bench.mobile.rudeness import Rudeness
from bench.mobile.sms import MessageStore
from bench.mobile.state import Settings, Tasks
from bench.mobile.subscriber import Registration, Sim, SimLock, Subscriber

LAST_WORDS_S = 0.2  # the OK to AT+CFUN=1,1 still gets out


class SimulatedModem:
    """One modem with the SIM of one subscriber (``msisdn=None``: no SIM in it).

    booted: start as a modem that came up long ago; otherwise it boots, as after :meth:`plug`.
    boot_scale: factor on the personality's boot and registration times.
    ``on_network`` is an event that is set while the modem is registered in the network.
    """

    def __init__(
        self,
        network: MobileNetwork,
        msisdn: str | None,
        port: Port,
        personality: Personality,
        *,
        imei: str = "861234567890123",
        rssi_dbm: int = -79,
        booted: bool = True,
        boot_scale: float = 1.0,
        rudeness: Rudeness | None = None,
        wall_clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.network = network
        self.msisdn = msisdn
        self.port = port
        self.personality = personality
        self.imei = imei
        self.rssi_dbm = rssi_dbm
        self.rudeness = rudeness or Rudeness()
        self.wall_clock = wall_clock
        self.boot_scale = boot_scale
        self.commands: list[tuple[float, str]] = []
        self.unknown_commands: list[str] = []
        self.power_ups = 0
        self.stored = Settings(cmee=personality.default_cmee)
        self.settings = self.stored.copy()
        self.messages = MessageStore()
        self.reports = MessageStore(first=0)
        self.sms_reference = 0
        self.registration = Registration.NONE
        self.on_network = asyncio.Event()
        self.radio_on = True
        self.pin_verified = False
        self.ready = False
        self.powered = False
        self._booted = booted
        self._receiver = Receiver()
        self._outbox = Outbox(port.write, self.rudeness)
        self._interpreter = Interpreter(self, self._outbox)
        self._prompt: asyncio.Future[str | None] | None = None
        self._tasks = Tasks()
        self.phone = Phone(self, self._tasks)
        self._lasting = Tasks()
        self._attaching: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Open the port and power up."""
        self.port.on_bytes = self._on_bytes
        await self.port.plug()
        self._power_up(booted=self._booted)

    async def stop(self) -> None:
        """Power down and close the port; nothing is left running."""
        await self._power_down()
        await self._lasting.cancel()
        await self.port.unplug()

    async def unplug(self) -> None:
        """Pull it out: the port vanishes, the subscriber leaves the network, what was under way is lost."""
        await self._lasting.cancel()
        await self._power_down()
        await self.port.unplug()

    async def plug(self) -> None:
        """Put it in again: it boots, and its port comes back."""
        await self.port.plug()
        if not self.powered:
            self._power_up(booted=False)

    async def restart(self) -> None:
        """AT+CFUN=1,1: silent, on USB gone from the bus as well, and then like a power-up."""
        await asyncio.sleep(LAST_WORDS_S * self.boot_scale)
        await self._power_down()
        if self.personality.usb:
            await self.port.unplug()
            await asyncio.sleep(self.personality.boot_s * self.boot_scale / 2)
            await self.port.plug()
        self._power_up(booted=False)

    def restart_soon(self) -> None:
        """Restart without waiting for it; only :meth:`stop` ends it early."""
        self._lasting.spawn(self.restart(), "modem-restart")

    @property
    def subscriber(self) -> Subscriber | None:
        """The subscriber whose SIM is in the modem."""
        return None if self.msisdn is None else self.network.subscriber(self.msisdn)

    @property
    def sim(self) -> Sim | None:
        """The SIM in the modem."""
        subscriber = self.subscriber
        return subscriber.sim if subscriber else None

    @property
    def sim_lock(self) -> SimLock | None:
        """What the SIM asks for, ``None`` without a SIM."""
        sim = self.sim
        return sim.lock(verified=self.pin_verified) if sim else None

    def change_sim(self, msisdn: str | None) -> None:
        """Take the SIM out, or put another one in; a restart is not needed."""
        self._detach()
        self.network_listen(None)
        self.msisdn, self.pin_verified = msisdn, False
        self.network_listen(self.look_for_network)
        self.look_for_network()

    def network_listen(self, changed: Callable[[], None] | None) -> None:
        """Hear of changes of coverage."""
        if self.msisdn is not None:
            self.network.listen(self.msisdn, changed)
            taker = None if changed is None else lambda pdu: reports.hand_over(self, pdu)
            self.network.smsc.listen(self.msisdn, taker)

    def store(self, memory: str) -> MessageStore:
        """The memory of that name."""
        return self.reports if memory == "SR" else self.messages

    def urc(self, line: str) -> None:
        """Say something unasked."""
        if self.ready:
            self._outbox.unsolicited(line, self.settings)

    async def prompt(self, prompt: str) -> str | None:
        """Ask for text as AT+CMGS does; ``None`` when it was broken off."""
        self._prompt = asyncio.get_running_loop().create_future()
        self._receiver.prompting = True
        self._outbox.raw(f"\r\n{prompt}".encode())
        try:
            return await self._prompt
        finally:
            self._prompt = None

    def look_for_network(self) -> None:
        """Start looking for the network, or leave it, as SIM, radio and coverage now are."""
        if self._attaching is not None:
            self._attaching.cancel()
            self._attaching = None
        if not (self.powered and self.radio_on and self.sim_lock is SimLock.READY):
            self._detach()
            self._set_registration(Registration.NONE)
            return
        self._attaching = self._tasks.spawn(self._attach(), "modem-attach")

    def deliver_message(self, tpdu_hex: str) -> None:
        """A short message comes in (SMS-DELIVER as hexadecimal digits, with the service centre's address)."""
        index = self.messages.add(tpdu_hex)
        if len(self.settings.cnmi) > 1 and self.settings.cnmi[1] == 1:
            self.urc(f'+CMTI: "SM",{index}')

    def _power_up(self, *, booted: bool) -> None:
        self.powered, self.power_ups = True, self.power_ups + 1
        self.settings = self.stored.copy()
        self.radio_on, self.pin_verified = True, False
        self._receiver.clear()
        self._tasks.spawn(self._outbox.run(), "modem-outbox")
        self._tasks.spawn(self._interpreter.run(), "modem-interpreter")
        self.network_listen(self.look_for_network)
        if booted:
            self.ready = True
            if self.sim_lock is SimLock.READY and self.subscriber:
                self._set_registration(self.subscriber.coverage)
        else:
            self._tasks.spawn(self._boot(), "modem-boot")

    async def _power_down(self) -> None:
        self.powered = self.ready = False
        self.network_listen(None)
        await self._tasks.cancel()
        self._attaching = None
        self._outbox.forget()
        self._interpreter.forget()
        self.phone.drop_all()
        self._set_registration(Registration.NONE)

    async def _boot(self) -> None:
        start, loop = asyncio.get_running_loop().time(), asyncio.get_running_loop()
        events = sorted([(self.personality.boot_s, ""), *self.personality.boot])
        for after_s, line in events:
            await asyncio.sleep(max(0.0, start + after_s * self.boot_scale - loop.time()))
            if not line:
                self.ready = True
                self.look_for_network()
            elif self.ready and not (line == "+CPIN: {cpin}" and self.sim is None):
                self.urc(line.replace("{cpin}", self._cpin_word()))

    def _cpin_word(self) -> str:
        return {SimLock.READY: "READY", SimLock.PIN: "SIM PIN", SimLock.PUK: "SIM PUK"}.get(
            self.sim_lock or SimLock.BLOCKED, "NOT READY"
        )

    async def _attach(self) -> None:
        assert self.subscriber is not None
        if not self.registration.on_network:
            self._set_registration(Registration.SEARCHING)
            await asyncio.sleep(self.personality.register_s * self.boot_scale)
        self._set_registration(self.subscriber.coverage)

    def _detach(self) -> None:
        if self.subscriber:
            self.subscriber.attached = False

    def _set_registration(self, registration: Registration) -> None:
        changed, self.registration = registration is not self.registration, registration
        if self.subscriber:
            self.subscriber.attached = registration.on_network
        if registration.on_network:
            self.on_network.set()
            if self.msisdn is not None:
                self.network.smsc.flush(self.msisdn)
        else:
            self.on_network.clear()
        if changed:
            for name in self.personality.registrations:
                if self.settings.reporting.get(name, 0):
                    self.urc(f"{name}: {registration.value}")

    def _on_bytes(self, data: bytes) -> None:
        if not self.ready or self.rudeness.frozen:
            return
        self._outbox.raw(self.rudeness.echoed(data, self.settings.echo))
        for item in self._receiver.feed(data):
            if isinstance(item, Line):
                self.commands.append((self.network.clock(), item.text))
                self._interpreter.take(item.text)
            elif isinstance(item, Text) and self._prompt is not None and not self._prompt.done():
                self._prompt.set_result(item.text)
