"""Asks for callbacks for ever and prints each one that is durable; somebody kills it."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from appliance.queueing import callback_life as life
from appliance.queueing.callback_store import CallbackStore
from tests.queueing_callback.wishes import wish


async def main() -> None:
    store = CallbackStore(Path(sys.argv[1]), answers_within_s=60.0)  # however slow the machine of the test is
    number = 0
    while True:
        number += 1
        id_ = f"cb-{number}"
        asked, _ = await store.ask(wish(id_, number=f"+4206010{number:05d}"))
        print(id_, "waiting", flush=True)
        if number % 2:
            moved = life.dial(asked, "anna", "leg")
            await store.put(moved)
            print(id_, moved.state, flush=True)


asyncio.run(main())
