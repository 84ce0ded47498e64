"""The places a person puts files on: the boot partition and sticks named HOTLINE."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

from appliance.config.load import MOST_BYTES, read_at_most

LABEL = "HOTLINE"
BOOT_PARTITION = "hotline-boot"
NAMES = ("hotline.toml", "custom.toml")
STICK = "stick"  # no file's name
HANDED_IN = "handed-in"  # below /run/hotline: what the page that asks for a set-up got


@dataclass(frozen=True, slots=True)
class Found:
    """A file as it stands on a medium; ``text`` is ``None`` where it cannot be read, and ``why`` says so.

    ``by_page``: somebody handed it in on the page that asks for a set-up."""

    name: str
    text: str | None
    why: str = ""
    by_page: bool = False


def look(folder: Path) -> dict[str, Found]:
    """The files of one folder, by name."""
    found = {}
    for name in NAMES:
        path = folder / name
        if not path.is_file():
            # not told, it would be a box that says nobody brought anything
            if path.is_dir():
                found[name] = Found(str(path), None, "is a folder; it has to be a file")
            elif (hidden := path.with_name(f"{name}.txt")).is_file():  # Windows does not show the end of a name
                found[name] = Found(str(hidden), None, f"is named {hidden.name}; its name has to be {name}")
            continue
        try:
            data = read_at_most(path, MOST_BYTES)
            if len(data) > MOST_BYTES:
                found[name] = Found(str(path), None, f"has more than {MOST_BYTES} bytes")
            else:
                found[name] = Found(str(path), data.decode("utf-8-sig"))
        except OSError as error:
            found[name] = Found(str(path), None, f"cannot be read ({error.strerror})")
        except UnicodeDecodeError as error:
            found[name] = Found(str(path), None, f"byte {error.start} is not UTF-8; save the file as UTF-8")
    return found


def handed_in(folder: Path, config_file: Path) -> dict[str, Found]:
    """What was handed in on the page, as long as there is no configuration: nobody had to have a password for it."""
    if config_file.exists() or (folder / "hotline.toml").is_symlink():
        return {}
    return {name: replace(one, by_page=True) for name, one in look(folder).items() if name == "hotline.toml"}


def stick(mountpoint: Path) -> dict[str, Found] | None:
    """The files of a stick named HOTLINE; ``None`` where there is none. One that cannot be read is told as
    :data:`STICK`: what lies on the card is taken all the same."""
    device = _device()
    if device is None:
        return None
    mountpoint.mkdir(parents=True, exist_ok=True)
    ran = subprocess.run(["mount", "-o", "ro,nosuid,nodev,noexec", device, str(mountpoint)], check=False)
    if ran.returncode != 0:  # mount has said why, in the journal
        return {STICK: Found(device, None, "the stick cannot be read; make it FAT, exFAT or ext4, named HOTLINE")}
    try:
        return look(mountpoint)
    finally:
        subprocess.run(["umount", str(mountpoint)], check=False)


def brought_late() -> bool:
    """Whether there is a stick once udev has done what it has begun. Its rule takes what comes later than that; what
    came while the places were looked at is nobody's else."""
    subprocess.run(["udevadm", "settle", "--timeout=30"], check=False)
    return _device() is not None


def _device() -> str | None:
    argv = ["lsblk", "--json", "--output", "PATH,LABEL,PARTLABEL,FSTYPE"]
    ran = subprocess.run(argv, capture_output=True, text=True, check=False)
    if ran.returncode != 0:
        return None
    return named(json.loads(ran.stdout))


def named(listed: dict[str, list[dict[str, object]]]) -> str | None:
    """The stick's device in what ``lsblk`` lists: of that label, and not our own boot partition."""
    todo = list(listed.get("blockdevices", []))
    while todo:
        one = todo.pop(0)
        todo.extend(one.get("children", []))  # type: ignore[arg-type]
        if one.get("label") == LABEL and one.get("partlabel") != BOOT_PARTITION and one.get("fstype"):
            return str(one["path"])
    return None
