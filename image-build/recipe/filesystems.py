"""The file systems of the partitions, each from its files, each with fixed identifiers and times."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from recipe.layout import MIB, uuid
from recipe.problems import BuildError
from recipe.tools import Tools
from recipe.tree import Tree

FAT_SERIAL = "484f5431"


def fat(target: Path, size: int, files: Mapping[str, bytes], tools: Tools, time_s: int) -> None:
    """The boot partition. Paths may have directories; they are made."""
    target.unlink(missing_ok=True)
    with target.open("wb") as file:
        file.truncate(size)
    tools.run(
        "mkfs.fat", "-F", "32", "-s", "1", "-n", "HOTLINE", "-i", FAT_SERIAL, "--invariant", target, time_s=time_s
    )
    folders = sorted({str(parent) for path in files for parent in list(Path(path).parents)[:-1]})
    for folder in folders:
        tools.run("mmd", "-i", target, f"::{folder}", time_s=time_s)
    staged = target.with_suffix(".file")
    for path, data in sorted(files.items()):
        staged.write_bytes(data)
        tools.run("mcopy", "-i", target, staged, f"::{path}", time_s=time_s)
    staged.unlink(missing_ok=True)


def ext4(target: Path, size: int, label: str, number: int, folder: Path, tools: Tools, time_s: int) -> None:
    """An ext4 with the folder's files, as root's."""
    target.unlink(missing_ok=True)
    features = "hash_seed=" + uuid(0xF00 + number) + ",root_owner=0:0,lazy_itable_init=0,lazy_journal_init=0"
    common = ("-q", "-F", "-t", "ext4", "-b", "4096", "-m", "0", "-L", label, "-U", uuid(0xE00 + number))
    # the kernels are read by boot loaders, which know fewer features
    simple = ("-O", "^metadata_csum,^64bit,^orphan_file,^metadata_csum_seed") if label.startswith("hotline-a") else ()
    blocks = str(size // 4096)
    tools.run("mke2fs", *common, *simple, "-E", features, "-d", folder, target, blocks, time_s=time_s)


def erofs(target: Path, most: int, root: Tree, tools: Tools, time_s: int) -> int:
    """The read-only root; its size in bytes. Raises :class:`BuildError` where it does not fit."""
    target.unlink(missing_ok=True)
    tar = target.with_suffix(".tar")
    root.write(tar, time_s)
    tools.run(
        "mkfs.erofs",
        "--quiet",
        "--tar=f",
        "-zlz4hc,9",
        "-C65536",
        "-Eztailpacking",
        "-T",
        str(time_s),
        "-U",
        uuid(0xE05),
        "-L",
        "hotline-root",
        "--workers=2",
        target,
        tar,
        time_s=time_s,
    )
    tar.unlink()
    if (size := target.stat().st_size) > most:
        raise BuildError(f"the root has {size / MIB:.0f} MiB, and its partition {most / MIB:.0f}")
    return size
