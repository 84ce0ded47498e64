"""One connection of Asterisk's ``AudioSocket()``, drained now and then instead of waited for."""

from __future__ import annotations

import contextlib
import socket
from uuid import UUID

from appliance.screening.audiosocket import Decoder, Kind, ProtocolError, call_id

READ_BYTES = 256 * 1024  # more than comes in a second
RECEIVE_BUFFER_BYTES = 1024 * 1024  # asked for: a minute of sound for a disk that hangs; the kernel may give less
IDENTIFY_WITHIN_S = 2.0
SILENT_AFTER_S = 10.0  # a frame comes each 20 ms, sound or not: a peer that is silent for so long is dead


class Connection:
    """``id`` is what it named, once it did. ``over`` once nothing more will come. ``sound`` is what has come and was
    not taken yet."""

    def __init__(self, stream: socket.socket, now: float) -> None:
        stream.setblocking(False)
        with contextlib.suppress(OSError):
            stream.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
        self._stream, self._decoder, self._heard_at = stream, Decoder(), now
        self.id: UUID | None = None
        self.over = False
        self.sound = bytearray()

    def drain(self, now: float) -> None:
        """Read what has come."""
        while not self.over and (data := self._receive()):
            self._heard_at = now
            try:
                self._take(data)
            except ProtocolError:
                self.over = True
        patience_s = IDENTIFY_WITHIN_S if self.id is None else SILENT_AFTER_S
        self.over = self.over or now - self._heard_at > patience_s

    def take(self, now: float) -> bytes:
        """The sound that has come."""
        self.drain(now)
        sound, self.sound = bytes(self.sound), bytearray()
        return sound

    def close(self) -> None:
        """Hang up."""
        self.over = True
        self._stream.close()

    def _receive(self) -> bytes:
        try:
            data = self._stream.recv(READ_BYTES)
        except (BlockingIOError, InterruptedError):
            return b""
        except OSError:
            data = b""
        self.over = not data
        return data

    def _take(self, data: bytes) -> None:
        for message in self._decoder.feed(data):
            if self.id is None:
                self.id = call_id(message)
            elif message.kind is Kind.AUDIO:
                self.sound += message.payload
            elif message.kind in (Kind.HANGUP, Kind.ERROR):
                self.over = True
                return
