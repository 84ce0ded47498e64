"""The call log for the command line: read-only, while an exchange writes it or when none runs."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from appliance.calls import queries
from appliance.calls.queries import CallQuery
from appliance.calls.schema import calls_file
from appliance.domain.calls import CallRecord
from appliance.domain.phrase import phrase
from appliance.storage import is_empty, read_only

T = TypeVar("T")


class CallsUnreadableError(Exception):
    """There is no call log, or it cannot be read; the message says why."""


class NoCallsYetError(CallsUnreadableError):
    """Nothing is wrong: no exchange has kept a call here yet."""


class CallReader:
    """A read-only view; use it as a context manager. Raises :class:`CallsUnreadableError` everywhere."""

    def __init__(self, state_dir: Path) -> None:
        path = calls_file(state_dir)
        if not path.exists():
            raise NoCallsYetError(
                phrase("there is no call log in {place}: no exchange has run here yet", place=str(path.parent))
            )
        try:
            self._connection = read_only(path)
        except sqlite3.Error as error:
            raise CallsUnreadableError(
                phrase("{file} cannot be read ({why})", file=str(path), why=str(error))
            ) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def find(self, query: CallQuery) -> list[CallRecord]:
        """What the query asks for, newest first."""
        return [row.record for row in self._ask(lambda connection: queries.find(connection, query))]

    def walk(self, query: CallQuery) -> Iterator[CallRecord]:
        """The same, one at a time: for sums over a log of any size."""
        try:
            yield from queries.walk(self._connection, query)
        except (sqlite3.Error, ValueError) as error:
            raise _unreadable(error) from error

    def by_id(self, id_: str) -> list[CallRecord]:
        """The calls with this id, of whichever exchange."""
        return [row.record for row in self._ask(lambda connection: queries.by_id(connection, id_))]

    def _ask(self, question: Callable[[sqlite3.Connection], T]) -> T:
        try:
            return question(self._connection)
        except (sqlite3.Error, ValueError) as error:
            raise _unreadable(error) from error


def _unreadable(error: Exception) -> CallsUnreadableError:
    if is_empty(error):
        return NoCallsYetError(phrase("the call log has no calls yet: an exchange is about to begin it"))
    return CallsUnreadableError(phrase("the call log cannot be read ({why})", why=str(error)))
