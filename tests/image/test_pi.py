"""The arm64 image as a card in QEMU's Raspberry Pi 3: `make image-test-pi`.

`raspi3b` starts the card's own boot loader from the card's first partition and comes to the kernel; what lies before,
the VideoCore's firmware, it has not. What was seen is written to docs/figures.md.
"""

from __future__ import annotations

import os
import re
import subprocess
import time
from pathlib import Path

import pytest

from benchmarks.figures import Section, update
from benchmarks.machine import machine, today
from recipe.places import REPOSITORY
from tests.image.around import the_image
from tests.image.table import part

pytestmark = [
    pytest.mark.skipif("HOTLINE_PI_TEST" not in os.environ, reason="make image-test-pi makes the image for it"),
    pytest.mark.timeout(7200),
]
CARD = "2G"  # QEMU's card has a power of two
KERNEL_S = 900.0
STARTING = "Starting kernel"
# what the boot loader says, in this order; a key press would be a modem's chatter on the pins
SAID = (
    r"U-Boot .*",
    r"Loading Environment from FAT\.\.\. OK",
    r"In: +nulldev",
    r"## Executing script at \S+",
    r"Hotline: slot a from mmc \d:3",
    r"Starting kernel \.\.\.",
)


def test_the_card_s_boot_loader_comes_to_the_kernel(tmp_path: Path) -> None:
    image = the_image("arm64")
    for name in ("u-boot.bin", "bcm2837-rpi-3-b.dtb"):
        offset = part(image, "boot")[0]
        subprocess.run(["mcopy", "-i", f"{image}@@{offset}", f"::{name}", str(tmp_path / name)], check=True)
    card, serial = tmp_path / "card.qcow2", tmp_path / "serial"
    create = ["qemu-img", "create", "-q", "-f", "qcow2", "-b", str(image), "-F", "raw", str(card), CARD]
    subprocess.run(create, check=True)
    argv = [
        *("qemu-system-aarch64", "-machine", "raspi3b", "-display", "none", "-monitor", "none"),
        *("-kernel", str(tmp_path / "u-boot.bin"), "-dtb", str(tmp_path / "bcm2837-rpi-3-b.dtb")),
        *("-drive", f"if=sd,format=qcow2,file={card}"),
        *("-serial", f"file:{serial}", "-serial", f"file:{serial}.mini"),
    ]
    said = comes_to(STARTING, argv, [serial, serial.with_suffix(".mini")])
    at = 0
    for pattern in SAID:
        found = re.compile(pattern).search(said, at)
        assert found is not None, f"{pattern!r} was not said, or too early:\n{said}"
        at = found.end()
    assert "Hit any key" not in said
    begins = said.index("Loading Environment")
    kept = [line.rstrip() for line in said[begins:].splitlines() if line.strip()]
    told(
        "image-raspi3b",
        "The card's boot loader on QEMU's Raspberry Pi 3",
        "`u-boot.bin`, its device tree and everything after it from the first partition of the arm64 image; QEMU's "
        "times are no Pi's.",
        f"```text\n{chr(10).join(kept)}\n```",
        image,
    )


def comes_to(word: str, argv: list[str], consoles: list[Path]) -> str:
    """What the board has said when this word comes: U-Boot changes consoles on a Pi."""
    process = subprocess.Popen(argv, stdin=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + KERNEL_S
        while True:
            heard = [one.read_text(errors="replace") if one.exists() else "" for one in consoles]
            if any(word in one for one in heard):
                time.sleep(1)  # the rest of the line
                return "".join(one.read_text(errors="replace") for one in consoles)
            assert process.poll() is None, "QEMU ended"
            assert time.monotonic() < deadline, f"no {word!r}: {heard}"
            time.sleep(0.5)
    finally:
        process.kill()
        process.wait()


def told(key: str, title: str, words: str, seen: str, image: Path) -> None:
    """Onto the page of figures, where it replaces what an earlier run saw."""
    made = (
        f"The image: {image.stat().st_size:,} bytes, SHA-256 `{image.with_suffix('.img.sha256').read_text()[:64]}`."
    )
    section = Section(key, title, today(), machine(), [words, made, seen], "make image-test-pi")
    update(REPOSITORY / "docs/figures.md", [section], [])
