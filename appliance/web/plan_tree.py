"""What a call goes through, as a tree: a line's steps, the queues, menus and groups behind them. Pure.

Menus may lead back to menus: each queue, menu and group is unfolded once in a tree, and only named after that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from appliance.roster.models import Line, Roster

ENDS = ("hangup", "duty")


@dataclass(frozen=True, slots=True)
class Node:
    """One step: ``kind`` as the roster writes it. ``label`` says when it is taken: a menu's key, ``operator``,
    ``overflow``, ``backup``, or nothing for the next one in order. ``again``: it is unfolded further up."""

    kind: str
    name: str
    members: tuple[str, ...] = ()
    strategy: str = ""
    label: str = ""
    again: bool = False
    children: tuple[Node, ...] = ()


def plan_of(line: Line, situation: str) -> Sequence[str]:
    """The steps of a line while it is ``open``, ``closed`` or has ``holiday``."""
    if situation == "holiday":
        return line.closed if line.holiday is None else line.holiday
    return line.open if situation == "open" else line.closed


def tree_of(steps: Sequence[str], roster: Roster) -> tuple[Node, ...]:
    """The tree of a plan. The technician comes last, whatever it says, unless it ends by hanging up."""
    whole = list(steps) if steps and steps[-1] in ENDS else [*steps, "duty"]
    seen: set[str] = set()
    return tuple(_node(step, roster, seen) for step in whole)


def _node(step: str, roster: Roster, seen: set[str], label: str = "") -> Node:
    kind, _, key = step.partition(":")
    if kind == "person":
        person = roster.person_by_id(key)
        return Node(kind, person.name if person else key, label=label)
    entry = next((one for one in getattr(roster, kind, ()) if one.id == key), None) if key else None
    if entry is None:
        return Node(kind, key, label=label)
    if step in seen:
        return Node(kind, entry.name, label=label, again=True)
    seen.add(step)
    members = tuple(member_name(one, roster) for one in getattr(entry, "members", getattr(entry, "agents", ())))
    onward = [(digit, one) for digit, one in getattr(entry, "options", {}).items()]
    onward += [(name, one) for name in ("operator", "overflow") if (one := getattr(entry, name, None))]
    if getattr(entry, "backup", None):
        onward.append(("backup", f"group:{entry.backup}"))
    children = tuple(_node(one, roster, seen, when) for when, one in onward)
    return Node(kind, entry.name, members, str(getattr(entry, "strategy", "")), label, children=children)


def member_name(member: str, roster: Roster) -> str:
    """A person's name; ``duty`` and ``rota:ID`` as they are written."""
    person = roster.person_by_id(member)
    return person.name if person else member
