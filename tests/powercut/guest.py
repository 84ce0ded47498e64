"""Runs in the box: asks the guard for one thing after another that must last. Each answer that says done is noted at
once on the recorded disk, so that the record tells by itself what had been acknowledged at each of its points.

Arguments: the device's id, how many, the descriptor of the disk, and where on it the notes begin.
"""

import asyncio
import json
import os
import site
import sys

site.addsitedir("/opt/hotline/site")
import aiomqtt

DEVICE, COUNT, DISK, START = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
SECTOR = 512
ANSWER_S = 120.0


def wish(number: int) -> tuple[str, dict[str, object]]:
    """What is asked for: who has duty, the route, a line's mode."""
    found: tuple[tuple[str, dict[str, object]], ...] = (
        ("duty.set", {"number": f"+4207770{number % 100000:05d}"}),
        ("route.set", {"route": "technician", "minutes": 1000, "reason": f"trial {number}"}),
        ("line.mode", {"line": "*", "situation": "closed", "minutes": 10 + number}),
        ("route.auto", {}),
    )
    return found[number % 4]


def noted(note: dict[str, object], place: int) -> None:
    """On the disk when this returns."""
    os.pwrite(DISK, json.dumps(note).encode().ljust(SECTOR), START + place * SECTOR)
    os.fsync(DISK)


async def main() -> None:
    answers, done = asyncio.Queue[dict[str, object]](), 0
    async with aiomqtt.Client("127.0.0.1", 1883, protocol=aiomqtt.ProtocolVersion.V5) as client:
        await client.subscribe(f"hotline/{DEVICE}/response", qos=1)

        async def listen() -> None:
            async for message in client.messages:
                answers.put_nowait(json.loads(bytes(message.payload)))

        listener = asyncio.create_task(listen())
        for number in range(COUNT):
            name, args = wish(number)
            command = {"schema": 1, "id": f"powercut-{number}", "name": name, "args": args}
            await client.publish(f"hotline/{DEVICE}/command", json.dumps(command), qos=1)
            async with asyncio.timeout(ANSWER_S):
                while (answer := await answers.get()).get("id") != command["id"]:
                    pass
            if answer["ok"] is True:
                noted({"id": command["id"]}, done)
                done += 1
            print(command["id"], name, "done" if answer["ok"] else answer["error"], flush=True)
        listener.cancel()


asyncio.run(main())
