"""``hotline watch`` as a process: without a terminal, on one, and through the loss of the broker."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import signal
import sys
from pathlib import Path

from bench.addresses import free_port
from tests.cli.broker import mosquitto
from tests.cli.conftest import Box, make_box
from tests.cli.peer import ScriptedGuard, scripted_guard
from tests.cli.process import running
from tests.cli.story import Story


async def test_without_a_terminal_each_change_is_a_line(box: Box, guard: ScriptedGuard) -> None:
    async with running("watch", "--footer", "make call", "--footer", "make tour", "--config", box.config) as command:
        begun = await command.until("forwarding: CFU +420226000100, verified")
        assert begun.startswith("make call\nmake tour\n")
        assert "broker: connected" in begun
        assert "guard: online" in begun
        assert "calls: customer → mobile network → trunk-a ✔ → node-1 ✔" in begun
        await guard.publish_state(
            service="total", route=guard.state["route"] | {"active": "technician", "desired": "technician"}
        )
        changed = await command.until("calls: ")
        assert "TOTAL: callers are led to the technician" in changed
        assert "forwarding:" not in changed  # what did not change is not said again
        ringing = {"caller": "+420601000001", "ringing": ["anna"], "with": None}
        await guard.publish_of_exchange("node-1", "state", json.dumps({"ari": "connected", "calls": [ringing]}))
        await command.until("exchange node-1: 1 call: +420601000001 rings anna")
        await guard.publish_of_exchange("node-1", "availability", "offline")
        await command.until("exchange node-1: OFFLINE")
        await guard.publish_event(7, "modem.down", {"reason": "unplugged"})
        await command.until("modem DOWN: unplugged")
        assert await command.stop(signal.SIGINT) == 0


async def test_the_loss_of_the_broker_is_shown_and_survived(tmp_path: Path) -> None:
    port = free_port()
    box = make_box(tmp_path, port)
    story = Story(box.state_dir)
    story.normal()
    async with running("watch", "--plain", "--config", box.config) as command:
        lost = await command.until("trying again")
        assert f"broker: 127.0.0.1:{port}, Connection refused" in lost
        assert "the guard started" not in lost  # of the journal's events only the last few are shown
        with mosquitto(tmp_path, port):
            async with scripted_guard(port, box.device):
                await command.until("calls: ")
            await command.until("guard: OFFLINE")
        await command.until("trying again")
        with mosquitto(tmp_path, port):
            await command.until("broker: connected")
            assert await command.stop(signal.SIGTERM) == 0


async def test_on_a_terminal_the_view_is_drawn_and_the_terminal_left_as_it_was(
    box: Box, guard: ScriptedGuard
) -> None:
    ours, theirs = pty.openpty()
    environment = os.environ | {"TERM": "xterm-256color", "COLUMNS": "100", "LINES": "30"}
    argv = ("-m", "appliance", "watch", "--config", str(box.config))
    process = await asyncio.create_subprocess_exec(
        sys.executable, *argv, stdin=theirs, stdout=theirs, stderr=theirs, env=environment
    )
    os.close(theirs)
    seen = ""
    try:
        while "Technician 1" not in seen:
            seen += (await asyncio.to_thread(os.read, ours, 65536)).decode(errors="replace")
        assert "\x1b[?1049h" in seen  # the alternate screen
        assert "\x1b[?25l" in seen  # the cursor hidden
        await guard.publish_state(service="total")
        while "TOTAL" not in seen:
            seen += (await asyncio.to_thread(os.read, ours, 65536)).decode(errors="replace")
        process.send_signal(signal.SIGINT)
        while "\x1b[?1049l" not in seen or "\x1b[?25h" not in seen:
            seen += (await asyncio.to_thread(os.read, ours, 65536)).decode(errors="replace")
        assert await asyncio.wait_for(process.wait(), 60) == 0
        assert "Traceback" not in seen
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        os.close(ours)
