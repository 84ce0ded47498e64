"""``make image-lock``: the lock made anew."""

from __future__ import annotations

from recipe.lock import Lock, changes, read, written
from recipe.places import LOCK
from recipe.progress import Progress
from recipe.resolve import resolved
from recipe.wanted import groups


def relock(mirror: str, valid_until: bool, progress: Progress) -> None:
    """Ask the mirror for every group, write the lock, say what changed."""
    old: Lock = read(LOCK.read_text()) if LOCK.exists() else {}
    new = {}
    for group in groups():
        with progress.step(f"resolving {group.name} for {group.architecture}"):
            new[group.name, group.architecture] = resolved(group, mirror, valid_until)
    LOCK.write_text(written(new))
    for key, packages in new.items():
        for line in changes(old.get(key, ()), packages):
            print(f"  {' '.join(key)}: {line}")
