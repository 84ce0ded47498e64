"""The units as files: how exposed each service is, whether systemd understands them, whether they fit together."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from appliance.asterisk.credentials import FILE as SECRETS
from appliance.asterisk.health import SOCKET
from appliance.cli.parser import build_parser
from appliance.config import examine
from appliance.config.models import Directories

ROOT = Path(__file__).resolve().parents[2]
UNITS = ROOT / "systemd"
OF_THE_IMAGE = ROOT / "image-build/units"
# what Debian's units begin with; the drop-ins must be enough whatever else they say
BASES = {
    "asterisk": "[Service]\nType=notify\nExecStart=/usr/sbin/asterisk -g -f -p -U asterisk -G asterisk\n",
    "mosquitto": "[Service]\nType=notify\nExecStartPre=/bin/mkdir -m 740 -p /run/mosquitto\n"
    "ExecStart=/usr/sbin/mosquitto -c /etc/mosquitto/mosquitto.conf\n",
    "wpa_supplicant@": "[Service]\nExecStart=/usr/sbin/wpa_supplicant -c/etc/wpa_supplicant/%I.conf -i%I\n"
    "ExecReload=/bin/kill -HUP $MAINPID\n",
}
PROGRAMS = (
    "usr/bin/systemctl",
    "usr/bin/networkctl",
    "usr/bin/udevadm",
    "usr/bin/systemd-mount",
    "usr/bin/systemd-tmpfiles",
    "usr/sbin/nft",
    "usr/sbin/wpa_supplicant",
    "bin/sh",
    "bin/kill",
)
MOST_EXPOSED = {
    "hotline-guard": 1.5,
    "hotline-exchange": 1.5,
    "hotline-web": 1.3,
    "hotline-asterisk-render": 1.0,
    "asterisk": 1.8,
    "mosquitto": 1.5,
    # of the image alone
    "hotline-boots": 1.0,
    "hotline-boots-beat": 1.0,
    "hotline-clock": 1.3,
    "hotline-data": 1.2,
    "hotline-firewall": 1.5,
    "hotline-network-reset": 1.3,
    "hotline-provision": 1.5,
    "hotline-stick": 1.3,
    "hotline-taken": 1.3,
    # Debian's own: sets up a card of the host's network, and shakes hands in raw packets, which nothing takes away
    "wpa_supplicant@wlan0": 1.6,
}


def analyze(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    tool = shutil.which("systemd-analyze")
    assert tool is not None, "systemd-analyze is missing: scripts/setup installs it with the package systemd"
    return subprocess.run([tool, *arguments], capture_output=True, text=True, check=False, timeout=50)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A root that holds the units and the programs that they start."""
    place = tmp_path / "etc/systemd/system"
    shutil.copytree(UNITS, place)
    shutil.copytree(OF_THE_IMAGE, place, dirs_exist_ok=True)
    (tmp_path / "usr/lib/systemd/system").mkdir(parents=True)
    for name, text in BASES.items():
        (tmp_path / f"usr/lib/systemd/system/{name}.service").write_text(text)
    (tmp_path / "usr/lib/systemd/system/sysinit.target").write_text("[Unit]\n")
    for program in ("usr/bin/hotline", "usr/bin/test", "usr/sbin/asterisk", "usr/sbin/mosquitto", *PROGRAMS):
        (tmp_path / program).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / program).write_text("#!/bin/sh\n")
        (tmp_path / program).chmod(0o755)
    return tmp_path


@pytest.mark.parametrize(("unit", "most"), MOST_EXPOSED.items())
def test_a_service_is_exposed_no_more_than(unit: str, most: float, root: Path) -> None:
    ran = analyze("security", f"--root={root}", "--offline=true", "--no-pager", f"{unit}.service")
    level = re.search(r"Overall exposure level for \S+: ([\d.]+)", ran.stdout)
    assert level is not None, ran.stdout + ran.stderr
    assert float(level[1]) <= most


def test_no_unit_is_forgotten() -> None:
    ours = {one.stem for folder in (UNITS, OF_THE_IMAGE) for one in folder.glob("*.service")}
    debians = {
        one.name.removesuffix(".service.d") for folder in (UNITS, OF_THE_IMAGE) for one in folder.glob("*.service.d")
    }
    assert ours | debians == MOST_EXPOSED.keys()


def test_each_of_ours_is_exposed_no_more_than_was_promised() -> None:
    assert max(most for unit, most in MOST_EXPOSED.items() if unit.startswith("hotline-")) == 1.5


def test_systemd_understands_every_unit_without_a_word(root: Path) -> None:
    ran = analyze("verify", "--man=no", f"--root={root}", *(f"{unit}.service" for unit in MOST_EXPOSED))
    ours = [line for line in ran.stderr.splitlines() if re.search(r"hotline|asterisk|mosquitto", line)]
    assert (ran.returncode, ours) == (0, [])


def test_the_check_sees_a_mistake(root: Path) -> None:
    unit = root / "etc/systemd/system/hotline-guard.service"
    unit.write_text(unit.read_text().replace("ProtectSystem=strict", "ProtectSystme=strict"))
    assert "ProtectSystme" in analyze("verify", "--man=no", f"--root={root}", unit.name).stderr


def text(name: str) -> str:
    return (UNITS / name).read_text()


def test_every_command_of_a_unit_exists() -> None:
    for unit in UNITS.glob("hotline-*.service"):
        for line in re.findall(r"^ExecStart=/usr/bin/hotline (.*)$", unit.read_text(), re.MULTILINE):
            build_parser().parse_args(line.split())


def test_the_pins_belong_to_a_group_of_the_guards() -> None:
    assert "\nDeviceAllow=char-gpiochip rw\n" in text("hotline-guard.service")
    assert "\nm hotline gpio\n" in text("hotline-sysusers.conf")
    # systemd's own rules leave them to root
    rule = next(line for line in text("hotline-udev.rules").splitlines() if not line.startswith("#"))
    assert rule == 'SUBSYSTEM=="gpio", KERNEL=="gpiochip[0-9]*", GROUP="gpio", MODE="0660"'


def test_nobody_waits_for_network_or_broker() -> None:
    for unit in UNITS.glob("hotline-*.service"):
        assert not re.search(r"^(After|Wants|Requires)=.*(network|mosquitto)", unit.read_text(), re.MULTILINE), unit


def test_a_service_is_never_given_up_and_never_reboots_the_box() -> None:
    for name in ("hotline-guard.service", "hotline-exchange.service", "hotline-web.service"):
        unit = text(name)
        for line in ("Type=notify", "WatchdogSec=30", "Restart=always", "StartLimitIntervalSec=0"):
            assert f"\n{line}\n" in unit
        assert "RestartPreventExitStatus=2" in unit
    for file in filter(Path.is_file, UNITS.rglob("*")):
        assert not re.search(r"^\w+Action=", file.read_text(), re.MULTILINE), file


def test_what_guard_and_exchange_share_is_in_the_directory_of_both() -> None:
    for name in ("hotline-guard.service", "hotline-exchange.service", "hotline-asterisk-render.service"):
        assert "User=hotline\n" in text(name)
        assert re.search(r"^StateDirectory=hotline\b", text(name), re.MULTILINE)
    assert "/" not in SOCKET
    assert "/" not in SECRETS


def test_the_pages_have_a_user_of_their_own_who_may_read_and_not_write_what_is_the_guards() -> None:
    unit = text("hotline-web.service")
    assert "\nUser=hotline-web\n" in unit
    assert re.search(r"^SupplementaryGroups=.*\bhotline\b", unit, re.MULTILINE)
    assert "\nStateDirectory=hotline/web\n" in unit
    assert f"-/var/lib/hotline/{SECRETS}" in unit
    assert "ReadWritePaths" not in unit


def test_asterisk_starts_from_where_it_is_rendered_to() -> None:
    place = "/var/lib/hotline-asterisk"
    assert f"--out {place}\n" in text("hotline-asterisk-render.service")
    assert f"-C {place}/asterisk.conf\n" in text("asterisk.service.d/hotline.conf")
    assert f"d {place} 2750 hotline asterisk\n" in text("hotline-asterisk-tmpfiles.conf")


def test_the_exchange_may_write_what_asterisk_is_to_play() -> None:
    place = Directories().prompts
    assert f"d {place} 2750 hotline asterisk\n" in text("hotline-asterisk-tmpfiles.conf")
    assert f"ReadWritePaths=-{place}\n" in text("hotline-exchange.service")
    assert f"InaccessiblePaths=-{place.parent / 'hotline'} " in text("asterisk.service.d/hotline.conf")


def test_the_configuration_as_installed_names_just_what_is_missing() -> None:
    found = examine(UNITS / "hotline.toml")
    assert [one.path for one in found.mistakes] == [
        "device.region",
        "modem.port",
        "modem.service_number",
        "person.0.mobile",
    ]
