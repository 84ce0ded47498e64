"""The watchdog is fed only while every task beats, and the service manager is told the truth."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.heartbeat import Heart, ServiceManager, feed
from bench.mobile.modem import SimulatedModem
from bench.mobile.personalities import PERSONALITIES
from bench.mobile.ports import TcpPort
from tests.integration.rig import OWN, rig, subscriber


class Listener:
    """systemd's end of the notification socket."""

    def __init__(self, path: Path) -> None:
        self.address = str(path)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(self.address)
        self._socket.setblocking(False)

    def heard(self) -> list[str]:
        messages = []
        while True:
            try:
                messages.append(self._socket.recv(4096).decode())
            except BlockingIOError:
                return messages

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def listener(tmp_path: Path) -> Iterator[Listener]:
    made = Listener(tmp_path / "notify")
    yield made
    made.close()


def test_one_silent_task_stops_the_heart_and_its_beat_starts_it_again() -> None:
    now = 0.0
    heart = Heart(lambda: now)
    beat_fast = heart.register("fast", 5.0)
    heart.register("slow", 60.0)
    now = 5.0
    assert heart.silent() == []
    now = 5.1
    assert heart.silent() == ["fast"]
    beat_fast()
    assert heart.silent() == []
    now = 60.5
    beat_fast()
    assert heart.silent() == ["slow"]


async def test_the_watchdog_is_not_fed_while_a_task_is_silent(listener: Listener) -> None:
    now = 0.0
    heart = Heart(lambda: now)
    beat = heart.register("task", 1.0)
    feeding = asyncio.create_task(feed(heart, ServiceManager(listener.address, "60000")))
    await asyncio.sleep(0.1)
    assert set(listener.heard()) == {"WATCHDOG=1"}
    now = 2.0
    await asyncio.sleep(0.05)
    listener.heard()
    await asyncio.sleep(0.1)
    assert listener.heard() == []
    beat()
    await asyncio.sleep(0.1)
    assert set(listener.heard()) == {"WATCHDOG=1"}
    feeding.cancel()
    await asyncio.gather(feeding, return_exceptions=True)


async def test_without_a_service_manager_nobody_is_told_and_nothing_breaks(tmp_path: Path) -> None:
    ServiceManager(None, None).tell("READY=1")
    ServiceManager(str(tmp_path / "gone"), None).tell("READY=1")
    async with asyncio.timeout(1):
        await feed(Heart(lambda: 0.0), ServiceManager(None, None))


async def test_the_guard_says_ready_beats_and_says_goodbye(
    tmp_path: Path, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", listener.address)
    monkeypatch.setenv("WATCHDOG_USEC", "600000")
    network, _ = subscriber()
    port = TcpPort(0)
    heard: list[str] = []
    async with (
        SimulatedModem(network, OWN, port, PERSONALITIES["generic"]),
        rig(tmp_path, network, port.address) as box,
    ):
        async with asyncio.timeout(90):
            while heard.count("WATCHDOG=1") < 3:
                heard += listener.heard()
                await asyncio.sleep(0.05)
        assert heard[0] == "READY=1"
        await box.guard.stop()
        heard += listener.heard()
        assert heard[-1] == "STOPPING=1"
