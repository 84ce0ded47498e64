"""The SQL of the call log, each on a connection that its caller owns. Raises ``sqlite3.Error``."""

from __future__ import annotations

import logging
import re
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from appliance.calls import codec
from appliance.domain.calls import CallRecord, Outcome

_NOT_DIGITS = re.compile(r"[^0-9]")
_log = logging.getLogger(__name__)
PRUNED_AT_ONCE = 500  # a long transaction would keep a call's own write waiting


@dataclass(frozen=True, slots=True)
class CallQuery:
    """Which calls are looked for; what is ``None`` does not matter. Newest first.

    ``since`` (inclusive) and ``until`` (exclusive) are arrival times, RFC 3339 in UTC as the records have them;
    ``number`` takes part in whatever way (calling, called, rung), as does ``person``.
    """

    since: str | None = None
    until: str | None = None
    number: str | None = None
    person: str | None = None
    line: str | None = None
    outcome: Outcome | None = None
    limit: int = 100


@dataclass(frozen=True, slots=True)
class Row:
    """A record and its place in the log."""

    seq: int
    record: CallRecord


def put(connection: sqlite3.Connection, record: CallRecord) -> int:
    """Write the record in place of an older one of the same call; its new ``seq``."""
    key = (_clean(record.exchange), _clean(record.id))
    connection.execute("DELETE FROM calls WHERE exchange = ? AND id = ?", key)
    columns = (record.arrived_at, record.ended_at, record.line, record.outcome)
    cursor = connection.execute(
        "INSERT INTO calls (exchange, id, arrived_at, ended_at, line, outcome, record) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (*key, *(None if text is None else _clean(str(text)) for text in columns), codec.to_text(record)),
    )
    seq = cursor.lastrowid
    assert seq is not None
    arrived_at = _clean(record.arrived_at)
    connection.executemany(
        "INSERT INTO marks (kind, value, arrived_at, seq) VALUES (?, ?, ?, ?)",
        [(kind, value, arrived_at, seq) for kind, value in _marks(record)],
    )
    return seq


def collect(connection: sqlite3.Connection, exchange: str, rows: Iterable[Row]) -> None:
    """Write rows of another exchange, and how far its log has been read.

    Rows that were had already, or that say to be of somebody else, are passed over.
    """
    last = collected(connection, exchange)
    for row in sorted(rows, key=lambda one: one.seq):
        if row.seq > last:
            last = row.seq
            if row.record.exchange == exchange:
                put(connection, row.record)
    connection.execute(
        "INSERT INTO collected (exchange, origin_seq) VALUES (?, ?)"
        " ON CONFLICT (exchange) DO UPDATE SET origin_seq = excluded.origin_seq",
        (exchange, last),
    )


def collected(connection: sqlite3.Connection, exchange: str) -> int:
    """The last ``seq`` of another exchange's log that was collected; 0 for a new one."""
    row = connection.execute("SELECT origin_seq FROM collected WHERE exchange = ?", (exchange,)).fetchone()
    return 0 if row is None else int(row[0])


def last_seq(connection: sqlite3.Connection) -> int:
    """The newest ``seq`` that was given."""
    row = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'calls'").fetchone()
    return 0 if row is None else int(row[0])


def newest(connection: sqlite3.Connection) -> int:
    """The highest ``seq`` of a row that is there; 0 for none: what was pruned is nothing to wait for."""
    row = connection.execute("SELECT MAX(seq) FROM calls").fetchone()
    return int(row[0] or 0)


def after(connection: sqlite3.Connection, seq: int, limit: int) -> list[Row]:
    """Rows changed after ``seq``, in that order."""
    found = connection.execute("SELECT seq, record FROM calls WHERE seq > ? ORDER BY seq LIMIT ?", (seq, limit))
    return rows(found)


def open_calls(connection: sqlite3.Connection, exchange: str) -> list[Row]:
    """Calls of this exchange that have not ended as far as the log knows, oldest first."""
    return rows(
        connection.execute(
            "SELECT seq, record FROM calls WHERE exchange = ? AND ended_at IS NULL ORDER BY arrived_at, seq",
            (exchange,),
        )
    )


def by_id(connection: sqlite3.Connection, id_: str) -> list[Row]:
    """The calls with this id, of whichever exchange."""
    return rows(connection.execute("SELECT seq, record FROM calls WHERE id = ? ORDER BY seq", (id_,)))


def find(connection: sqlite3.Connection, query: CallQuery) -> list[Row]:
    """What the query asks for."""
    sql, values = find_sql(query)
    return rows(connection.execute(sql, values))


def find_sql(query: CallQuery) -> tuple[str, list[str | int]]:
    """The statement of a query. Numbers and persons lead: they are few, where a line or an outcome may be most."""
    marks = [
        (kind, value)
        for kind, value in (("number", _digits(query.number)), ("person", query.person))
        if value is not None
    ]
    source, at = "calls c", "c.arrived_at"
    wheres: list[str] = []
    values: list[str | int] = []
    if marks:
        # CROSS JOIN keeps SQLite from beginning at the other side (https://sqlite.org/optoverview.html §8.2)
        source, at = "marks m CROSS JOIN calls c ON c.seq = m.seq", "m.arrived_at"
        wheres.append("m.kind = ? AND m.value = ?")
        values += marks[0]
    for kind, value in marks[1:]:
        wheres.append("EXISTS (SELECT 1 FROM marks o WHERE o.seq = c.seq AND o.kind = ? AND o.value = ?)")
        values += (kind, value)
    for where, text in (
        (f"{at} >= ?", query.since),
        (f"{at} < ?", query.until),
        ("c.line = ?", query.line),
        ("c.outcome = ?", query.outcome),
    ):
        if text is not None:
            wheres.append(where)
            values.append(str(text))
    condition = f"WHERE {' AND '.join(wheres)}" if wheres else ""
    order = f"ORDER BY {at} DESC, c.seq DESC" if not marks else "ORDER BY m.arrived_at DESC, m.seq DESC"
    return f"SELECT c.seq, c.record FROM {source} {condition} {order} LIMIT ?", [*values, query.limit]


def walk(connection: sqlite3.Connection, query: CallQuery) -> Iterator[CallRecord]:
    """What the query asks for, newest first and one at a time: a log may be larger than memory."""
    for row in connection.execute(*find_sql(query)):
        yield from (found.record for found in rows([row]))


def prune(connection: sqlite3.Connection, older_than: str) -> int:
    """Drop some calls that arrived before; how many. Ask again until it is none."""
    return connection.execute(
        "DELETE FROM calls WHERE seq IN (SELECT seq FROM calls WHERE arrived_at < ? ORDER BY arrived_at LIMIT ?)",
        (older_than, PRUNED_AT_ONCE),
    ).rowcount


def rows(found: Iterable[Sequence[object]]) -> list[Row]:
    """Rows of ``seq`` and ``record``; one that cannot be read is said, and left out."""
    readable: list[Row] = []
    for seq, text in found:
        try:
            readable.append(Row(int(str(seq)), codec.from_text(str(text))))
        except ValueError as error:  # one bad row must not hide the others
            _log.error("row %s of the call log cannot be read: %s", seq, error)
    return readable


def _marks(record: CallRecord) -> set[tuple[str, str]]:
    numbers = (record.caller, record.called, record.answered_number, *(leg.number for leg in record.legs))
    people = (record.answered_by, *(leg.person for leg in record.legs))
    marks = {("number", digits) for digits in map(_digits, numbers) if digits}
    return marks | {("person", _clean(person)) for person in people if person}


def _digits(number: str | None) -> str | None:
    return None if number is None else _NOT_DIGITS.sub("", number)


def _clean(text: str) -> str:
    """The text as SQLite can hold it: what a network sends may be no Unicode text."""
    return text.encode("utf-8", "replace").decode()
