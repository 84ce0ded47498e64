"""The instruments of the section at rest: what they count is what happened."""

import asyncio
import os
from pathlib import Path

from appliance.config import load
from benchmarks.figures import Table
from benchmarks.rest import section
from benchmarks.rest.counting import CountingProxy
from benchmarks.rest.procfs import Usage, usage
from benchmarks.rest.section import Rest, Times
from benchmarks.rest.site import CONFIG, DEVICE_ID
from benchmarks.summary import summary


def test_the_kernel_knows_this_process() -> None:
    before = usage(os.getpid())
    sum(range(4_000_000))
    after = usage(os.getpid())
    assert after.cpu_s >= before.cpu_s > 0
    assert 0 < after.private_bytes <= after.resident_bytes <= after.peak_bytes
    assert after.threads >= 1


def test_pages_written_are_counted(tmp_path: Path) -> None:
    before = usage(os.getpid()).written_bytes
    with (tmp_path / "file").open("wb") as file:
        file.write(os.urandom(300_000))
        file.flush()
        os.fsync(file.fileno())
    assert usage(os.getpid()).written_bytes - before >= 300_000


async def test_the_proxy_passes_everything_on_and_counts_it() -> None:
    async def shout(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(1000):
            writer.write(2 * data)
        writer.close()

    server = await asyncio.start_server(shout, "127.0.0.1", 0)
    async with server, CountingProxy(*server.sockets[0].getsockname()[:2]) as proxy:
        reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
        for _ in range(3):
            writer.write(b"12345")
            assert await reader.readexactly(10) == b"1234512345"
        assert (proxy.bytes_up, proxy.bytes_down) == (15, 30)
        writer.close()
        await writer.wait_closed()


async def test_the_proxy_hangs_up_when_nobody_is_behind_it() -> None:
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()[:2]
    server.close()
    await server.wait_closed()
    async with CountingProxy(host, port) as proxy:
        reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
        assert await reader.read() == b""
        writer.close()


def test_the_site_measures_the_setting_that_was_asked_for(tmp_path: Path) -> None:
    file = tmp_path / "hotline.toml"
    file.write_text(
        CONFIG.format(
            device=DEVICE_ID, state_dir=tmp_path, modem=tmp_path / "modem", ports=range(7001, 7007), mqtt=7007
        )
    )
    config = load(file)
    assert (len(config.trunk), len(config.node), len(config.watchdog.references)) == (2, 2, 2)
    assert config.watchdog.inter == 2.0
    assert len(config.mqtt) == 1


def test_a_missed_aim_is_called_missed() -> None:
    before = Usage(10.0, 1000, 40_000_000, 40_000_000, 20_000_000, 3)
    after = Usage(11.2, 6000, 46_000_000, 47_000_000, 30_000_000, 3)
    rest = Rest(before, after, 120.0, 3000)
    made = section._section(Times(1, 120, 3), summary([0.4, 0.5, 0.9]), rest)
    table = next(part for part in made.parts if isinstance(part, Table))
    rows = {row[0]: row[1:] for row in table.rows}
    assert rows["resident memory"] == ("46.0 MB", "≤ 45 MB", "missed")
    assert rows["processor"] == ("1.00 % of a core", "≤ 0.5 %", "missed")
    assert rows["written to disk a day"][0] == "3.60 MB"
    assert rows["MQTT a day and link, both ways"][0] == "2.16 MB"
    assert rows["start until the first probe arrives, median / worst of 3"] == ("0.50 / 0.90 s", "≤ 1 s", "met")
