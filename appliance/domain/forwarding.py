"""Call forwarding as the mobile network keeps it (3GPP TS 22.082, MMI codes of TS 22.030 annex B)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum

from appliance.domain.phone import PhoneNumber


class Service(IntEnum):
    """The four registrations; the value is ``<reason>`` of AT+CCFC (3GPP TS 27.007 §7.11)."""

    CFU = 0
    CFB = 1
    CFNRY = 2
    CFNRC = 3

    @property
    def mmi_code(self) -> str:
        """The supplementary service code: 21, 67, 61 or 62."""
        return {0: "21", 1: "67", 2: "61", 3: "62"}[self.value]

    @property
    def key(self) -> str:
        """The name used in reports: ``cfu``, ``cfb``, ``cfnry``, ``cfnrc``."""
        return self.name.lower()


CONDITIONALS = (Service.CFNRC, Service.CFNRY, Service.CFB)


@dataclass(frozen=True, slots=True)
class Registration:
    """What the network says of one service for voice. Not active means no call is diverted by it.

    ``number`` may be known though inactive (disabled, number kept). ``no_reply_time_s`` is for CFNRy only.
    """

    active: bool
    number: PhoneNumber | None = None
    no_reply_time_s: int | None = None

    @property
    def target(self) -> PhoneNumber | None:
        """Where calls go by this service, or ``None``."""
        return self.number if self.active else None


INACTIVE = Registration(active=False)


@dataclass(frozen=True, slots=True)
class Wanted:
    """One line of the plan: this service diverts to ``number``, or (``None``) is not active."""

    number: PhoneNumber | None
    no_reply_time_s: int | None = None


Plan = Mapping[Service, Wanted]


class ForwardingStatus(StrEnum):
    """How far what is wanted and what the network says agree (CONTRACT, ``forwarding.status``)."""

    VERIFIED = "verified"
    PENDING = "pending"
    UNVERIFIED = "unverified"
    DISPUTED = "disputed"


class RefusalKind(StrEnum):
    """Why the network or the modem did not do what was asked."""

    REFUSED = "refused"  # a final error result: +CME ERROR, ERROR, NO CARRIER
    SILENT = "silent"  # no final result within the time allowed
    NO_MODEM = "no_modem"  # nothing was sent: no port, no SIM, not registered
    GARBLED = "garbled"  # an answer that cannot be read


@dataclass(frozen=True, slots=True)
class Exchange:
    """One AT exchange as it went over the wire, for the journal: no secrets pass here."""

    at: float
    sent: str
    received: tuple[str, ...]
    took_s: float


class ForwardingError(Exception):
    """A forwarding operation failed; nothing is known of its effect until the network is asked.

    ``code`` is the +CME ERROR number where one came (3GPP TS 27.007 §9.2).
    """

    def __init__(
        self,
        kind: RefusalKind,
        message: str,
        *,
        code: int | None = None,
        exchanges: tuple[Exchange, ...] = (),
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.code = code
        self.exchanges = exchanges
