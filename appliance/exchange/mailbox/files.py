"""The files of messages: the takes that Asterisk writes, and the ones we keep of them. Everything blocks."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from appliance import wholefile
from appliance.config import Config
from appliance.prompts import waves
from appliance.prompts.waves import UnusableError
from appliance.recordings.keeper import MIB
from appliance.recordings.room import look
from appliance.threads import in_daemon_thread

_log = logging.getLogger(__name__)
FOLDER = "voicemail"  # beside the list of messages
LEAST_SPEECH_S = 0.4  # a word; clicks and breath are shorter
TAIL_FRAMES = waves.RATE_HZ // 2  # what stays of the silence at the end
UNWANTED_AFTER_S = 31 * 86_400.0  # what no list names: an outbox of before may still have letters for it


class MessageFiles:
    """``spool`` is the folder in which Asterisk records, ``folder`` ours."""

    def __init__(self, spool: Path, folder: Path) -> None:
        self._spool, self._folder = spool, folder

    def speaks(self, call: str, take: int) -> bool:
        """Whether somebody speaks in a take."""
        return waves.speech_in(self._pcm(call, take))[0] >= LEAST_SPEECH_S

    def newest(self, call: str, takes: int) -> bytes | None:
        """The samples of the newest take in which somebody speaks, without the silence at its end. Raises
        ``OSError``."""
        for take in range(takes, 0, -1):
            pcm = self._pcm(call, take)
            speech_s, end = waves.speech_in(pcm)
            if speech_s >= LEAST_SPEECH_S:
                return pcm[: (end + TAIL_FRAMES) * waves.SAMPLE_BYTES]
        return None

    def keep(self, name: str, pcm: bytes) -> None:
        """A file of ours, durable on return. Raises ``OSError``."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o750)
        wholefile.replace(self._folder / name, waves.as_wav(pcm))

    def kept(self, name: str) -> Path:
        """Where it is."""
        return self._folder / name

    def to_the_disk(self, call: str, take: int) -> None:
        """Have what is written of a take so far outlast a power cut."""
        with suppress(OSError):
            descriptor = os.open(self._path(call, take), os.O_RDONLY)
            try:
                os.fdatasync(descriptor)
            finally:
                os.close(descriptor)

    def idle_s(self, call: str, take: int) -> float | None:
        """How long ago a take was written to; ``None`` where there is none."""
        try:
            return time.time() - self._path(call, take).stat().st_mtime
        except OSError:
            return None

    def remove_takes(self, call: str, takes: int) -> None:
        """They are not needed any more."""
        for take in range(1, takes + 1):
            try:
                self._path(call, take).unlink(missing_ok=True)
            except OSError as error:
                _log.warning("a take of call %s stays: %s", call, error.strerror)

    def remove(self, name: str) -> None:
        """A kept one, for ever; one that is gone already does no harm. Raises ``OSError``."""
        (self._folder / name).unlink(missing_ok=True)

    def sweep(self, known: Collection[str]) -> None:
        """Remove files that are in no list: it was lost with its disk's sector. Raises ``OSError``."""
        if not self._folder.is_dir():
            return
        for file in self._folder.iterdir():
            if file.name not in known and time.time() - file.stat().st_mtime > UNWANTED_AFTER_S:
                _log.warning("a message of %.0f days ago is removed: no list names it", UNWANTED_AFTER_S / 86_400)
                file.unlink(missing_ok=True)

    def _pcm(self, call: str, take: int) -> bytes:
        try:
            return waves.pcm_in(self._path(call, take).read_bytes())
        except FileNotFoundError:
            return b""
        except UnusableError as error:
            _log.warning("take %d of call %s cannot be used: %s", take, call, error)
            return b""

    def _path(self, call: str, take: int) -> Path:
        return self._spool / f"{take_name(call, take)}.wav"


def take_name(call: str, take: int) -> str:
    """As Asterisk knows it: below its folder for recordings, without the suffix."""
    return f"hl-message-{call}-{take}"


async def is_full(config: Config) -> bool:
    """Whether the disks that a message needs have less left than half of what recordings leave free. Raises
    ``OSError``."""
    places = (config.exchange.directories.spool, config.device.state_dir)
    free = await in_daemon_thread(lambda: min(map(_free_bytes, places)), "free")
    return look(free, config.recordings.reserve_mb * MIB).stop


def _free_bytes(folder: Path) -> int:
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize
