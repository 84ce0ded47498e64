"""The scribe against a peer that speaks as Asterisk's AudioSocket() does, and a disk that fails."""

from __future__ import annotations

import asyncio
import errno
import os
import wave
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from appliance.recordings import file as growing
from appliance.recordings.scribe import Broken, Scribe, SideLost, Told
from appliance.screening.audiosocket import Kind, Message

NAME = "hl-1.2.wav"


class Desk:
    """A scribe with what it told, and its folders."""

    def __init__(self, folder: Path) -> None:
        self.told: list[Told] = []
        self.spares, self.path = folder / "spare", folder / "recordings" / "2026-11-22" / NAME
        self.spares.mkdir(exist_ok=True)
        self.scribe = Scribe(self.spares, self.told.append)
        self.speakers: list[Speaker] = []

    async def speaker(self, side: int = 0, name: str = NAME) -> Speaker:
        """Asterisk, connecting for a side."""
        return await self.stranger(await self.scribe.expect(name, side))

    async def stranger(self, uuid: str | None) -> Speaker:
        self.speakers.append(await Speaker.connect(self.scribe, uuid))
        return self.speakers[-1]

    async def close(self) -> None:
        for one in self.speakers:
            one.writer.transport.abort()
        await self.scribe.stop()

    async def until(self, count: int) -> list[Told]:
        async with asyncio.timeout(60):
            while len(self.told) < count:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        return self.told

    async def size(self, at_least: int) -> None:
        async with asyncio.timeout(60):
            while self.path.stat().st_size < at_least:  # noqa: ASYNC110
                await asyncio.sleep(0.01)

    def sound(self) -> bytes:
        with wave.open(str(self.path)) as read:
            return read.readframes(10**9)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    made = Desk(tmp_path)
    await made.scribe.start()
    yield made
    await made.close()


class Speaker:
    """Asterisk's end of a connection."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self.writer = writer

    @classmethod
    async def connect(cls, scribe: Scribe, uuid: str | None) -> Speaker:
        host, _, port = scribe.address.rpartition(":")
        _reader, writer = await asyncio.open_connection(host, int(port))
        if uuid is not None:
            writer.write(Message(Kind.UUID, UUID(uuid).bytes).encode())
        return cls(writer)

    async def say(self, value: int, frames: int = 1) -> None:
        pcm = value.to_bytes(2, "little", signed=True) * 160
        self.writer.write(Message(Kind.AUDIO, pcm).encode() * frames)
        await self.writer.drain()


def frame(value: int) -> bytes:
    return value.to_bytes(2, "little", signed=True) * 160


async def test_one_side_from_its_first_sample_to_its_last(desk: Desk) -> None:
    await desk.scribe.begin(NAME, desk.path, 1)
    speaker = await desk.speaker()
    await speaker.say(5, 100)
    await desk.size(growing.wav.HEAD_BYTES + 32_000)
    await speaker.say(6)
    speaker.writer.close()
    assert await desk.until(1) == [SideLost(NAME, 0)]
    assert await desk.scribe.finish(NAME) == 101 * 160
    assert desk.sound() == frame(5) * 100 + frame(6)
    assert await desk.scribe.finish(NAME) is None
    assert await desk.scribe.expect(NAME, 0) is None


async def test_two_sides_that_come_one_after_the_other(desk: Desk) -> None:
    await desk.scribe.begin(NAME, desk.path, 2)
    speakers = [await desk.speaker(side) for side in (0, 1)]
    await speakers[1].say(-7, 3)
    await speakers[0].say(7, 2)
    assert await desk.scribe.finish(NAME) == 3 * 160
    with wave.open(str(desk.path)) as read:
        assert read.getnchannels() == 2
    both = b"".join((7).to_bytes(2, "little") + (-7).to_bytes(2, "little", signed=True) for _ in range(320))
    assert desk.sound()[: len(both)] == both


async def test_strangers_are_turned_away_and_cost_nobody_anything(desk: Desk) -> None:
    await desk.scribe.begin(NAME, desk.path, 1)
    expected = await desk.scribe.expect(NAME, 0)
    strangers = [await desk.stranger(str(uuid4())) for _ in range(3)]
    mute = await desk.stranger(None)
    garbage = await desk.stranger(None)
    garbage.writer.write(b"GET / HTTP/1.1\r\n\r\n")
    speaker = await desk.stranger(expected)
    await speaker.say(3)
    await desk.size(growing.wav.HEAD_BYTES + 320)
    again = await desk.stranger(expected)  # good for one connection
    for one in (*strangers, garbage, again, mute):
        one.writer.write(b"\x10")
        async with asyncio.timeout(60):
            while not one.writer.transport.is_closing():
                one.writer.write(b"\0")
                await asyncio.sleep(0.05)
    assert await desk.scribe.finish(NAME) == 160
    assert desk.sound() == frame(3)


async def test_spares_come_between_before_and_after_and_are_gone_then(desk: Desk, tmp_path: Path) -> None:
    await desk.scribe.begin(NAME, desk.path, 1)
    speaker = await desk.speaker()
    await speaker.say(1, 2)
    await desk.size(growing.wav.HEAD_BYTES + 640)
    await desk.scribe.stop()  # as where the exchange is restarted
    assert growing.wav.read_head(desk.path.read_bytes()) == growing.wav.Head(1, 0)
    (desk.spares / f"{NAME}.0.1795338390.sln").write_bytes(frame(2))
    (desk.spares / f"{NAME}.0.1795338395.sln").write_bytes(frame(3))
    (desk.spares / "hl-1.22.wav.0.1795338395.sln").write_bytes(frame(9))
    again = Desk(tmp_path)
    await again.scribe.start()
    await again.scribe.take_up(NAME, again.path, 1)
    speaker = await again.speaker()
    await speaker.say(4)
    await again.size(growing.wav.HEAD_BYTES + 5 * 320)
    assert await again.scribe.finish(NAME) == 5 * 160
    await again.close()
    assert again.sound() == frame(1) * 2 + frame(2) + frame(3) + frame(4)
    assert [one.name for one in again.spares.iterdir()] == ["hl-1.22.wav.0.1795338395.sln"]


async def test_a_side_that_never_comes_is_told(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("appliance.recordings.writing.CONNECTS_WITHIN_S", 0.05)
    await desk.scribe.begin(NAME, desk.path, 1)
    await desk.scribe.expect(NAME, 0)
    assert await desk.until(1) == [SideLost(NAME, 0)]
    assert await desk.scribe.finish(NAME) == 0
    assert desk.sound() == b""


async def test_a_full_disk_breaks_one_recording_and_keeps_what_it_took(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, other = os.pwrite, desk.path.with_name("hl-2.wav")

    def full(descriptor: int, data: memoryview, place: int) -> int:
        if place > 5000 and os.readlink(f"/proc/self/fd/{descriptor}") == str(desk.path):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(descriptor, data, place)

    monkeypatch.setattr("appliance.recordings.file.os.pwrite", full)
    await desk.scribe.begin(NAME, desk.path, 1)
    await desk.scribe.begin("hl-2.wav", other, 1)
    speakers = [await desk.speaker(name=one) for one in (NAME, "hl-2.wav")]
    for _ in range(3):
        for speaker in speakers:
            await speaker.say(8, 20)
        await desk.size(0)
        await asyncio.sleep(0.25)
    (told,) = await desk.until(1)
    assert isinstance(told, Broken)
    assert (told.name, told.why) == (NAME, "No space left on device")
    assert 0 < told.frames <= 60 * 160
    assert desk.sound() == (frame(8) * 60)[: 2 * told.frames]
    assert await desk.scribe.finish("hl-2.wav") == 60 * 160


async def test_where_no_file_can_be_made_that_is_said_at_once(desk: Desk) -> None:
    desk.path.parent.parent.write_text("no folder")
    with pytest.raises(OSError, match=r"Not a directory|File exists"):
        await desk.scribe.begin(NAME, desk.path, 1)


@pytest.mark.parametrize("cut", [0, 10, 43, 44, 45, 46, 47, 48, 400, 401])
@pytest.mark.parametrize("sides", [1, 2])
def test_a_file_that_was_cut_anywhere_is_mended(tmp_path: Path, cut: int, sides: int) -> None:
    path = tmp_path / NAME
    whole = growing.wav.head(sides, 0) + bytes(range(256)) * 2
    path.write_bytes(whole[:cut])
    frames = growing.mend(path, sides)
    assert frames == max(0, cut - 44) // (2 * sides)
    with wave.open(str(path)) as read:
        assert (read.getnframes(), read.getnchannels()) == (frames, sides)
        assert read.readframes(1000) == whole[44 : 44 + frames * 2 * sides]
    before = path.stat().st_mtime_ns
    assert growing.mend(path, sides) == frames
    assert frames == 0 or path.stat().st_mtime_ns == before  # what is right is left alone
