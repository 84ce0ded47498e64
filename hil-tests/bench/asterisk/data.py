"""The data directory of an Asterisk of the bench: its package's own, with documentation cut short.

While it starts, Asterisk looks up each application, function and action in its documentation, which is most of the
start. Nobody reads it here, so of those only the names and first lines stay, and nothing is missed; what Asterisk
goes by when it reads a configuration (``configInfo``) stays whole.
"""

from __future__ import annotations

import threading
from collections.abc import Collection
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

WHOLE = "configInfo"
_CUTTING = threading.Lock()


def link_data(real: Path, own: Path, without: Collection[str] = ()) -> None:
    """Make ``own`` of links to all that is in ``real`` but ``without``, and of the short documentation. Blocks."""
    for entry in real.iterdir():
        if entry.name not in ("documentation", *without):
            _link(entry, own / entry.name)
    for entry in (real / "documentation").iterdir():
        if entry.suffix == ".xml":
            (own / "documentation" / entry.name).write_bytes(shortened(entry))
        else:
            _link(entry, own / "documentation" / entry.name)


def shortened(documentation: Path) -> bytes:
    """A file of it, cut short."""
    with _CUTTING:  # several that start at once want the same
        return _shortened(documentation)


@cache
def _shortened(documentation: Path) -> bytes:
    docs = ElementTree.parse(documentation).getroot()
    for entry in docs:
        if entry.tag != WHOLE:
            for part in list(entry):
                if part.tag != "synopsis":
                    entry.remove(part)
    text: bytes = ElementTree.tostring(docs, encoding="utf-8", xml_declaration=True)
    return text


def _link(real: Path, own: Path) -> None:
    own.parent.mkdir(parents=True, exist_ok=True)
    if not own.is_symlink():
        own.symlink_to(real)
