"""Which Debian packages the image is made of: the names; versions and hashes are in ``packages.lock``. Pure."""

from __future__ import annotations

from dataclasses import dataclass

SUITE = "forky"
COMPONENTS = "main non-free-firmware"
ARCHITECTURES = ("amd64", "arm64")
HOST = "amd64"  # the tools run here

# the root: what a box runs. No apt: a read-only root is replaced whole, never patched
ROOT = [
    "systemd-sysv",
    "systemd-resolved",
    "systemd-timesyncd",
    "systemd-repart",
    "dbus-broker",
    "udev",
    "kmod",
    "util-linux",
    "e2fsprogs",
    "dosfstools",
    "asterisk",
    "asterisk-core-sounds-en",
    "asterisk-moh-opsound-wav",
    "mosquitto",
    "python3",
    "ca-certificates",
    "tzdata",
    "iproute2",
    "iputils-ping",
    "nftables",
    "openssh-server",
    "wpasupplicant",
    "wireless-regdb",
    "busybox-static",
    "procps",
    "python3-libgpiod",
    "usb-modeswitch",
    "espeak-ng",
    "sox",
]
ROOT_OF: dict[str, list[str]] = {"amd64": [], "arm64": []}

# taken apart, not installed: their maintainer scripts would only make an initramfs and boot files that are not ours
BOOT_OF = {
    "amd64": ["linux-image-amd64", "e2fsck-static"],
    "arm64": [
        "linux-image-arm64",
        "e2fsck-static",
        "raspi-firmware",
        "u-boot-rpi",
        "u-boot-qemu",
        "firmware-brcm80211",
    ],
}
# put over the base as they are: packages without scripts of their own need no emulated installation
ADDED = ("mount",)
KERNEL_PARTS = ("linux-base-", "linux-binary-", "linux-modules-")

# what makes file systems and the image; of the same suite, so that no version of the machine shows in the bytes
TOOLS = [
    "genimage",
    "mtools",
    "dosfstools",
    "erofs-utils",
    "e2fsprogs",
    "kmod",
    "u-boot-tools",
    "zstd",
    "xz-utils",
    "python3",
    "grub-common",
    "grub-efi-amd64-bin",
]
# what a test of the image plays around the box and no box has: an access point
TRIED = ["hostapd", "iw"]


@dataclass(frozen=True, slots=True)
class Group:
    """Packages that are resolved together; ``closed`` with everything that they need."""

    name: str
    architecture: str
    names: tuple[str, ...]
    closed: bool = True


def groups() -> tuple[Group, ...]:
    """Every group of the lock."""
    roots = (Group("root", one, (*ROOT, *ROOT_OF[one])) for one in ARCHITECTURES)
    boots = (Group("boot", one, tuple(BOOT_OF[one]), closed=False) for one in ARCHITECTURES)
    added = (Group("added", one, ADDED, closed=False) for one in ARCHITECTURES)
    tried = Group("tried", HOST, tuple(TRIED), closed=False)
    return (*roots, *added, *boots, Group("tools", HOST, tuple(TOOLS)), tried)
