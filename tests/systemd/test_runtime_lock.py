"""What a box gets is what is tested: the runtime lock is a part of the whole one."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PIN = re.compile(r"^([a-z0-9.-]+)==(\S+)(?: ; ([^\\]+?))? \\$", re.MULTILINE)


def pins(name: str) -> dict[tuple[str, str], str]:
    """Versions by name and marker."""
    found = PIN.findall((ROOT / name).read_text())
    return {(package, marker): version for package, version, marker in found}


def test_every_pin_is_the_one_that_is_tested() -> None:
    runtime, whole = pins("requirements-runtime.lock"), pins("requirements.lock")
    assert len(runtime) > 30
    known = {(package, version) for (package, _), version in whole.items()}
    assert {(package, version) for (package, _), version in runtime.items()} <= known


def test_all_that_the_program_needs_is_in_it_and_no_tool_of_ours() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    locked = {package for package, _ in pins("requirements-runtime.lock")}

    def names(requirements: list[str]) -> set[str]:
        return {re.split(r"[<>=!~ ;\[]", one)[0].lower() for one in requirements}

    assert names(project["dependencies"]) <= locked
    assert names(project["optional-dependencies"]["dev"]) & locked == {"setuptools"}


def test_every_package_has_its_hashes() -> None:
    text = (ROOT / "requirements-runtime.lock").read_text()
    blocks = re.split(r"\n(?=[a-z])", text)
    assert all("--hash=sha256:" in block for block in blocks)
    assert "index-url" not in text
