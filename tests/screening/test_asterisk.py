"""A real Asterisk's ``AudioSocket()`` brings a call's sound to the judge."""

from __future__ import annotations

import asyncio
from pathlib import Path
from uuid import uuid4

import pytest

from appliance.screening.judge import Judge, Verdict
from appliance.screening.listening import Listener
from bench.addresses import BOX, claim_subnet
from bench.asterisk.server import AsteriskServer, Part
from bench.programs import find_program

MODULES = ("res_audiosocket.so", "app_audiosocket.so", "codec_ulaw.so")
PLAN = """
[machine]
exten = s,1,Answer()
 same = n,Wait(0.5)
 same = n,Playtones({hz})
 same = n,Wait(20)
[listen]
exten = s,1,Answer()
 same = n,AudioSocket(${{ID}},${{AT}})
"""


async def verdict_over(hz: str, run_dir: Path) -> Verdict:
    subnet = claim_subnet()
    part = Part("ears", subnet.host(BOX), (), PLAN.format(hz=hz), MODULES)
    asterisk, listener = AsteriskServer(find_program("asterisk"), part, run_dir), Listener()
    try:
        await listener.start()
        await asterisk.start()
        uuid, judge = uuid4(), Judge()
        with listener.expect(uuid) as ear:
            variables = {"ID": str(uuid), "AT": listener.address}
            await asterisk.manager.originate("Local/s@machine/n", "listen", "s", variables)
            async with asyncio.timeout(60):
                async for pcm in ear:
                    if verdict := judge.feed(pcm):
                        return verdict
        return judge.end()
    finally:
        await asterisk.stop()
        await listener.stop()
        subnet.release()


@pytest.mark.parametrize(("hz", "kind"), [("1000", "machine"), ("0", "doubt")])
async def test_a_call_is_judged_by_what_asterisk_hears(hz: str, kind: str, tmp_path: Path) -> None:
    assert (await verdict_over(hz, tmp_path)).kind == kind
