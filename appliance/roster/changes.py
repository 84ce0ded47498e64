"""What two rosters differ in, in a few words. Pure; no secret is ever among them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from appliance.domain.phrase import joined, phrase
from appliance.roster.findings import SECTIONS
from appliance.roster.models import Roster

KINDS = {
    "person": phrase("person"),
    "group": phrase("group"),
    "queue": phrase("queue"),
    "menu": phrase("menu"),
    "mailbox": phrase("mailbox"),
    "line": phrase("line"),
    "hours": phrase("hours"),
    "rota": phrase("rota"),
    "prompts": phrase("prompts"),
}
SECRETS = ("sip_password", "pin", "pin_hash")


def changes(old: Roster, new: Roster) -> list[str]:
    """Lines such as ``person eva: mobile changed``; none where nothing but revision and night switches differ."""
    found = list(_keys(phrase("duty"), old.duty, new.duty))
    for section in SECTIONS:
        before: dict[str, Any] = {entry.id: entry for entry in getattr(old, section)}
        after: dict[str, Any] = {entry.id: entry for entry in getattr(new, section)}
        found += [phrase("{entry}: added", entry=_entry(section, id_)) for id_ in after if id_ not in before]
        found += [phrase("{entry}: removed", entry=_entry(section, id_)) for id_ in before if id_ not in after]
        for id_ in (one for one in before if one in after):
            found += _keys(_entry(section, id_), before[id_], after[id_])
        if list(before) != list(after) and before.keys() == after.keys():
            found.append(phrase("{section}: order changed", section=KINDS[section]))
    return found


def in_brief(lines: list[str], most: int = 6) -> str:
    """The same as one text for an event."""
    if not lines:
        return phrase("nothing")
    more = [phrase("and {n} more", n=len(lines) - most)] if len(lines) > most else []
    return joined(", ", [*lines[:most], *more])


def _entry(section: str, id_: str) -> str:
    return phrase("{section} {name}", section=KINDS[section], name=id_)


def _keys(name: str, old: BaseModel, new: BaseModel) -> Iterator[str]:
    changed = [key for key in type(old).model_fields if getattr(old, key) != getattr(new, key) and key != "mode"]
    if changed:
        yield phrase("{entry}: {keys} changed", entry=name, keys=", ".join(changed))
