"""One world with pages and one browser for all scenarios of a file."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio
from playwright.async_api import Browser, expect

from bench.chromium import PATIENCE_MS, chromium
from bench.world import Options, World


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world() -> AsyncIterator[World]:
    """Trunks, nodes, a mobile network, a broker, a modem, the guard, and the pages."""
    async with World(Options("patient", web=True)) as standing:
        await standing.settled("normal", "primary", 120)
        yield standing


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    """Debian's Chromium."""
    expect.set_options(timeout=PATIENCE_MS)
    async with chromium() as running:
        yield running
