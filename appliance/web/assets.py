"""Style, script and pictures of the pages, from ``static/``: few, small, compressed once, named by their content.

A name changes with the content, so that browsers may keep them for ever, and an update is seen at once.
"""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "static"
# one request each for style and script: a slow link counts requests more than bytes
BUNDLES = {
    "style.css": ("style.css",),
    "script.js": ("htmx.min.js", "htmx-sse.min.js", "hotline.js"),
    "icon.svg": ("icon.svg",),
    "manifest.webmanifest": ("manifest.webmanifest",),
}
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it is sent; ``packed`` is gzip's."""

    name: str
    type: str
    plain: bytes
    packed: bytes


class Assets:
    """All of them, in memory: they have a few dozen kilobytes."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._by_name: dict[str, Asset] = {}
        self._names: dict[str, str] = {}
        for name, files in BUNDLES.items():
            content = b"\n".join((folder / file).read_bytes().rstrip() for file in files) + b"\n"
            stem, _, suffix = name.partition(".")
            told = f"{stem}-{hashlib.sha256(content).hexdigest()[:12]}.{suffix}"
            packed = gzip.compress(content, 9, mtime=0)
            self._by_name[told] = Asset(told, TYPES[f".{suffix}"], content, packed)
            self._names[name] = told

    def url(self, name: str) -> str:
        """Where a bundle is found."""
        return f"/static/{self._names[name]}"

    def find(self, told: str) -> Asset | None:
        """The asset of a path's last part, looked up and never opened: there is no path to trick."""
        return self._by_name.get(told)
