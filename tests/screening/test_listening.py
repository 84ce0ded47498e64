"""Ears on loopback: who is let in, what is heard, what is thrown away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import pytest
import pytest_asyncio

from appliance.screening import listening
from appliance.screening.audiosocket import Kind, Message
from appliance.screening.listening import Ear, Listener


@pytest_asyncio.fixture
async def listener() -> AsyncIterator[Listener]:
    server = Listener()
    await server.start()
    yield server
    await server.stop()


class Peer:
    """What Asterisk is on this socket."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    async def connect(cls, listener: Listener, first: bytes = b"") -> Peer:
        host, _, port = listener.address.rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(first)
        return cls(reader, writer)

    async def send(self, *messages: Message) -> None:
        for message in messages:
            self.writer.write(message.encode())
        await self.writer.drain()

    async def turned_away(self) -> bool:
        async with asyncio.timeout(60):
            try:
                return await self.reader.read(1) == b""
            except ConnectionError:
                return True

    async def close(self) -> None:
        self.writer.close()


def named(uuid: UUID) -> bytes:
    return Message(Kind.UUID, uuid.bytes).encode()


async def heard(ear: Ear) -> bytes:
    async with asyncio.timeout(60):
        return b"".join([pcm async for pcm in ear])


async def test_sound_of_the_expected_call_is_heard_to_its_end(listener: Listener) -> None:
    assert listener.address.startswith("127.0.0.1:")
    uuid = uuid4()
    with listener.expect(str(uuid)) as ear:
        peer = await Peer.connect(listener, named(uuid))
        await peer.send(Message(Kind.AUDIO, b"ab" * 160), Message(Kind.DTMF, b"1"), Message(Kind.AUDIO, b"cd"))
        await peer.send(Message(Kind.HANGUP, b""))
        assert await heard(ear) == b"ab" * 160 + b"cd"
        assert await peer.turned_away()
        await peer.close()


async def test_messages_in_halves_are_put_together(listener: Listener) -> None:
    uuid = uuid4()
    wire = named(uuid) + Message(Kind.AUDIO, b"xy" * 50).encode()
    with listener.expect(uuid) as ear:
        peer = await Peer.connect(listener)
        for at in range(len(wire)):
            peer.writer.write(wire[at : at + 1])
            await peer.writer.drain()
            await asyncio.sleep(0)
        await peer.close()
        assert await heard(ear) == b"xy" * 50


@pytest.mark.parametrize(
    "first", [b"GET / HTTP/1.1\r\n\r\n", Message(Kind.AUDIO, b"ab").encode(), named(UUID(int=7))]
)
async def test_strangers_are_turned_away(listener: Listener, first: bytes) -> None:
    with listener.expect(uuid4()):
        peer = await Peer.connect(listener, first)
        assert await peer.turned_away()
        await peer.close()


async def test_who_says_nothing_is_turned_away(listener: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "IDENTIFY_WITHIN_S", 0.05)
    peer = await Peer.connect(listener)
    assert await peer.turned_away()
    await peer.close()


async def test_a_uuid_is_good_for_one_connection(listener: Listener) -> None:
    uuid = uuid4()
    with listener.expect(uuid) as ear:
        first = await Peer.connect(listener, named(uuid))
        await first.send(Message(Kind.AUDIO, b"ab"))
        async with asyncio.timeout(60):
            assert await anext(ear) == b"ab"
        second = await Peer.connect(listener, named(uuid))
        assert await second.turned_away()
        for peer in (first, second):
            await peer.close()


async def test_garbage_in_the_middle_ends_that_call_only(listener: Listener) -> None:
    one, two = uuid4(), uuid4()
    with listener.expect(one) as first, listener.expect(two) as second:
        broken, good = await Peer.connect(listener, named(one)), await Peer.connect(listener, named(two))
        await broken.send(Message(Kind.AUDIO, b"ab"))
        broken.writer.write(b"\x77garbage")
        assert await heard(first) == b"ab"
        await good.send(Message(Kind.AUDIO, b"cd"), Message(Kind.ERROR, b"\x01"))
        assert await heard(second) == b"cd"
        for peer in (broken, good):
            await peer.close()


async def test_closing_an_ear_ends_its_connection_and_its_uuid(listener: Listener) -> None:
    uuid = uuid4()
    ear = listener.expect(uuid)
    peer = await Peer.connect(listener, named(uuid))
    await peer.send(Message(Kind.AUDIO, b"ab"))
    async with asyncio.timeout(60):
        await anext(ear)
    ear.close()
    assert await peer.turned_away()
    await peer.close()
    never = listener.expect(uuid)
    never.close()
    late = await Peer.connect(listener, named(uuid))
    assert await late.turned_away()
    await late.close()
    assert await heard(never) == b""


async def test_what_nobody_reads_stays_bounded(listener: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "MOST_QUEUED_BYTES", 640)
    uuid = uuid4()
    with listener.expect(uuid) as ear:
        peer = await Peer.connect(listener, named(uuid))
        await peer.send(
            *(Message(Kind.AUDIO, bytes([number]) * 320) for number in range(10)), Message(Kind.HANGUP, b"")
        )
        assert await peer.turned_away()
        assert await heard(ear) == bytes([8]) * 320 + bytes([9]) * 320
        assert ear.lost_bytes == 8 * 320
        await peer.close()


async def test_mistakes_of_the_caller_are_told(listener: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    uuid = uuid4()
    with listener.expect(uuid):
        with pytest.raises(ValueError, match="already"):
            listener.expect(uuid)
        monkeypatch.setattr(listening, "MOST_EXPECTED", 1)
        with pytest.raises(listening.TooManyError):
            listener.expect(uuid4())
    with pytest.raises(ValueError, match="badly formed"):
        listener.expect("x")
    with pytest.raises(RuntimeError, match="not been started"):
        _ = Listener().address


async def test_stopping_ends_every_ear() -> None:
    server = Listener()
    await server.start()
    uuid = uuid4()
    connected, waiting = server.expect(uuid), server.expect(uuid4())
    peer = await Peer.connect(server, named(uuid))
    await peer.send(Message(Kind.AUDIO, b"ab"))
    async with asyncio.timeout(60):
        await anext(connected)
    await server.stop()
    assert await heard(connected) == b""
    assert await heard(waiting) == b""
    assert await peer.turned_away()
    await peer.close()
