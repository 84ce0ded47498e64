"""What the guard's loop needs of the world. The loop knows these ports only; ``app.py`` plugs the real ones in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from appliance.domain.events import Event
from appliance.domain.forwarding import Exchange, Registration, Service, Wanted
from appliance.domain.health import Sample, Target
from appliance.domain.modem import ModemStatus


class Prober(Protocol):
    """Asks one target once. Never raises: what goes wrong is a miss with its reason."""

    @property
    def target(self) -> Target:
        """What is probed."""

    async def probe(self, timeout_s: float) -> Sample:
        """One probe; returns within ``timeout_s`` (and a scheduling delay)."""

    async def close(self) -> None:
        """Let go of sockets."""


class ModemPort(Protocol):
    """The modem as the guard uses it.

    ``attempt`` counts tries of one change from 0: the modem takes the ways it knows in the order it trusts them
    (learned first: class or none, number type, AT or MMI) and so another way each time one did not help.
    Operations raise :class:`appliance.domain.forwarding.ForwardingError`; each returns the AT exchanges it made.
    """

    @property
    def status(self) -> ModemStatus:
        """The newest snapshot."""

    @property
    def generation(self) -> int:
        """Rises each time the modem came up anew: the table must then be read again."""

    async def changed(self) -> None:
        """Return when ``status`` or ``generation`` has changed since this call began."""

    async def interrogate(self, service: Service) -> tuple[Registration, tuple[Exchange, ...]]:
        """Ask the network for one service, for voice."""

    async def register(self, service: Service, wanted: Wanted, attempt: int) -> tuple[Exchange, ...]:
        """Register ``wanted.number``; replaces a standing registration in one command, never erases first."""

    async def erase(self, service: Service, attempt: int) -> tuple[Exchange, ...]:
        """Erase the registration of one service."""

    def confirm(self, service: Service, attempt: int) -> None:
        """The read-back agreed: the way this attempt took works for this SIM and firmware; keep it."""

    def describe(self) -> dict[str, Any]:
        """What is known beyond the status: the modem's family, what it was seen to need; JSON-ready, no secrets."""

    async def at(self, command: str) -> tuple[str, ...]:
        """A person's own AT command between ours; dangerous ones are refused with ``ForwardingError``."""

    async def reset(self) -> None:
        """A person asks for a restart of the modem; returns when it is up again or recovery gave up."""


class JournalPort(Protocol):
    """What must last. Never raises and never blocks the decision: a failing disk is reported, and healed later."""

    async def append(self, type_: str, data: Mapping[str, Any]) -> Event:
        """Record an event; returns once it is durable, or queued in memory while the disk refuses."""

    async def remember(self, key: str, value: Any) -> bool:
        """Keep a JSON value under ``key``; ``False`` while the disk refuses (it is then kept in memory)."""

    async def recall(self, key: str) -> Any:
        """The value last remembered, or ``None``."""
