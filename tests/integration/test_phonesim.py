"""S13: the same stack against ofono-phonesim, which others wrote."""

from __future__ import annotations

import asyncio
from pathlib import Path

from bench.addresses import free_port
from bench.processes import Process
from bench.programs import find_program
from tests.integration.rig import TECH_1, TECH_2, rig, subscriber


async def test_cfu_and_the_net_are_set_read_back_and_moved(tmp_path: Path) -> None:
    program, port = find_program("ofono-phonesim"), free_port()
    script = program.root / "usr/share/ofono-phonesim/default.xml"
    simulator = Process(
        "phonesim",
        [*program.argv, "-p", str(port), str(script)],
        tmp_path / "phonesim.log",
        tmp_path,
        {"QT_QPA_PLATFORM": "offscreen", "QT_PLUGIN_PATH": str(program.library_dir() / "qt6/plugins")},
    )
    await simulator.start()
    try:
        await _listening(port, simulator)
        network, _ = subscriber()
        async with rig(tmp_path, network, f"socket://127.0.0.1:{port}") as box:
            state = await box.until(lambda state: state["forwarding"]["status"] == "verified", 60)
            assert {state["forwarding"][key] for key in ("cfu", "cfb", "cfnry", "cfnrc")} == {TECH_1}
            assert (await box.command("duty.set", {"person": "tech-2"}))["ok"]
            state = await box.until(
                lambda state: state["forwarding"]["cfu"] == TECH_2 and state["forwarding"]["status"] == "verified", 60
            )
            assert {state["forwarding"][key] for key in ("cfb", "cfnry", "cfnrc")} == {TECH_2}
            answer = await box.command("modem.at", {"command": "AT+CCFC=0,2"})
            assert any(TECH_2.removeprefix("+") in line for line in answer["result"]["lines"]), answer
    finally:
        await simulator.kill()


async def _listening(port: int, simulator: Process) -> None:
    async with asyncio.timeout(60):  # a busy machine takes its time to load Qt
        while True:
            if simulator.pid is None:
                raise simulator.died()
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.1)
                continue
            writer.close()
            await writer.wait_closed()
            return
