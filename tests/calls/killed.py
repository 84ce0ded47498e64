"""Puts calls for ever and prints each one that is durable; somebody kills it."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from appliance.calls.log import CallLog
from appliance.calls.schema import calls_file
from tests.calls.records import arrived


async def main() -> None:
    # a busy disk may be slow: only what is acknowledged is told, and here all of it is
    log = await CallLog.open(calls_file(Path(sys.argv[1])), "box", patience_s=60)
    number = 0
    while True:
        number += 1
        seq = await log.put(arrived(f"c{number}"))
        print(number, seq, flush=True)


asyncio.run(main())
