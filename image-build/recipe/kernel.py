"""Kernel, modules and initramfs out of the kernel's packages, which are unpacked and not installed."""

from __future__ import annotations

import io
import lzma
import subprocess
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from recipe import modules
from recipe.cpio import Node, archive
from recipe.places import RECIPE
from recipe.problems import BuildError
from recipe.tools import Tools
from recipe.tree import Tree

FOLDERS = ("bin", "dev", "etc", "lib", "lib/modules", "proc", "root", "run", "sbin", "sys", "usr")


@dataclass(frozen=True, slots=True)
class Kernel:
    """``image`` and ``initramfs`` of a slot; ``version`` as ``uname -r`` says it."""

    version: str
    image: bytes
    initramfs: bytes


def unpacked(debs: Iterable[Path]) -> Tree:
    """The files of packages, without the modules that no box needs."""
    tree = Tree()
    for path in ("lib", "bin", "sbin"):
        tree.link(path, f"usr/{path}")
    add(tree, debs)
    return tree


def add(tree: Tree, debs: Iterable[Path], keep: Callable[[str], bool] = modules.wanted) -> None:
    """Put the files of packages into a tree as they are."""
    for deb in debs:
        data = subprocess.run(["dpkg-deb", "--fsys-tarfile", str(deb)], capture_output=True, check=True).stdout
        tree.merge(io.BytesIO(data), keep)


def kernel(parts: Tree, root: Tree, e2fsck: bytes, tools: Tools, time_s: int) -> Kernel:
    """Puts the modules into the root and makes the initramfs."""
    images = [path for path in parts.paths() if path.startswith("usr/lib/modules/") and path.endswith("/vmlinuz")]
    if len(images) != 1:
        raise BuildError(f"the kernel's packages hold {len(images)} kernels")
    base = images[0].removesuffix("/vmlinuz")
    version = base.rsplit("/", 1)[-1]
    files = {path.removeprefix(f"{base}/"): parts.data(path) for path in parts.paths() if _is_module(path, base)}
    for path, data in _indexed(files, version, tools, time_s).items():
        root.file(f"{base}/{path}", data)
    needed = modules.early(modules.depends(root.data(f"{base}/modules.dep").decode()))
    early = {path.removesuffix(".xz"): _plain(path, files[path]) for path in needed}
    builtin = {path: data for path, data in files.items() if "/" not in path}
    nodes = {one: Node(0o040755) for one in FOLDERS}
    nodes["init"] = Node(0o100755, (RECIPE / "initramfs/init").read_bytes())
    nodes["bin/busybox"] = Node(0o100755, root.data("usr/bin/busybox"))
    nodes["sbin/e2fsck"] = Node(0o100755, e2fsck)
    for path, data in _indexed({**builtin, **early}, version, tools, time_s).items():
        _put(nodes, f"lib/modules/{version}/{path}", data)
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "initramfs"
        plain.write_bytes(archive(nodes))
        tools.run("zstd", "-q", "-9", "-T1", plain, "-o", f"{plain}.zst", time_s=time_s)
        return Kernel(version, parts.data(images[0]), Path(f"{plain}.zst").read_bytes())


def _is_module(path: str, base: str) -> bool:
    names = ("modules.builtin", "modules.builtin.modinfo", "modules.order")
    return path.startswith(f"{base}/") and (".ko" in path or path.rsplit("/", 1)[-1] in names)


def _plain(path: str, data: bytes) -> bytes:
    return lzma.decompress(data) if path.endswith(".xz") else data


def _indexed(files: dict[str, bytes], version: str, tools: Tools, time_s: int) -> dict[str, bytes]:
    """The modules with what depmod makes of them."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "lib/modules" / version
        for path, data in files.items():
            (place / path).parent.mkdir(parents=True, exist_ok=True)
            (place / path).write_bytes(data)
        tools.run("depmod", "-b", folder, version, time_s=time_s)
        return {str(one.relative_to(place)): one.read_bytes() for one in sorted(place.rglob("*")) if one.is_file()}


def _put(nodes: dict[str, Node], path: str, data: bytes) -> None:
    for parent in list(Path(path).parents)[:-1]:
        nodes.setdefault(str(parent), Node(0o040755))
    nodes[path] = Node(0o100644, data)
