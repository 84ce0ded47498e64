"""``hotline exchange`` as a process: it serves, is killed, leaves."""

from __future__ import annotations

import sys
from pathlib import Path

from bench.phones.behaviour import Behaviour
from bench.processes import Process
from tests.exchange.rig import SERVICE, Rig, Said, rig, roster, until

QUICK = Behaviour(answers_after_s=0.3, tone_after_s=0.1)


def service(world: Rig) -> Process:
    file = world.asterisk.folder / "hotline.toml"
    argv = [sys.executable, "-m", "appliance", "exchange", "--config", str(file)]
    return Process("exchange", argv, world.asterisk.folder / "exchange.log", Path.cwd())


async def test_it_serves_without_broker_and_roster_and_leaves_at_once(tmp_path: Path) -> None:
    async with rig(tmp_path, Said(roster()), start=False) as world:
        process = service(world)
        await process.start()
        try:
            await until(lambda: "is connected" in process.log_tail(100))
            world.manners(
                **{
                    "tech-1": Behaviour(
                        answers_after_s=1.5, says=None, tone_after_s=5, presses="1", presses_after_s=4
                    )
                }
            )
            name = world.talkers.dial(SERVICE)
            assert await world.talkers.hears(name, "tech-1", 20)
            await process.stop(2.0)
            assert process.returncode == 0
            assert len(world.lasting()) == 1  # they talk on
        finally:
            await process.kill()
            print(process.log_tail(100))
