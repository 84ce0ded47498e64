"""What stands in the boxes of the picture. Pure but for the language of the task."""

from __future__ import annotations

from appliance.translation import _, n_
from appliance.web.destination import Step
from appliance.web.scene import Kind, Stop


class SceneWords:
    """Three lines a box: what it is, its name, how it is."""

    def kind(self, stop: Stop) -> str:
        """What it is."""
        return {
            Kind.CUSTOMER: _("Caller"),
            Kind.NETWORK: _("Mobile network"),
            Kind.TRUNK: _("Trunk"),
            Kind.NODE: _("Node"),
            Kind.BOX: _("This box"),
            Kind.MODEM: _("This box"),
            Kind.GROUP: _("Group"),
            Kind.PERSON: _("Person"),
            Kind.TECHNICIAN: _("On duty"),
            Kind.ELSEWHERE: _("Elsewhere"),
        }[stop.kind]

    def name(self, stop: Stop) -> str:
        """Its name."""
        if stop.more:
            return n_("{n} more", "{n} more", stop.more).format(n=stop.more)
        if stop.name:
            return stop.name
        return {
            Kind.CUSTOMER: _("dials"),
            Kind.NETWORK: _("service number"),
            Kind.MODEM: _("modem, unanswered"),
            Kind.TECHNICIAN: _("nobody known"),
        }.get(stop.kind, "")

    def under(self, stop: Stop) -> str:
        """How it is, or what else is to be said."""
        if stop.state:
            return {"ringing": _("rings"), "talking": _("talks")}[stop.state]
        if stop.health:
            return health_word(stop.health)
        return stop.detail

    def health(self, health: str) -> str:
        """A health as pages say it."""
        return health_word(health)

    def step(self, step: Step) -> str:
        """A step of a line's plan."""
        if step.kind == "duty":
            return _("the technician on duty")
        if step.kind == "hangup":
            return _("the call ends")
        words = {
            "group": _("group {name}"),
            "queue": _("queue {name}"),
            "menu": _("menu {name}"),
            "mailbox": _("voicemail {name}"),
            "person": _("{name}"),
            "play": _("announcement {name}"),
        }
        return words.get(step.kind, "{name}").format(name=step.name)


def health_word(health: str) -> str:
    """A health as pages say it."""
    return {"up": _("works"), "down": _("is down"), "unknown": _("not known")}.get(health, health)
