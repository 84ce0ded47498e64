"""What callbacks are called."""

from __future__ import annotations

import secrets

PREFIX = "cb-"  # what the ids of callbacks begin with


def new_id() -> str:
    """An id for a wish."""
    return PREFIX + secrets.token_hex(6)
