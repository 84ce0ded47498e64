"""The way a call takes now, hop by hop. Pure: a picture and the configuration in, hops out."""

from __future__ import annotations

from dataclasses import dataclass

from appliance.config import Config
from appliance.domain.routes import TECHNICIAN
from appliance.situation.picture import Part, Picture
from appliance.translation import _


@dataclass(frozen=True, slots=True)
class Hop:
    """One stop; ``health`` is up, down or unknown where it is watched, else empty."""

    text: str
    health: str = ""


def way(picture: Picture, config: Config) -> tuple[Hop, ...]:
    """From the customer to where the service number rings, by what the network was last seen to do."""
    start = (Hop(_("customer")), Hop(_("mobile network"), picture.modem.health if _rings_here(picture) else ""))
    return start + _rest(picture, config)


def person_name(person: str | None, config: Config) -> str | None:
    """The name of a person of the file, or the id where only the roster knows more."""
    known = config.person_by_id(person) if person else None
    return known.name if known else person


def _rings_here(picture: Picture) -> bool:
    return picture.active is not None and picture.number is None


def _rest(picture: Picture, config: Config) -> tuple[Hop, ...]:
    route = next((route for route in config.routes if route.name == picture.active), None)
    if picture.active == TECHNICIAN:
        name = person_name(picture.duty.person, config)
        return (Hop(_("technician {who}").format(who=_join(name, picture.number or picture.duty.number))),)
    if route is not None:
        box = (Hop(_("this box")),) if picture.number is None else ()
        trunk = _watched(picture.of_kind("trunk"), route.trunk)
        nodes = _nodes(picture.of_kind("node")) if route.min_nodes else ()
        own = _own(picture.of_kind("local"), route.trunk) if route.local else ()
        return box + trunk + nodes + own or (Hop(_join(route.name, str(route.number))),)
    if picture.number is not None:
        return (Hop(_("{number}, which is no route of this box").format(number=picture.number), "down"),)
    if picture.forwarding.verified_at or picture.forwarding.status == "disputed":
        net = picture.forwarding.numbers.get("cfnry") or picture.forwarding.numbers.get("cfnrc")
        modem = (Hop(_("this box's modem, unanswered"), "down"),)
        return modem + ((Hop(_("standing net {number}").format(number=net)),) if net else ())
    return (Hop(_("not yet known"), "unknown"),)


def _watched(parts: tuple[Part, ...], name: str | None) -> tuple[Hop, ...]:
    if name is None:
        return ()
    health = next((part.health for part in parts if part.name == name), "unknown")
    return (Hop(name, health),)


def _own(parts: tuple[Part, ...], trunk: str | None) -> tuple[Hop, ...]:
    health = next((part.health for part in parts if part.name == trunk), "unknown")
    return (Hop(_("this box's exchange"), health),)


def _nodes(nodes: tuple[Part, ...]) -> tuple[Hop, ...]:
    if not nodes:
        return ()
    up = [part.name for part in nodes if part.health == "up"]
    if up:
        return (Hop(_(" or ").join(up), "up"),)
    worst = "down" if all(part.health == "down" for part in nodes) else "unknown"
    return (Hop(_(" or ").join(part.name for part in nodes), worst),)


def _join(*texts: str | None) -> str:
    return " ".join(text for text in texts if text)
