"""Asterisk's manual on the box: of each thing its name, its use in a line and its syntax.

Asterisk keeps the whole of it in memory while it runs, and does not start without it. What it needs is that each
option and each command is named; the rest, 13 MB of memory, nobody reads on a box.
"""

from __future__ import annotations

import io
from xml.etree import ElementTree

PLACE = "usr/share/asterisk/documentation/core-en_US.xml"
TOLD_AT_LENGTH = frozenset(
    (
        "description",
        "see-also",
        "example",
        "note",
        "warning",
        "para",
        "enumlist",
        "variablelist",
        "since",
        "responses",
    )
)


def shortened(document: bytes) -> bytes:
    """The manual without what is told at length. Raises ``ElementTree.ParseError``."""
    root = ElementTree.fromstring(document)  # a file of a package that the lock names by its hash
    _shorten(root)
    out = io.BytesIO()
    ElementTree.ElementTree(root).write(out, encoding="UTF-8", xml_declaration=True)
    return out.getvalue()


def _shorten(element: ElementTree.Element) -> None:
    for child in list(element):
        if child.tag in TOLD_AT_LENGTH:
            element.remove(child)
        else:
            child.tail = None
            _shorten(child)
    element.text = (element.text or "").strip() or None
