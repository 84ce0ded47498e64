"""Runs in the box, as root: asks the guard for one thing after another that must last. Each answer that says done is
noted at once, past every cache, on a partition that nobody uses: so the record of the disk's writes tells by itself
what had been acknowledged at each of its points.
"""

import asyncio
import json
import mmap
import os
import site
import sys

site.addsitedir("/opt/hotline/site")
import aiomqtt

DEVICE, COUNT = sys.argv[1], int(sys.argv[2])
NOTES = "/dev/disk/by-partlabel/hotline-root-b"
SECTOR = 512
ANSWER_S = 300.0


def commands(number: int) -> tuple[str, dict[str, object]]:
    """What is asked for: the people on duty, the route, a line's mode, a short message."""
    found: tuple[tuple[str, dict[str, object]], ...] = (
        ("duty.set", {"number": f"+4207770{number % 100000:05d}"}),
        ("route.set", {"route": "technician", "minutes": 1000, "reason": f"trial {number}"}),
        ("line.mode", {"line": "*", "situation": "closed", "minutes": 10 + number}),
        ("route.auto", {}),
    )
    return found[number % 4]


class Notes:
    """A row of sectors; ``add`` returns once the disk has it."""

    def __init__(self) -> None:
        self._file = os.open(NOTES, os.O_WRONLY | os.O_DIRECT | os.O_SYNC)
        self._page = mmap.mmap(-1, 4096)  # O_DIRECT wants memory that is aligned
        self._at = 0

    def add(self, note: dict[str, object]) -> None:
        self._page[:SECTOR] = json.dumps(note).encode().ljust(SECTOR)
        os.pwrite(self._file, memoryview(self._page)[:SECTOR], self._at)
        self._at += SECTOR


async def main() -> None:
    notes, answers = Notes(), asyncio.Queue[dict[str, object]]()
    async with aiomqtt.Client("127.0.0.1", 1883, protocol=aiomqtt.ProtocolVersion.V5) as client:
        await client.subscribe(f"hotline/{DEVICE}/response", qos=1)

        async def listen() -> None:
            async for message in client.messages:
                answers.put_nowait(json.loads(bytes(message.payload)))

        listener = asyncio.create_task(listen())
        for number in range(COUNT):
            name, args = commands(number)
            command = {"schema": 1, "id": f"powercut-{number}", "name": name, "args": args}
            await client.publish(f"hotline/{DEVICE}/command", json.dumps(command), qos=1)
            async with asyncio.timeout(ANSWER_S):
                while (answer := await answers.get()).get("id") != command["id"]:
                    pass
            if answer["ok"] is True:
                notes.add({"id": command["id"], "name": name, "args": args})
            print(command["id"], name, "done" if answer["ok"] else answer["error"], flush=True)
        listener.cancel()


asyncio.run(main())
