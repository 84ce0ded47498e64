"""The partitions: sizes, names and types, as genimage is told them. Pure.

Every identifier is fixed, so that the same inputs give the same bytes. A card of a Pi before the 4 is read by a boot
ROM that knows the old partition table only: there the FAT partition stands in both (a hybrid table).
"""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1024 * 1024
DISK_UUID = "1b5ad3a5-5c9a-4a3f-9d4f-9b0a6f1e0c01"
DATA_TYPE = "7b6a0e6c-62b5-4c58-9f0c-2c2f4d5a0b80"  # ours alone: systemd-repart grows what is of it
BASIC = "ebd0a0a2-b9e5-4433-87c0-68b6b72699c7"
ESP = "c12a7328-f81f-11d2-ba4b-00a0c93ec93b"
LINUX = "0fc63daf-8483-4772-8e79-3d69d8477de4"


@dataclass(frozen=True, slots=True)
class Partition:
    """One partition; ``image`` is the file that fills it, or none."""

    name: str
    size: int
    type_uuid: str
    image: str | None = None
    mbr_type: int | None = None

    @property
    def label(self) -> str:
        """Its name in the table."""
        return f"hotline-{self.name}"


def partitions(architecture: str) -> tuple[Partition, ...]:
    """The eight of them, in order."""
    boot_type, mbr = (ESP, None) if architecture == "amd64" else (BASIC, 0x0C)
    return (
        Partition("boot", 64 * MIB, boot_type, "boot.vfat", mbr),
        Partition("env", 8 * MIB, LINUX, "env.raw"),
        Partition("kernel-a", 96 * MIB, LINUX, "kernel.ext4"),
        Partition("kernel-b", 96 * MIB, LINUX),
        Partition("root-a", 512 * MIB, LINUX, "root.erofs"),
        Partition("root-b", 512 * MIB, LINUX),
        Partition("state", 512 * MIB, LINUX, "state.ext4"),
        Partition("data", 64 * MIB, DATA_TYPE, "data.ext4"),
    )


def uuid(number: int) -> str:
    """The identifier of a partition or file system of ours."""
    return f"1b5ad3a5-5c9a-4a3f-9d4f-9b0a6f1e1{number:03x}"


def genimage(architecture: str, name: str) -> str:
    """genimage's configuration for the whole disk."""
    table = "gpt" if architecture == "amd64" else "hybrid"
    lines = [
        f'image "{name}" {{',
        "\thdimage {",
        f'\t\tpartition-table-type = "{table}"',
        f'\t\tdisk-uuid = "{DISK_UUID}"',
        "\t\talign = 1M",
        '\t\tdisk-signature = "0x484f5431"' if table == "hybrid" else "",
        "\t}",
    ]
    for number, one in enumerate(partitions(architecture), start=1):
        lines += [
            f'\tpartition "{one.label}" {{',
            f'\t\tpartition-type-uuid = "{one.type_uuid}"',
            f'\t\tpartition-uuid = "{uuid(number)}"',
            f"\t\tsize = {one.size}",
            f'\t\timage = "{one.image}"' if one.image else "",
            f"\t\tpartition-type = {one.mbr_type:#x}" if one.mbr_type and table == "hybrid" else "",
            "\t}",
        ]
    return "\n".join([line for line in lines if line] + ["}", ""])
