"""The boards of QEMU that whole images boot on, each with the boot loader before the image's own.

What units allow for their start is meant for hardware; emulated, Python takes a minute or more. The image is as it
is: systemd takes longer times from the board as credentials (systemd.system-credentials(7)). The watchdogs are the
image's own, which needs a core for QEMU alone; on a busy machine HOTLINE_QEMU_PATIENCE=1 lets them wait longer, too.
"""

from __future__ import annotations

import base64
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from recipe.bootparts import environment
from recipe.kernel import unpacked
from recipe.places import RECIPE
from tests.image.locked import debs

FIRMWARE = Path("/usr/share/OVMF")
# a KVM that is there may not work, so it is asked for
ACCELERATOR = os.environ.get("HOTLINE_QEMU_ACCEL", "tcg,tb-size=1024")
PYTHON = ("hotline-guard", "hotline-exchange", "hotline-web")
STARTED = (*PYTHON, "hotline-provision", "hotline-boots", "hotline-asterisk-render", "asterisk", "mosquitto", "ssh")
PATIENT = os.environ.get("HOTLINE_QEMU_PATIENCE", "0") not in ("", "0")

# Debian's build of U-Boot for the board: its environment is the second flash, memory begins at 1 GiB
FLASH_BYTES, ENVIRONMENT_BYTES = 64 * 1024 * 1024, 0x40000
ADDRESSES = """fdt_addr=0x40000000
scriptaddr=0x40200000
kernel_addr_r=0x40400000
ramdisk_addr_r=0x44000000
fdt_high=0xffffffff
initrd_high=0xffffffff
"""


@dataclass(frozen=True, slots=True)
class Board:
    """``argv`` is the beginning of QEMU's command line; files of its own go to the folder that it is given."""

    architecture: str
    argv: Callable[[Path], list[str]]


def _patience() -> dict[str, str]:
    """Credentials with longer times by name, in base64."""
    texts = {"dev-disk-.device": "[Unit]\nJobRunningTimeoutSec=1800\n"}  # every one below it: the partitions
    for unit in STARTED:
        watched = "WatchdogSec=240\n" if PATIENT and unit in PYTHON else ""
        texts[f"{unit}.service"] = f"[Service]\nTimeoutStartSec=1800\n{watched}"
    # zz: last, as fstab's partitions and Asterisk's own drop-in have time-outs
    return drop_ins(texts, "zz")


def drop_ins(texts: Mapping[str, str], name: str) -> dict[str, str]:
    """Credentials by name, in base64: a drop-in so called for each unit."""
    return {
        f"systemd.unit-dropin.{unit}~{name}": base64.b64encode(text.encode()).decode() for unit, text in texts.items()
    }


def smbios(credentials: Mapping[str, str]) -> list[str]:
    """Words of QEMU's command line that hand credentials to a board with SMBIOS."""
    told = (f"type=11,value=io.systemd.credential.binary:{name}={value}" for name, value in credentials.items())
    return [word for one in told for word in ("-smbios", one)]


def _pc(folder: Path) -> list[str]:
    shutil.copyfile(FIRMWARE / "OVMF_VARS_4M.fd", settings := folder / "firmware.fd")
    return [
        *("qemu-system-x86_64", "-machine", "q35", "-accel", ACCELERATOR, "-cpu", "max"),
        *("-drive", f"if=pflash,format=raw,readonly=on,file={FIRMWARE / 'OVMF_CODE_4M.fd'}"),
        *("-drive", f"if=pflash,format=raw,file={settings}"),
        *("-device", "i6300esb", "-action", "watchdog=reset"),
        *smbios(_patience()),
    ]


def _virt(folder: Path) -> list[str]:
    parts = unpacked(debs("boot", "arm64", "u-boot-qemu").values())
    (loader := folder / "u-boot.bin").write_bytes(parts.data("usr/lib/u-boot/qemu_arm64/u-boot.bin"))
    # the card's own environment where this board has memory. It has no SMBIOS without UEFI, and a name of its fw_cfg
    # is too short for a credential's: the kernel's command line has room
    words = " ".join(f"systemd.set_credential_binary={name}:{value}" for name, value in _patience().items())
    text = (RECIPE / "boot/arm64/uboot.env.txt").read_text() + ADDRESSES + f"hotline_more={words}\n"
    with (flash := folder / "flash.img").open("wb") as file:
        file.write(environment(text, ENVIRONMENT_BYTES))
        file.truncate(FLASH_BYTES)
    return [
        *("qemu-system-aarch64", "-machine", "virt", "-accel", "tcg,tb-size=1024", "-cpu", "cortex-a53"),
        *("-bios", str(loader), "-drive", f"if=pflash,unit=1,format=raw,file={flash}"),
    ]


PC = Board("amd64", _pc)  # UEFI, and a watchdog that resets
VIRT = Board("arm64", _virt)  # QEMU's own board, with the processor of a Pi 3
