"""The arm64 image on the boards that QEMU has for it: `make image-test-pi`.

`raspi3b` starts the card's own boot loader from the card's first partition and comes to the kernel; what lies before,
the VideoCore's firmware, it has not. `virt` has no card, and runs the whole image. What was seen is written to
docs/figures.md.
"""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path

import pytest

from bench.plan import DIDS
from benchmarks.figures import Section, Table, update
from benchmarks.machine import machine, today
from recipe.places import REPOSITORY
from tests.image.around import SERVICES, bench, the_image
from tests.image.boards import PATIENT, VIRT
from tests.image.inside import promises, up
from tests.image.table import part

pytestmark = [
    pytest.mark.skipif("HOTLINE_PI_TEST" not in os.environ, reason="make image-test-pi makes the image for it"),
    pytest.mark.timeout(7200),
]
CARD = "2G"  # QEMU's card has a power of two
KERNEL_S = 900.0
STARTING = "Starting kernel"
TO_A_SCREEN = re.compile(r"\x1b\[[?;\d]*[A-Za-z]")
TAKEN = r"Hotline: image-test\.local: the configuration was taken"


def said(loaded: str, disk: str) -> list[str]:
    """What the boot loader says, in this order; a key press would be a modem's chatter on the pins."""
    return [
        r"U-Boot .*",
        rf"Loading Environment from {loaded}\.\.\. OK",
        r"In: +nulldev",
        r"## Executing script at \S+",
        rf"Hotline: slot a from {disk}:3",
        r"Starting kernel \.\.\.",
    ]


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
    console = comes_to(STARTING, argv, [serial, serial.with_suffix(".mini")])
    in_order(console, said("FAT", r"mmc \d"))
    assert "Hit any key" not in console
    begins = console.index("Loading Environment")
    kept = [line.rstrip() for line in TO_A_SCREEN.sub("", console[begins:]).splitlines()]
    told(
        "image-raspi3b",
        "The card's boot loader on QEMU's Raspberry Pi 3",
        "`u-boot.bin`, its device tree and everything after it from the first partition of the arm64 image; QEMU's "
        "times are no Pi's.",
        [block(filter(None, kept))],
        image,
    )


async def test_the_whole_image_on_virt(tmp_path: Path) -> None:
    seen = []
    async with bench(tmp_path, board=VIRT) as all_of_it:
        box, began = all_of_it.box, time.monotonic()

        def after() -> str:
            return f"after {time.monotonic() - began:.0f} s"

        await box.until("true")
        seen.append(("ssh answers, by a key from the stick", after()))
        assert "30min" in await box.do(
            "systemctl show -p TimeoutStartUSec --value hotline-guard"
        )  # as the board says
        await up(box)
        seen.append((f"{', '.join(SERVICES)} are active", after()))
        await all_of_it.leads_to(DIDS["trunk-a"])
        seen.append(("the mobile network leads the service number to the first trunk, as set up", after()))
        seen.append(("kernel and processor", (await box.do("uname -mr")).strip()))
        seen.append(("the root", (await box.do("findmnt -no SOURCE,FSTYPE,OPTIONS /")).strip()))
        tries = (await box.do(f"systemctl show -p NRestarts --value {' '.join(SERVICES)}")).split()
        seen.append(("starts that systemd tried again", ", ".join(tries)))
        await promises(box)
        held = "nothing setuid, the data partition grown, the broker heard inside only, the firewall, no unit failed"
        seen.append(("promises (`tests/image/inside.py`)", f"all held: {held}"))
        running = await box.do("systemctl list-units --type=service --state=running --no-legend --plain")
        services = [line.split()[0] for line in running.splitlines()]
    told(
        "image-virt",
        "The arm64 image on QEMU's board virt",
        "The whole image: one emulated Cortex-A53, 1 GiB, a disk of 4 GB, a stick with the set-up, a modem on USB "
        "whose mobile network is simulated, four real Asterisks on the host as trunks and nodes. Units had longer to "
        f"start than the image gives them; watchdogs {'waited longer, too' if PATIENT else 'were its own'}. Seconds "
        "are of the emulation: no Pi's.",
        [
            "On the console:",
            block(in_order(box.console.read_text(errors="replace"), [*said("Flash", r"virtio \d"), TAKEN])),
            Table("Inside:", ("what", "seen"), seen, text=True),
            "Services that run at the end:",
            block(services),
        ],
        the_image("arm64"),
    )


def in_order(console: str, patterns: Iterable[str]) -> list[str]:
    """The words for each pattern."""
    found, at = [], 0
    for pattern in patterns:
        one = re.compile(pattern).search(console, at)
        assert one is not None, f"{pattern!r} was not said, or too early:\n{console}"
        found.append(one[0].rstrip())
        at = one.end()
    return found


def block(lines: Iterable[str]) -> str:
    return "\n".join(["```text", *lines, "```"])


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


def told(key: str, title: str, words: str, seen: Iterable[Table | str], image: Path) -> None:
    """Onto the page of figures, where it replaces what an earlier run saw."""
    made = (
        f"The image: {image.stat().st_size:,} bytes, SHA-256 `{image.with_suffix('.img.sha256').read_text()[:64]}`."
    )
    section = Section(key, title, today(), machine(), [words, made, *seen], "make image-test-pi")
    update(REPOSITORY / "docs/figures.md", [section], [])
