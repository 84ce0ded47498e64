"""What the service manager hands over."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from appliance.credentials import handed_over


def test_a_credential_is_found_where_there_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    assert handed_over("pin") is None
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert handed_over("pin") is None
    (tmp_path / "pin").write_text("4321")
    assert handed_over("pin") == tmp_path / "pin"


def test_a_folder_that_is_root_s_has_nothing_for_us(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))

    def denied(path: Any, *_: object, **__: object) -> os.stat_result:  # Debian 12, LoadCredential= of what is absent
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    monkeypatch.setattr(os, "stat", denied)
    found = handed_over("pin")
    monkeypatch.undo()
    assert found is None
