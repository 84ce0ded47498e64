"""The record of writes: read, cut at a point, and put on a disk again."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.powercut.replay import Replay, acknowledged
from tests.powercut.writes import (
    DISCARD,
    FLUSH,
    FUA,
    HEADER,
    MAGIC,
    SUPER,
    UNIT,
    RecordError,
    Write,
    entries,
    settled,
    survivors,
    within,
)


def recorded(path: Path, *writes: tuple[int, bytes, int], count: int | None = None) -> Path:
    """A record of writes: sector, data, flags."""
    blocks = [SUPER.pack(MAGIC, 1, len(writes) if count is None else count, UNIT).ljust(UNIT, b"\0")]
    for sector, data, flags in writes:
        blocks.append(HEADER.pack(sector, len(data) // UNIT, flags, 0).ljust(UNIT, b"\0"))
        blocks.append(b"" if flags & DISCARD else data)
    path.write_bytes(b"".join(blocks))
    return path


def full(letter: str) -> bytes:
    return letter.encode() * UNIT


def test_a_record_is_read_whole(tmp_path: Path) -> None:
    record = recorded(
        tmp_path / "r", (3, full("a"), 0), (0, b"", FLUSH), (4, full("b") * 2, FUA), (9, full("c"), DISCARD)
    )
    found = entries(record)
    assert [(one.offset, one.length, one.flushes, one.sure) for one in found] == [
        (3 * UNIT, UNIT, False, False),
        (0, 0, True, False),
        (4 * UNIT, 2 * UNIT, False, True),
        (9 * UNIT, UNIT, False, False),
    ]
    assert record.read_bytes()[found[2].data_at :][: 2 * UNIT] == full("b") * 2


def test_what_is_no_record_is_refused(tmp_path: Path) -> None:
    (tmp_path / "r").write_bytes(bytes(UNIT))
    with pytest.raises(RecordError, match="no record"):
        entries(tmp_path / "r")
    with pytest.raises(RecordError, match="ends within entry 1 of 2"):
        entries(recorded(tmp_path / "r", (3, full("a"), 0), count=2))


ROW = [
    (0, Write(0, 8, 0, 0)),
    (1, Write(8, 8, 0, 0)),
    (2, Write(0, 0, FLUSH, 0)),
    (3, Write(16, 8, 0, 0)),
    (4, Write(24, 8, FUA, 0)),
]


def test_what_was_flushed_is_settled_and_the_rest_is_open() -> None:
    assert settled(ROW, 0) == (0, [])
    assert settled(ROW, 2) == (0, [0, 1])
    assert settled(ROW, 3) == (2, [])
    assert settled(ROW, 5) == (2, [3, 4])


def test_any_part_of_what_is_open_survives_but_what_is_sure_always() -> None:
    seen = {tuple(survivors(ROW, [3, 4], random.Random(seed))) for seed in range(50)}
    assert seen == {(4,), (3, 4)}


def test_only_what_touches_the_part_is_taken_and_every_flush() -> None:
    writes = [Write(0, 8, 0, 0), Write(8, 8, 0, 0), Write(100, 8, 0, 0), Write(0, 0, FLUSH, 0), Write(6, 4, 0, 0)]
    assert [number for number, _ in within(writes, 8, 8)] == [1, 3, 4]


def test_a_disk_is_brought_to_a_point(tmp_path: Path) -> None:
    (pristine := tmp_path / "pristine").write_bytes(full("-") * 6)
    record = recorded(
        tmp_path / "r", (0, full("a"), 0), (0, b"", FLUSH), (1, full("b"), FUA), (2, full("c"), 0), (0, b"", FLUSH),
        (5, full("n"), 0), (0, full("d"), DISCARD), (0, b"", FLUSH),
    )  # fmt: skip
    replay = Replay(record, entries(record), pristine, 4 * UNIT, tmp_path)
    everything = random.Random(1)
    everything.random = lambda: 0.0  # type: ignore[method-assign]
    shown = [
        bytes(replay.at(point, everything).read_bytes()[at] for at in range(0, 4 * UNIT, UNIT))
        for point in range(len(replay.writes) + 1)
    ]
    assert shown == [b"----", b"a---", b"a---", b"ab--", b"abc-", b"abc-", b"\0bc-", b"\0bc-"]


def test_notes_tell_what_was_acknowledged_by_then(tmp_path: Path) -> None:
    note = b'{"id": "one"}'.ljust(UNIT)
    record = recorded(tmp_path / "r", (1, full("a"), 0), (8, note, 0), (0, b"", FLUSH))
    assert acknowledged(record, entries(record), 8 * UNIT) == [(1, "one")]
