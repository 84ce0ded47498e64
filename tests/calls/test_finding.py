"""Calls are found by every part of them, and never by reading the whole log."""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlite_utils import Database as UtilsDatabase

from appliance.calls import queries
from appliance.calls.queries import CallQuery
from appliance.calls.schema import MIGRATIONS
from appliance.domain.calls import Outcome
from tests.calls.records import CALLER, answered, arrived

PARTS = {
    "since": "2026-07-14T02:00:00.000Z",
    "until": "2026-07-15T02:00:00.000Z",
    "number": CALLER,
    "person": "eva",
    "line": "service",
    "outcome": Outcome.ANSWERED,
}


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(tmp_path / "calls.db", isolation_level=None)
    connection.execute("PRAGMA foreign_keys = ON")
    for _name, step in MIGRATIONS:
        step(UtilsDatabase(connection, execute_plugins=False))
    yield connection
    connection.close()


@pytest.mark.parametrize("parts", [c for n in range(len(PARTS) + 1) for c in itertools.combinations(PARTS, n)])
def test_no_search_reads_the_whole_log(connection: sqlite3.Connection, parts: tuple[str, ...]) -> None:
    sql, values = queries.find_sql(CallQuery(**{part: PARTS[part] for part in parts}))  # type: ignore[arg-type]
    plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", values)]
    scans = [line for line in plan if line.startswith("SCAN")]
    # walking an index from its newest end, until LIMIT, is no reading of the whole
    assert all("USING INDEX calls_by_time" in line for line in scans), plan
    if "number" in parts or "person" in parts:
        assert plan[0].startswith("SEARCH m USING PRIMARY KEY (kind=? AND value=?"), plan
    elif "line" in parts or "outcome" in parts:
        assert plan[0].startswith("SEARCH c USING INDEX calls_by_"), plan
    if not {"line", "outcome"} <= set(parts) or {"number", "person"} & set(parts):
        assert not any("TEMP B-TREE FOR ORDER" in line for line in plan), plan


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (CallQuery(), ["late", "other", "taken"]),
        (CallQuery(limit=1), ["late"]),
        (CallQuery(since="2026-07-14T02:00:00.000Z", until="2026-07-14T03:00:00.000Z"), ["other", "taken"]),
        (CallQuery(number=CALLER), ["late", "taken"]),
        (CallQuery(number="420605123456"), ["late", "taken"]),
        (CallQuery(number="+420777000112"), ["taken"]),  # was rung, and did not get it
        (CallQuery(person="jan"), ["taken"]),
        (CallQuery(person="jan", number=CALLER), ["taken"]),
        (CallQuery(person="jan", number="+420605000000"), []),
        (CallQuery(line="service"), ["taken"]),
        (CallQuery(outcome=Outcome.ABANDONED), ["other"]),
        (CallQuery(outcome=Outcome.ABANDONED, line="service"), []),
    ],
)
def test_calls_are_found_newest_first(connection: sqlite3.Connection, query: CallQuery, found: list[str]) -> None:
    queries.put(connection, arrived("late", arrived_at="2026-07-14T04:00:00.000Z"))
    queries.put(connection, answered("taken"))
    queries.put(connection, arrived("other", caller=None, outcome=Outcome.ABANDONED))
    assert [row.record.id for row in queries.find(connection, query)] == found


def test_a_call_that_changed_leaves_nothing_of_its_old_self(connection: sqlite3.Connection) -> None:
    queries.put(connection, answered("c1"))
    queries.put(connection, arrived("c1", caller="+420605000000"))
    assert queries.find(connection, CallQuery(person="eva")) == []
    assert queries.find(connection, CallQuery(number=CALLER)) == []
    assert connection.execute("SELECT count(*) FROM marks").fetchone() == (2,)
