"""What the roster writes in one word, said for people."""

from __future__ import annotations

from datetime import date

from appliance.roster.values import DAYS
from appliance.translation import _
from appliance.web.languages import Formats

A_MONDAY = date(2024, 1, 1)


def step_word(kind: str) -> str:
    """What a step does, before the name of what it does it with."""
    return {
        "group": _("rings the group"),
        "person": _("rings"),
        "queue": _("waits in the queue"),
        "menu": _("hears the menu"),
        "mailbox": _("leaves a message in"),
        "duty": _("rings whoever has duty"),
        "play": _("hears the sound"),
        "listen": _("listens to recordings with a PIN"),
        "agents": _("signs in as an agent"),
        "hangup": _("the call ends"),
    }.get(kind, kind)


def label_word(label: str) -> str:
    """When a step is taken."""
    return {
        "": "",
        "operator": _("no answer:"),
        "overflow": _("full, too long, or no agent:"),
        "backup": _("nobody answers:"),
    }.get(label, _("key {digit}:").format(digit=label))


def strategy_word(strategy: str) -> str:
    """How a group or a queue rings its members."""
    return {
        "ringall": _("all at once"),
        "random": _("one after the other, in random order"),
        "memoryhunt": _("the first, then one more each time"),
        "firstavailable": _("the first who is free, in this order"),
        "longestidle": _("who has been free for longest"),
    }.get(strategy, strategy)


def situation_word(situation: str) -> str:
    """What a line is."""
    return {"open": _("open"), "closed": _("closed"), "holiday": _("holiday"), "auto": _("by the clock")}[situation]


def member_word(member: str) -> str:
    """A member of a group: a name, or whom a rota names."""
    if member == "duty":
        return _("whoever has duty")
    if member.startswith("rota:"):
        return _("whom the rota {name} names").format(name=member.removeprefix("rota:"))
    return member


def day_words(formats: Formats) -> list[tuple[str, str]]:
    """The days of the week: as the roster writes them, and their names."""
    return [(key, formats.day(A_MONDAY.replace(day=1 + place), "cccc")) for place, key in enumerate(DAYS)]
