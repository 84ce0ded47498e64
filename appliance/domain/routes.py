"""Routes: where the service number can ring, and what each needs to be worth it."""

from __future__ import annotations

from dataclasses import dataclass

from appliance.domain.phone import PhoneNumber

TECHNICIAN = "technician"  # the implied last route: needs nothing, rings whoever is on duty


@dataclass(frozen=True, slots=True)
class Route:
    """A configured way: CFU points to ``number``; worth it while ``trunk`` and ``min_nodes`` nodes are up.

    ``local``: it ends at the box's own exchange, so that one and its registration at ``trunk`` must be up too.
    """

    name: str
    number: PhoneNumber
    trunk: str | None
    min_nodes: int
    local: bool = False


@dataclass(frozen=True, slots=True)
class Duty:
    """Who is on duty. ``until`` (Unix seconds) ends a temporary duty; ``None`` lasts."""

    person: str | None
    number: PhoneNumber
    until: float | None = None


@dataclass(frozen=True, slots=True)
class Override:
    """A person pinned ``route``; ``until`` in Unix seconds, ``None`` until taken back. Never forgotten."""

    route: str
    since: float
    until: float | None
    reason: str
    by: str
