"""Resolves the wanted packages against a mirror with this machine's apt and its own empty state: a new lock."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from pathlib import Path

from recipe.lock import Package
from recipe.problems import BuildError
from recipe.wanted import COMPONENTS, KERNEL_PARTS, SUITE, Group

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"


class Apt:
    """An apt that knows one architecture of one mirror, and no installed package."""

    def __init__(self, folder: Path, architecture: str, mirror: str, valid_until: bool) -> None:
        for name in ("lists/partial", "archives/partial", "etc/apt.conf.d", "etc/preferences.d"):
            (folder / name).mkdir(parents=True)
        (folder / "status").touch()
        (folder / "etc/sources.list").write_text(f"deb [signed-by={KEYRING}] {mirror} {SUITE} {COMPONENTS}\n")
        (folder / "apt.conf").write_text(
            f'APT::Architecture "{architecture}";\nAPT::Architectures {{"{architecture}";}};\n'
            f'Dir::State "{folder}";\nDir::State::status "{folder}/status";\nDir::Cache "{folder}";\n'
            f'Dir::Etc "{folder}/etc";\nAPT::Install-Recommends "false";\nAcquire::Languages "none";\n'
            f'APT::Sandbox::User "root";\nAcquire::Check-Valid-Until "{str(valid_until).lower()}";\n'
        )
        self._environment = {**os.environ, "APT_CONFIG": str(folder / "apt.conf"), "LC_ALL": "C"}
        self._run("apt-get", "update", "-qq")

    def _run(self, *argv: str) -> str:
        ran = subprocess.run(argv, capture_output=True, text=True, env=self._environment, check=False)
        if ran.returncode != 0:
            hint = (
                "; APT_CHECK_VALID_UNTIL=no accepts a mirror whose date has run out" if "xpired" in ran.stderr else ""
            )
            raise BuildError(f"{' '.join(argv[:2])} failed{hint}:\n{ran.stderr.strip()}")
        return ran.stdout

    def closure(self, names: tuple[str, ...], essential: bool) -> list[tuple[str, str]]:
        """Names and versions of all that would be installed."""
        said = self._run("apt-get", "install", "-s", "-qq", *(["?essential"] if essential else []), *names)
        return re.findall(r"^Inst (\S+) \((\S+) ", said, re.MULTILINE)

    def packages(self, found: list[tuple[str, str]]) -> tuple[Package, ...]:
        """Their places and hashes, from the signed list."""
        shown = self._run("apt-cache", "show", *(f"{name}={version}" for name, version in found))
        stanzas = (
            dict(re.findall(r"^(Package|Version|Filename|Size|SHA256): (\S+)$", one, re.MULTILINE))
            for one in shown.split("\n\n")
            if one.strip()
        )
        return tuple(
            sorted({Package(s["Package"], s["Version"], int(s["Size"]), s["SHA256"], s["Filename"]) for s in stanzas})
        )


def resolved(group: Group, mirror: str, valid_until: bool) -> tuple[Package, ...]:
    """The group's packages as the mirror has them now."""
    with tempfile.TemporaryDirectory() as folder:
        apt = Apt(Path(folder), group.architecture, mirror, valid_until)
        found = apt.closure(group.names, essential=group.closed)
        if not group.closed:
            found = [one for one in found if one[0] in group.names or one[0].startswith(KERNEL_PARTS)]
            found = [one for one in found if not one[0].startswith("linux-image-")]
        return apt.packages(found)
