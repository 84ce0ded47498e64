"""The kernel's modules: which of them a box may need, and which of those already before its root. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

# whole subsystems that no box has; what is left finds disks, networks, modems, watchdogs, pins
NEVER = re.compile(
    r"kernel/(sound|drivers/(gpu|media|infiniband|iio|isdn|staging|accel|comedi|hv|xen|vfio|thunderbolt|greybus|bluetooth"
    r"|net/(ethernet/(mellanox|chelsio|qlogic|broadcom/bnx|intel/ice|netronome|cavium|huawei|pensando|sfc|marvell/(octeon|prestera))"
    r"|fddi|hamradio|can|dsa|wan|ieee802154|arcnet|hippi|wireless/(?!broadcom|realtek|mediatek))"
    r"|scsi/(?!sd_mod|scsi_mod|scsi_common|virtio_scsi|sg\.|hv)|target|md|mtd|parport|pcmcia|firewire|edac|input/(joystick|tablet|touchscreen)"
    r"|hid/(?!hid\.|hid-generic|usbhid)|usb/(gadget|musb|misc|atm)|video|platform/x86|power/supply|hwmon/(?!rasp)|ntb|rapidio"
    r"|leds/(?!leds-gpio|trigger)|mfd/(?!bcm|rpi)|crypto/(?!ccp))"
    r"|fs/(?!ext4|jbd2|exfat|erofs|overlayfs|fat|nls|mbcache|fuse|autofs|netfs)|net/(bluetooth|nfc|can|sctp|tipc|dccp|rds|batman-adv|6lowpan"
    r"|ieee802154|mac802154|ceph|9p|atm|ax25|appletalk|rxrpc|smc|openvswitch|mptcp|hsr|dsa|vmw_vsock|sunrpc)|samples)"
)
EARLY = [
    "ext4",
    "erofs",
    "overlay",
    "nls_cp437",
    "nls_ascii",
    "vfat",
    "virtio_pci",
    "virtio_mmio",
    "virtio_blk",
    "virtio_scsi",
    "virtio_net",
    "sd_mod",
    "ahci",
    "ata_piix",
    "nvme",
    "usb-storage",
    "uas",
    "xhci-pci",
    "xhci-plat-hcd",
    "ehci-pci",
    "dwc2",
    "mmc_block",
    "sdhci-pci",
    "sdhci-acpi",
    "sdhci-iproc",
    "bcm2835",
    "sdhci-brcmstb",
    "pcie-brcmstb",
    "reset-raspberrypi",
    "raspberrypi-hwmon",
    "bcm2835_wdt",
    "i6300esb",
    "iTCO_wdt",
    "sp5100_tco",
    "clk-raspberrypi",
    "raspberrypi-power",
    "gpio-raspberrypi-exp",
    "bcm2711_thermal",
    "phy-generic",
    "i2c-bcm2835",
    "nvmem_rmem",
    "rp1",
    "irq-bcm2712-mip",
    "virtio_console",
    "virtio_rng",
]


def wanted(path: str) -> bool:
    """Whether a file of the kernel's packages belongs on a box; ``path`` begins with ``usr/lib/modules/VERSION/``."""
    inside = re.sub(r"^(usr/)?lib/modules/[^/]+/", "", path)
    return NEVER.match(inside) is None


def name(path: str) -> str:
    """The module's name: the kernel takes - for _."""
    return path.rsplit("/", 1)[-1].split(".ko", maxsplit=1)[0].replace("-", "_")


def depends(text: str) -> dict[str, tuple[str, ...]]:
    """``modules.dep``: paths that each path needs."""
    lines = (line.partition(":") for line in text.splitlines() if line)
    return {path: tuple(rest.split()) for path, _, rest in lines}


def early(dependencies: Mapping[str, Iterable[str]]) -> list[str]:
    """Paths of the modules of the initramfs: what finds the root, with all that it needs."""
    names = {one.replace("-", "_") for one in EARLY}
    found = {path for path in dependencies if name(path) in names}
    return sorted(found.union(*(dependencies[path] for path in found)))
