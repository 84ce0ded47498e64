"""Brings the locked packages from a mirror into the cache, each checked against its hash."""

from __future__ import annotations

import hashlib
import os
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable
from pathlib import Path

from recipe.alone import alone
from recipe.lock import Package
from recipe.problems import BuildError

TRIES = 3
WAIT_S = 60.0


def mirror() -> str:
    """The one that the environment names, or Debian's own."""
    return os.environ.get("MIRROR") or os.environ.get("HOTLINE_MIRROR") or "http://deb.debian.org/debian"


def fetched(
    packages: Iterable[Package], cache: Path, mirror: str, progress: Callable[[str], object]
) -> dict[str, Path]:
    """Paths by package name. What is in the cache is believed only by its hash."""
    wanted = list(packages)
    cache.mkdir(parents=True, exist_ok=True)
    with alone(cache):
        missing = [one for one in wanted if not _whole(cache / f"{one.sha256}.deb", one)]
        total, done = sum(one.size for one in missing), 0
        for number, one in enumerate(missing, start=1):
            progress(f"{number}/{len(missing)} packages, {done / 1e6:.0f} of {total / 1e6:.0f} MB")
            _fetch(one, cache / f"{one.sha256}.deb", mirror)
            done += one.size
    return {one.name: cache / f"{one.sha256}.deb" for one in wanted}


def _whole(path: Path, package: Package) -> bool:
    return path.exists() and path.stat().st_size == package.size and _hash(path) == package.sha256


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _fetch(package: Package, target: Path, mirror: str) -> None:
    address = f"{mirror.rstrip('/')}/{package.path}"
    trouble: Exception | None = None
    for _ in range(TRIES):
        try:
            with urllib.request.urlopen(address, timeout=WAIT_S) as answer:
                data = answer.read()
        except urllib.error.HTTPError as error:
            if error.code == 404:
                raise BuildError(
                    f"{package.name} {package.version} is no longer on {mirror}; name a mirror that keeps old "
                    "packages (MIRROR=http://snapshot.debian.org/archive/debian/DATE), or make a new lock: "
                    "make image-lock"
                ) from error
            trouble = error
        except (OSError, urllib.error.URLError) as error:
            trouble = error
        else:
            if hashlib.sha256(data).hexdigest() != package.sha256:
                raise BuildError(f"{address} is not what packages.lock says: its hash differs")
            new = target.with_suffix(".new")
            new.write_bytes(data)
            os.replace(new, target)
            return
    raise BuildError(f"{address} cannot be fetched ({trouble}); is there a network? MIRROR= names another mirror")
