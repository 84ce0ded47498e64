"""Our own program and its pinned dependencies, as wheels for the box's Python; nothing of the box is run."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from recipe.places import REPOSITORY
from recipe.problems import BuildError
from recipe.tools import Tools
from recipe.tree import Tree

PYTHON = "3.14"
HOME = "opt/hotline/site"
MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}
GLIBC = (41, 34, 28, 27, 17)
UNUSED = ("pip", "setuptools", "bin", "_distutils_hack")  # to build with, not to run with
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
        _compiled(site, tools, time_s)
        root.copy(site, HOME)
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
    if not kept.exists():
        machine, new = MACHINES[architecture], kept.with_suffix(".new")
        subprocess.run(["rm", "-rf", str(new)], check=True)
        platforms = [f"--platform=manylinux_2_{minor}_{machine}" for minor in GLIBC]
        _pip(
            "install",
            "--target",
            new,
            *platforms,
            f"--platform=manylinux2014_{machine}",
            f"--python-version={PYTHON}",
            "--implementation=cp",
            "--only-binary=:all:",
            "--no-deps",
            "--no-compile",
            "--require-hashes",
            "-r",
            lock,
            time_s=0,
        )
        os.replace(new, kept)
    site.parent.mkdir(parents=True)
    subprocess.run(["cp", "-R", str(kept), str(site)], check=True)


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
    for one in site.glob("*.dist-info/direct_url.json"):  # names a folder of this machine
        one.unlink()
    for one in site.glob("hotline_appliance-*.dist-info/RECORD"):
        one.unlink()


def _compiled(site: Path, tools: Tools, time_s: int) -> None:
    """Compiled for the box's Python by the same Python of the tools: a read-only root cannot do it later."""
    shown = tools.run("python3", "--version", time_s=time_s)
    if f"Python {PYTHON}." not in shown:
        raise BuildError(
            f"the suite's Python is {shown.strip()} now, and the recipe expects {PYTHON}: see program.py"
        )
    tools.run(
        "python3",
        "-m",
        "compileall",
        "-q",
        "-j1",
        "-s",
        site,
        "-p",
        f"/{HOME}",
        "--invalidation-mode",
        "unchecked-hash",
        site,
        time_s=time_s,
        env={"PYTHONHASHSEED": "0"},
    )
