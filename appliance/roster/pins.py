"""PINs: taken once, kept as a salted hash (scrypt, RFC 7914). Four digits are few, so only ever compare slowly."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets

COST, BLOCK, LANES = 2**13, 8, 1  # 8 MiB and some 30 ms on a small board: a thousand PINs are imported in a minute
SALT_BYTES, HASH_BYTES = 16, 32
_FORM = re.compile(r"scrypt\$(\d{1,7})\$(\d{1,2})\$(\d{1,2})\$([0-9a-f]{32})\$([0-9a-f]{64})\Z")
MOST_MEMORY_BYTES = 64 * 1024 * 1024


def hash_pin(pin: str) -> str:
    """What is kept of a PIN; another text each time."""
    salt = secrets.token_bytes(SALT_BYTES)
    return f"scrypt${COST}${BLOCK}${LANES}${salt.hex()}${_derive(pin, salt, COST, BLOCK, LANES).hex()}"


def is_pin(pin: str, kept: str) -> bool:
    """Whether ``kept`` was made of this PIN. Takes as long as making it, so keep it off the event loop."""
    match = _FORM.match(kept)
    if match is None:
        return False
    cost, block, lanes = (int(match[part]) for part in (1, 2, 3))
    try:
        found = _derive(pin, bytes.fromhex(match[4]), cost, block, lanes)
    except (ValueError, MemoryError):  # costs that are none, or more than there is room for
        return False
    return hmac.compare_digest(found, bytes.fromhex(match[5]))


def is_hash(text: str) -> bool:
    """Whether the text has the form of :func:`hash_pin`."""
    return _FORM.match(text) is not None


def _derive(pin: str, salt: bytes, cost: int, block: int, lanes: int) -> bytes:
    return hashlib.scrypt(
        pin.encode(), salt=salt, n=cost, r=block, p=lanes, maxmem=MOST_MEMORY_BYTES, dklen=HASH_BYTES
    )
