"""Night switches: what a person set above the clock. Pure."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from appliance.roster.models import LineMode, Roster


def switched(roster: Roster, lines: Collection[str], mode: LineMode | None) -> Roster:
    """The roster with these lines switched, or back at their clock."""
    return roster.model_copy(
        update={
            "line": tuple(one.model_copy(update={"mode": mode}) if one.id in lines else one for one in roster.line)
        }
    )


def with_modes_of(standing: Roster, new: Roster) -> Roster:
    """A night switch outlasts a change of the roster, unless that says otherwise."""
    modes = {line.id: line.mode for line in standing.line}
    lines = tuple(line if line.mode else line.model_copy(update={"mode": modes.get(line.id)}) for line in new.line)
    return new.model_copy(update={"line": lines})


def over(roster: Roster, now: datetime) -> list[str]:
    """The lines whose switch has reached its time."""
    return [one.id for one in roster.line if one.mode and one.mode.until and one.mode.until <= now]


def next_end(roster: Roster) -> datetime | None:
    """When the next switch reaches its time."""
    return min((one.mode.until for one in roster.line if one.mode and one.mode.until), default=None)
