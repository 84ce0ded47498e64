"""A stick that udev finds while the places are looked at: nobody tells of it afterwards, so it is looked for again.

The programs that a real stick needs are scripts here with its state in files; the real ones are in tests/image.
"""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path

import pytest

from appliance.cli.main import main
from tests.provision.test_apply import GOOD

NOTHING = json.dumps({"blockdevices": []})
STICK = json.dumps({"blockdevices": [{"path": "/dev/sda", "label": "HOTLINE", "partlabel": None, "fstype": "vfat"}]})


@pytest.fixture
def box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A root, and programs that show the stick as ``listed`` has it; udev's work is done by ``settle``."""
    root, programs = tmp_path / "root", tmp_path / "programs"
    for folder in (root / "etc", root / "boot", tmp_path / "stick", programs):
        folder.mkdir(parents=True)
    (root / "etc/machine-id").write_text("0" * 32)
    (tmp_path / "stick/hotline.toml").write_text(GOOD)
    (tmp_path / "listed").write_text(NOTHING)
    for name, text in {
        "lsblk": f"cat {tmp_path}/listed",
        "udevadm": f'test "$1" = settle; test ! -e {tmp_path}/found || mv {tmp_path}/found {tmp_path}/listed',
        "mount": f'for place; do :; done; cp {tmp_path}/stick/* "$place"',
        "umount": 'rm -r "$1"/*',
    }.items():
        (programs / name).write_text(f"#!/bin/sh\nset -e\n{text}\n")
        (programs / name).chmod(0o755)
    monkeypatch.setattr(socket, "sethostname", lambda _: None)  # this machine keeps its name
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    return tmp_path


def provisioned(box: Path) -> str:
    assert main(["provision", "--root", str(box / "root"), "--boot", str(box / "root/boot")]) == 0
    return str(json.loads((box / "root/run/hotline/provisioning.json").read_text())["status"])


def test_a_stick_that_is_found_meanwhile_is_taken(box: Path) -> None:
    (box / "found").write_text(STICK)
    assert provisioned(box) == "taken"


def test_a_stick_that_cannot_be_read_is_told_and_the_card_is_taken(box: Path) -> None:
    (box / "listed").write_text(STICK)
    (box / "programs/mount").write_text("#!/bin/sh\nexit 32\n")
    (box / "root/boot/hotline.toml").write_text(GOOD)
    assert provisioned(box) == "taken"
    told = json.loads((box / "root/run/hotline/provisioning.json").read_text())
    assert [(one["file"], one["line"]) for one in told["mistakes"]] == [("/dev/sda", None)]
    assert "cannot be read" in told["mistakes"][0]["message"]


def test_without_a_stick_the_box_goes_on(box: Path) -> None:
    assert provisioned(box) == "none"
