"""What can be dialled inside: every extension, with the step it leads to. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from appliance.roster.models import Roster


def extensions(roster: Roster) -> Mapping[str, str]:
    """Steps as plans write them (``person:eva``), by extension."""
    found = [("mailbox", one.id, one.extension) for one in roster.mailbox]
    found += [("menu", one.id, one.extension) for one in roster.menu]
    found += [("queue", one.id, one.extension) for one in roster.queue]
    found += [("group", one.id, one.extension) for one in roster.group]
    found += [("person", one.id, one.extension) for one in roster.person]
    return {extension: f"{kind}:{id_}" for kind, id_, extension in found if extension is not None}
