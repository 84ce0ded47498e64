"""The wire: carries, cuts, loses by its seed, delays; TCP behind a cut wire is silent and then goes on."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator

import pytest

from bench.addresses import Subnet, claim_subnet
from bench.references import References
from bench.wire import Wire

INSIDE, OUTSIDE, PORT, TCP_PORT = 50, 150, 5353, 8443


@pytest.fixture
def subnet() -> AsyncIterator[Subnet]:
    claimed = claim_subnet()
    yield claimed
    claimed.release()


@contextlib.asynccontextmanager
async def wire_to_reference(subnet: Subnet, port: int, seed: int = 0) -> AsyncIterator[Wire]:
    inside = subnet.host(INSIDE)
    references = References((inside, PORT), (inside, TCP_PORT))
    await references.start()
    wire = Wire("reference", (subnet.host(OUTSIDE), port), (inside, port), subnet.host(1), seed)
    await wire.start()
    try:
        yield wire
    finally:
        await wire.close()
        await references.close()


async def ask(wire: Wire, number: int, timeout_s: float) -> bool:
    """One DNS question through the wire; whether its own answer came."""
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.setblocking(False)
        sock.connect(wire.outside)
        question = number.to_bytes(2, "big") + b"\x01\x00\x00\x01" + bytes(6) + b"\x00\x00\x02\x00\x01"
        await loop.sock_sendall(sock, question)
        try:
            answer = await asyncio.wait_for(loop.sock_recv(sock, 512), timeout_s)
        except TimeoutError:
            return False
        assert answer[:4] == question[:2] + b"\x81\x80"
        return True


async def test_a_good_wire_carries_every_question_and_its_answer(subnet: Subnet) -> None:
    async with wire_to_reference(subnet, PORT) as wire:
        assert all(await asyncio.gather(*(ask(wire, number, 20) for number in range(50))))


async def test_a_cut_wire_carries_nothing_until_it_is_mended(subnet: Subnet) -> None:
    async with wire_to_reference(subnet, PORT) as wire:
        wire.set(cut=True)
        assert not await ask(wire, 1, 0.2)
        wire.repair()
        assert await ask(wire, 2, 20)


async def test_a_lossy_wire_loses_each_way_and_the_same_in_every_run(subnet: Subnet) -> None:
    async def answered(seed: int) -> list[bool]:
        async with wire_to_reference(subnet, PORT, seed) as wire:
            wire.set(loss=0.3)
            return [await ask(wire, number, 0.15) for number in range(30)]

    first = await answered(7)
    assert 0 < sum(first) < len(first)
    wire = Wire("reference", ("", 0), ("", 0), "", 7)
    wire.set(loss=0.3)
    losses = [wire.lost() for _ in range(20)]
    again = Wire("reference", ("", 0), ("", 0), "", 7)
    again.set(loss=0.3)
    assert [again.lost() for _ in range(20)] == losses
    assert any(losses)


async def test_a_slow_wire_delays_each_way(subnet: Subnet) -> None:
    async with wire_to_reference(subnet, PORT) as wire:
        wire.set(delay_s=0.1)
        began = asyncio.get_running_loop().time()
        assert await ask(wire, 1, 20)
        assert asyncio.get_running_loop().time() - began >= 0.2


async def test_no_connection_comes_about_over_a_cut_wire_and_none_is_refused(subnet: Subnet) -> None:
    async with wire_to_reference(subnet, TCP_PORT) as wire:
        wire.set(cut=True)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.open_connection(*wire.outside), 0.3)
        wire.repair()
        _, writer = await asyncio.wait_for(asyncio.open_connection(*wire.outside), 20)
        writer.close()
        await writer.wait_closed()


async def test_a_wire_is_cut_while_somebody_has_just_come(subnet: Subnet) -> None:
    async with wire_to_reference(subnet, TCP_PORT) as wire:
        with socket.create_connection(wire.outside):  # the kernel took it; nobody had the time to accept it yet
            wire.set(cut=True)
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(asyncio.open_connection(*wire.outside), 0.3)
            wire.repair()
        _, writer = await asyncio.wait_for(asyncio.open_connection(*wire.outside), 20)
        writer.close()
        await writer.wait_closed()


async def test_a_connection_outlasts_a_cut(subnet: Subnet) -> None:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(100):
            writer.write(data)
        writer.close()

    inside = (subnet.host(INSIDE), 7000)
    server = await asyncio.start_server(echo, *inside)
    wire = Wire("echo", (subnet.host(OUTSIDE), 7000), inside, subnet.host(1))
    await wire.start()
    try:
        reader, writer = await asyncio.open_connection(*wire.outside)
        writer.write(b"one")
        assert await asyncio.wait_for(reader.read(100), 20) == b"one"
        wire.set(cut=True)
        writer.write(b"two")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.read(100), 0.2)
        wire.repair()
        assert await asyncio.wait_for(reader.read(100), 20) == b"two"
        writer.close()
        await writer.wait_closed()
    finally:
        await wire.close()
        server.close()


async def test_a_loss_makes_a_stream_late_and_not_torn() -> None:
    wire = Wire("any", ("", 0), ("", 0), "", 3)
    assert wire.retransmission_delay_s() == 0
    wire.set(loss=0.5)
    delays = {wire.retransmission_delay_s() for _ in range(200)}
    assert {round(delay, 3) for delay in delays} >= {0.0, 0.2, 0.6, 1.4}  # 0.2 s, doubled each time


def test_two_benches_get_different_subnets(subnet: Subnet) -> None:
    others = [claim_subnet() for _ in range(5)]
    assert len({subnet.prefix, *(other.prefix for other in others)}) == 6
    for other in others:
        other.release()
