"""Which sounds there are on this machine: Asterisk's recorded ones by language, and the user's own."""

from __future__ import annotations

import os
from pathlib import Path

from appliance.prompts.own import OwnSounds

_FOLDERS = ("", "digits", "followme", "letters")  # those that prompts name sounds of
_FORMATS = frozenset({".gsm", ".wav", ".ulaw", ".alaw", ".g722", ".sln", ".sln16"})


class Library:
    """``sounds`` is the folder of that name in Asterisk's data. :meth:`look` finds out; nobody knows before."""

    def __init__(self, sounds: Path, own: OwnSounds) -> None:
        self._sounds, self._own = sounds, own
        self._recorded: frozenset[tuple[str, str]] = frozenset()

    def look(self, languages: tuple[str, ...]) -> None:
        """Look what is recorded in these languages. Blocks; a folder that cannot be read has nothing."""
        self._recorded = frozenset((language, name) for language in languages for name in self._names(language))

    def recorded(self, language: str, name: str) -> bool:
        """Whether Asterisk has a recorded sound in a language."""
        return (language, name) in self._recorded

    def imported(self, name: str) -> bool:
        """Whether an imported sound is here."""
        return self._own.has(name)

    def file(self, language: str, name: str, suffixes: tuple[str, ...]) -> Path | None:
        """The recorded sound in the first of these formats that is there. Blocks."""
        files = (self._sounds / language / f"{name}{suffix}" for suffix in suffixes)
        return next((file for file in files if file.is_file()), None)

    def _names(self, language: str) -> set[str]:
        names = set()
        for folder in _FOLDERS:
            try:
                entries = os.listdir(self._sounds / language / folder)
            except OSError:
                continue
            for entry in entries:
                stem, suffix = os.path.splitext(entry)
                if suffix in _FORMATS:
                    names.add(f"{folder}/{stem}".lstrip("/"))
        return names
