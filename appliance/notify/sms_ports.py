"""What the outbox of messages needs of the modem."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

from appliance.domain.modem import ModemStatus
from appliance.domain.phone import PhoneNumber
from appliance.domain.sms import DeliveryReport, Submitted

OnReport = Callable[[DeliveryReport], Awaitable[None]]


class SmsModem(Protocol):
    """What the outbox needs of the modem; :class:`appliance.modem.service.ModemService` has it."""

    @property
    def status(self) -> ModemStatus:
        """The newest snapshot."""

    @property
    def generation(self) -> int:
        """Rises each time the modem can be used anew."""

    async def changed(self) -> None:
        """Return when ``status`` or ``generation`` has changed since this call began."""

    def sms_parts(self, text: str) -> int:
        """How many parts a text has. Raises ``ValueError``."""

    async def send_sms_part(
        self, number: PhoneNumber, text: str, reference: int, part: int, *, report: bool, validity_s: float | None
    ) -> Submitted:
        """Send one part. Raises ``SmsError``."""

    async def take_sms_reports(self, on_report: OnReport) -> None:
        """Hand over delivery reports until cancelled."""

    async def collect_sms_reports(self, on_report: OnReport) -> None:
        """Take what the modem has stored. Raises ``SmsError``."""
