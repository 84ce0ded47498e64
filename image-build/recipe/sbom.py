"""The bill of materials, CycloneDX 1.6: every Debian package and every Python package that is in the image. Pure."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime
from urllib.parse import quote

from recipe.lock import Package

OURS = uuid.UUID("1b5ad3a5-5c9a-4a3f-9d4f-9b0a6f1e0c02")
Pin = tuple[str, str]


def installed(status: str) -> dict[str, str]:
    """Versions by name, of what dpkg calls installed."""
    found = {}
    for stanza in status.split("\n\n"):
        fields = dict(re.findall(r"^(Package|Version|Status): (.*)$", stanza, re.MULTILINE))
        if fields.get("Status", "").endswith(" installed"):
            found[fields["Package"]] = fields["Version"]
    return found


def pins(lock: str) -> list[Pin]:
    """Names and versions of a requirements lock, for a Python as new as the image's."""
    found = re.findall(r"^([a-z0-9.-]+)==(\S+)( ; python_full_version < \S+)?", lock, re.MULTILINE)
    return sorted({(name, version) for name, version, old in found if not old})


def bill(
    version: str,
    time_s: int,
    architecture: str,
    status: str,
    extra: Iterable[Package],
    locked: Iterable[Package],
    python: Iterable[Pin],
) -> str:
    """The document. ``status`` is dpkg's, ``extra`` what was unpacked beside it; hashes come from the lock."""
    known = {one.name: one for one in locked}
    debian = installed(status) | {one.name: one.version for one in extra}
    components = [_debian(name, debian[name], architecture, known.get(name)) for name in sorted(debian)]
    components += [_python(name, number) for name, number in python]
    serial = uuid.uuid5(OURS, json.dumps([version, time_s, architecture, components], sort_keys=True))
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{serial}",
        "version": 1,
        "metadata": {
            "timestamp": datetime.fromtimestamp(time_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "component": {
                "type": "firmware",
                "bom-ref": "hotline",
                "name": f"hotline-{architecture}",
                "version": version,
                "licenses": [{"license": {"id": "Apache-2.0"}}],
            },
        },
        "components": components,
    }
    return json.dumps(document, indent=1, sort_keys=True) + "\n"


def _debian(name: str, version: str, architecture: str, package: Package | None) -> dict[str, object]:
    of = "all" if package is not None and package.path.endswith("_all.deb") else architecture
    reference = f"pkg:deb/debian/{quote(name)}@{quote(version, safe='')}?arch={of}&distro=forky"
    component: dict[str, object] = {
        "type": "library", "bom-ref": reference, "name": name, "version": version, "purl": reference,
    }  # fmt: skip
    if package is not None:
        component["hashes"] = [{"alg": "SHA-256", "content": package.sha256}]
    return component


def _python(name: str, version: str) -> dict[str, object]:
    reference = f"pkg:pypi/{quote(name)}@{quote(version)}"
    return {"type": "library", "bom-ref": reference, "name": name, "version": version, "purl": reference}
