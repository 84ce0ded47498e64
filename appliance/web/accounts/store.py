"""Accounts, failures and the audit log in SQLite. Whatever returns is durable."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from appliance.domain.times import rfc3339
from appliance.storage import Database
from appliance.web.accounts import throttle
from appliance.web.accounts.models import Account, AuditEntry
from appliance.web.accounts.schema import FILE_NAME, MIGRATIONS
from appliance.web.accounts.throttle import Failures
from appliance.web.permission import Role

AUDIT_KEPT = 100_000
LONGEST_TEXT = 500


class LastAdministratorError(Exception):
    """Nobody would be left who may manage accounts."""


class Accounts:
    """Open it with :meth:`open`. Raises ``sqlite3.Error`` where the disk refuses."""

    def __init__(self, database: Database) -> None:
        self.database = database

    @classmethod
    async def open(cls, folder: Path) -> Self:
        """The database in this folder; begun if there is none."""
        return cls(await Database.open(folder / FILE_NAME, MIGRATIONS))

    async def close(self) -> None:
        """Let go of it."""
        await self.database.close()

    async def all(self) -> list[Account]:
        """Every account, by name."""
        return await self.database.run(
            lambda connection: [account_of(row) for row in connection.execute("SELECT * FROM accounts ORDER BY name")]
        )

    async def find(self, name: str) -> tuple[Account, str] | None:
        """The account and its password's hash."""

        def look(connection: sqlite3.Connection) -> tuple[Account, str] | None:
            row = connection.execute("SELECT * FROM accounts WHERE name = ?", (name,)).fetchone()
            return None if row is None else (account_of(row), row["password_hash"])

        return await self.database.run(look)

    async def put(self, account: Account, password_hash: str | None = None) -> None:
        """Write the account; its password stays unless one is given. Whoever is signed in with it is signed out.

        Raises :class:`LastAdministratorError`; ``ValueError`` for a new account without a password.
        """
        await self.database.run(lambda connection: put(connection, account, password_hash))

    async def set_language(self, name: str, language: str | None) -> None:
        """What the pages speak to this account."""
        await self.database.run(
            lambda connection: connection.execute(
                "UPDATE accounts SET language = ? WHERE name = ?", (language, name)
            ).close()
        )

    async def remove(self, name: str) -> None:
        """The account and its sessions. Raises :class:`LastAdministratorError`."""

        def do(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM accounts WHERE name = ?", (name,))
            _somebody_manages(connection)

        await self.database.run(do)

    async def attempt(self, account: str, address: str, now: float) -> float:
        """Whether a password may be tried: 0, or the seconds to wait. One that may is counted at once as a failure,
        until :meth:`succeeded`: many side by side must not all be free."""
        subjects = throttle.subjects(account, address)

        def count(connection: sqlite3.Connection) -> float:
            connection.execute("DELETE FROM attempts WHERE last_at < ?", (now - throttle.FORGOTTEN_AFTER_S,))
            before = {kind: _failures(connection, subject) for kind, subject in subjects.items()}
            wait = max(throttle.wait_s(kind, failures, now) for kind, failures in before.items())
            if wait == 0.0:
                for kind, subject in subjects.items():
                    failures = throttle.after_failure(before[kind], now)
                    connection.execute(
                        "INSERT OR REPLACE INTO attempts VALUES (?, ?, ?)",
                        (subject, failures.count, failures.last_at),
                    )
            return wait

        return await self.database.run(count)

    async def succeeded(self, account: str, address: str) -> None:
        """The right password was given: what was counted for this try is taken back, and this account's own count at
        this address begins anew."""
        subjects = throttle.subjects(account, address)

        def take_back(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM attempts WHERE subject = ?", (subjects["account at address"],))
            connection.execute(
                "UPDATE attempts SET failures = failures - 1 WHERE failures > 0 AND subject IN (?, ?)",
                (subjects["address"], subjects["account"]),
            )

        await self.database.run(take_back)

    async def note(
        self,
        action: str,
        *,
        account: str | None,
        address: str | None = None,
        subject: str | None = None,
        detail: str | None = None,
    ) -> None:
        """A line of the audit log."""
        await self.database.run(
            lambda connection: note(
                connection, action, account=account, address=address, subject=subject, detail=detail
            )
        )

    async def audit(
        self, *, account: str | None = None, before: int | None = None, limit: int = 100
    ) -> list[AuditEntry]:
        """Lines of the audit log, newest first; of one account, or older than one."""

        def look(connection: sqlite3.Connection) -> list[AuditEntry]:
            rows = connection.execute(
                "SELECT * FROM audit WHERE (?1 IS NULL OR account = ?1) AND (?2 IS NULL OR id < ?2)"
                " ORDER BY id DESC LIMIT ?3",
                (account, before, limit),
            )
            return [AuditEntry(*row) for row in rows]

        return await self.database.run(look)


def account_of(row: Mapping[str, object] | sqlite3.Row) -> Account:
    """The account of a row of the table, or of a join with it."""
    return Account(
        name=str(row["name"]),
        role=Role(str(row["role"])),
        person=None if row["person"] is None else str(row["person"]),
        language=None if row["language"] is None else str(row["language"]),
        disabled=bool(row["disabled"]),
        must_change=bool(row["must_change"]),
    )


def put(connection: sqlite3.Connection, account: Account, password_hash: str | None) -> None:
    """As :meth:`Accounts.put`, in a transaction of the caller's."""
    now = rfc3339(datetime.now(UTC))
    row = connection.execute("SELECT password_hash, made_at FROM accounts WHERE name = ?", (account.name,)).fetchone()
    kept = password_hash or (row["password_hash"] if row is not None else None)
    if kept is None:
        raise ValueError(f"{account.name} is new and needs a password")
    connection.execute(
        "INSERT INTO accounts"
        " (name, person, role, password_hash, language, disabled, must_change, made_at, changed_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET person = excluded.person,"
        " role = excluded.role, password_hash = excluded.password_hash, language = excluded.language,"
        " disabled = excluded.disabled, must_change = excluded.must_change, changed_at = excluded.changed_at",
        (
            account.name,
            account.person,
            account.role.value,
            kept,
            account.language,
            account.disabled,
            account.must_change,
            row["made_at"] if row is not None else now,
            now,
        ),
    )
    connection.execute("DELETE FROM sessions WHERE account = ?", (account.name,))
    if password_hash is not None:
        own = f"account {account.name}"
        connection.execute("DELETE FROM attempts WHERE subject = ? OR subject GLOB ?", (own, f"{own} at *"))
    _somebody_manages(connection)


def note(
    connection: sqlite3.Connection,
    action: str,
    *,
    account: str | None,
    address: str | None = None,
    subject: str | None = None,
    detail: str | None = None,
) -> None:
    """As :meth:`Accounts.note`, in a transaction of the caller's."""
    texts = [
        None if text is None else text[:LONGEST_TEXT].encode("utf-8", "replace").decode()
        for text in (subject, detail)
    ]
    connection.execute(
        "INSERT INTO audit (at, account, address, action, subject, detail) VALUES (?, ?, ?, ?, ?, ?)",
        (rfc3339(datetime.now(UTC)), account, address, action, *texts),
    )
    connection.execute("DELETE FROM audit WHERE id <= (SELECT MAX(id) FROM audit) - ?", (AUDIT_KEPT,))


def _somebody_manages(connection: sqlite3.Connection) -> None:
    found = connection.execute(
        "SELECT 1 FROM accounts WHERE role = ? AND NOT disabled LIMIT 1", (Role.ADMINISTRATOR.value,)
    ).fetchone()
    if found is None:
        raise LastAdministratorError


def _failures(connection: sqlite3.Connection, subject: str) -> Failures:
    row = connection.execute("SELECT failures, last_at FROM attempts WHERE subject = ?", (subject,)).fetchone()
    return Failures() if row is None else Failures(row["failures"], row["last_at"])
