"""The user's own sounds: files that never change, named by what is in them, so that all exchanges have the same."""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
from collections.abc import Mapping
from pathlib import Path

from appliance import wholefile
from appliance.domain.phrase import phrase
from appliance.domain.prompts import OWN
from appliance.prompts.voice import READABLE, SUFFIX

MOST_SOUNDS, MOST_BYTES = 2000, 1_000_000_000
HASH_DIGITS = 12
LONGEST_NAME = 64
_NAME = re.compile(rf"[a-z0-9][a-z0-9_-]{{0,{LONGEST_NAME - 1}}}\Z")
_SOUND = re.compile(rf"{OWN}[a-z0-9][a-z0-9_-]{{0,{LONGEST_NAME - 1}}}-[0-9a-f]{{{HASH_DIGITS}}}\Z")


class StoreFullError(Exception):
    """No room is left for another sound; the message says what to do."""


def is_own(sound: str) -> bool:
    """Whether the name is one of an imported sound."""
    return _SOUND.match(sound) is not None


def name_of(name: str, wav: bytes) -> str:
    """What the sound is called. Raises ``ValueError`` for a name that is none."""
    if not _NAME.match(name):
        raise ValueError(
            phrase(
                "{name} is no name; write small letters, digits, - and _, {most} at most",
                name=repr(name),
                most=LONGEST_NAME,
            )
        )
    return f"{OWN}{name}-{hashlib.sha256(wav).hexdigest()[:HASH_DIGITS]}"


class OwnSounds:
    """The sounds in one folder, which Asterisk may read. Methods that touch the disk do so in threads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._sizes: dict[str, int] = {}

    async def open(self) -> None:
        """See what there is. Raises ``OSError``."""
        self._sizes = await asyncio.to_thread(self._listed)

    @property
    def sizes(self) -> Mapping[str, int]:
        """Bytes by sound."""
        return self._sizes

    def has(self, sound: str) -> bool:
        """Whether it is here."""
        return sound in self._sizes

    def path(self, sound: str) -> Path:
        """Its file without the suffix, as Asterisk opens it."""
        return self._folder / sound.removeprefix(OWN)

    async def keep(self, name: str, wav: bytes) -> str:
        """Keep it durably; its name. Raises ``ValueError`` for the name, :class:`StoreFullError`, ``OSError``."""
        sound = name_of(name, wav)
        if sound not in self._sizes:
            if len(self._sizes) >= MOST_SOUNDS or sum(self._sizes.values()) + len(wav) > MOST_BYTES:
                raise StoreFullError(
                    phrase(
                        "there are {size} sounds already; remove some: hotline prompts list, remove",
                        size=len(self._sizes),
                    )
                )
            await asyncio.to_thread(self._write, sound, wav)
            self._sizes[sound] = len(wav)
        return sound

    async def read(self, sound: str, offset: int, size: int) -> bytes:
        """A piece of the file. Raises ``LookupError`` where there is no such sound, ``OSError``."""
        if sound not in self._sizes:
            raise LookupError(sound)
        return await asyncio.to_thread(self._read, sound, offset, size)

    async def remove(self, sound: str) -> None:
        """Remove it. Raises ``LookupError``, ``OSError``."""
        if sound not in self._sizes:
            raise LookupError(sound)
        await asyncio.to_thread(self._file(sound).unlink, True)
        self._sizes.pop(sound, None)

    def _file(self, sound: str) -> Path:
        return self.path(sound).with_name(self.path(sound).name + SUFFIX)

    def _listed(self) -> dict[str, int]:
        self._folder.mkdir(parents=True, exist_ok=True)
        found = {}
        for entry in os.scandir(self._folder):
            name, suffix = os.path.splitext(entry.name)
            if suffix == SUFFIX and is_own(OWN + name):
                found[OWN + name] = entry.stat().st_size
            elif entry.name.startswith("."):  # of a writer that was killed
                os.unlink(entry.path)
        return dict(sorted(found.items()))

    def _write(self, sound: str, wav: bytes) -> None:
        wholefile.replace(self._file(sound), wav, lambda descriptor: os.fchmod(descriptor, READABLE))

    def _read(self, sound: str, offset: int, size: int) -> bytes:
        with self._file(sound).open("rb") as file:
            file.seek(offset)
            return file.read(size)
