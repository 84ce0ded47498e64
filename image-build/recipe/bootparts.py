"""What stands on the FAT partition and in the boot loader's environment, for each architecture."""

from __future__ import annotations

import struct
import tempfile
import zlib
from pathlib import Path

from recipe.layout import MIB
from recipe.places import RECIPE, REPOSITORY
from recipe.problems import BuildError
from recipe.tools import Tools
from recipe.tree import Tree

GRUB_MODULES = [
    "part_gpt",
    "part_msdos",
    "fat",
    "ext2",
    "normal",
    "linux",
    "loadenv",
    "test",
    "echo",
    "search",
    "search_label",
    "search_fs_file",
    "configfile",
    "regexp",
    "serial",
    "terminal",
    "boot",
    "true",
    "sleep",
    "reboot",
]
CRC = struct.Struct("<I")
ENVIRONMENT_SIZE = 0x4000  # as Debian builds rpi_arm64; another size is a wrong sum to it
HELP = """Hotline\r
=======\r
Put your configuration here as hotline.toml (hotline.toml.example is a beginning), or on a USB stick named HOTLINE.\r
Wi-Fi, host name and ssh key: custom.toml, as the Raspberry Pi Imager writes it.\r
If something is wrong with them, the file's line and the mend are on the box's screen and on its web page.\r
"""
PI_FIRMWARE = ("bootcode.bin", "start", "fixup")
DTBS = ("bcm2710", "bcm2711", "bcm2712", "bcm2837")
# the kernel names it after the board that a module sits on, U-Boot after the module
MODULES = {"bcm2711-rpi-cm4-io.dtb": "bcm2711-rpi-cm4.dtb"}


def files(architecture: str, parts: Tree, tools: Tools, time_s: int) -> dict[str, bytes]:
    """The files of the FAT partition."""
    found = {
        "README.txt": HELP.encode(),
        "hotline.toml.example": (REPOSITORY / "systemd/hotline.toml").read_bytes(),
    }
    boot = RECIPE / "boot" / architecture
    if architecture == "amd64":
        found["EFI/BOOT/BOOTX64.EFI"] = _grub(boot / "early.cfg", tools, time_s)
        found["hotline/grub.cfg"] = (boot / "grub.cfg").read_bytes()
        return found
    found["config.txt"] = (boot / "config.txt").read_bytes()
    found["boot.scr"] = _script(boot / "boot.cmd", tools, time_s)
    found["uboot.env"] = _card_s_environment()
    found["u-boot.bin"] = parts.data("usr/lib/u-boot/rpi_arm64/u-boot.bin")
    for path in parts.paths():
        name = path.rsplit("/", 1)[-1]
        if path.startswith("usr/lib/raspi-firmware/") and name.startswith(PI_FIRMWARE):
            found[name] = parts.data(path)
        elif "/broadcom/" in path and name.endswith(".dtb") and name.startswith(DTBS):
            found |= dict.fromkeys(tree_places(name), parts.data(path))
    return found


def tree_places(name: str) -> list[str]:
    """Where a device tree is looked for: by the firmware, and by U-Boot in a folder."""
    return [place for one in (name, MODULES.get(name)) if one for place in (one, f"broadcom/{one}")]


def environment_partition(architecture: str) -> bytes:
    """The raw partition before the first update: two copies where U-Boot keeps them, GRUB's block at its head."""
    if architecture == "amd64":
        block = b"# GRUB Environment Block\nslot=a\n"
        return (block + b"#" * (1024 - len(block))).ljust(8 * MIB, b"\0")
    one = _card_s_environment()
    return (one + one).ljust(8 * MIB, b"\0")


def environment(text: str, size: int) -> bytes:
    """U-Boot's environment of lines ``name=value``, with its sum, as mkenvimage makes it. Of one name the last line
    counts. Raises :class:`BuildError`."""
    data = text.replace("\n", "\0").encode() + b"\0"
    if len(data) > size - CRC.size:
        raise BuildError(f"the boot loader's environment has {len(data)} bytes; {size - CRC.size} is the most")
    data = data.ljust(size - CRC.size, b"\xff")
    return CRC.pack(zlib.crc32(data)) + data


def _card_s_environment() -> bytes:
    """``bootdelay=-2`` and ``stdin=nulldev``: a modem that chatters on the serial pins is no key press."""
    return environment((RECIPE / "boot/arm64/uboot.env.txt").read_text(), ENVIRONMENT_SIZE)


def _script(source: Path, tools: Tools, time_s: int) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "boot.scr"
        tools.run(
            "mkimage",
            "-A",
            "arm64",
            "-T",
            "script",
            "-C",
            "none",
            "-n",
            "hotline",
            "-d",
            source,
            target,
            time_s=time_s,
        )
        return target.read_bytes()


def _grub(config: Path, tools: Tools, time_s: int) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "BOOTX64.EFI"
        modules = tools.root / "usr/lib/grub/x86_64-efi"
        available = [one for one in GRUB_MODULES if (modules / f"{one}.mod").exists()]
        tools.run(
            "grub-mkimage",
            "-d",
            modules,
            "-O",
            "x86_64-efi",
            "-p",
            "/hotline",
            "-c",
            config,
            "-o",
            target,
            *available,
            time_s=time_s,
        )
        return target.read_bytes()
