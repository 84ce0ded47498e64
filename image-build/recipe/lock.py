"""``packages.lock``: every Debian package of the image, one a line, with version, size and SHA-256. Pure.

[root amd64]
asterisk 1:22.10.1+dfsg-1 2534036 3f0c… pool/main/a/asterisk/asterisk_22.10.1+dfsg-1_amd64.deb
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from recipe.problems import BuildError

HEADER = "# every package of the image: name version bytes sha256 path; made by `make image-lock`\n"
NAME = re.compile(r"[a-z0-9][a-z0-9+.-]+")
HASH = re.compile(r"[0-9a-f]{64}")
PATH = re.compile(r"pool/[A-Za-z0-9+.~_%/-]+\.deb")


@dataclass(frozen=True, slots=True, order=True)
class Package:
    """One pinned package; ``size`` in bytes, ``path`` below the mirror."""

    name: str
    version: str
    size: int
    sha256: str
    path: str

    @property
    def line(self) -> str:
        """As it stands in the lock."""
        return f"{self.name} {self.version} {self.size} {self.sha256} {self.path}"


Lock = Mapping[tuple[str, str], tuple[Package, ...]]  # by group and architecture


def written(lock: Lock) -> str:
    """The lock as text: sorted, so that a diff shows what changed."""
    parts = [HEADER]
    for (group, architecture), packages in sorted(lock.items()):
        parts.append(f"\n[{group} {architecture}]\n")
        parts.extend(f"{one.line}\n" for one in sorted(packages))
    return "".join(parts)


def read(text: str, name: str = "packages.lock") -> Lock:
    """The lock from its text. Raises :class:`BuildError` with the line that is wrong."""
    lock: dict[tuple[str, str], list[Package]] = {}
    current: list[Package] | None = None
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        if section := re.fullmatch(r"\[(\w+) (\w+)\]", line):
            current = lock.setdefault((section[1], section[2]), [])
            continue
        if current is None:
            raise BuildError(f"{name}:{number}: a package before the first [group architecture]")
        current.append(_package(line, f"{name}:{number}"))
    return {key: tuple(packages) for key, packages in lock.items()}


def _package(line: str, place: str) -> Package:
    fields = line.split()
    if len(fields) != 5 or not fields[2].isdigit():
        raise BuildError(f"{place}: not `name version bytes sha256 path`; make the lock anew with `make image-lock`")
    name, version, size, sha256, path = fields
    for what, pattern, value in (("name", NAME, name), ("sha256", HASH, sha256), ("path", PATH, path)):
        if not pattern.fullmatch(value) or ".." in value:
            raise BuildError(f"{place}: {value!r} is no {what}")
    return Package(name, version, int(size), sha256, path)


def changes(old: Iterable[Package], new: Iterable[Package]) -> list[str]:
    """What a new lock changes, for a person."""
    before, after = ({one.name: one.version for one in side} for side in (old, new))
    gone = [f"- {name} {before[name]}" for name in sorted(before.keys() - after.keys())]
    come = [f"+ {name} {after[name]}" for name in sorted(after.keys() - before.keys())]
    both = sorted(before.keys() & after.keys())
    return gone + come + [f"  {one} {before[one]} → {after[one]}" for one in both if before[one] != after[one]]
