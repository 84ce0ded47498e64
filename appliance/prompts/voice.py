"""The voice: words spoken once and kept as files, so that a call waits for them the first time at most."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
from pathlib import Path

from appliance import wholefile
from appliance.prompts.espeak import Espeak
from appliance.prompts.programs import ProgramError

_log = logging.getLogger(__name__)
WITHIN_S = 4.0  # a caller waits no longer for one sentence
MOST_FILES, MOST_BYTES = 2000, 100_000_000
EASED_TO = 0.8  # what is left of either when room is made
AT_ONCE = 2  # the box has four cores, and calls to carry
LOOK_AGAIN_S = 60.0
READABLE = 0o640  # by Asterisk's group, which the folder hands down
SUFFIX = ".wav"


class Voice:
    """Give it a folder that Asterisk may read; :meth:`open` it before use. All calls come from one event loop."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._kept: dict[str, int] = {}  # file → bytes, the longest unused first
        self._being_made: dict[str, asyncio.Task[bool]] = {}
        self._slots, self._idle_slot = asyncio.Semaphore(AT_ONCE), asyncio.Semaphore(1)
        self._espeak: Espeak | None = None
        self._look_at = 0.0
        self._refused: dict[str, float] = {}
        self.trouble = ""

    async def open(self) -> None:
        """Find what was kept before, and the synthesiser."""
        try:
            self._kept = await asyncio.to_thread(_listed, self._folder)
        except OSError as error:
            self._say(f"{self._folder} cannot be used: {error.strerror}")
        await self._found()

    async def close(self) -> None:
        """Give up what is being spoken."""
        for task in self._being_made.values():
            task.cancel()
        await asyncio.gather(*self._being_made.values(), return_exceptions=True)

    async def speak(self, text: str, language: str, *, idle: bool = False) -> str | None:
        """The file without its suffix; ``None`` where there is none in time. What takes longer is made all the same,
        for the next one who asks. ``idle``: nobody waits, so one at a time, and without end."""
        espeak = await self._found()
        if espeak is None:
            return None
        name = hashlib.sha256(espeak.recipe(text, language).encode()).hexdigest()[:32]
        if name in self._kept:
            self._kept[name] = self._kept.pop(name)  # used last
            return str(self._folder / name)
        if self._refused.get(name, 0.0) > asyncio.get_running_loop().time():
            return None
        making = self._being_made.get(name)
        if making is None:
            slots = self._idle_slot if idle else self._slots
            making = asyncio.create_task(self._make(espeak, slots, name, text, language), name=f"speak {name}")
            self._being_made[name] = making
            making.add_done_callback(lambda _: self._being_made.pop(name, None))
        try:
            async with asyncio.timeout(None if idle else WITHIN_S):
                return str(self._folder / name) if await asyncio.shield(making) else None
        except TimeoutError:
            _log.warning("words in %s took longer than %g s to speak", language, WITHIN_S)
            return None

    async def _make(self, espeak: Espeak, slots: asyncio.Semaphore, name: str, text: str, language: str) -> bool:
        loop = asyncio.get_running_loop()
        try:
            async with slots:
                wav = await espeak.speak(text, language)
            await asyncio.to_thread(_write, self._folder / f"{name}{SUFFIX}", wav)
        except ProgramError as error:
            self._refused = {key: until for key, until in self._refused.items() if until > loop.time()}
            self._refused[name] = loop.time() + LOOK_AGAIN_S
            self._say(str(error))
            return False
        except OSError as error:
            self._refused[name] = loop.time() + LOOK_AGAIN_S
            self._say(f"{self._folder} cannot be written: {error.strerror}")
            return False
        self._kept[name] = len(wav)
        self._say("")
        await self._make_room()
        return True

    async def _make_room(self) -> None:
        held = sum(self._kept.values())
        if len(self._kept) <= MOST_FILES and held <= MOST_BYTES:
            return
        going = []
        for name in [*self._kept]:
            if len(self._kept) <= MOST_FILES * EASED_TO and held <= MOST_BYTES * EASED_TO:
                break
            held -= self._kept.pop(name)
            going.append(self._folder / f"{name}{SUFFIX}")
        await asyncio.to_thread(_remove, going)

    async def _found(self) -> Espeak | None:
        now = asyncio.get_running_loop().time()
        if self._espeak is None and now >= self._look_at:
            self._look_at = now + LOOK_AGAIN_S
            try:
                self._espeak = await Espeak.find()
                self._say("")
            except ProgramError as error:
                self._say(str(error))
        return self._espeak

    def _say(self, trouble: str) -> None:
        if trouble and trouble != self.trouble:
            _log.warning("what is not recorded cannot be spoken: %s", trouble)
        self.trouble = trouble


def _listed(folder: Path) -> dict[str, int]:
    folder.mkdir(parents=True, exist_ok=True)
    found = []
    for entry in os.scandir(folder):
        name, suffix = os.path.splitext(entry.name)
        if suffix == SUFFIX and not name.startswith("."):
            told = entry.stat()
            found.append((told.st_mtime, name, told.st_size))
        elif name.startswith("."):  # of a writer that was killed
            os.unlink(entry.path)
    return {name: size for _, name, size in sorted(found)}


def _write(file: Path, wav: bytes) -> None:
    wholefile.replace(file, wav, lambda descriptor: os.fchmod(descriptor, READABLE))


def _remove(files: list[Path]) -> None:
    for file in files:
        file.unlink(missing_ok=True)
