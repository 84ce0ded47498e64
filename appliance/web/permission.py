"""Who may do what. Pure: the one table that pages, menus and the test of all routes and roles go by."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Role(StrEnum):
    """What an account is for."""

    ADMINISTRATOR = "administrator"
    SUPERVISOR = "supervisor"
    TECHNICIAN = "technician"


class Permission(StrEnum):
    """What a page needs of who looks at it. ``PUBLIC`` needs nothing, not even an account."""

    PUBLIC = "public"
    SIGNED_IN = "signed in"
    SEE_NOW = "see now"
    STEER = "steer"  # calls to the technician, and back to automatic
    SEE_OWN_CALLS = "see own calls"  # and hear their recordings
    SEE_ALL_CALLS = "see all calls"
    SEE_ROSTER = "see the roster"
    SWAP_OWN_DUTY = "swap own duty"
    SWAP_ANY_DUTY = "swap any duty"
    SAY_OWN_PRESENCE = "say own presence"  # as an agent of queues: in, paused, out
    SAY_ANY_PRESENCE = "say any presence"
    EDIT_ROSTER = "edit the roster"
    SEE_STATISTICS = "see statistics"
    SEE_TIMELINE = "see the timeline"
    SEE_SYSTEM = "see the system"
    MEND_SYSTEM = "mend the system"  # probes, the modem's restart, test calls, the support bundle
    MANAGE_ACCOUNTS = "manage accounts"


_TECHNICIAN = frozenset(
    {
        Permission.PUBLIC,
        Permission.SIGNED_IN,
        Permission.SEE_NOW,
        Permission.SEE_OWN_CALLS,
        Permission.SEE_ROSTER,
        Permission.SWAP_OWN_DUTY,
        Permission.SAY_OWN_PRESENCE,
    }
)
_SUPERVISOR = _TECHNICIAN | {
    Permission.SWAP_ANY_DUTY,
    Permission.SAY_ANY_PRESENCE,
    Permission.STEER,
    Permission.SEE_ALL_CALLS,
    Permission.SEE_STATISTICS,
    Permission.SEE_TIMELINE,
    Permission.SEE_SYSTEM,
}
GRANTS: Mapping[Role | None, frozenset[Permission]] = {
    None: frozenset({Permission.PUBLIC}),
    Role.TECHNICIAN: _TECHNICIAN,
    Role.SUPERVISOR: _SUPERVISOR,
    Role.ADMINISTRATOR: frozenset(Permission),
}


def may(role: Role | None, needed: Permission) -> bool:
    """Whether somebody of this role (``None``: nobody has signed in) may."""
    return needed in GRANTS[role]
