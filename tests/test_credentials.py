"""What the service manager hands over."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance.credentials import handed_over


def test_a_credential_is_found_where_there_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    assert handed_over("pin") is None
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert handed_over("pin") is None
    (tmp_path / "pin").write_text("4321")
    assert handed_over("pin") == tmp_path / "pin"
