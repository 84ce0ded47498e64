"""The state document as the views read it: typed, and forgiving, since another release may have written it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from appliance.domain.phrase import phrase
from appliance.domain.phrase_words import text_of
from appliance.situation.times import instant

SERVICES = ("cfu", "cfb", "cfnry", "cfnrc")


@dataclass(frozen=True, slots=True)
class Part:
    """A trunk, a node, or the box's own exchange as seen through a trunk."""

    kind: str
    name: str
    health: str
    since: datetime | None
    rtt_ms: float | None
    reason: str


@dataclass(frozen=True, slots=True)
class Forwarding:
    """The table as the network was last seen to hold it: a number, ``None`` for off, no key where nothing is known.

    ``net`` says how the standing net is.
    """

    status: str
    verified_at: datetime | None
    numbers: Mapping[str, str | None]
    net: str | None


@dataclass(frozen=True, slots=True)
class Override:
    """A route a person pinned."""

    route: str
    until: datetime | None
    reason: str
    by: str


@dataclass(frozen=True, slots=True)
class Duty:
    """Who is on duty."""

    person: str | None
    number: str | None
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Modem:
    """Modem, SIM and network."""

    health: str
    model: str | None
    operator: str | None
    rssi_dbm: int | None
    registration: str | None
    sim: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class Picture:
    """One state document."""

    at: datetime | None
    service: str
    active: str | None
    number: str | None
    reason: str
    since: datetime | None
    desired: str | None
    forwarding: Forwarding
    override: Override | None
    duty: Duty
    parts: tuple[Part, ...]
    references: tuple[int, int] | None
    modem: Modem
    journal_trouble: str | None

    @property
    def changing(self) -> bool:
        """What the ladder asks for is not (yet) what the network does."""
        return self.desired is not None and self.desired != self.active

    def of_kind(self, kind: str) -> tuple[Part, ...]:
        """All of ``trunk``, ``node`` or ``local``."""
        return tuple(part for part in self.parts if part.kind == kind)


def read_picture(document: Mapping[str, Any]) -> Picture:
    """Read a document of the topic ``state``; what is missing or of another type is simply not known."""
    route, forwarding = _table(document, "route"), _table(document, "forwarding")
    override, duty, modem = document.get("override"), _table(document, "duty"), _table(document, "modem")
    references = _table(document, "references")
    return Picture(
        at=instant(document.get("at")),
        service=_text(document.get("service")) or "unknown",
        active=_text(route.get("active")),
        number=_text(route.get("number")),
        reason=text_of(route, "reason"),
        since=instant(route.get("since")),
        desired=_text(route.get("desired")),
        forwarding=Forwarding(
            status=_text(forwarding.get("status")) or "unverified",
            verified_at=instant(forwarding.get("verified_at")),
            numbers={key: _text(forwarding[key]) for key in SERVICES if key in forwarding},
            net=_text(forwarding.get("net")),
        ),
        override=_override(override) if isinstance(override, dict) else None,
        duty=Duty(_text(duty.get("person")), _text(duty.get("number")), instant(duty.get("until"))),
        parts=(
            *_parts(document, "trunks", "trunk"),
            *_parts(document, "nodes", "node"),
            *_parts(document, "local", "local"),
        ),
        references=(up, total)
        if isinstance(up := references.get("up"), int) and isinstance(total := references.get("total"), int)
        else None,
        modem=_modem(modem),
        journal_trouble=_journal_trouble(_table(document, "journal")),
    )


def _override(table: Mapping[str, Any]) -> Override:
    return Override(
        _text(table.get("route")) or "?",
        instant(table.get("until")),
        _text(table.get("reason")) or "",
        _text(table.get("by")) or "",
    )


def _parts(document: Mapping[str, Any], section: str, kind: str) -> list[Part]:
    return [
        Part(
            kind,
            str(name),
            _text(table.get("health")) or "unknown",
            instant(table.get("since")),
            rtt if isinstance(rtt := table.get("rtt_ms"), (int, float)) else None,
            text_of(table, "reason"),
        )
        for name, table in sorted(_table(document, section).items())
        if isinstance(table, dict)
    ]


def _modem(table: Mapping[str, Any]) -> Modem:
    return Modem(
        _text(table.get("health")) or "unknown",
        _text(table.get("model")),
        _text(table.get("operator")),
        rssi if isinstance(rssi := table.get("rssi_dbm"), int) else None,
        _text(table.get("registration")),
        _text(table.get("sim")),
        text_of(table, "reason"),
    )


def _journal_trouble(table: Mapping[str, Any]) -> str | None:
    return None if table.get("ok", True) else text_of(table, "reason") or phrase("it cannot be written")


def _table(document: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = document.get(key)
    return found if isinstance(found, dict) else {}


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
