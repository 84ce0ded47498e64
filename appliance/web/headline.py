"""The situation in a word, a sign and a sentence: what a person at two in the morning reads first. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from appliance.domain.routes import TECHNICIAN
from appliance.situation.picture import Picture
from appliance.translation import _
from appliance.web.destination import Destination


class Situation(StrEnum):
    """The four situations of a service line, and the one in which nobody knows."""

    NORMAL = "normal"
    OUT_OF_HOURS = "out-of-hours"
    SECOND_WAY = "second-way"
    TECHNICIAN = "technician"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class Headline:
    """``tone`` is ``good``, ``doubt`` or ``bad``; never told by colour alone."""

    situation: Situation
    tone: str
    word: str
    title: str
    text: str


def headline_of(
    picture: Picture | None, destination: Destination | None, technician: str, best: str | None
) -> Headline:
    """The headline of a picture. ``best`` is the first route of the ladder."""
    if picture is None:
        return _unclear(_("Nothing is known yet"), _("The guard has not been heard since these pages were started."))
    if picture.active == TECHNICIAN:
        return _technician(picture, technician)
    if picture.active is None:
        return _no_route(picture)
    if picture.service in ("isolated", "unknown"):
        return _isolated(picture)
    if picture.active != best or picture.service != "normal":
        return Headline(
            Situation.SECOND_WAY,
            "doubt",
            _("Partly broken"),
            _("Something is broken, calls are answered")
            if picture.active == best
            else _("Calls take the second way"),
            _("Callers notice nothing. The route “{route}” is in use.").format(route=picture.active),
        )
    if destination is not None and destination.situation != "open":
        return Headline(
            Situation.OUT_OF_HOURS,
            "good",
            _("Out of hours"),
            _("Out of hours: {name} takes the calls").format(name=technician)
            if _duty_first(destination)
            else _("Out of hours: calls follow the plan for closed hours"),
            _("All parts work. Calls keep every function of the exchange."),
        )
    return Headline(
        Situation.NORMAL, "good", _("Normal"), _("All is well: callers reach the team"), _("All parts work.")
    )


def _duty_first(destination: Destination) -> bool:
    first = next((step for step in destination.steps if step.people), None)
    return first is not None and all(one.duty for one in first.people)


def _technician(picture: Picture, technician: str) -> Headline:
    name = technician or picture.number or ""
    pinned = picture.override is not None and picture.override.route == TECHNICIAN
    if pinned:
        text = _("Somebody asked for it. The mobile network forwards every call; the exchange is not on the way.")
    else:
        text = _("The exchange cannot be reached. The mobile network forwards every call by itself.")
    return Headline(
        Situation.TECHNICIAN,
        "doubt" if pinned else "bad",
        _("Technician"),
        _("Calls go straight to {name}").format(name=name),
        text,
    )


def _no_route(picture: Picture) -> Headline:
    if picture.number is not None:
        title = _("Calls go to {number}, which is none of this box's routes").format(number=picture.number)
        return Headline(
            Situation.UNCLEAR, "bad", _("Wrong"), title, _("Somebody else set it; it is being put right.")
        )
    if picture.forwarding.verified_at is not None or picture.forwarding.status == "disputed":
        title = _("No forwarding: calls ring at the box's modem, then follow the standing net")
        return Headline(Situation.UNCLEAR, "bad", _("Wrong"), title, _("It is being put right."))
    return _unclear(_("Not known yet where calls go"), _("The mobile network has not told it yet."))


def _isolated(picture: Picture) -> Headline:
    if picture.service == "isolated":
        title = _("The box sees nothing of the outside")
        text = _(
            "Its own connection is down, so it judges nobody. Calls go on as the network was last told: “{route}”."
        )
        return Headline(Situation.UNCLEAR, "doubt", _("Isolated"), title, text.format(route=picture.active))
    text = _("Calls take the route “{route}” as before.").format(route=picture.active)
    return _unclear(_("No verdict yet"), text)


def _unclear(title: str, text: str) -> Headline:
    return Headline(Situation.UNCLEAR, "doubt", _("Not known"), title, text)
