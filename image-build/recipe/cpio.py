"""An initramfs: a cpio archive in the kernel's ``newc`` format (Documentation/driver-api/early-userspace). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Node:
    """A file (0o100…), a directory (0o040…) or a symbolic link (0o120…) by its whole mode."""

    mode: int
    data: bytes = b""


def archive(nodes: Mapping[str, Node]) -> bytes:
    """The archive: sorted, no times, everything root's. Directories on the way must be among the nodes."""
    parts = [_entry(number, path, node) for number, (path, node) in enumerate(sorted(nodes.items()), start=1)]
    return b"".join([*parts, _entry(0, "TRAILER!!!", Node(0))])


def _entry(number: int, path: str, node: Node) -> bytes:
    name = path.encode() + b"\0"
    links = 2 if node.mode & 0o170000 == 0o040000 else 1
    fields = (number, node.mode, 0, 0, links, 0, len(node.data), 0, 0, 0, 0, len(name), 0)
    head = b"070701" + b"".join(b"%08X" % field for field in fields) + name
    return _padded(head) + _padded(node.data)


def _padded(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % 4)
