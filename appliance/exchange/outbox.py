"""The outbox of an exchange: what people are told of its calls, and letters that are handed in while it is open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from appliance.calls.log import CallLog
from appliance.config import Config
from appliance.exchange.standing import KeptStanding
from appliance.notify.notice_store import Delivery, Letter
from appliance.notify.notices import GuardLink, Notices
from appliance.notify.policy import notices_for
from appliance.notify.smtp import Mailer


class Outbox:
    """``guard`` is the way to the box's guard, which sends the short messages."""

    def __init__(self, config: Config, log: CallLog, standing: KeptStanding, guard: GuardLink) -> None:
        self._config, self._log, self._standing, self._guard = config, log, standing, guard
        self._notices: Notices | None = None

    async def run(self) -> None:
        """Tell people, until cancelled. Raises ``sqlite3.Error``, ``OSError``: the outbox cannot be opened."""
        config, device = self._config, self._config.device
        notices = await Notices.open(
            device.state_dir / "exchange" / "notices.db",
            self._log,
            lambda record: notices_for(
                record,
                self._standing.roster,
                datetime.now(UTC),
                timezone=device.timezone,
                region=device.region,
                duty=self._standing.duty.person,
            ),
            self._guard,
            Mailer(config.smtp) if config.smtp.host is not None else None,
            exchange=config.exchange.name,
        )
        self._notices = notices
        try:
            await notices.run()
        finally:
            self._notices = None
            await notices.aclose()

    async def hand(self, letters: Sequence[Letter]) -> None:
        """Take over letters, durably on return. Raises ``OSError`` while it is not open, ``sqlite3.Error``."""
        if self._notices is None:
            raise OSError("the outbox is not open")
        await self._notices.keep(letters)

    async def deliveries(self) -> Mapping[str, Sequence[Delivery]] | None:
        """See :meth:`appliance.notify.notices.Notices.deliveries`; ``None`` while the outbox is not open."""
        return None if self._notices is None else await self._notices.deliveries()
