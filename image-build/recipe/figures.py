"""What ``make image-repro`` saw, as a section of ``docs/figures.md``."""

from __future__ import annotations

import json
from collections.abc import Mapping

from benchmarks.figures import Section, Table
from benchmarks.machine import machine, today
from recipe import layout
from recipe.lock import Lock
from recipe.repro import Same


def section(same: Same, lock: Lock) -> Section:
    """Both images as they are, with the sum that a third build must come to."""
    arch = same.architecture
    bill: Mapping[str, list[object]] = json.loads(same.first.with_suffix(".cdx.json").read_text())
    rows = [
        ("image", f"the same {same.first.stat().st_size:,} bytes, {len(layout.partitions(arch))} partitions"),
        ("SHA-256", f"`{same.first.with_suffix('.img.sha256').read_text().split()[0]}`"),
        ("time of every file (`SOURCE_DATE_EPOCH`)", str(same.time_s)),
        ("bill of materials", f"the same {len(bill['components'])} components"),
        ("packages installed anew for the second", f"{len(lock['root', arch])}"),
    ]
    words = (
        "Two builds of the same sources and the same lock, compared byte by byte: the second in other folders, with "
        "another base root and another moment, from nothing but the fetched packages."
    )
    return Section(
        f"image-repro-{arch}",
        f"Two images for {arch}",
        today(),
        machine(),
        [words, Table("Seen:", ("what", "seen"), rows, text=True)],
        f"make image-repro ARCH={arch}",
    )
