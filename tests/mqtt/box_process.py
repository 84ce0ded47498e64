"""A box as a process of its own, for tests that kill or stop it: real journal, real link, a trivial handler."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from appliance.config.models import Mqtt
from appliance.domain.commands import Command
from appliance.journal import Journal
from appliance.mqtt.board import StateBoard
from appliance.mqtt.links import Links


class Handler:
    names = frozenset({"append", "status"})
    only_looking = frozenset({"status"})

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    async def execute(self, command: Command) -> Mapping[str, Any]:
        if command.name == "append":
            await self._journal.append("boot", {"by": command.id})
        return {}


async def main(state_dir: Path, port: int, events: int) -> None:
    me = asyncio.current_task()
    assert me is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, me.cancel)
    journal = await Journal.open(state_dir, boot_id="b", now=lambda: datetime.now(UTC))
    board = StateBoard()
    board.publish({"service": "normal"})
    links = Links(
        "box-1", "1", [Mqtt(host="127.0.0.1", port=port)], journal, board, Handler(journal), beat=lambda: None
    )
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(links.run())
        for number in range(events):
            event = await journal.append("boot", {"n": number})
            sys.stdout.write(json.dumps(event.id) + "\n")
            sys.stdout.flush()
        sys.stdout.write("done\n")
        sys.stdout.flush()


if __name__ == "__main__":
    with suppress(asyncio.CancelledError):
        asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
