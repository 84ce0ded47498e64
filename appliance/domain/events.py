"""Journal events: what happened, in the order it happened (CONTRACT, topic ``event``)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class EventType(StrEnum):
    """Event types of the guard."""

    BOOT = "boot"
    HEALTH_CHANGED = "health.changed"
    ROUTE_DECIDED = "route.decided"
    FORWARDING_REQUESTED = "forwarding.requested"
    FORWARDING_VERIFIED = "forwarding.verified"
    FORWARDING_FAILED = "forwarding.failed"
    FORWARDING_DISPUTED = "forwarding.disputed"
    OVERRIDE_SET = "override.set"
    OVERRIDE_ENDED = "override.ended"
    DUTY_CHANGED = "duty.changed"
    ROSTER_CHANGED = "roster.changed"
    LINE_MODE = "line.mode"
    AGENT_SET = "agent.set"
    MODEM_UP = "modem.up"
    MODEM_DOWN = "modem.down"
    MODEM_RECOVERY = "modem.recovery"
    SIM_BLOCKED = "sim.blocked"
    ISOLATION_BEGAN = "isolation.began"
    ISOLATION_ENDED = "isolation.ended"
    COMMAND = "command"
    SMS_SENT = "sms.sent"
    SMS_DELIVERED = "sms.delivered"
    SMS_FAILED = "sms.failed"
    SMS_HELD = "sms.held"
    PANEL_UP = "panel.up"
    PANEL_FAILED = "panel.failed"
    RECORDING_FAILED = "recording.failed"  # of an exchange, as the next
    RECORDING_ERASED = "recording.erased"
    PRIVACY_ERASED = "privacy.erased"
    JOURNAL_FAILED = "journal.failed"
    JOURNAL_HEALED = "journal.healed"


@dataclass(frozen=True, slots=True)
class Event:
    """One event. ``id`` rises and is never reused; ``at`` is RFC 3339 in UTC; ``data`` is JSON-ready."""

    id: int
    at: str
    boot_id: str
    type: str
    data: Mapping[str, Any]
