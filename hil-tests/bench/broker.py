"""A real mosquitto."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from bench.processes import Process
from bench.programs import Program

MQTT_PORT = 1883


class Broker:
    """Keeps its sessions and retained messages on disk at once, so that even SIGKILL costs none of them."""

    def __init__(self, program: Program, address: str, run_dir: Path) -> None:
        self.address = address
        self._dir = run_dir / "broker"
        self._config = self._dir / "mosquitto.conf"
        self.process = Process("broker", [*program.argv, "-c", str(self._config)], run_dir / "broker.log", run_dir)

    async def start(self) -> None:
        """Start it and return once it takes connections."""
        self._dir.mkdir(parents=True, exist_ok=True)
        self._config.write_text(
            f"listener {MQTT_PORT} {self.address}\nallow_anonymous true\nset_tcp_nodelay true\npersistence true\n"
            f"persistence_location {self._dir}/\nautosave_interval 1\nautosave_on_changes true\n"
            "max_queued_messages 0\nlog_type error\nlog_type warning\nlog_type notice\n"
            + ("user root\n" if os.getuid() == 0 else "")  # it would give up root for a user that may not exist
        )
        await self.process.start()
        async with asyncio.timeout(60):
            while True:
                if self.process.pid is None:
                    raise self.process.died()
                try:
                    _, writer = await asyncio.open_connection(self.address, MQTT_PORT)
                except OSError:
                    await asyncio.sleep(0.02)
                    continue
                writer.close()
                await writer.wait_closed()
                return
