"""Rosters for scenarios: people with the numbers of their telephones, and short ring times. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bench.exchange_plan import PEOPLE

Document = dict[str, Any]
SIP_MOBILES = {"eva": "+420777000199", "gita": "+420777000198"}  # of nobody's telephone here: they ring by SIP only


def person(name: str, **keys: Any) -> Document:
    """Somebody with a telephone of the bench."""
    return {"id": name, "name": name.capitalize(), "mobile": PEOPLE[name], **keys}


def sip_person(name: str, **keys: Any) -> Document:
    """Somebody with a SIP phone of the bench, once :func:`bench.lab.registering.registered`."""
    own = {"mobile": SIP_MOBILES[name], "ring": ["sip"], "sip": name, "sip_password": sip_password(name)}
    return {"id": name, "name": name.capitalize(), **own, **keys}


def sip_password(name: str) -> str:
    """Of their account."""
    return f"secret-of-{name}"


def group(id_: str, *members: str, **keys: Any) -> Document:
    """A group that rings for a short time; screening off unless told otherwise, as it costs seconds."""
    return {"id": id_, "name": id_.capitalize(), "members": list(members), "ring_s": 6.0, "screening": "off", **keys}


def line(*steps: str, **keys: Any) -> Document:
    """The one line of the service number: it takes every call, and does the same at every hour."""
    return {"id": "service", "name": "Service", "open": list(steps), "closed": list(steps), **keys}


def roster(*groups: Document, line: Document, **keys: Any) -> Document:  # noqa: A002, RUF100
    """The whole document; ``keys`` are further parts, or other people."""
    people: Mapping[str, Any] = {"person": [person(name) for name in PEOPLE]}
    return {"schema": 1, "duty": {"default": "tech-1"}, **people, "group": list(groups), "line": [line], **keys}
