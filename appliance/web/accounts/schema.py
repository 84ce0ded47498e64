"""The tables of ``web.db``, as numbered migrations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.storage import Migration

if TYPE_CHECKING:
    from sqlite_utils import Database

FILE_NAME = "web.db"


def _first(database: Database) -> None:
    for statement in (
        "CREATE TABLE accounts (name TEXT PRIMARY KEY, person TEXT, role TEXT NOT NULL, password_hash TEXT NOT NULL,"
        " language TEXT, disabled INTEGER NOT NULL DEFAULT 0, must_change INTEGER NOT NULL DEFAULT 0,"
        " made_at TEXT NOT NULL, changed_at TEXT NOT NULL)",
        "CREATE TABLE sessions (id INTEGER PRIMARY KEY, account TEXT NOT NULL REFERENCES accounts ON DELETE CASCADE,"
        " token_hash BLOB NOT NULL UNIQUE, former_hash BLOB UNIQUE, former_until REAL, csrf BLOB NOT NULL,"
        " made_at REAL NOT NULL, used_at REAL NOT NULL, rotated_at REAL NOT NULL, address TEXT NOT NULL,"
        " browser TEXT NOT NULL)",
        "CREATE INDEX sessions_account ON sessions (account)",
        "CREATE TABLE attempts (subject TEXT PRIMARY KEY, failures INTEGER NOT NULL, last_at REAL NOT NULL)",
        "CREATE TABLE audit (id INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, account TEXT, address TEXT,"
        " action TEXT NOT NULL, subject TEXT, detail TEXT)",
        "CREATE INDEX audit_account ON audit (account, id)",
    ):
        database.conn.execute(statement)


def _feeds(database: Database) -> None:
    database.conn.execute(
        "CREATE TABLE feeds (account TEXT PRIMARY KEY REFERENCES accounts ON DELETE CASCADE,"
        " token_hash BLOB NOT NULL UNIQUE, made_at REAL NOT NULL, used_at REAL)"
    )


MIGRATIONS: tuple[Migration, ...] = (("0001-accounts", _first), ("0002-feeds", _feeds))
