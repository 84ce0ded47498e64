"""Who has duty, out of what the guard last said and what the roster's rota says now. Pure.

The guard's word is the truth. But an exchange may be without a broker for days, and a rota goes on meanwhile: where
the guard had only said what the rota said, the rota is asked anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from appliance.exchange.route import OnDuty
from appliance.roster.models import Roster
from appliance.roster.rota import on_duty


@dataclass(frozen=True, slots=True)
class HeardDuty:
    """What the guard said. ``rota``: whom the roster's rota named when it was heard."""

    person: str | None
    number: str | None
    until: datetime | None
    rota: str | None


def duty_now(roster: Roster, heard: HeardDuty | None, now: datetime, timezone: str) -> OnDuty:
    """Who has duty at ``now``."""
    by_rota = on_duty(roster, now, timezone)
    if heard is None or (heard.person is None and heard.number is None):
        return OnDuty(by_rota)
    if heard.until is not None and now >= heard.until:
        return OnDuty(by_rota)
    if heard.person is not None and heard.person == heard.rota and by_rota != heard.rota:
        return OnDuty(by_rota)
    return OnDuty(heard.person, heard.number)


def number_of(roster: Roster, duty: OnDuty) -> str | None:
    """The number of who has duty, in E.164."""
    if duty.number is not None:
        return duty.number
    person = roster.person_by_id(duty.person) if duty.person is not None else None
    person = person or roster.person_by_id(roster.duty.default)
    return person.mobile if person is not None else None
