"""The pages a person reads, and what can be lifted out of them: fenced blocks, inline code, links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    [ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "image-build" / "README.md", *(ROOT / "docs").rglob("*.md")]
)

_FENCE = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\]\(([^)\s]+)\)|src=\"([^\"]+)\"")


@dataclass(frozen=True, slots=True)
class Snippet:
    """A piece of code on a page; ``language`` is that of the fence, empty for inline code."""

    page: Path
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}: {self.text[:80]!r}"


def fenced(*languages: str) -> Iterator[Snippet]:
    """The fenced blocks in one of these languages."""
    for page in PAGES:
        for language, text in _FENCE.findall(page.read_text("utf-8")):
            if language in languages:
                yield Snippet(page, language, text)


def command_lines() -> Iterator[Snippet]:
    """What a reader may type: inline code, lines of shell blocks, and lines behind ``$`` in console blocks."""
    for page in PAGES:
        for text in _INLINE.findall(_FENCE.sub("", page.read_text("utf-8"))):
            yield Snippet(page, "", text)
    for block in fenced("sh", "bash", "console"):
        for line in block.text.replace("\\\n", " ").splitlines():
            prompt, text = line.startswith("$ "), line.removeprefix("$ ").strip()
            if prompt or block.language != "console":
                yield Snippet(block.page, block.language, text)


def links(page: Path) -> Iterator[tuple[Path, str]]:
    """The files and anchors (or ``""``) that links and pictures lead to, without those of the web."""
    for pair in _LINK.findall(_FENCE.sub("", page.read_text("utf-8"))):
        target, _, anchor = "".join(pair).partition("#")
        if "://" not in target:
            yield (page.parent / target if target else page), anchor


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, made as the usual forges make them."""
    headings = re.findall(r"^#+ (.*)$", _FENCE.sub("", page.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
