"""S14: disk full, journal read-only, journal damaged: the guard goes on forwarding, says so, and heals."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.mobile.modem import SimulatedModem
from bench.mobile.personalities import PERSONALITIES
from bench.mobile.ports import TcpPort
from tests.integration.rig import OWN, TECH_1, TECH_2, Rig, rig, subscriber


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Eight megabytes of state directory."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "hotline-test", str(disk)], check=True)
    try:
        yield disk
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


async def remount(disk: Path, how: str) -> None:
    done = await asyncio.create_subprocess_exec("mount", "-o", f"remount,{how}", str(disk))
    assert await done.wait() == 0


async def goes_on_forwarding(box: Rig) -> None:
    for person, number in (("tech-2", TECH_2), ("tech-1", TECH_1)):
        answer = await box.command("duty.set", {"person": person})
        assert answer["ok"], answer
        await box.until_target(number)


async def test_a_full_disk(tmp_path: Path, small_disk: Path) -> None:
    network, _ = subscriber()
    port = TcpPort(0)
    async with (
        SimulatedModem(network, OWN, port, PERSONALITIES["generic"]),
        rig(tmp_path, network, port.address, state_dir=small_disk / "state") as box,
    ):
        await box.until_target(TECH_1)
        filler = small_disk / "filler"
        with filler.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"x" * 4096)
            except OSError:
                pass
        await goes_on_forwarding(box)
        state = await box.until(lambda state: not state["journal"]["ok"], 120)
        assert "full" in state["journal"]["reason"].lower() or "space" in state["journal"]["reason"].lower()
        filler.unlink()
        await box.until(lambda state: state["journal"]["ok"], 120)
        await box.until_event("journal.healed")
        people = [event["data"]["person"] for event in box.observer.events if event["type"] == "duty.changed"]
        assert people == ["tech-2", "tech-1"], "what happened while the disk was full is told, once"
        ids = [event["id"] for event in box.observer.events]
        assert ids == sorted(set(ids))


async def test_a_disk_that_went_read_only(tmp_path: Path, small_disk: Path) -> None:
    network, _ = subscriber()
    port = TcpPort(0)
    async with (
        SimulatedModem(network, OWN, port, PERSONALITIES["generic"]),
        rig(tmp_path, network, port.address, state_dir=small_disk / "state") as box,
    ):
        await box.until_target(TECH_1)
        await box.guard.stop()
        await remount(small_disk, "ro")
        await box.guard.start()
        await box.until(lambda state: not state["journal"]["ok"], 120)
        await goes_on_forwarding(box)
        await remount(small_disk, "rw")
        await box.until(lambda state: state["journal"]["ok"], 120)


async def test_a_damaged_journal_is_set_aside(tmp_path: Path) -> None:
    network, _ = subscriber()
    port = TcpPort(0)
    async with (
        SimulatedModem(network, OWN, port, PERSONALITIES["generic"]),
        rig(tmp_path, network, port.address) as box,
    ):
        await box.until_event("forwarding.verified")
        highest = max(event["id"] for event in box.observer.events)
        await box.guard.kill()
        database = next(path for path in box.state_dir.iterdir() if path.name.endswith(".db"))
        for extra in box.state_dir.glob("*.db-*"):
            extra.unlink()
        database.write_bytes(b"this is no database " * 500)
        box.observer.events.clear()
        await box.guard.start()
        await box.until(lambda state: state["journal"]["ok"] and state["forwarding"]["status"] == "verified", 120)
        await goes_on_forwarding(box)
        assert list(box.state_dir.glob("*.damaged-*"))
        await box.until_event("duty.changed")
        assert min(event["id"] for event in box.observer.events) > highest, "ids are never reused"
