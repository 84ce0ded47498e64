"""The way a call takes, as a picture knows it: columns of stops, and which way between them is taken. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from appliance.config import Config
from appliance.domain.routes import TECHNICIAN
from appliance.situation.picture import Picture
from appliance.web.destination import Destination, Somebody

MOST_PEOPLE = 4


class Kind(StrEnum):
    """What a stop is; each has a sign of its own."""

    CUSTOMER = "customer"
    NETWORK = "network"
    TRUNK = "trunk"
    NODE = "node"
    BOX = "box"
    MODEM = "modem"
    GROUP = "group"
    PERSON = "person"
    TECHNICIAN = "technician"
    ELSEWHERE = "elsewhere"


@dataclass(frozen=True, slots=True)
class Stop:
    """``health`` is ``up``, ``down``, ``unknown``, or empty where nobody watches it; ``state`` what it does now."""

    kind: Kind
    name: str
    detail: str = ""
    health: str = ""
    taken: bool = False
    state: str = ""
    more: int = 0  # so many others stand behind it


@dataclass(frozen=True, slots=True)
class Way:
    """From one stop to another, each by column and place; ``direct`` goes past what stands between."""

    start: tuple[int, int]
    end: tuple[int, int]
    taken: bool
    direct: bool = False


@dataclass(frozen=True, slots=True)
class Scene:
    """The whole picture."""

    columns: tuple[tuple[Stop, ...], ...]
    ways: tuple[Way, ...]


def scene_of(
    picture: Picture,
    config: Config,
    destination: Destination | None,
    technician: Somebody,
    busy: Mapping[str, str],
) -> Scene:
    """The scene of a picture. ``busy`` says of people (by id) whether they are ``ringing`` or ``talking``."""
    route = next((one for one in config.routes if one.name == picture.active), None)
    trunks = tuple(
        Stop(Kind.TRUNK, part.name, health=part.health, taken=route is not None and part.name == route.trunk)
        for part in picture.of_kind("trunk")
    )
    own = bool(route and route.local)
    nodes = tuple(
        Stop(Kind.NODE, part.name, health=part.health, taken=route is not None and not own and part.health == "up")
        for part in picture.of_kind("node")
    )
    local = picture.of_kind("local")
    if local:
        health = next((part.health for part in local if route and part.name == route.trunk), local[0].health)
        nodes += (Stop(Kind.BOX, config.exchange.name, health=health, taken=own),)
    to_technician = picture.active == TECHNICIAN
    last = _last_columns(destination, technician, busy, taken=route is not None, direct=to_technician)
    elsewhere = _elsewhere(picture, known=route is not None or to_technician)
    if elsewhere is not None:
        last = (*last[:-1], (*last[-1], elsewhere))
    columns = tuple(column for column in (_customer(), _network(picture, config), trunks, nodes, *last) if column)
    return Scene(columns, tuple(_ways(columns)))


def _customer() -> tuple[Stop, ...]:
    return (Stop(Kind.CUSTOMER, "", taken=True),)


def _network(picture: Picture, config: Config) -> tuple[Stop, ...]:
    name = picture.modem.operator or ""
    return (Stop(Kind.NETWORK, name, detail=config.modem.service_number.e164, taken=True),)


def _elsewhere(picture: Picture, *, known: bool) -> Stop | None:
    """Where calls go that take none of the box's routes."""
    if known:
        return None
    if picture.number is not None:
        return Stop(Kind.ELSEWHERE, picture.number, health="down", taken=True)
    if picture.forwarding.verified_at or picture.forwarding.status == "disputed":
        net = picture.forwarding.numbers.get("cfnry") or picture.forwarding.numbers.get("cfnrc")
        return Stop(Kind.MODEM, "", detail=net or "", health="down", taken=True)
    return None


def _last_columns(
    destination: Destination | None, technician: Somebody, busy: Mapping[str, str], *, taken: bool, direct: bool
) -> tuple[tuple[Stop, ...], ...]:
    tech = Stop(Kind.TECHNICIAN, technician.name, taken=direct, state=busy.get(technician.id or "", ""))
    first = next((step for step in destination.steps if step.people), None) if destination is not None else None
    if destination is None or first is None:
        return ((tech,),)
    people = [
        Stop(Kind.PERSON, one.name, taken=taken, state=busy.get(one.id or "", ""))
        for one in first.people
        if one.id != technician.id or one.id is None
    ]
    # the technician stands last, once: as a member of the group, or behind it, or reached directly
    rings_too = any(one.id == technician.id for one in first.people)
    shown, hidden = people[:MOST_PEOPLE], people[MOST_PEOPLE:]
    if hidden:
        shown[-1] = Stop(Kind.PERSON, "", taken=taken, more=len(hidden) + 1)
    tech = Stop(Kind.TECHNICIAN, tech.name, taken=direct or (taken and rings_too), state=tech.state)
    kinds = {"person": Kind.PERSON, "duty": Kind.TECHNICIAN}
    if first.kind in kinds:
        return ((*shown, tech),) if shown else ((tech,),)
    group = Stop(Kind.GROUP, first.name, detail=destination.line, taken=taken)
    return (group,), (*shown, tech)


def _ways(columns: Sequence[Sequence[Stop]]) -> list[Way]:
    ways: list[Way] = []
    for column in range(len(columns) - 1):
        for place, start in enumerate(columns[column]):
            for other, end in enumerate(columns[column + 1]):
                ways.append(Way((column, place), (column + 1, other), start.taken and end.taken and column != 0))
    ways = [way for way in ways if way.end[0] != 1]
    ways.insert(0, Way((0, 0), (1, 0), True))
    between = [stop for column in columns[2:-1] for stop in column]
    last = len(columns) - 1
    if last > 2 or between:
        gone_around = not any(stop.taken for stop in between)
        for place, stop in enumerate(columns[last]):
            if stop.kind in (Kind.TECHNICIAN, Kind.ELSEWHERE, Kind.MODEM):
                ways.append(Way((1, 0), (last, place), stop.taken and gone_around, direct=True))
    return ways
