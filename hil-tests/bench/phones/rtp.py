"""One RTP stream of a telephone (RFC 3550): what it plays, and what it hears with the time of each packet."""

from __future__ import annotations

import asyncio
import random
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np

from bench.phones.audio import FRAME_S, FRAME_SAMPLES, RATE_HZ, SILENT_FRAME, Samples, from_a_law, tone
from bench.phones.sdp import A_LAW, EVENT
from bench.phones.timeline import Ear, Span

DIGITS = "0123456789*#"
DIGIT_FRAMES, PAUSE_FRAMES = 6, 4  # 120 ms on, 80 ms off
LATE_S = 0.1  # a packet so much later than the one before is after a silence, not a late one
STALL_S = 2.0  # one that goes on where the one before ended is only late: the machine was busy for so long
LONGEST_S = 600.0
SO_TIMESTAMPNS = 35  # Linux, socket(7); no name in the module socket
TIMESPEC = struct.Struct("@ll")


class Stream:
    """Sends a frame each 20 ms once it has somebody to send to; records from its making on.

    ``began`` is the Unix time of the recording's first sample. ``mute`` sends nothing at all.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        self.began = time.time()
        self.mute = False
        self.last_packet_at = self.began
        self.pressed: list[tuple[float, str]] = []  # digits that the other side pressed, with their Unix time
        self._sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._sock.setblocking(False)
        # when a packet came, and not when a busy machine let us look: else each stall is a break in what is heard
        self._sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self._sock.bind((address, 0))
        self.port: int = self._sock.getsockname()[1]
        self._to: tuple[str, int] | None = None
        self._queue: deque[bytes] = deque()
        self._digits: deque[str | None] = deque()
        self._tone: tuple[bytes, ...] = ()
        self._step = 0
        self._event: tuple[int, int] | None = None  # digit code, frames so far
        self._ssrc, self._sequence, self._timestamp = random.getrandbits(32), 0, 0
        self._due, self._held_until = 0.0, 0.0
        self._heard: list[tuple[int, bytes]] = []
        # who looks may do so beside the loop, and often: what was decoded and listened to once is kept
        self._looking = threading.Lock()
        self._decoded, self._length, self._samples = 0, 0, np.zeros(0, dtype=np.int16)
        self._ear = Ear({})
        self._cursor = 0
        self._goes_on = b""  # source and timestamp of the packet that goes on where the last one ended
        self._last_event = -1
        self._drained: list[asyncio.Future[None]] = []
        asyncio.get_running_loop().add_reader(self._sock.fileno(), self._readable)

    def send_to(self, target: tuple[str, int] | None) -> None:
        """The other side's address, as its session description tells it."""
        if target and self._to is None:
            self._due = time.monotonic()
        self._to = target or self._to

    def play(self, frames: Iterable[bytes]) -> None:
        """Play these after what is playing; the tone is silent meanwhile."""
        self._queue.extend(frames)

    def set_tone(self, hz: int | None) -> None:
        """A steady tone below all else, or silence."""
        self._tone = tone(hz) if hz else ()

    def press(self, digits: str) -> None:
        """Send telephone-events. Raises ``ValueError`` for what no key pad has."""
        if not set(digits) <= set(DIGITS):
            raise ValueError(f"{digits!r} are not all keys of a telephone")
        for digit in digits:
            self._digits.extend((digit, None))

    def hold(self, seconds: float) -> None:
        """Nothing leaves for so long, and then all of it at once, as from a link that stalls."""
        self._held_until = time.monotonic() + seconds

    async def played(self) -> None:
        """Return once everything that was given has been played."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._drained.append(done)
        await done

    def tick(self, now: float) -> None:
        """Send what is due at this monotonic time."""
        if self._to is None or self._sock.fileno() < 0 or now < self._held_until:
            return
        while self._due <= now:
            self._due += FRAME_S
            self._send()
            if (
                self._event is not None or self._digits
            ):  # fingers do not make up for lost time, nor are keys then heard
                self._due = max(self._due, now + FRAME_S)

    def recording(self) -> Samples:
        """Everything heard so far, silence where nothing came."""
        with self._looking:
            return self._recording()

    def heard(self, known_hz: Mapping[str, int]) -> tuple[Span, ...]:
        """Whose tone was heard so far, from when until when."""
        with self._looking:
            if self._ear.known_hz != known_hz:
                self._ear = Ear(known_hz)
            return self._ear.spans(self._recording())

    def _recording(self) -> Samples:
        fresh = self._heard[self._decoded :]  # the loop goes on adding to it
        if fresh:
            length = fresh[-1][0] + len(fresh[-1][1])
            if length > len(self._samples):
                self._samples = np.concatenate((self._samples, np.zeros(length, dtype=np.int16)))
            for at, codes in fresh:
                self._samples[at : at + len(codes)] = from_a_law(codes)
            self._decoded += len(fresh)
            self._length = length
        return self._samples[: self._length]

    def close(self) -> None:
        """Let go of the socket; the recording stays."""
        if self._sock.fileno() >= 0:
            asyncio.get_running_loop().remove_reader(self._sock.fileno())
            self._sock.close()
        for done in self._drained:
            if not done.done():
                done.cancel()

    def _send(self) -> None:
        if self._event is None and self._digits:
            digit = self._digits.popleft()
            self._event = (-1 if digit is None else DIGITS.index(digit), 0)
        if self._event is not None:
            self._send_event()
            return
        if self._queue:
            frame = self._queue.popleft()
        else:
            for done in self._drained:
                if not done.done():
                    done.set_result(None)
            self._drained.clear()
            frame = self._tone[self._step % len(self._tone)] if self._tone else SILENT_FRAME
            self._step += 1
        self._packet(A_LAW, frame, self._timestamp)
        self._timestamp += FRAME_SAMPLES

    def _send_event(self) -> None:
        assert self._event is not None
        code, frame = self._event
        self._event = (code, frame + 1)
        if code < 0:  # a pause between keys
            self._packet(A_LAW, SILENT_FRAME, self._timestamp)
            self._timestamp += FRAME_SAMPLES
            if frame + 1 >= PAUSE_FRAMES:
                self._event = None
            return
        last = frame + 1 >= DIGIT_FRAMES
        payload = struct.pack("!BBH", code, (0x80 if last else 0) | 10, (frame + 1) * FRAME_SAMPLES)
        for _ in range(3 if last else 1):  # RFC 4733 §2.5.1.4: the end is sent three times
            self._packet(EVENT, payload, self._timestamp, marker=frame == 0)
        if last:
            self._event = None
            self._timestamp += DIGIT_FRAMES * FRAME_SAMPLES

    def _packet(self, kind: int, payload: bytes, timestamp: int, *, marker: bool = False) -> None:
        if self.mute or self._to is None:
            return
        self._sequence = (self._sequence + 1) & 0xFFFF
        head = struct.pack(
            "!BBHII", 0x80, kind | (0x80 if marker else 0), self._sequence, timestamp & 0xFFFFFFFF, self._ssrc
        )
        try:
            self._sock.sendto(head + payload, self._to)
        except OSError:
            return  # refused: the other side is dead, which a telephone does not notice either

    def _readable(self) -> None:
        while True:
            try:
                data, beside, _, _ = self._sock.recvmsg(2048, socket.CMSG_SPACE(TIMESPEC.size))
            except OSError:
                return
            if len(data) > 12:
                self._take(data[1] & 0x7F, data[4:8], data[8:12], data[12:], _arrival(beside))

    def _take(self, kind: int, timestamp: bytes, source: bytes, payload: bytes, now: float) -> None:
        self.last_packet_at = now
        if kind == EVENT and payload[1] & 0x80 and payload[0] < len(DIGITS):
            if (stamp := int.from_bytes(timestamp, "big")) != self._last_event:
                self._last_event = stamp
                self.pressed.append((now, DIGITS[payload[0]]))
        elif kind == A_LAW and now - self.began < LONGEST_S:
            arrived = int((now - self.began) * RATE_HZ) - len(payload)
            late_s = STALL_S if source + timestamp == self._goes_on else LATE_S
            if arrived - self._cursor > late_s * RATE_HZ:
                self._cursor = arrived
            ends = int.from_bytes(timestamp, "big") + len(payload)
            self._goes_on = source + (ends & 0xFFFFFFFF).to_bytes(4, "big")
            self._heard.append((max(self._cursor, 0), payload))
            self._cursor = max(self._cursor, 0) + len(payload)


def _arrival(beside: Sequence[tuple[int, int, bytes]]) -> float:
    """The Unix time at which the kernel took the packet."""
    for level, kind, data in beside:
        if (level, kind) == (socket.SOL_SOCKET, SO_TIMESTAMPNS):
            seconds, nanoseconds = TIMESPEC.unpack(data[: TIMESPEC.size])
            return float(seconds + nanoseconds / 1e9)
    return time.time()


class Pump:
    """Drives all streams from one task."""

    def __init__(self, streams: Callable[[], Iterable[Stream]]) -> None:
        self._streams = streams

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            now = time.monotonic()
            for stream in list(self._streams()):
                stream.tick(now)
            await asyncio.sleep(FRAME_S)
