"""Accounts and sessions as the pages know them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from appliance.web.permission import Role

NAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?\Z")
SHORTEST_PASSWORD, LONGEST_PASSWORD = 10, 256


@dataclass(frozen=True, slots=True)
class Account:
    """``person`` is who it belongs to in the roster; ``None`` for one of nobody in particular."""

    name: str
    role: Role
    person: str | None = None
    language: str | None = None
    disabled: bool = False
    must_change: bool = False  # the password was set by somebody else


@dataclass(frozen=True, slots=True)
class Session:
    """One browser that has signed in. Times are Unix seconds."""

    id: int
    account: Account
    csrf: bytes
    made_at: float
    used_at: float
    rotated_at: float
    address: str
    browser: str


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One thing that somebody did, or tried."""

    id: int
    at: str
    account: str | None
    address: str | None
    action: str
    subject: str | None
    detail: str | None
