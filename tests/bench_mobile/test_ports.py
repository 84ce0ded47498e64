"""Real sockets and pseudo-terminals, opened with pyserial as anyone would."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
import serial

from bench.mobile.modem import SimulatedModem
from bench.mobile.network import MobileNetwork
from bench.mobile.personalities import PERSONALITIES
from bench.mobile.ports import Port, PtyPort, TcpPort
from bench.mobile.subscriber import Subscriber

from .conftest import SERVICE


def modem_at(port: Port) -> SimulatedModem:
    network = MobileNetwork()
    network.add(Subscriber(SERVICE))
    return SimulatedModem(network, SERVICE, port, PERSONALITIES["generic"], boot_scale=0)


def ask(address: str, command: bytes) -> bytes:
    with serial.serial_for_url(address, timeout=60) as link:
        link.write(command + b"\r")
        return bytes(link.read_until(b"OK\r\n"))


def hold(address: str) -> serial.Serial:
    return serial.serial_for_url(address, timeout=60)


async def test_tcp_unplug_and_plug_under_the_same_number() -> None:
    async with modem_at(TcpPort()) as modem:
        address = modem.port.address
        assert b"+CSQ: 17,99" in await asyncio.to_thread(ask, address, b"ATE0;+CSQ")
        reader, writer = await asyncio.open_connection("127.0.0.1", int(address.rsplit(":", 1)[1]))
        writer.write(b"AT\r")
        assert await reader.readuntil(b"OK\r\n")
        await modem.unplug()
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await reader.readexactly(1)
        writer.close()
        with pytest.raises(serial.SerialException):
            await asyncio.to_thread(hold, address)
        assert not modem.network.subscriber(SERVICE).attached
        await modem.plug()
        await modem.on_network.wait()
        assert modem.port.address == address
        assert b"OK" in await asyncio.to_thread(ask, address, b"AT")


async def test_a_new_client_takes_the_place_of_the_old() -> None:
    async with modem_at(TcpPort()) as modem:
        number = int(modem.port.address.rsplit(":", 1)[1])
        old_reader, old_writer = await asyncio.open_connection("127.0.0.1", number)
        old_writer.write(b"AT\r")
        await old_reader.readuntil(b"OK\r\n")
        assert b"OK" in await asyncio.to_thread(ask, modem.port.address, b"AT")
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await old_reader.readexactly(1)
        old_writer.close()


async def test_pty_comes_back_as_another_device_under_the_same_link(tmp_path: Path) -> None:
    port = PtyPort(tmp_path / "by-path" / "platform-usb-0:1.2:1.0-port0")
    async with modem_at(port) as modem:
        first = port.device
        assert b"+CSQ: 17,99" in await asyncio.to_thread(ask, port.address, b"ATE0;+CSQ")
        held = await asyncio.to_thread(hold, port.address)
        await modem.unplug()
        assert not port.link.is_symlink()
        with pytest.raises((serial.SerialException, OSError)):
            await asyncio.to_thread(held.read, 1)
        held.close()
        await modem.plug()
        await modem.on_network.wait()
        assert str(port.link.readlink()) == port.device != first
        assert b"OK" in await asyncio.to_thread(ask, port.address, b"AT")
    assert not port.link.is_symlink()
