"""Keeps a store open, or says in plain words why it cannot. Lives in the writer's thread alone.

What the disk can do to us, and the answer:

- full, busy: the connection stays open, the write is tried again later
- read-only: the same, on a new connection
- any other input/output error, or the file removed under us: closed and opened anew at the next try
- damaged: the file is moved aside with its log, a new one is begun, and all that still reads is taken over
"""

from __future__ import annotations

import errno
import logging
import os
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from appliance.domain.phrase import joined, phrase
from appliance.journal import highwater
from appliance.journal.health import JournalError, TroubleKind
from appliance.journal.store import FILE_NAME, Contents, Store
from appliance.journal.waiting import Batch

T = TypeVar("T")
DAMAGED_KEPT = 3  # files moved aside must not fill the disk
COMPANIONS = ("", "-wal", "-shm")

_log = logging.getLogger(__name__)

_UNUSABLE = phrase("the journal cannot be used")
_KINDS = {
    sqlite3.SQLITE_FULL: (TroubleKind.FULL, phrase("the disk is full")),
    sqlite3.SQLITE_READONLY: (TroubleKind.READ_ONLY, phrase("the journal cannot be written, it is read-only")),
    sqlite3.SQLITE_PERM: (TroubleKind.READ_ONLY, phrase("the journal may not be written")),
    sqlite3.SQLITE_CORRUPT: (TroubleKind.DAMAGED, phrase("the journal file is damaged")),
    sqlite3.SQLITE_NOTADB: (TroubleKind.DAMAGED, phrase("the journal file is damaged")),
    sqlite3.SQLITE_BUSY: (TroubleKind.BUSY, phrase("another program holds the journal")),
    sqlite3.SQLITE_LOCKED: (TroubleKind.BUSY, phrase("another program holds the journal")),
}
_ERRNOS = {
    errno.ENOSPC: (TroubleKind.FULL, phrase("the disk is full")),
    errno.EDQUOT: (TroubleKind.FULL, phrase("the disk quota is used up")),
    errno.EFBIG: (TroubleKind.FULL, phrase("the journal may not grow any more")),
    errno.EROFS: (TroubleKind.READ_ONLY, phrase("the disk is read-only")),
    errno.EACCES: (TroubleKind.READ_ONLY, phrase("the state directory may not be written")),
    errno.EPERM: (TroubleKind.READ_ONLY, phrase("the state directory may not be written")),
}


def make_sense(error: Exception) -> JournalError:
    """The trouble an error means."""
    if isinstance(error, sqlite3.Error):
        code = getattr(error, "sqlite_errorcode", None)
        kind, words = _KINDS.get((code or 0) & 0xFF, (TroubleKind.FAILED, _UNUSABLE))
        return JournalError(kind, phrase("{trouble} ({why})", trouble=words, why=str(error)))
    if isinstance(error, OSError):
        kind, words = _ERRNOS.get(
            error.errno or 0, (TroubleKind.FAILED, phrase("the state directory cannot be used"))
        )
        return JournalError(kind, phrase("{trouble} ({why})", trouble=words, why=error.strerror or str(error)))
    told = f"{type(error).__name__}: {error}"
    return JournalError(TroubleKind.FAILED, phrase("{trouble} ({why})", trouble=_UNUSABLE, why=told))


class Disk:
    """The journal's files. Every method raises :class:`JournalError` and nothing else."""

    def __init__(self, state_dir: Path, now: Callable[[], datetime]) -> None:
        self._state_dir = state_dir
        self._path = state_dir / FILE_NAME
        self._now = now
        self._store: Store | None = None
        self._aside: Path | None = None

    def open(self) -> Contents:
        """Open for writing unless that is so already; what the database holds.

        A damaged file is moved aside by the call that finds it, which raises; the next call begins a new one.
        """
        return self._guarded(self._open, opening=True)

    def peek(self) -> Contents:
        """What a database holds that cannot be opened for writing."""

        def read_only() -> Contents:
            store = Store.open_read_only(self._path)
            self._replace(store)
            return store.contents()

        return self._guarded(read_only)

    def ceiling(self) -> int | None:
        """The reserved ids, or ``None`` where that cannot be told."""
        return highwater.read_ceiling(self._state_dir)

    def write(self, batch: Batch, ceiling: int | None) -> None:
        """Reserve ids up to ``ceiling`` where given, then make the batch durable."""

        def both() -> None:
            store = self._writable()
            if ceiling is not None:
                highwater.write_ceiling(self._state_dir, ceiling)
            store.write(batch, self._now().timestamp())

        self._guarded(both)

    def read(self, question: Callable[[sqlite3.Connection], T]) -> T:
        """Ask the database something."""

        def ask() -> T:
            if self._store is None:
                raise JournalError(TroubleKind.MISSING, phrase("the journal is not open"))
            return question(self._store.connection)

        return self._guarded(ask)

    def prune(self, *, older_than: str, keep_newest: int) -> int:
        """Drop old events; the number dropped."""
        return self._guarded(lambda: self._writable().prune(older_than=older_than, keep_newest=keep_newest))

    def close(self) -> None:
        """Close the files."""
        if self._store is not None:
            self._store.close()
            self._store = None

    def _open(self) -> Contents:
        if self._store is not None and self._store.writable and self._store.is_in_place():
            return self._store.contents()
        self._state_dir.mkdir(parents=True, exist_ok=True, mode=0o750)
        store = Store.open(self._path)
        try:
            if self._aside is not None:
                self._take_over(store, self._aside)
                self._aside = None
            contents = store.contents()
        except BaseException:
            store.close()
            raise
        self._replace(store)  # only now: until then the old one may still answer questions
        return contents

    def _replace(self, store: Store) -> None:
        self.close()
        self._store = store

    def _take_over(self, store: Store, aside: Path) -> None:
        try:
            damaged = Store.open_read_only(aside)
        except (sqlite3.Error, OSError):
            _log.error("nothing can be read of the damaged journal %s", aside)
            return
        try:
            _log.warning("took over %d rows that could be read of %s", store.adopt(damaged.connection), aside)
        finally:
            damaged.close()

    def _writable(self) -> Store:
        if self._store is None or not self._store.writable:
            raise JournalError(TroubleKind.MISSING, phrase("the journal is not open"))
        if not self._store.is_in_place():
            self.close()
            raise JournalError(TroubleKind.MISSING, phrase("the journal file was removed or replaced"))
        return self._store

    def _guarded(self, step: Callable[[], T], *, opening: bool = False) -> T:
        try:
            return step()
        except JournalError:
            raise
        except Exception as error:  # whatever it is, the guard must hear of it as trouble and go on
            trouble = self._look_closer(make_sense(error))
            _log.debug("journal", exc_info=True)
            if trouble.kind is TroubleKind.DAMAGED or (opening and _has_foreign_tables(error)):
                self.close()
                raise self._move_aside(trouble) from error
            if trouble.kind is TroubleKind.FAILED:
                self.close()
            elif trouble.kind is TroubleKind.READ_ONLY and self._store is not None:
                self._store.writable = False  # good for reading; a connection never becomes writable by itself
            raise trouble from error

    def _look_closer(self, trouble: JournalError) -> JournalError:
        # SQLite says only that it cannot open or write a file; on a read-only file system this is why
        if trouble.kind is not TroubleKind.FAILED or not self._state_dir.is_dir():
            return trouble
        if os.access(self._state_dir, os.W_OK):
            return trouble
        return JournalError(TroubleKind.READ_ONLY, phrase("{place} is read-only", place=str(self._state_dir)))

    def _move_aside(self, trouble: JournalError) -> JournalError:
        stamp = self._now().strftime("%Y%m%dT%H%M%SZ")
        aside = self._state_dir / f"{FILE_NAME}.damaged-{stamp}"
        number = 1
        while aside.exists():
            number += 1
            aside = self._state_dir / f"{FILE_NAME}.damaged-{stamp}.{number}"
        try:
            for suffix in COMPANIONS:
                with suppress(FileNotFoundError):
                    os.replace(f"{self._path}{suffix}", f"{aside}{suffix}")
        except OSError as error:
            stuck = phrase("it cannot be moved aside ({why})", why=str(error.strerror))
            return JournalError(trouble.kind, joined("; ", [trouble.reason, stuck]))
        self._aside = aside
        self._forget_oldest()
        moved = phrase("moved aside to {name}", name=aside.name)
        return JournalError(TroubleKind.DAMAGED, joined("; ", [trouble.reason, moved]), aside=aside.name)

    def _forget_oldest(self) -> None:
        found = sorted(
            (
                path
                for path in self._state_dir.glob(f"{FILE_NAME}.damaged-*")
                if not path.name.endswith(("-wal", "-shm"))
            ),
            key=lambda path: path.name,
        )
        for path in found[:-DAMAGED_KEPT]:
            for suffix in COMPANIONS:
                with suppress(OSError):
                    os.unlink(f"{path}{suffix}")


def _has_foreign_tables(error: Exception) -> bool:
    """Whether the file reads as a database but not as this journal: while opening, our SQL itself is refused."""
    return isinstance(error, sqlite3.OperationalError) and (
        getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_ERROR
    )
