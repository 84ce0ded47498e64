"""A PATH with espeak-ng and sox, of the machine or of the bench's root."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bench.shims import make_shims, with_shims


@pytest.fixture(scope="session")
def shims(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_shims(tmp_path_factory.mktemp("shims"))


@pytest.fixture
def programs_there(shims: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PATH", with_shims(shims, os.environ["PATH"]))
    return shims
