"""Spoken samples come from the bench's own espeak-ng."""

from __future__ import annotations

import pytest

from benchmarks.screening.voices import Studio


@pytest.fixture(scope="session")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Studio:
    return Studio(tmp_path_factory.mktemp("studio"))
