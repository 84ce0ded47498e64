"""The live view on a terminal: drawn on each change, and once a second for the running times."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.live import Live

from appliance.cli.exits import Exit
from appliance.cli.watch.compose import Frame, compose
from appliance.cli.watch.feed import Feed
from appliance.config import Config

TICK_S = 1.0
SHORTEST_S = 0.1  # a flood of events must not make a flood of drawings


def watch_screen(config: Config, footer: Sequence[str]) -> int:
    """Draw until interrupted; the terminal is then as it was."""
    frame = Frame(config, ZoneInfo(config.device.timezone), tuple(footer))
    asyncio.run(_watch(frame))
    return Exit.DONE


async def _watch(frame: Frame) -> None:
    loop, task, news = asyncio.get_running_loop(), asyncio.current_task(), asyncio.Event()
    assert task is not None
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
    loop.add_signal_handler(signal.SIGWINCH, news.set)
    feed = Feed(frame.config, lambda _scene: news.set())
    console = Console()
    with contextlib.suppress(asyncio.CancelledError), Live(console=console, screen=True, auto_refresh=False) as live:
        async with asyncio.TaskGroup() as group:
            group.create_task(feed.run(), name="feed")
            while True:
                size = console.size
                live.update(compose(feed.scene, frame, datetime.now(UTC), size.width, size.height), refresh=True)
                await asyncio.sleep(SHORTEST_S)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(TICK_S - SHORTEST_S):
                        await news.wait()
                news.clear()
