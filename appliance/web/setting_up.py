"""Whether the box took its set-up from the card or stick, as :mod:`appliance.provision` tells it at each start."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from appliance.doctor.finding import Finding, Level
from appliance.translation import _

PROVISIONED = Path("/run/hotline/provisioning.json")
MOST_SHOWN = 20
PORT = 8080  # of the page that asks for a set-up; the image opens it while there is none


def is_asked_for(config_file: Path, provisioned: Path) -> bool:
    """Whether this is a box of the image that has no configuration, since none, or none that can be used, was found.
    Blocks."""
    try:
        if config_file.exists():
            return False
        told: Any = json.loads(provisioned.read_text("utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(told, dict) and told.get("status") in ("none", "refused")


def check(provisioned: Path = PROVISIONED) -> Iterator[Finding]:
    """Nothing where no image set this box up. Blocks."""
    try:
        told: Any = json.loads(provisioned.read_text("utf-8"))
    except FileNotFoundError:
        return
    except (OSError, ValueError) as error:
        yield Finding(_("set-up"), Level.WARN, _("cannot be read: {why}").format(why=error))
        return
    if not isinstance(told, dict):
        yield Finding(_("set-up"), Level.WARN, _("cannot be read: {why}").format(why="no table"))
        return
    mistakes = [one for one in told.get("mistakes") or () if isinstance(one, dict)]
    mend = _("put it right in the file on the card or stick, and start the box anew")
    for one in mistakes[:MOST_SHOWN]:
        line = one.get("line")
        place = f"{one.get('file')}: {one.get('path') or ''}" + (f" ({line})" if line is not None else "")
        yield Finding(_("set-up"), Level.FAIL, f"{place}: {one.get('message')}", mend)
    if not mistakes and told.get("status") == "none":
        text = _("none was found: no hotline.toml on the card or a stick")
        yield Finding(_("set-up"), Level.FAIL, text, _("put hotline.toml on a stick, plug it in, start the box anew"))
    elif not mistakes:
        source = told.get("source")
        yield Finding(
            _("set-up"), Level.OK, _("taken from {source}").format(source=source) if source else _("stands")
        )
