from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import threading
import time
import tty
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import serial
import serial.rfc2217

from appliance.modem.serial_link import open_link


class Recorder:
    """Keeps what the link brings, and lets tests wait for it."""

    def __init__(self) -> None:
        self.data = b""
        self.ends: list[str] = []
        self._news = asyncio.Event()

    def data_received(self, data: bytes) -> None:
        self.data += data
        self._news.set()

    def link_ended(self, reason: str) -> None:
        self.ends.append(reason)
        self._news.set()

    async def until(self, data: bytes) -> None:
        async with asyncio.timeout(60):
            while data not in self.data:
                self._news.clear()
                await self._news.wait()

    async def until_end(self) -> None:
        async with asyncio.timeout(60):
            while not self.ends:
                self._news.clear()
                await self._news.wait()


class Pty:
    """A terminal pair; ``port`` is a name like by-path that can be pointed elsewhere."""

    def __init__(self, port: Path) -> None:
        self.port = port
        self.master = -1

    def plug(self) -> None:
        self.master, slave = os.openpty()
        tty.setraw(slave)
        self.port.symlink_to(os.ttyname(slave))
        os.close(slave)

    def unplug(self) -> None:
        if self.master >= 0:
            self.port.unlink()
            os.close(self.master)
            self.master = -1


@pytest.fixture
def pty(tmp_path: Path) -> Iterator[Pty]:
    pair = Pty(tmp_path / "platform-usb-0:1.2:1.2-port0")
    pair.plug()
    yield pair
    pair.unplug()


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    for _ in range(500):  # one that is ending takes its time
        threads = set(threading.enumerate()) - before
        left = [thread.name for thread in threads if not thread.name.startswith("asyncio")]
        if not left:
            break
        time.sleep(0.01)
    assert left == []


async def test_a_tty_both_ways(pty: Pty) -> None:
    recorder = Recorder()
    link = await open_link(str(pty.port), 115200, recorder)
    link.write(b"AT\r")
    assert await asyncio.to_thread(os.read, pty.master, 100) == b"AT\r"
    os.write(pty.master, b"\r\nOK\r\n")
    await recorder.until(b"OK")
    await link.close()
    await link.close()
    assert recorder.ends == []


async def test_a_tty_that_is_slow_to_take_gets_everything_in_order(pty: Pty) -> None:
    recorder = Recorder()
    link = await open_link(str(pty.port), 115200, recorder)
    sent = bytes(range(32, 127)) * 2000
    for start in range(0, len(sent), 10_000):
        link.write(sent[start : start + 10_000])
    received = b""
    while len(received) < len(sent):
        received += await asyncio.to_thread(os.read, pty.master, 65536)
    assert received == sent
    await link.close()


async def test_a_tty_that_vanishes_and_comes_back_under_the_same_name(pty: Pty) -> None:
    recorder = Recorder()
    link = await open_link(str(pty.port), 115200, recorder)
    pty.unplug()
    await recorder.until_end()
    link.write(b"AT\r")
    await link.close()
    assert len(recorder.ends) == 1
    with pytest.raises(OSError, match="cannot be opened"):
        await open_link(str(pty.port), 115200, Recorder())
    pty.plug()
    again = Recorder()
    link = await open_link(str(pty.port), 115200, again)
    os.write(pty.master, b"RDY\r\n")
    await again.until(b"RDY")
    await link.close()


async def test_a_tty_belongs_to_one_program(pty: Pty) -> None:
    link = await open_link(str(pty.port), 115200, Recorder())
    with pytest.raises(OSError, match=r"cannot be opened: another program has it open$"):
        await open_link(str(pty.port), 115200, Recorder())
    await link.close()


async def test_a_missing_port_is_named_once_in_one_sentence() -> None:
    with pytest.raises(OSError) as caught:  # noqa: PT011 - the whole text is compared
        await open_link("/dev/serial/by-path/none", 115200, Recorder())
    assert str(caught.value) == "/dev/serial/by-path/none cannot be opened: there is no such device"


async def test_closing_wins_over_an_end_that_was_on_its_way(pty: Pty) -> None:
    recorder = Recorder()
    link = await open_link(str(pty.port), 115200, recorder)
    pty.unplug()
    await link.close()
    await asyncio.sleep(0)
    assert recorder.ends == []


async def test_a_socket_both_ways_and_its_end() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.readuntil(b"\r") + b"\nOK\r\n")
        await reader.readuntil(b"\r")
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        recorder = Recorder()
        link = await open_link(f"socket://127.0.0.1:{port}", 115200, recorder)
        link.write(b"AT\r")
        await recorder.until(b"OK")
        link.write(b"BYE\r")
        await recorder.until_end()
        link.write(b"AT\r")
        await link.close()
        assert recorder.ends == ["the connection was closed"]


async def test_a_url_without_a_descriptor_has_a_thread_that_ends() -> None:
    recorder = Recorder()
    link = await open_link("loop://", 115200, recorder)
    link.write(b"echoed by pyserial\r")
    await recorder.until(b"echoed by pyserial\r")
    await link.close()
    await link.close()
    assert recorder.ends == []


class Rfc2217Server:
    """pyserial's own server side over its loop-back: what is sent comes back."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        connection, _ = self._listener.accept()
        line = serial.serial_for_url("loop://", timeout=0)
        with connection, line:
            connection.settimeout(0.01)
            manager = serial.rfc2217.PortManager(line, SimpleNamespace(write=connection.sendall))
            while True:
                with contextlib.suppress(TimeoutError):
                    data = connection.recv(1024)
                    if not data:
                        return
                    line.write(b"".join(manager.filter(data)))
                if echoed := line.read(1024):
                    connection.sendall(b"".join(manager.escape(echoed)))

    def close(self) -> None:
        self._thread.join()
        self._listener.close()


@pytest.mark.filterwarnings("ignore:set(Daemon|Name)")  # pyserial 3.5
async def test_a_serial_port_on_another_machine_by_rfc2217() -> None:
    server = Rfc2217Server()
    recorder = Recorder()
    link = await open_link(f"rfc2217://127.0.0.1:{server.port}", 115200, recorder)
    link.write(b"AT\r")
    await recorder.until(b"AT\r")
    await link.close()
    await asyncio.to_thread(server.close)
    assert recorder.ends == []


@pytest.mark.parametrize(
    "port",
    [
        "/dev/no-such-tty",
        "socket://127.0.0.1:1",
        "socket://nohost",
        "socket://h:x",
        "quark://x",
        "rfc2217://127.0.0.1:1",
    ],
)
async def test_what_cannot_be_opened_says_so(port: str) -> None:
    with pytest.raises(OSError, match=r"cannot be opened|is no"):
        await open_link(port, 115200, Recorder())
