"""The SQL of ``recordings.db``, each on a connection that its caller owns. Raises ``sqlite3.Error``.

``recordings`` has each once, by name. ``marks`` says which numbers, people, line and queue its call had: filled in
once the call has ended, and again where the log changes what it says of it. ``place`` is how far the log was read.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from appliance.calls import codec
from appliance.domain.calls import CallRecord
from appliance.recordings.entry import Recording, State, Wanted, talkers
from appliance.storage import Migration

if TYPE_CHECKING:
    from sqlite_utils import Database

_TABLES = """
CREATE TABLE recordings (
    name TEXT PRIMARY KEY,
    call TEXT NOT NULL,
    began_at TEXT NOT NULL,
    sides INTEGER NOT NULL,
    keep_until TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    frames INTEGER NOT NULL,
    record TEXT
) WITHOUT ROWID;
CREATE INDEX recordings_by_time ON recordings (began_at);
CREATE INDEX recordings_by_end ON recordings (keep_until);
CREATE INDEX recordings_by_state ON recordings (state);
CREATE TABLE marks (
    kind TEXT NOT NULL,
    value TEXT NOT NULL,
    began_at TEXT NOT NULL,
    name TEXT NOT NULL REFERENCES recordings (name) ON DELETE CASCADE,
    PRIMARY KEY (kind, value, began_at, name)
) WITHOUT ROWID;
CREATE INDEX marks_of_recording ON marks (name);
CREATE TABLE place (id INTEGER PRIMARY KEY CHECK (id = 0), seq INTEGER NOT NULL);
INSERT INTO place VALUES (0, 0);
"""
_COLUMNS = "name, call, began_at, sides, keep_until, state, reason, frames, record"
_NOT_DIGITS = re.compile(r"[^0-9]")


def _first(database: Database) -> None:
    for statement in _TABLES.split(";"):
        if statement.strip():
            database.conn.execute(statement).close()


MIGRATIONS: tuple[Migration, ...] = (("m001_recordings", _first),)


def put(connection: sqlite3.Connection, recording: Recording) -> None:
    """Write it, in place of what was known of it before."""
    connection.execute("DELETE FROM recordings WHERE name = ?", (recording.name,))
    record = recording.record
    connection.execute(
        f"INSERT INTO recordings ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            recording.name,
            _clean(recording.call),
            recording.began_at,
            recording.sides,
            recording.keep_until,
            str(recording.state),
            recording.reason,
            recording.frames,
            None if record is None else codec.to_text(record),
        ),
    )
    if record is not None:
        connection.executemany(
            "INSERT INTO marks (kind, value, began_at, name) VALUES (?, ?, ?, ?)",
            [(kind, _clean(value), recording.began_at, recording.name) for kind, value in _marks(record)],
        )


def get(connection: sqlite3.Connection, name: str) -> Recording | None:
    """By name."""
    rows = _rows(connection.execute(f"SELECT {_COLUMNS} FROM recordings WHERE name = ?", (name,)))
    return rows[0] if rows else None


def change(connection: sqlite3.Connection, name: str, *, state: State, reason: str, frames: int) -> None:
    """How far it is now."""
    connection.execute(
        "UPDATE recordings SET state = ?, reason = ?, frames = ? WHERE name = ?", (str(state), reason, frames, name)
    )


def forget(connection: sqlite3.Connection, name: str) -> None:
    """It was never there."""
    connection.execute("DELETE FROM recordings WHERE name = ?", (name,))


def of_state(connection: sqlite3.Connection, state: State) -> list[Recording]:
    """All of a state, oldest first."""
    return _rows(
        connection.execute(
            f"SELECT {_COLUMNS} FROM recordings WHERE state = ? ORDER BY began_at, name", (str(state),)
        )
    )


def due(connection: sqlite3.Connection, now: str, limit: int) -> list[Recording]:
    """Those whose time is over, oldest first; those being made are not."""
    return _rows(
        connection.execute(
            f"SELECT {_COLUMNS} FROM recordings WHERE keep_until <= ? AND state != ? ORDER BY keep_until LIMIT ?",
            (now, str(State.RECORDING), limit),
        )
    )


def oldest(connection: sqlite3.Connection, before: str, limit: int) -> list[Recording]:
    """The oldest that are done and began before a time."""
    return _rows(
        connection.execute(
            f"SELECT {_COLUMNS} FROM recordings WHERE began_at < ? AND state IN (?, ?) ORDER BY began_at LIMIT ?",
            (before, str(State.WHOLE), str(State.INCOMPLETE), limit),
        )
    )


def find(connection: sqlite3.Connection, wanted: Wanted) -> list[Recording]:
    """What is looked for, newest first."""
    digits = None if wanted.number is None else _NOT_DIGITS.sub("", wanted.number)
    wheres, values = ["r.state != ?"], [str(State.ERASING)]
    for kind, value in (
        ("number", digits),
        ("talker", wanted.person),
        ("talker", wanted.heard_by),
        ("line", wanted.line),
        ("queue", wanted.queue),
    ):
        if value is not None:
            wheres.append("EXISTS (SELECT 1 FROM marks m WHERE m.kind = ? AND m.value = ? AND m.name = r.name)")
            values += (kind, _clean(value))
    for where, text in (("r.began_at >= ?", wanted.since), ("r.began_at < ?", wanted.until)):
        if text is not None:
            wheres.append(where)
            values.append(text)
    columns = ", ".join(f"r.{one}" for one in _COLUMNS.split(", "))
    sql = f"SELECT {columns} FROM recordings r WHERE {' AND '.join(wheres)} ORDER BY r.began_at DESC, r.name DESC"
    return _rows(connection.execute(f"{sql} LIMIT ?", [*values, wanted.limit]))


def of_number(connection: sqlite3.Connection, digits: str) -> list[Recording]:
    """Everything in which a number took part, for whoever asks what is kept of it."""
    columns = ", ".join(f"r.{one}" for one in _COLUMNS.split(", "))
    return _rows(
        connection.execute(
            f"SELECT {columns} FROM marks m CROSS JOIN recordings r ON r.name = m.name"
            " WHERE m.kind = 'number' AND m.value = ? ORDER BY m.began_at",
            (digits,),
        )
    )


def names(connection: sqlite3.Connection) -> set[str]:
    """Every recording there is."""
    return {str(row[0]) for row in connection.execute("SELECT name FROM recordings")}


def place(connection: sqlite3.Connection) -> int:
    """How far the call log was read."""
    return int(connection.execute("SELECT seq FROM place").fetchone()[0])


def follow(connection: sqlite3.Connection, records: Iterable[CallRecord], seq: int) -> None:
    """Take over what the log says of calls that were recorded, and with it how far it was read."""
    for record in records:
        if record.recording is not None and (known := get(connection, record.recording)) is not None:
            put(connection, _with(known, record))
    connection.execute("UPDATE place SET seq = ?", (seq,))


def _with(known: Recording, record: CallRecord) -> Recording:
    return Recording(
        known.name,
        known.call,
        known.began_at,
        known.sides,
        known.keep_until,
        known.state,
        known.reason,
        known.frames,
        record,
    )


def _marks(record: CallRecord) -> set[tuple[str, str]]:
    numbers = (record.caller, record.called, record.answered_number, *(leg.number for leg in record.legs))
    digits = {_NOT_DIGITS.sub("", number) for number in numbers if number}
    marks = {("number", one) for one in digits if one} | {("talker", one) for one in talkers(record)}
    return marks | {(kind, one) for kind, one in (("line", record.line), ("queue", record.queue)) if one}


def _rows(found: Iterable[Sequence[object]]) -> list[Recording]:
    return [_recording(row) for row in found]


def _recording(row: Sequence[object]) -> Recording:
    name, call, began_at, sides, keep_until, state, reason, frames, text = row
    record = None
    if text is not None:
        try:
            record = codec.from_text(str(text))
        except ValueError:  # it is heard by those who hear all
            record = None
    return Recording(
        str(name),
        str(call),
        str(began_at),
        int(str(sides)),
        str(keep_until),
        State(str(state)),
        str(reason),
        int(str(frames)),
        record,
    )


def _clean(text: str) -> str:
    """The text as SQLite can hold it: what a network sends may be no Unicode text."""
    return text.encode("utf-8", "replace").decode()
