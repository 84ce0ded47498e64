"""One image from the lock: every step in order, each shown."""

from __future__ import annotations

import gzip
import hashlib
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from recipe import bootparts, filesystems, layout
from recipe.base import base_root, check_space
from recipe.fetch import fetched
from recipe.kernel import kernel, unpacked
from recipe.lock import Lock, read
from recipe.places import LOCK, OUTPUT, REPOSITORY, cache
from recipe.problems import BuildError
from recipe.program import add_program
from recipe.progress import Progress
from recipe.promises import broken
from recipe.root import root
from recipe.sbom import bill, pins
from recipe.tools import Tools, tools
from recipe.tree import Tree
from recipe.wanted import HOST

SPACE = 3_000_000_000
FIRMWARE = "usr/lib/firmware/"


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be built, from which mirror; ``time_s`` is every file's time."""

    architecture: str
    mirror: str
    time_s: int
    output: Path = OUTPUT
    compress: bool = True


def build(request: Request, progress: Progress) -> Path:
    """The image's path. Raises :class:`BuildError`."""
    if os.geteuid() != 0:
        raise BuildError("an image keeps the owners of its files, so root makes it: sudo make image")
    lock = read(LOCK.read_text())
    at_hand = _tools(lock, request, progress)
    boot = lock["boot", request.architecture]
    with progress.step("fetching the kernel and the boot loader"):
        debs = fetched(boot, cache() / "debs", request.mirror, progress.say)
    tree, parts = _base(lock, request, progress), unpacked(debs[one.name] for one in boot)
    with progress.step("adding the program and its pinned dependencies"):
        add_program(tree, request.architecture, at_hand, cache(), request.time_s)
    with progress.step("choosing modules, making the initramfs"):
        e2fsck = parts.data("usr/sbin/e2fsck.static")
        made = kernel(parts, tree, e2fsck, at_hand, request.time_s)
        for path in parts.paths():
            if path.startswith(FIRMWARE) and not parts.info(path).isdir():
                _carry(parts, tree, path)
    if wrong := broken(tree):
        raise BuildError("the root breaks what is promised:\n" + "\n".join(wrong))
    folder = request.output / request.architecture
    check_space(folder, SPACE)
    with tempfile.TemporaryDirectory(dir=at_hand.root, prefix="parts-") as work:
        with progress.step("making the file systems"):
            _filesystems(Path(work), request, tree, parts, made.image, made.initramfs, at_hand)
        with progress.step("making the image"):
            image = _assembled(Path(work), folder, request, at_hand)
    _sbom(image, lock, request, tree)
    _told(image, request, at_hand, progress)
    return image


def _tools(lock: Lock, request: Request, progress: Progress) -> Tools:
    packages = lock["tools", HOST]
    with progress.step("fetching the tools"):
        debs = fetched(packages, cache() / "debs", request.mirror, progress.say)
    return tools(packages, debs, cache(), progress)


def _base(lock: Lock, request: Request, progress: Progress) -> Tree:
    packages = lock["root", request.architecture]
    with progress.step("fetching the packages of the root"):
        debs = fetched(packages, cache() / "debs", request.mirror, progress.say)
    base = base_root(request.architecture, packages, debs, cache(), progress)
    with progress.step("making the root"):
        added = lock["added", request.architecture]
        debs = fetched(added, cache() / "debs", request.mirror, progress.say)
        release = f"{version()}\n{request.architecture} {request.time_s}"
        return root(base, (debs[one.name] for one in added), request.architecture, release)


def _carry(source: Tree, target: Tree, path: str) -> None:
    info = source.info(path)
    if info.issym():
        target.link(path, info.linkname)
    else:
        target.file(path, source.data(path))


def _filesystems(
    work: Path, request: Request, tree: Tree, parts: Tree, image: bytes, initramfs: bytes, at_hand: Tools
) -> None:
    sizes = {one.name: one.size for one in layout.partitions(request.architecture)}
    time_s = request.time_s
    filesystems.erofs(work / "root.erofs", sizes["root-a"], tree, at_hand, time_s)
    for name, content in (
        ("kernel", {"vmlinuz": image, "initramfs": initramfs}),
        ("state", {}),
        ("data", {"log/.keep": b"", "asterisk/.keep": b""}),
    ):
        folder = work / f"{name}.d"
        folder.mkdir()
        for path, data in content.items():
            (folder / path).parent.mkdir(exist_ok=True)
            if not path.endswith(".keep"):
                (folder / path).write_bytes(data)
        for one in (folder, *folder.rglob("*")):
            os.utime(one, (time_s, time_s))
        label = "hotline-a" if name == "kernel" else f"hotline-{name}"
        number = {"kernel": 3, "state": 7, "data": 8}[name]
        size = sizes["kernel-a" if name == "kernel" else name]
        filesystems.ext4(work / f"{name}.ext4", size, label, number, folder, at_hand, time_s)
    fat = bootparts.files(request.architecture, parts, at_hand, time_s)
    filesystems.fat(work / "boot.vfat", sizes["boot"], fat, at_hand, time_s)
    (work / "env.raw").write_bytes(bootparts.environment_partition(request.architecture))


def _assembled(work: Path, folder: Path, request: Request, at_hand: Tools) -> Path:
    name = f"hotline-{version()}-{request.architecture}.img"
    (work / "genimage.cfg").write_text(layout.genimage(request.architecture, name))
    (work / "empty").mkdir()
    here = f"/{work.name}"
    at_hand.inside(
        "genimage",
        "--config",
        f"{here}/genimage.cfg",
        "--rootpath",
        f"{here}/empty",
        "--tmppath",
        f"{here}/tmp",
        "--inputpath",
        here,
        "--outputpath",
        f"{here}/out",
        time_s=request.time_s,
    )
    shutil.move(work / "out" / name, folder / name)
    return folder / name


def _sbom(image: Path, lock: Lock, request: Request, tree: Tree) -> None:
    status = gzip.decompress(tree.data("usr/share/hotline/dpkg-status.gz")).decode()
    boot = lock["boot", request.architecture]
    boot += lock["added", request.architecture]
    locked = (*lock["root", request.architecture], *boot)
    python = pins((REPOSITORY / "requirements-runtime.lock").read_text())
    text = bill(version(), request.time_s, request.architecture, status, boot, locked, python)
    image.with_suffix(".cdx.json").write_text(text)


def _told(image: Path, request: Request, at_hand: Tools, progress: Progress) -> None:
    if request.compress:
        with progress.step("compressing"):
            packed = image.with_suffix(".img.zst")
            packed.unlink(missing_ok=True)
            at_hand.run("zstd", "-q", "-12", "-T2", "--long=27", image, "-o", packed, time_s=request.time_s)
            progress.note(f"{packed}: {packed.stat().st_size / 1e6:.0f} MB, {_sum(packed)}")
    progress.note(
        f"{image}: {image.stat().st_size / 1e6:.0f} MB, {image.stat().st_blocks * 512 / 1e6:.0f} of them used"
    )
    image.with_suffix(".img.sha256").write_text(f"{_sum(image)}  {image.name}\n")


def _sum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def version() -> str:
    """The version of the program in these sources."""
    text = (REPOSITORY / "appliance/__init__.py").read_text()
    return text.split('__version__ = "')[1].split('"')[0]


def source_time_s() -> int:
    """``SOURCE_DATE_EPOCH``, or the time of the last commit."""
    if named := os.environ.get("SOURCE_DATE_EPOCH"):
        return int(named)
    git = shutil.which("git")
    ran = subprocess.run(
        [git or "git", "-C", str(REPOSITORY), "log", "-1", "--format=%ct"],
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode != 0:
        raise BuildError("these sources are no git checkout: name their time, SOURCE_DATE_EPOCH=seconds")
    return int(ran.stdout)
