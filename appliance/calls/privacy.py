"""One caller in the call log: told, or made nobody. Calls stay, for the statistics; whose they were goes."""

from __future__ import annotations

import sqlite3
from dataclasses import replace

from appliance.calls import queries
from appliance.calls.queries import Row
from appliance.domain.calls import CallRecord, Leg
from appliance.domain.privacy import digits_of


def of_caller(connection: sqlite3.Connection, digits: str) -> list[Row]:
    """The calls that came from a number, oldest first."""
    found = connection.execute(
        "SELECT c.seq, c.record FROM marks m CROSS JOIN calls c ON c.seq = m.seq"
        " WHERE m.kind = 'number' AND m.value = ? ORDER BY m.arrived_at, m.seq",
        (digits,),
    )
    return [row for row in queries.rows(found) if digits_of(row.record.caller) == digits]


def forget_caller(connection: sqlite3.Connection, digits: str) -> tuple[int, int]:
    """Take the number out of every call that has ended; how many, and how many have not ended. What is freed in the
    file is overwritten."""
    connection.execute("PRAGMA secure_delete = ON")
    rows = of_caller(connection, digits)
    ended = [row.record for row in rows if row.record.ended_at is not None]
    for record in ended:
        queries.put(connection, nobodys(record, digits))
    return len(ended), len(rows) - len(ended)


def nobodys(record: CallRecord, digits: str) -> CallRecord:
    """The call without its caller, nor the recording, which is erased with it. In a callback the caller was rung."""
    return replace(
        record,
        caller=None,
        recording=None,
        transfers=tuple(one for one in record.transfers if digits not in digits_of(one)),
        legs=tuple(_nobodys_leg(leg, digits) for leg in record.legs),
    )


def _nobodys_leg(leg: Leg, digits: str) -> Leg:
    if leg.person is not None or digits_of(leg.number) != digits:
        return leg  # somebody of the roster is no caller here
    return replace(leg, number="", connected=None)
