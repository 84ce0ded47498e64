from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.web.house import House, house


@pytest.fixture
async def pages(tmp_path: Path) -> AsyncIterator[House]:
    """The pages, served."""
    async with house(tmp_path) as place:
        yield place
