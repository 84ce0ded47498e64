"""Sessions: kept here, told to the browser as a random token of which only the hash is kept.

The token changes every hour. The former one stays good until the new one was seen, since an answer may get lost on
its way to a telephone; a little after that it is proof that somebody copied it, and the session ends for everybody.
"""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
from dataclasses import dataclass
from enum import Enum

from appliance.storage import Database
from appliance.web import csrf
from appliance.web.accounts.models import Account, Session
from appliance.web.accounts.store import account_of, note

ROTATE_AFTER_S = 3600.0
GRACE_S = 60.0  # requests of one page come side by side
TOUCH_EVERY_S = 60.0
MOST_PER_ACCOUNT = 20


class Ended(Enum):
    """Why there is no session."""

    NOT_ASKED = "not asked"  # no token came, or the page is the same for everybody
    UNKNOWN = "unknown"
    OVER = "over"
    STOLEN = "stolen"


@dataclass(frozen=True, slots=True)
class Lasts:
    """How long sessions last, in seconds: after the last use, and in all."""

    idle_s: float
    longest_s: float


class Sessions:
    """All sessions, in the accounts' database."""

    def __init__(self, database: Database, lasts: Lasts) -> None:
        self._database, self._lasts = database, lasts

    async def begin(self, account: Account, now: float, address: str, browser: str) -> str:
        """Sign in; the token for the browser."""
        token = secrets.token_urlsafe(32)

        def do(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM sessions WHERE used_at < ?", (now - self._lasts.idle_s,))
            connection.execute(
                "DELETE FROM sessions WHERE account = ?1 AND id NOT IN"
                " (SELECT id FROM sessions WHERE account = ?1 ORDER BY used_at DESC LIMIT ?2)",
                (account.name, MOST_PER_ACCOUNT - 1),
            )
            connection.execute(
                "INSERT INTO sessions (account, token_hash, csrf, made_at, used_at, rotated_at, address, browser)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (account.name, _hash(token), csrf.new_secret(), now, now, now, address, browser),
            )

        await self._database.run(do)
        return token

    async def of(self, token: str, now: float, *, renew: bool = True) -> tuple[Session | Ended, str | None]:
        """Whose the token is, and the one that takes its place if it is time (and ``renew``)."""
        return await self._database.run(lambda connection: self._of(connection, token, now, renew))

    async def end(self, session_id: int) -> None:
        """Sign out."""
        await self._database.run(
            lambda connection: connection.execute("DELETE FROM sessions WHERE id = ?", (session_id,)).close()
        )

    async def end_others(self, session: Session) -> None:
        """Sign out all other browsers of this account."""
        await self._database.run(
            lambda connection: connection.execute(
                "DELETE FROM sessions WHERE account = ? AND id != ?", (session.account.name, session.id)
            ).close()
        )

    async def of_account(self, name: str) -> list[Session]:
        """Where an account is signed in, the last used first."""

        def look(connection: sqlite3.Connection) -> list[Session]:
            rows = connection.execute(f"{_SELECT} WHERE account = ? ORDER BY used_at DESC", (name,))
            return [_session(row) for row in rows]

        return await self._database.run(look)

    def _of(
        self, connection: sqlite3.Connection, token: str, now: float, renew: bool
    ) -> tuple[Session | Ended, str | None]:
        hashed = _hash(token)
        row = connection.execute(f"{_SELECT} WHERE token_hash = ?1 OR former_hash = ?1", (hashed,)).fetchone()
        if row is None:
            return Ended.UNKNOWN, None
        session = _session(row)
        former = row["token_hash"] != hashed
        if former and row["former_until"] is not None and now > row["former_until"]:
            connection.execute("DELETE FROM sessions WHERE id = ?", (session.id,))
            note(connection, "session.copied", account=session.account.name, address=session.address)
            return Ended.STOLEN, None
        idle, age = now - session.used_at, now - session.made_at
        if idle > self._lasts.idle_s or age > self._lasts.longest_s or session.account.disabled:
            connection.execute("DELETE FROM sessions WHERE id = ?", (session.id,))
            return Ended.OVER, None
        if not former and row["former_hash"] is not None and row["former_until"] is None:
            connection.execute("UPDATE sessions SET former_until = ? WHERE id = ?", (now + GRACE_S, session.id))
        if idle > TOUCH_EVERY_S or idle < 0:
            connection.execute("UPDATE sessions SET used_at = ? WHERE id = ?", (now, session.id))
        replaced = former and row["former_until"] is not None  # within the grace: the new one is out already
        if replaced or not renew or 0 <= now - session.rotated_at < ROTATE_AFTER_S:
            return session, None
        fresh = secrets.token_urlsafe(32)
        connection.execute(
            "UPDATE sessions SET former_hash = ?, former_until = NULL, token_hash = ?, rotated_at = ? WHERE id = ?",
            (hashed, _hash(fresh), now, session.id),
        )
        return session, fresh


_SELECT = "SELECT s.*, s.made_at AS began, a.* FROM sessions s JOIN accounts a ON a.name = s.account"


def _session(row: sqlite3.Row) -> Session:
    return Session(
        id=row["id"],
        account=account_of(row),
        csrf=bytes(row["csrf"]),
        made_at=row["began"],
        used_at=row["used_at"],
        rotated_at=row["rotated_at"],
        address=row["address"],
        browser=row["browser"],
    )


def _hash(token: str) -> bytes:
    """A token is random: no salt, no slow hash is needed."""
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()
