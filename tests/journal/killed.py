"""A process for the SIGKILL test: appends for ever, and tells each event once it is durable."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path

from appliance.journal import Journal


async def main(state_dir: Path) -> None:
    journal = await Journal.open(state_dir, boot_id="b", now=lambda: datetime.now(UTC))
    number = 0
    while True:
        number += 1
        event = await journal.append("boot", {"n": number, "pad": "x" * 200})
        kept = await journal.remember("last", event.id)
        if not kept:
            sys.exit("the disk refused")
        sys.stdout.write(f"{event.id}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
