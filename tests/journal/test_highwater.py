from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.journal import highwater
from appliance.journal.highwater import BLOCK, RENEW_BELOW, EventIds
from tests.journal.conftest import Opener

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def test_the_ceiling_is_read_back(tmp_path: Path) -> None:
    assert highwater.read_ceiling(tmp_path) is None
    highwater.write_ceiling(tmp_path, 42)
    highwater.write_ceiling(tmp_path, 43)
    assert highwater.read_ceiling(tmp_path) == 43
    assert [path.name for path in tmp_path.iterdir()] == ["journal.ids"]


@pytest.mark.parametrize("content", [b"", b"12", b"-1\n", b"12\n13\n", b"\xff\xff\n", b"1e9\n", b"9" * 17 + b"\n"])
def test_a_damaged_ceiling_is_no_ceiling(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "journal.ids").write_bytes(content)
    assert highwater.read_ceiling(tmp_path) is None


def test_a_failed_write_leaves_the_old_ceiling(tmp_path: Path) -> None:
    highwater.write_ceiling(tmp_path, 42)
    (tmp_path / "journal.ids.new").mkdir()
    with pytest.raises(OSError, match="Is a directory"):
        highwater.write_ceiling(tmp_path, 43)
    assert highwater.read_ceiling(tmp_path) == 42


@given(st.lists(st.tuples(st.integers(0, 2 * BLOCK), st.booleans(), st.booleans()), max_size=12))
def test_no_id_that_could_leave_the_box_comes_twice(lives: list[tuple[int, bool, bool]]) -> None:
    """Lives of a box: so many events; the ceiling could be written or not; the database was lost or kept."""
    ceiling: int | None = None
    newest_on_disk = highest_seen = 0
    for count, can_write, database_lost in lives:
        ids = EventIds(NOON)
        ids.begin(ceiling, 0 if database_lost else newest_on_disk)
        assert ids.last >= highest_seen
        left = count
        while left > 0:
            if can_write and (wanted := ids.wanted_ceiling) is not None:
                ceiling = ids.ceiling = wanted
            step = min(left, RENEW_BELOW)
            ids.last += step
            left -= step
            highest_seen = max(highest_seen, min(ids.last, ids.ceiling))
            if can_write:
                newest_on_disk = ids.last


async def test_a_lost_database_does_not_bring_ids_back(tmp_path: Path, open_journal: Opener) -> None:
    journal = await open_journal(tmp_path)
    seen = [(await journal.append("boot", {})).id for _ in range(5)]
    await journal.close()
    (tmp_path / "journal.db").unlink()
    journal = await open_journal(tmp_path)
    assert (await journal.append("boot", {})).id > seen[-1]


async def test_a_new_card_begins_above_what_the_old_one_counted(tmp_path: Path, open_journal: Opener) -> None:
    journal = await open_journal(tmp_path)
    assert (await journal.append("boot", {})).id > NOON.timestamp()
