"""Tables for a terminal, and ``docs/figures.md`` kept section by section.

Each section of the page stands between two HTML comments. A run replaces the sections it measured and leaves the
others as they were, with the date of their own run.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

HEAD = """# Figures

Measured, never estimated: each section says when, on what machine, by which command and against what. Medians and
worst cases; where a figure is noisy the section says so. Written by `make bench`; a section that was not run again
keeps its text and its date.
"""


@dataclass(frozen=True, slots=True)
class Table:
    """``caption`` stands above; the first column is left-aligned, the others right-aligned unless ``text``."""

    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    text: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """One measured section: ``key`` names it in the file and on the command line; ``again`` is the command that
    measures it anew, where that is not ``make bench``."""

    key: str
    title: str
    date: str
    machine: str
    parts: Sequence[Table | str]
    again: str = ""


def terminal(section: Section) -> str:
    """The section for a terminal."""
    blocks = [f"{section.title}\n{'=' * len(section.title)}", f"{section.date}; {section.machine}"]
    blocks += [_plain_table(part) if isinstance(part, Table) else _plain(part) for part in section.parts]
    return "\n\n".join(blocks) + "\n"


def markdown(section: Section) -> str:
    """The section for the page, without its marks."""
    blocks = [
        f"## {section.title}",
        f"{section.date}; {section.machine}. Again with `{section.again or f'make bench ARGS={section.key}'}`.",
    ]
    blocks += [_markdown_table(part) if isinstance(part, Table) else part for part in section.parts]
    return "\n\n".join(blocks)


def update(page: Path, sections: Iterable[Section], order: Sequence[str]) -> None:
    """Put ``sections`` into the page; the others stay. ``order`` is that of the sections on the page; what it does
    not name stands behind."""
    kept = _read(page)
    kept.update((section.key, markdown(section)) for section in sections)
    keys = [*(key for key in order if key in kept), *(key for key in kept if key not in order)]
    marked = [f"<!-- {key} -->\n{kept[key]}\n<!-- /{key} -->" for key in keys]
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text("\n\n".join([HEAD.rstrip(), *marked]) + "\n", encoding="utf-8")


def _read(page: Path) -> dict[str, str]:
    if not page.exists():
        return {}
    marked = re.findall(r"^<!-- ([\w-]+) -->\n(.*?)\n<!-- /\1 -->$", page.read_text(encoding="utf-8"), re.S | re.M)
    return dict(marked)


def _plain(words: str) -> str:
    return re.sub(r"[*`]", "", words)


def _plain_table(table: Table) -> str:
    rows = [[_plain(cell) for cell in row] for row in (table.columns, *table.rows)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(table.columns))]

    def line(cells: Sequence[str]) -> str:
        padded = [
            cell.ljust(width) if index == 0 or table.text else cell.rjust(width)
            for index, (cell, width) in enumerate(zip(cells, widths, strict=True))
        ]
        return "  ".join(padded).rstrip()

    rule = "  ".join("-" * width for width in widths)
    return "\n".join([_plain(table.caption), "", line(rows[0]), rule, *map(line, rows[1:])])


def _markdown_table(table: Table) -> str:
    marks = ["---" if index == 0 or table.text else "---:" for index in range(len(table.columns))]
    lines = [" | ".join(cells) for cells in (table.columns, marks, *table.rows)]
    return table.caption + "\n\n" + "\n".join(f"| {line} |" for line in lines)
