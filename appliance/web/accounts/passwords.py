"""Passwords, hashed with Argon2id as OWASP advises for machines with little memory: 19 MiB, two passes."""

from __future__ import annotations

import asyncio
import functools
import itertools
from typing import TYPE_CHECKING

from appliance.threads import in_daemon_thread
from appliance.web.accounts.models import LONGEST_PASSWORD, SHORTEST_PASSWORD
from appliance.web.memory import give_back

if TYPE_CHECKING:
    from argon2 import PasswordHasher

MEMORY_KIB, PASSES, LANES = 19_456, 2, 1


@functools.cache
def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher

    return PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=LANES)


@functools.cache
def _of_nobody() -> str:
    return _hasher().hash("nobody has this password")


def hash_now(password: str) -> str:
    """The hash to keep. Takes some tenths of a second."""
    return _hasher().hash(password)


def matches_now(kept: str | None, password: str) -> bool:
    """Whether it is the password. As slow without an account as with one, so that time tells no names."""
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        return _hasher().verify(kept or _of_nobody(), password) and kept is not None
    except (VerificationError, InvalidHashError):
        return False


def too_weak(password: str, *names: str) -> str | None:
    """What is wrong with a new password: ``short``, ``long``, ``name`` or ``simple``; ``None`` for nothing.

    Length counts, not kinds of characters (NIST SP 800-63B §3.1.1.2).
    """
    if len(password) < SHORTEST_PASSWORD:
        return "short"
    if len(password) > LONGEST_PASSWORD:
        return "long"
    folded = password.casefold()
    if any(name and len(name) > 3 and name.casefold() in folded for name in names):
        return "name"
    steps = {ord(b) - ord(a) for a, b in itertools.pairwise(folded)}
    if len(set(folded)) < 5 or len(steps) == 1 or folded in _COMMON:
        return "simple"
    return None


_COMMON = frozenset(
    [
        "password12",
        "password123",
        "password1234",
        "passw0rd123",
        "1234567890",
        "12345678910",
        "qwertyuiop",
        "qwertzuiop",
        "q1w2e3r4t5",
        "1q2w3e4r5t",
        "administrator",
        "letmein123",
        "welcome123",
        "welcome1234",
        "hotline123",
        "heslo12345",
        "salasana123",
        "iloveyou123",
    ]
)


class Passwords:
    """Off the event loop, one at a time: a crowd that guesses must not take the box's memory."""

    def __init__(self) -> None:
        self._turn = asyncio.Semaphore(1)

    async def hash(self, password: str) -> str:
        """As :func:`hash_now`."""
        async with self._turn:
            try:
                return await in_daemon_thread(lambda: hash_now(password), "password")
            finally:
                give_back()

    async def matches(self, kept: str | None, password: str) -> bool:
        """As :func:`matches_now`."""
        async with self._turn:
            try:
                return await in_daemon_thread(lambda: matches_now(kept, password), "password")
            finally:
                give_back()
