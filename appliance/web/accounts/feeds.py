"""Addresses of calendars: a random token for an account, of which only the hash is kept."""

from __future__ import annotations

import hashlib
import secrets
import sqlite3

from appliance.storage import Database
from appliance.web.accounts.models import Account
from appliance.web.accounts.store import account_of

TOUCH_EVERY_S = 3600.0


class Feeds:
    """All of them, in the accounts' database. An account has one at most; it goes with the account."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin(self, account: str, now: float) -> str:
        """A new token; the one before is good no more."""
        token = secrets.token_urlsafe(32)

        def do(connection: sqlite3.Connection) -> None:
            connection.execute(
                "INSERT OR REPLACE INTO feeds (account, token_hash, made_at) VALUES (?, ?, ?)",
                (account, _hash(token), now),
            )

        await self._database.run(do)
        return token

    async def end(self, account: str) -> None:
        """The token is good no more."""
        await self._database.run(
            lambda connection: connection.execute("DELETE FROM feeds WHERE account = ?", (account,)).close()
        )

    async def made_at(self, account: str) -> tuple[float, float | None] | None:
        """When the account's token was made and last used, Unix seconds; ``None`` where it has none."""

        def look(connection: sqlite3.Connection) -> tuple[float, float | None] | None:
            row = connection.execute("SELECT made_at, used_at FROM feeds WHERE account = ?", (account,)).fetchone()
            return None if row is None else (row["made_at"], row["used_at"])

        return await self._database.run(look)

    async def of(self, token: str, now: float) -> Account | None:
        """Whose token it is; ``None`` where it is nobody's, or the account is shut out."""

        def look(connection: sqlite3.Connection) -> Account | None:
            row = connection.execute(
                "SELECT accounts.*, feeds.used_at FROM feeds JOIN accounts ON accounts.name = feeds.account"
                " WHERE token_hash = ? AND NOT disabled",
                (_hash(token),),
            ).fetchone()
            if row is None:
                return None
            if row["used_at"] is None or now - row["used_at"] >= TOUCH_EVERY_S:  # not a write each time
                connection.execute("UPDATE feeds SET used_at = ? WHERE account = ?", (now, row["name"]))
            return account_of(row)

        return await self._database.run(look)


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()
