"""The base root: the locked Debian packages, installed by mmdebstrap from nothing but the fetched files.

It is kept as a tar in the cache, under a name made of the lock and of this recipe: only a new lock makes it anew.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from recipe.alone import alone
from recipe.lock import Package
from recipe.problems import BuildError
from recipe.progress import Progress
from recipe.wanted import HOST, SUITE

EPOCH_S = 1_700_000_000  # older than any package: every time stamp of the base is this one
SPACE = 4_000_000_000
# no manuals on a box; the copyright files stay, as their licences ask
LEFT_OUT = (
    "/usr/share/man/*",
    "/usr/share/info/*",
    "/usr/share/locale/*",
    "/usr/share/doc/*",
    "/usr/share/doc-base/*",
    "/usr/share/lintian/*",
    "/usr/share/bash-completion/*",
    "/usr/share/zsh/*",
    "/usr/share/i18n/*",
)
KEPT = ("/usr/share/doc/*/copyright",)
# a maintainer script must start nothing, and needs no unit of a running system
POLICY = 'printf "#!/bin/sh\\nexit 101\\n" > "$1/usr/sbin/policy-rc.d"; chmod 755 "$1/usr/sbin/policy-rc.d"'
END = 'rm -f "$1/usr/sbin/policy-rc.d"'


def base_root(
    architecture: str, packages: tuple[Package, ...], debs: Mapping[str, Path], cache: Path, progress: Progress
) -> Path:
    """The tar of the base root. Raises :class:`BuildError`."""
    key = _key(architecture, packages)
    target = cache / f"base-{architecture}-{key}.tar"
    with alone(target):
        if target.exists():
            progress.note(f"the base root is in the cache: {target.name}")
            return target
        minutes = "a minute or two" if architecture == HOST else "half an hour: every script of a package is emulated"
        with progress.step(f"installing {len(packages)} packages for {architecture} ({minutes})"):
            check_space(cache, SPACE)
            _make(architecture, packages, debs, target, progress)
    return target


def check_space(place: Path, needed: int) -> None:
    """Raise before a step that would fill the disk."""
    place.mkdir(parents=True, exist_ok=True)
    if (free := shutil.disk_usage(place).free) < needed:
        raise BuildError(
            f"{place} has {free / 1e9:.1f} GB free and needs {needed / 1e9:.1f} GB; XDG_CACHE_HOME moves it"
        )


def _key(architecture: str, packages: tuple[Package, ...]) -> str:
    facts = [architecture, *(one.line for one in packages), *LEFT_OUT, *KEPT, POLICY, END]
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()[:16]


def _make(
    architecture: str, packages: tuple[Package, ...], debs: Mapping[str, Path], target: Path, progress: Progress
) -> None:
    with tempfile.TemporaryDirectory(dir=target.parent, prefix="build-") as folder:
        work = Path(folder)
        work.chmod(0o755)  # apt's own user reads the repository in it
        repository = _repository(work / "repository", packages, debs)
        half = target.with_suffix(".tar.new")
        argv = [
            *("mmdebstrap", "--variant=essential", f"--architectures={architecture}", "--format=tar"),
            f"--include={','.join(one.name for one in packages)}",
            *(f"--dpkgopt=path-exclude={one}" for one in LEFT_OUT),
            *(f"--dpkgopt=path-include={one}" for one in KEPT),
            '--aptopt=APT::Install-Recommends "false"',
            f"--essential-hook={POLICY}",
            f"--customize-hook={END}",
            *(SUITE, str(half), f"deb [trusted=yes] copy:{repository} ./"),
        ]
        _run(argv, target.with_suffix(".log"), progress)
        os.replace(half, target)


def _run(argv: list[str], log: Path, progress: Progress) -> None:
    environment = {
        **os.environ,
        "SOURCE_DATE_EPOCH": str(EPOCH_S),
        "LC_ALL": "C",
        "DEBIAN_FRONTEND": "noninteractive",
    }
    with log.open("w") as file:
        process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment)
        assert process.stdout is not None
        for line in process.stdout:
            file.write(line)
            if line.startswith(("Setting up", "Processing", "I: ")):
                progress.say(line.strip()[:90])
    if process.wait() != 0:
        last = "\n".join(log.read_text().splitlines()[-15:])
        raise BuildError(f"mmdebstrap failed; the whole log is {log}\n{last}")


def _repository(folder: Path, packages: tuple[Package, ...], debs: Mapping[str, Path]) -> Path:
    """A flat repository of exactly these packages: apt can choose nothing else."""
    folder.mkdir()
    stanzas = []
    for one in packages:
        name = f"{one.sha256}.deb"
        shutil.copyfile(debs[one.name], folder / name)
        control = subprocess.run(
            ["dpkg-deb", "--field", str(folder / name)], capture_output=True, text=True, check=True
        ).stdout
        stanzas.append(f"{control.strip()}\nFilename: ./{name}\nSize: {one.size}\nSHA256: {one.sha256}\n")
    listed = "\n".join(stanzas).encode()
    (folder / "Packages").write_bytes(listed)
    # mmdebstrap asks for the essential packages of this suite by its name
    digest = f" {hashlib.sha256(listed).hexdigest()} {len(listed)} Packages"
    (folder / "Release").write_text(f"Suite: {SUITE}\nCodename: {SUITE}\nSHA256:\n{digest}\n")
    return folder
