"""The record of a disk's writes that QEMU's ``blklogwrites`` keeps, in the format of the kernel's dm-log-writes.

A superblock, then for each write a header of one sector and the data. A power cut is a point in it: what was flushed
before it is on the disk; of what came after the last flush, any part may be, as a card's cache keeps no order.
"""

from __future__ import annotations

import random
import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

MAGIC = 0x6A736677736872
SUPER = struct.Struct("<QQQI")
HEADER = struct.Struct("<QQQQ")
UNIT = 512  # the sectors of a header are these, whatever the disk's are
FLUSH, FUA, DISCARD = 1, 2, 4


class RecordError(Exception):
    """The file is no record of writes."""


@dataclass(frozen=True, slots=True)
class Write:
    """One entry: where on the disk, in bytes, and where in the record its data stand."""

    offset: int
    length: int
    flags: int
    data_at: int

    @property
    def flushes(self) -> bool:
        """Everything before is on the disk once this one is done."""
        return bool(self.flags & FLUSH)

    @property
    def sure(self) -> bool:
        """It is itself on the disk once it is done."""
        return bool(self.flags & FUA)


def entries(record: Path) -> list[Write]:
    """Every write in order. Raises :class:`RecordError`."""
    found: list[Write] = []
    with record.open("rb") as file:
        magic, version, count, sector = SUPER.unpack(file.read(SUPER.size))
        if magic != MAGIC or version != 1 or sector < UNIT or sector % UNIT:
            raise RecordError(f"{record} is no record of writes")
        at = sector
        for _ in range(count):
            file.seek(at)
            head = file.read(HEADER.size)
            if len(head) < HEADER.size:
                raise RecordError(f"{record} ends within entry {len(found)} of {count}")
            start, length, flags, _more = HEADER.unpack(head)
            size = length * UNIT
            found.append(Write(start * UNIT, size, flags, at + sector))
            held = 0 if flags & DISCARD else size
            at += sector + -(-held // sector) * sector
    return found


def within(writes: Iterable[Write], start: int, size: int) -> list[tuple[int, Write]]:
    """Those that touch this part of the disk and those that flush all of it, each with its number in the record."""
    return [
        (number, one)
        for number, one in enumerate(writes)
        if one.flushes or (one.length and one.offset < start + size and start < one.offset + one.length)
    ]


def settled(writes: Sequence[tuple[int, Write]], point: int) -> tuple[int, list[int]]:
    """At a cut before ``writes[point]``: how many of them are surely on the disk, and the places of those after them
    that are open. A write that is sure by itself is no longer open."""
    last = 0
    for place in range(point - 1, -1, -1):
        if writes[place][1].flushes:
            # what a flush comes with is written after it
            last = place
            break
    return last, [place for place in range(last, point) if writes[place][1].length]


def survivors(writes: Sequence[tuple[int, Write]], open_: Sequence[int], chance: random.Random) -> Iterator[int]:
    """Of the writes after the last flush, those that reached the disk before the power went: all, or any."""
    everything = chance.random() < 0.5
    for place in open_:
        if everything or writes[place][1].sure or chance.random() < 0.5:
            yield place


def apply(write: Write, record: Path, disk: Path) -> None:
    """Do one write on a copy of the disk."""
    if not write.length:
        return
    with record.open("rb") as source, disk.open("r+b") as target:
        target.seek(write.offset)
        if write.flags & DISCARD:
            target.write(bytes(write.length))
        else:
            source.seek(write.data_at)
            target.write(source.read(write.length))
