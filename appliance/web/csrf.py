"""Tokens that prove a form is ours. Pure but for chance.

A token is the session's secret under a fresh mask, so that it looks different in each page: what is compressed
together with text of an attacker must not be guessable by its length (BREACH, 2013).
"""

from __future__ import annotations

import base64
import binascii
import secrets
from hmac import compare_digest

SECRET_BYTES = 32


def new_secret() -> bytes:
    """The secret of a session."""
    return secrets.token_bytes(SECRET_BYTES)


def token(secret: bytes) -> str:
    """A token for one page."""
    mask = secrets.token_bytes(len(secret))
    return base64.urlsafe_b64encode(mask + _xor(secret, mask)).decode()


def is_token(text: str, secret: bytes) -> bool:
    """Whether the token is one of this secret."""
    try:
        both = base64.b64decode(text.encode(), b"-_", validate=True)
    except (ValueError, binascii.Error):
        return False
    half = len(secret)
    return len(both) == 2 * half and compare_digest(_xor(both[:half], both[half:]), secret)


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))
