"""Our own program and its pinned dependencies, as wheels for the box's Python; nothing of the box is run."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from recipe.alone import alone
from recipe.places import REPOSITORY
from recipe.problems import BuildError
from recipe.tools import Tools
from recipe.tree import Tree

PYTHON = "3.14"
HOME = "opt/hotline/site"
SYSTEM = ("usr/lib/python3.14/", "usr/lib/python3/dist-packages/")
MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}
GLIBC = (41, 34, 28, 27, 17)
SOURCE_ONLY = ("docopt==",)
UNUSED = ("pip", "setuptools", "bin", "_distutils_hack", "distutils-precedence")  # to build with, not to run with
# -I: no directory of the caller, no variable of the environment decides what is run
LAUNCHER = f"""#!/usr/bin/python3 -I
import site
import sys
site.addsitedir("/{HOME}")
from appliance.__main__ import main
sys.exit(main())
"""


def add_program(root: Tree, architecture: str, tools: Tools, cache: Path, time_s: int) -> None:
    """Puts ``/opt/hotline/site`` and ``/usr/bin/hotline`` into the root."""
    with tempfile.TemporaryDirectory() as folder:
        site = Path(folder) / HOME
        _dependencies(site, architecture, cache)
        _own(site, Path(folder), time_s)
        for name in UNUSED:
            for one in site.glob(f"{name}*" if name != "bin" else name):
                subprocess.run(["rm", "-rf", str(one)], check=True)
        _compiled(site, f"/{HOME}", tools, time_s)
        root.copy(site, HOME)
    _system(root, tools, time_s)
    root.file("usr/bin/hotline", LAUNCHER.encode(), 0o755)


def _pip(*arguments: str | Path, time_s: int) -> None:
    environment = {**os.environ, "SOURCE_DATE_EPOCH": str(time_s)}
    argv = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *map(str, arguments)]
    ran = subprocess.run(argv, capture_output=True, text=True, env=environment, check=False)
    if ran.returncode != 0:
        raise BuildError(f"pip could not bring what the program needs; is there a network?\n{ran.stderr.strip()}")


def _dependencies(site: Path, architecture: str, cache: Path) -> None:
    """Kept in the cache by the lock: they are most of the work, and change seldom."""
    lock = REPOSITORY / "requirements-runtime.lock"
    key = hashlib.sha256(f"{architecture} {PYTHON} {GLIBC} {lock.read_text()}".encode()).hexdigest()[:16]
    kept = cache / f"python-{architecture}-{key}"
    with alone(kept):
        if not kept.exists():
            _bring(kept, architecture, lock.read_text())
    site.parent.mkdir(parents=True)
    subprocess.run(["cp", "-R", str(kept), str(site)], check=True)


def _bring(kept: Path, architecture: str, lock: str) -> None:
    machine, new = MACHINES[architecture], kept.with_suffix(".new")
    subprocess.run(["rm", "-rf", str(new)], check=True)
    platforms = [f"--platform=manylinux_2_{minor}_{machine}" for minor in GLIBC]
    new.mkdir(parents=True)
    binary, source = split(lock)
    for name, text in (("binary", binary), ("source", source)):
        (new / f"{name}.txt").write_text(text)
    shape = (
        *platforms,
        f"--platform=manylinux2014_{machine}",
        f"--python-version={PYTHON}",
        "--implementation=cp",
    )
    common = ("--no-deps", "--require-hashes", "-r")
    target = ("install", "--target", new / "site", "--no-compile", "--no-deps")
    _pip(*target, *shape, "--only-binary=:all:", *common, new / "binary.txt", time_s=0)
    # of these there is no wheel to be had; they are Python alone, so this machine may make one
    wheels = new / "wheels"
    _pip("wheel", "--wheel-dir", wheels, "--no-build-isolation", *common, new / "source.txt", time_s=0)
    for wheel in sorted(wheels.glob("*.whl")):
        if not wheel.name.endswith("-none-any.whl"):
            raise BuildError(f"{wheel.name} is made for this machine, and the box's may be another")
        _pip(*target, wheel, time_s=0)
    os.replace(new / "site", kept)
    shutil.rmtree(new)


def split(lock: str) -> tuple[str, str]:
    """The lock's requirements that come as wheels, and those that come as source alone."""
    blocks = re.split(r"\n(?=[a-z0-9])", lock)
    source = [one for one in blocks if one.startswith(SOURCE_ONLY)]
    return "\n".join(one for one in blocks if one not in source), "\n".join(source) + "\n"


def _own(site: Path, folder: Path, time_s: int) -> None:
    source = folder / "source"
    source.mkdir()
    for name in (
        "pyproject.toml",
        "README.md",
        "LICENSE",
        "appliance",
    ):  # a build leaves things behind where it works
        subprocess.run(["cp", "-R", str(REPOSITORY / name), str(source)], check=True)
    subprocess.run(
        ["find", str(source), "-name", "__pycache__", "-prune", "-exec", "rm", "-rf", "{}", "+"], check=True
    )
    _pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", folder / "wheel", source, time_s=time_s)
    wheel = next((folder / "wheel").glob("*.whl"))
    _pip("install", "--target", site, "--no-deps", "--no-compile", "--upgrade", wheel, time_s=time_s)
    # a path of this machine, and lists of files that nobody reads in a read-only root: they hash scripts for this
    # machine's Python, which stay behind
    for pattern in ("*.dist-info/direct_url.json", "*.dist-info/RECORD"):
        for one in site.glob(pattern):
            one.unlink()


def _system(root: Tree, tools: Tools, time_s: int) -> None:
    """The box's Python compiled anew: its packages' files go by times, which are all one here."""
    with tempfile.TemporaryDirectory() as folder:
        for path in [one for one in root.paths() if one.startswith(SYSTEM)]:
            if path.endswith(".pyc"):
                root.remove(path)
            elif path.endswith(".py") and root.info(path).isreg():
                (Path(folder) / path).parent.mkdir(parents=True, exist_ok=True)
                (Path(folder) / path).write_bytes(root.data(path))
        _compiled(Path(folder), "/", tools, time_s)
        for one in sorted(Path(folder).rglob("*.pyc")):
            root.file(str(one.relative_to(folder)), one.read_bytes())


def _compiled(folder: Path, shown: str, tools: Tools, time_s: int) -> None:
    """Compiled for the box's Python by the same Python of the tools: a read-only root cannot do it later. Hashes that
    nobody checks stand in the place of times."""
    said = tools.run("python3", "--version", time_s=time_s)
    if f"Python {PYTHON}." not in said:
        raise BuildError(f"the suite's Python is {said.strip()} now, and the recipe expects {PYTHON}: see program.py")
    options = ("-q", "-q", "-j1", "-s", str(folder), "-p", shown, "--invalidation-mode", "unchecked-hash")
    seed = {"PYTHONHASHSEED": "0"}
    tools.run("python3", "-m", "compileall", *options, folder, time_s=time_s, env=seed)
