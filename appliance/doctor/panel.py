"""The front panel: what the guard last said of it. The pins are the guard's, and are not touched from here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from appliance.config.models import Panel
from appliance.doctor.finding import Finding, Level
from appliance.domain.events import EventType
from appliance.journal import records
from appliance.translation import _

LOOK_BACK = 1000


def check(panel: Panel, state_dir: Path) -> Iterator[Finding]:
    """Nothing for a box without a panel; a broken one keeps nobody from being reached, so it is a warning."""
    if panel == Panel():
        return
    part = _("panel")
    try:
        events = records.newest(state_dir, LOOK_BACK)
    except records.UnreadableError:
        return  # told already
    said = {EventType.PANEL_UP, EventType.PANEL_FAILED, EventType.BOOT}
    last = next((event for event in reversed(events) if event.type in said), None)
    if last is None:
        return
    if last.type == EventType.PANEL_FAILED:
        mend = _("check [panel] and the wiring; python3-lgpio must be installed (make install does), then restart")
        yield Finding(part, Level.WARN, str(last.data.get("reason", "")), mend)
    elif last.type == EventType.PANEL_UP:
        yield Finding(part, Level.OK, _("lights and button work"))
    else:
        text = _("the guard has not claimed its pins since it started")
        yield Finding(part, Level.WARN, text, _("journalctl -u hotline-guard -e"))
