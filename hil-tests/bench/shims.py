"""Programs of the bench's root under their own names, for what looks for them on the PATH."""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench.programs import cache_dir, find_program

EXECUTABLE = 0o755


def make_shims(folder: Path, names: Sequence[str] = ("espeak-ng", "sox")) -> Path:
    """Fill ``folder`` with them, which is to go before the rest of the PATH. Raises ``MissingProgram``."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        program = find_program(name)
        words = [*program.argv]
        data = next(program.root.glob("usr/lib/*/espeak-ng-data"), None)
        if name == "espeak-ng" and data is not None and program.root != Path("/"):
            words += ["--path", str(data.parent)]
        file = folder / name
        file.write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n')
        file.chmod(EXECUTABLE)
    return folder


def keep_what_is_spoken(prompts: Path) -> None:
    """Have the exchange whose ``directories.prompts`` this is keep what it speaks from one run to the next."""
    kept = cache_dir() / "spoken"
    kept.mkdir(parents=True, exist_ok=True)
    prompts.mkdir(parents=True, exist_ok=True)
    if not (prompts / "spoken").exists():
        (prompts / "spoken").symlink_to(kept)


@contextmanager
def on_path(folder: Path) -> Iterator[None]:
    """The PATH of this process begins with ``folder``."""
    before = os.environ["PATH"]
    os.environ["PATH"] = with_shims(folder, before)
    try:
        yield
    finally:
        os.environ["PATH"] = before


def with_shims(folder: Path, path: str) -> str:
    """The PATH with ``folder`` before everything."""
    return f"{folder}:{path}"


def without(path: str, *names: str) -> str:
    """The PATH without any folder that has one of these programs."""
    return ":".join(
        one for one in path.split(":") if not any(shutil.which(name, path=one) is not None for name in names)
    )
