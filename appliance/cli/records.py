"""The journal as the command line reads it: read-only, beside a guard that may be writing."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from appliance.cli.text import _
from appliance.domain.events import Event
from appliance.journal.queries import EventQuery, select_events

FILE_NAME = "journal.db"


class UnreadableError(Exception):
    """The journal cannot be read; the text says which file and why."""


def newest(state_dir: Path, count: int) -> list[Event]:
    """The newest ``count`` events, oldest first. Raises :class:`UnreadableError`."""
    with _reading(state_dir) as connection:
        return select_events(connection, EventQuery(limit=count, newest_first=True))[::-1]


def after(state_dir: Path, event_id: int, limit: int | None = None) -> list[Event]:
    """Events later than ``event_id``. Raises :class:`UnreadableError`."""
    with _reading(state_dir) as connection:
        return select_events(connection, EventQuery(after_id=event_id, limit=limit))


def between(state_dir: Path, since: datetime | None, until: datetime | None) -> list[Event]:
    """Events from ``since`` on and before ``until``. Raises :class:`UnreadableError`."""
    with _reading(state_dir) as connection:
        return select_events(connection, EventQuery(since=_stored(since), until=_stored(until)))


def check(state_dir: Path) -> list[str]:
    """What SQLite's own quick check says; empty where it has nothing to say. Raises :class:`UnreadableError`."""
    with _reading(state_dir) as connection:
        told = [str(row[0]) for row in connection.execute("PRAGMA quick_check(5)")]
        return [] if told == ["ok"] else told


def _stored(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z") if at else None


@contextmanager
def _reading(state_dir: Path) -> Iterator[sqlite3.Connection]:
    path = state_dir / FILE_NAME
    if not path.exists():
        raise UnreadableError(_("there is no journal at {path}").format(path=path))
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, timeout=5.0)) as connection:
            connection.execute("PRAGMA query_only = ON")
            yield connection
    except (sqlite3.Error, OSError) as error:
        raise UnreadableError(
            _("the journal {path} cannot be read ({error})").format(path=path, error=error)
        ) from None
