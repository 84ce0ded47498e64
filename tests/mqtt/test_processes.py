"""A box that is killed or stopped as a whole."""

from __future__ import annotations

import asyncio
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.mqtt.broker import Broker
from tests.mqtt.conftest import ask, operator_at

ROOT = Path(__file__).parents[2]


@contextmanager
def box_process(state_dir: Path, broker: Broker, events: int) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.mqtt.box_process", str(state_dir), str(broker.port), str(events)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def told_before_death(state_dir: Path, broker: Broker, lines: int) -> list[int]:
    """The ids of the events that were durable when the process was killed, at a moment it did not choose."""
    with box_process(state_dir, broker, 100_000) as process:
        assert process.stdout is not None
        told = [process.stdout.readline() for _ in range(lines)]
        process.kill()
        told += process.stdout.readlines()
    return [int(line) for line in told if line.endswith("\n")]


async def test_a_killed_publisher_loses_no_event_and_keeps_their_order(broker: Broker, tmp_path: Path) -> None:
    rng = random.Random(7)
    durable: list[int] = []
    async with operator_at(broker, "hotline/box-1/event") as operator:
        for _ in range(5):
            durable += await asyncio.to_thread(told_before_death, tmp_path, broker, rng.randrange(30, 250))
        with box_process(tmp_path, broker, 1) as process:
            assert process.stdout is not None
            last = int(await asyncio.to_thread(process.stdout.readline))
            await operator.until(lambda: operator.heard and f'"id":{last},'.encode() in operator.heard[-1].payload)
        heard = operator.on("event")
    ids = list(dict.fromkeys(event["id"] for event in heard))  # consumers drop what they have had
    assert ids == sorted(ids)
    assert set(durable) <= set(ids)
    assert [event["data"] for event in heard[-1:]] == [{"n": 0}]


async def test_a_process_that_was_stopped_does_not_take_an_old_command_for_fresh(
    broker: Broker, tmp_path: Path
) -> None:
    async with operator_at(broker) as operator:
        with box_process(tmp_path, broker, 0) as process:
            await operator.until(lambda: operator.on("state"))
            process.send_signal(signal.SIGSTOP)
            for number in range(5):
                await operator.command(ask(f"late-{number}", "append"), MessageExpiryInterval=1)
            await operator.command(ask("timely", "append"), MessageExpiryInterval=600)
            await asyncio.sleep(3.5)
            process.send_signal(signal.SIGCONT)
            assert (await operator.response("timely"))["ok"] is True
            for number in range(5):
                assert (await operator.response(f"late-{number}"))["error"]["code"] == "expired"


async def test_an_end_by_sigterm_is_a_goodbye(broker: Broker, tmp_path: Path) -> None:
    async with operator_at(broker) as operator:
        with box_process(tmp_path, broker, 0) as process:
            await operator.until(lambda: operator.on("state"))
            process.send_signal(signal.SIGTERM)
            await operator.until(lambda: operator.on("availability")[-1:] == ["offline"])
            await asyncio.to_thread(process.wait, 60)
