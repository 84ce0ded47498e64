"""How long somebody who guesses passwords has to wait. Pure.

Two subjects count: the address, and the account as one address sees it. An account as such is slowed down too, but
only by many failures, so that a stranger cannot shut its owner out at two in the morning with a handful.
"""

from __future__ import annotations

from dataclasses import dataclass

FREE = {"address": 10, "account at address": 5, "account": 50}
FIRST_WAIT_S, LONGEST_WAIT_S = 15.0, 3600.0
FORGOTTEN_AFTER_S = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Failures:
    """``count`` in a row, the last one at ``last_at`` (Unix seconds)."""

    count: int = 0
    last_at: float = 0.0


def subjects(account: str, address: str) -> dict[str, str]:
    """What a try counts for: kind → subject."""
    return {
        "address": f"address {address}",
        "account at address": f"account {account} at {address}",
        "account": f"account {account}",
    }


def wait_s(kind: str, failures: Failures, now: float) -> float:
    """Seconds until the next try is looked at; 0 for none. Doubles with each failure beyond the free ones."""
    beyond = failures.count - FREE[kind]
    if beyond < 0 or now - failures.last_at > FORGOTTEN_AFTER_S:
        return 0.0
    wait = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** min(beyond, 16))
    if now < failures.last_at:  # the clock was set back: never wait longer than a whole turn
        return wait
    return max(0.0, failures.last_at + wait - now)


def after_failure(failures: Failures, now: float) -> Failures:
    """One more; what is a day old is forgotten."""
    if now - failures.last_at > FORGOTTEN_AFTER_S:
        return Failures(1, now)
    return Failures(failures.count + 1, now)
