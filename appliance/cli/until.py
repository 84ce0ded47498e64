"""When something ends, as people read it: by the clock of the box's zone."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from appliance.config import Config
from appliance.situation.times import clock
from appliance.translation import _


def until(config: Config, end: datetime | None) -> str:
    """What follows a word that holds for a time, ``" until 02:30:00"``; nothing where no end is known."""
    if end is None:
        return ""
    return _(" until {time}").format(time=clock(end, ZoneInfo(config.device.timezone), datetime.now(UTC)))
