"""Files written whole: what is said when they cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance.wholefile import replace


def test_a_failure_names_the_file_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    for place in (tmp_path / "taken", tmp_path / "none/there"):
        if place.name == "taken":
            (place / "by a folder").mkdir(parents=True)
        with pytest.raises(OSError, match=str(place)) as told:
            replace(place, b"content")
        assert told.value.filename == str(place)
    assert [one.name for one in tmp_path.iterdir()] == ["taken"]


def test_what_stood_stands_until_the_new_is_whole(tmp_path: Path) -> None:
    file = tmp_path / "file"
    replace(file, b"old")

    def fails(_: int) -> None:
        assert file.read_bytes() == b"old"
        raise PermissionError(1, "not allowed")

    with pytest.raises(PermissionError, match="not allowed"):
        replace(file, b"new", fails)
    assert file.read_bytes() == b"old"
    assert [one.name for one in tmp_path.iterdir()] == ["file"]
