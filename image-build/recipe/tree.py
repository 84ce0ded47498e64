"""The files of a root in memory, made from tars and written as one tar: no root rights, the same bytes always.

Owners, modes and capabilities come out as they went in; every time stamp becomes the build's.
"""

from __future__ import annotations

import copy
import fnmatch
import io
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import IO


class Tree:
    """Entries by path without a leading slash."""

    def __init__(self) -> None:
        self._entries: dict[str, tuple[tarfile.TarInfo, bytes]] = {}

    def __contains__(self, path: str) -> bool:
        return path in self._entries

    def __iter__(self) -> Iterator[tarfile.TarInfo]:
        return (info for info, _ in self._entries.values())

    def paths(self) -> list[str]:
        """Every path, sorted."""
        return sorted(self._entries)

    def info(self, path: str) -> tarfile.TarInfo:
        """What is known of a path."""
        return self._entries[path][0]

    def data(self, path: str) -> bytes:
        """A file's bytes, through symbolic and hard links."""
        info, data = self._entries[self.real(path)]
        return self.data(info.linkname) if info.islnk() else data

    def real(self, path: str) -> str:
        """The path with every symbolic link followed. Raises ``KeyError`` where it leads nowhere."""
        todo, done = list(PurePosixPath(path).parts), PurePosixPath()
        for _ in range(1000):
            if not todo:
                return str(done)
            part = todo.pop(0)
            if part in ("/", "."):
                done = PurePosixPath() if part == "/" else done
                continue
            if part == "..":
                done = done.parent
                continue
            here = self._entries.get(str(done / part))
            if here is None:
                raise KeyError(path)
            if here[0].issym():
                todo = [*PurePosixPath(here[0].linkname).parts, *todo]
            else:
                done = done / part
        raise KeyError(path)

    def place(self, path: str) -> str:
        """Where a new file lands when directories on the way are links, as ``/lib`` is."""
        parent = str(PurePosixPath(path).parent)
        try:
            return path if parent == "." else str(PurePosixPath(self.real(parent)) / PurePosixPath(path).name)
        except KeyError:
            return path

    def merge(self, tar: IO[bytes], keep: Callable[[str], bool] = lambda _: True) -> None:
        """Take the entries of a tar."""
        with tarfile.open(fileobj=tar, mode="r|*") as archive:
            for info in archive:
                path = str(PurePosixPath(info.name.lstrip("/")))
                if path == "." or not keep(path):
                    continue
                file = archive.extractfile(info) if info.isreg() else None
                self._put(path, info, file.read() if file is not None else b"")

    def file(self, path: str, data: bytes, mode: int = 0o644, owner: tuple[int, int] = (0, 0)) -> None:
        """Put a file; directories on the way are made."""
        info = tarfile.TarInfo()
        info.mode, (info.uid, info.gid) = mode, owner
        self._put(path, info, data)

    def folder(self, path: str, mode: int = 0o755, owner: tuple[int, int] = (0, 0)) -> None:
        """Put a directory."""
        info = tarfile.TarInfo()
        info.type, info.mode, (info.uid, info.gid) = tarfile.DIRTYPE, mode, owner
        self._put(path, info, b"")

    def link(self, path: str, target: str) -> None:
        """Put a symbolic link."""
        info = tarfile.TarInfo()
        info.type, info.linkname, info.mode = tarfile.SYMTYPE, target, 0o777
        self._put(path, info, b"")

    def copy(self, source: Path, path: str) -> None:
        """Put a folder's files as root's: what is executable for its owner is so for everybody."""
        for one in sorted(source.rglob("*")):
            target = str(PurePosixPath(path) / one.relative_to(source).as_posix())
            if one.is_symlink():
                self.link(target, str(one.readlink()))
            elif one.is_file():
                self.file(target, one.read_bytes(), 0o755 if one.stat().st_mode & 0o100 else 0o644)

    def remove(self, *patterns: str) -> None:
        """Drop what matches, with all below it."""
        for pattern in patterns:
            for path in [
                one for one in self._entries if fnmatch.fnmatch(one, pattern) or fnmatch.fnmatch(one, f"{pattern}/*")
            ]:
                del self._entries[path]

    def write(self, path: Path, time_s: int) -> None:
        """The tar: sorted, one time stamp, numbers for owners."""
        top = tarfile.TarInfo("./")  # else whoever unpacks it chooses, and mkfs.erofs lets everybody write
        top.type, top.mode, top.mtime = tarfile.DIRTYPE, 0o755, time_s
        with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as archive:
            archive.addfile(top)
            for name in self.paths():
                info, data = self._entries[name]
                entry = copy.copy(info)
                entry.name, entry.mtime, entry.uname, entry.gname = name, time_s, "", ""
                entry.pax_headers = {k: v for k, v in info.pax_headers.items() if k.startswith("SCHILY.xattr.")}
                archive.addfile(entry, io.BytesIO(data) if entry.isreg() else None)

    def _put(self, path: str, info: tarfile.TarInfo, data: bytes) -> None:
        path = self.place(path)
        if info.isdir() and path in self._entries and self._entries[path][0].issym():
            return  # /lib of a package meets the link of a merged /usr
        parent = str(PurePosixPath(path).parent)
        if parent != "." and parent not in self._entries:
            self.folder(parent)
        if info.islnk():
            info.linkname = str(PurePosixPath(info.linkname))
        info.size = len(data) if info.isreg() else 0
        self._entries[path] = (info, data)
