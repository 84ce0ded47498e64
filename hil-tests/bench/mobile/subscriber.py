"""A SIM with its counters, and the subscriber it stands for."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

from bench.mobile.forwarding import BEARERS, Bearer

PIN_TRIES = 3
PUK_TRIES = 10


class SimLock(StrEnum):
    """What the SIM asks for. ``READY`` only after a right PIN, or when the PIN is off."""

    READY = "ready"
    PIN = "pin"
    PUK = "puk"
    BLOCKED = "blocked"


@dataclass(slots=True)
class Sim:
    """A SIM card. Its counters live on the card and so outlast every reset (3GPP TS 51.011 §11.3).

    ``pin_attempts`` keeps every PIN presented, so that a test can prove how often a program tried.
    """

    iccid: str = "8942001234567890123"
    imsi: str = "230991234567890"
    pin: str | None = None
    puk: str = "12345678"
    pin_tries_left: int = PIN_TRIES
    puk_tries_left: int = PUK_TRIES
    pin_attempts: list[str] = field(default_factory=list)

    def lock(self, *, verified: bool) -> SimLock:
        """What is asked for now; ``verified`` says whether the PIN was presented since power-up."""
        if self.puk_tries_left == 0:
            return SimLock.BLOCKED
        if self.pin_tries_left == 0:
            return SimLock.PUK
        return SimLock.READY if verified or self.pin is None else SimLock.PIN

    def verify_pin(self, pin: str) -> bool:
        """Present a PIN: right restores the counter, wrong costs a try."""
        self.pin_attempts.append(pin)
        if pin == self.pin:
            self.pin_tries_left = PIN_TRIES
            return True
        self.pin_tries_left -= 1
        return False

    def unblock(self, puk: str, new_pin: str) -> bool:
        """Present the PUK with a new PIN."""
        if puk == self.puk:
            self.pin, self.pin_tries_left, self.puk_tries_left = new_pin, PIN_TRIES, PUK_TRIES
            return True
        self.puk_tries_left -= 1
        return False


class Registration(IntEnum):
    """``<stat>`` of AT+CREG (3GPP TS 27.007 §7.2)."""

    NONE = 0
    HOME = 1
    SEARCHING = 2
    DENIED = 3
    ROAMING = 5

    @property
    def on_network(self) -> bool:
        """Whether calls and supplementary services work."""
        return self in (Registration.HOME, Registration.ROAMING)


class SubscriberState(StrEnum):
    """How a subscriber meets a call."""

    FREE = "free"
    BUSY = "busy"
    NO_REPLY = "no_reply"
    DETACHED = "detached"


@dataclass(slots=True)
class Subscriber:
    """One number of the network.

    ``coverage`` is what a working modem with this SIM gets when it looks for the network. ``attached`` is set by
    the modem (or by the bench, for a mobile without one); ``busy`` while a call stands. ``provisioned`` are the
    bearers the contract has; ``forwarding_barred`` is an operator's bar on changing call forwarding.
    """

    msisdn: str
    sim: Sim = field(default_factory=Sim)
    coverage: Registration = Registration.HOME
    attached: bool = False
    busy: bool = False
    provisioned: frozenset[Bearer] = frozenset(BEARERS)
    forwarding_barred: bool = False

    @property
    def state(self) -> SubscriberState:
        """The state as the network knows it."""
        if not self.attached:
            return SubscriberState.DETACHED
        return SubscriberState.BUSY if self.busy else SubscriberState.FREE
