"""The tools: the locked packages, unpacked, each run by their own loader and so of the same version anywhere."""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
from collections.abc import Mapping
from pathlib import Path

from recipe.alone import alone
from recipe.lock import Package
from recipe.problems import BuildError
from recipe.progress import Progress


class Tools:
    """``run`` a tool by name; ``root`` is where it is unpacked."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._loader = next(root.glob("usr/lib64/ld-linux-*.so.*"))

    def argv(self, name: str) -> list[str]:
        """How a tool is started."""
        program = next((p for f in ("usr/sbin", "usr/bin") if (p := self.root / f / name).exists()), None)
        if program is None:
            raise BuildError(f"{name} is not among the tools of packages.lock")
        libraries = self.root / "usr/lib/x86_64-linux-gnu"
        return [str(self._loader), "--argv0", name, "--library-path", str(libraries), str(program)]

    def run(self, name: str, *arguments: str | Path, time_s: int, env: Mapping[str, str] | None = None) -> str:
        """What the tool said. Raises :class:`BuildError` with its words."""
        environment = {
            **os.environ,
            "SOURCE_DATE_EPOCH": str(time_s),
            "E2FSPROGS_FAKE_TIME": str(time_s),
            "MKE2FS_CONFIG": str(self.root / "etc/mke2fs.conf"),
            "PYTHONHOME": str(self.root / "usr"),
            "LC_ALL": "C",
            "TZ": "UTC",
            **(env or {}),
        }
        return _said([*self.argv(name), *map(str, arguments)], environment)

    def inside(self, name: str, *arguments: str, time_s: int) -> str:
        """The tool with the root as its own, for one that calls others by a shell; root's right."""
        environment = {"SOURCE_DATE_EPOCH": str(time_s), "PATH": "/usr/sbin:/usr/bin", "LC_ALL": "C", "TZ": "UTC"}
        return _said(["chroot", str(self.root), f"/usr/bin/{name}", *arguments], environment)


def _said(argv: list[str], environment: Mapping[str, str]) -> str:
    ran = subprocess.run(argv, capture_output=True, text=True, env=environment, check=False)
    if ran.returncode != 0:
        raise BuildError(f"{' '.join(argv)}\nended with {ran.returncode}: {ran.stderr.strip()}")
    return ran.stdout


def tools(packages: tuple[Package, ...], debs: Mapping[str, Path], cache: Path, progress: Progress) -> Tools:
    """The tools' root, unpacked once a lock. Raises :class:`BuildError` on a machine that cannot run them."""
    if platform.machine() != "x86_64":
        raise BuildError(
            f"an image is made on an amd64 machine, also one for arm64; this one is {platform.machine()}"
        )
    key = hashlib.sha256("\n".join(one.line for one in packages).encode()).hexdigest()[:16]
    root = cache / f"tools-{key}"
    with alone(root):
        if not root.exists():
            _unpack(packages, debs, root, progress)
    return Tools(root)


def _unpack(packages: tuple[Package, ...], debs: Mapping[str, Path], root: Path, progress: Progress) -> None:
    with progress.step(f"unpacking {len(packages)} packages of tools"):
        new = root.with_suffix(".new")
        subprocess.run(["rm", "-rf", str(new)], check=True)
        for folder in ("usr/bin", "usr/sbin", "usr/lib", "usr/lib64"):  # a merged /usr, as base-files makes it
            (new / folder).mkdir(parents=True)
            (new / folder.removeprefix("usr/")).symlink_to(folder)
        for one in packages:
            unpacked = subprocess.Popen(["dpkg-deb", "--fsys-tarfile", str(debs[one.name])], stdout=subprocess.PIPE)
            subprocess.run(
                ["tar", "-x", "-C", str(new), "--keep-directory-symlink", "--no-same-owner"],
                stdin=unpacked.stdout,
                check=True,
            )
            unpacked.wait()
        os.replace(new, root)
