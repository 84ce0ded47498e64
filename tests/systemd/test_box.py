"""Installed and booted: `make install-test`. What the units promise is seen under a real systemd, as process 1.

Needs root, and two small Debian roots that are made once (about a minute each): bookworm, which has no Asterisk, and
forky, which has one.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator

import pytest

from tests.systemd.box import REPOSITORY, Box, debian

pytestmark = [
    pytest.mark.skipif("HOTLINE_INSTALL_TEST" not in os.environ, reason="make install-test boots a Debian for it"),
    pytest.mark.timeout(900),
]
DATA = ("/etc/hotline", "/var/lib/hotline", "/var/spool/asterisk")
# what a running Debian writes by itself
RESTLESS = re.compile(
    r"^/(srv|root|tmp|run|dev|proc|sys|mnt|var/log|var/lib/(systemd|dpkg|private|dbus|asterisk|mosquitto)|var/tmp|var/cache)\b"
    r"|^/etc/(machine-id|[^/]*-|\.pwd\.lock|\.updated|resolv\.conf|ssl|subuid|subgid|g?shadow|mtab)\b|^/var/\.updated$"
)


def filled(text: str) -> str:
    """The configuration as installed, with what a person adds."""
    for old, new in (
        ('region = ""', 'region = "CZ"'),
        ('port = ""', 'port = "/dev/ttyS0"'),
        ('service_number = ""', 'service_number = "+420777000100"'),
        ('mobile = ""', 'mobile = "+420777000111"'),
    ):
        assert old in text
        text = text.replace(old, new)
    return text


def files(box: Box) -> set[str]:
    found = (
        os.path.join("/", os.path.relpath(top, box.root), name)
        for top, _, names in os.walk(box.root)
        for name in names
    )
    return {os.path.normpath(one) for one in found if not RESTLESS.search(os.path.normpath(one))}


def configure(box: Box) -> None:
    place = box.root / "etc/hotline/hotline.toml"
    place.write_text(filled(place.read_text()))


def tried(box: Box, unit: str, state: str, *devices: str) -> dict[str, str]:
    """What happens in the unit's sandbox to a program that tries everything."""
    lines = box.do(f"systemctl cat {unit}").splitlines()
    dropped = (
        r"(Exec\w+|Type|NotifyAccess|WatchdogSec|Restart\w*|WorkingDirectory|StandardOutput|StandardError|Nice)="
    )
    kept = [line for line in lines if not re.match(dropped, line)]
    command = f"/usr/bin/python3 /srv/probe.py {state} {' '.join(devices)}"
    at = max(index for index, line in enumerate(kept) if line == "[Service]") + 1
    kept[at:at] = ["Type=oneshot", f"ExecStart={command}", "StandardOutput=file:/run/probe.out"]
    (box.root / "srv/probe.py").write_text((REPOSITORY / "tests/systemd/probe.py").read_text())
    (box.root / "etc/systemd/system/probe.service").write_text("\n".join(kept))
    box.do("rm -f /run/probe.out; systemctl daemon-reload; systemctl start probe")
    return dict(map(json.loads, box.do("cat /run/probe.out").splitlines()))


def check_denied(found: dict[str, str], state: str, *, allowed: set[str]) -> None:
    assert len(found) > 30
    assert {what for what, outcome in found.items() if outcome == "allowed"} == {
        f"write {state}",
        "inet socket",
        *allowed,
    }


@pytest.fixture(scope="module")
def guard_box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    folder = tmp_path_factory.mktemp("bookworm")
    with debian("bookworm", folder) as box:
        box.before = files(box)
        assert "the guard alone is installed" in box.install()
        configure(box)
        with box.booted(folder / "boot.log"):
            yield box


@pytest.fixture(scope="module")
def exchange_box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    folder = tmp_path_factory.mktemp("forky")
    with debian("forky", folder) as box:
        box.install()
        configure(box)
        with box.booted(folder / "boot.log"):
            yield box


def test_the_guard_runs_without_modem_network_or_asterisk(guard_box: Box) -> None:
    guard_box.until("systemctl is-active hotline-guard && systemctl is-active mosquitto")
    guard_box.until("hotline status --json | grep -q technician")
    assert guard_box.shows("hotline-guard", "User") == "hotline"


def test_installing_again_changes_nothing_of_yours_and_makes_nothing_anew(guard_box: Box) -> None:
    place = guard_box.root / "etc/hotline/hotline.toml"
    place.write_text(mine := place.read_text() + "# mine\n")
    before = sorted(os.listdir(guard_box.root / "opt/hotline"))
    (more := guard_box.root / "etc/mosquitto/conf.d/mine.conf").write_text("listener 1884 127.0.0.1\n")
    said = guard_box.do("make -C /srv/hotline install")
    more.unlink()
    assert "making" not in said
    assert place.read_text() == mine
    # a listener of one's own beside ours does not take ours away, at which the services meet
    assert (guard_box.root / "etc/mosquitto/conf.d/hotline.conf").exists()
    assert "left alone" not in said
    assert sorted(os.listdir(guard_box.root / "opt/hotline")) == before
    guard_box.until("systemctl is-active hotline-guard")


def test_a_pi_whose_debian_has_no_library_for_the_pins_is_installed_all_the_same(guard_box: Box) -> None:
    scripts = guard_box.root / "srv/hotline/scripts"
    here = (scripts / "install").read_text().replace("/proc/device-tree/model", "/srv/model")
    (scripts / "install-on-a-pi").write_text(here)
    (guard_box.root / "srv/model").write_text("Raspberry Pi 4 Model B Rev 1.4\0")
    # an apt that knows nothing, and would be asked for nothing
    tools = guard_box.root / "srv/tools"
    tools.mkdir()
    for name, words in {"apt-get": 'test "$1" = update', "apt-cache": "true"}.items():
        (tools / name).write_text(f"#!/bin/sh\n{words}\n")
        (tools / name).chmod(0o755)
    said = guard_box.do("cd /srv/hotline && PATH=/srv/tools:$PATH sh scripts/install-on-a-pi")
    assert "there is no package python3-lgpio here" in said
    guard_box.until("systemctl is-active hotline-guard")


def test_a_killed_guard_is_back_and_a_frozen_one_too(guard_box: Box) -> None:
    for blow in ("KILL", "STOP"):
        first = guard_box.shows("hotline-guard", "MainPID")
        guard_box.do(f"systemctl kill --signal={blow} --kill-whom=main hotline-guard")
        guard_box.until(f'test "$(systemctl show -p MainPID --value hotline-guard)" -gt {first}')
        guard_box.until("systemctl is-active hotline-guard")


def test_the_guards_sandbox_denies(guard_box: Box) -> None:
    guard_box.do("mknod -m 660 /dev/ttyS0 c 4 64; chgrp dialout /dev/ttyS0; mknod -m 666 /dev/vda b 254 0")
    guard_box.do("mknod -m 666 /dev/mem c 1 1; mknod -m 666 /dev/hidraw0 c 245 0; mknod -m 666 /dev/kmsg c 1 11")
    devices = ("/dev/null", "/dev/ttyS0", "/dev/vda", "/dev/mem", "/dev/hidraw0", "/dev/kmsg")
    found = tried(guard_box, "hotline-guard", "/var/lib/hotline", *devices)
    # there may be no such port behind the number, but nobody forbids it
    assert "not permitted" not in found["open /dev/ttyS0"]
    assert "denied" not in found["open /dev/ttyS0"]
    found["open /dev/ttyS0"] = "allowed"
    mine = {"open /dev/null", "open /dev/ttyS0", "read the guard's journal", "read the configuration", "which board"}
    check_denied(found, "/var/lib/hotline", allowed=mine)


PASSWORD = "correct horse battery"
ALIVE = (
    "import ssl, urllib.request as r; "
    "r.urlopen('https://127.0.0.1:8080/alive', context=ssl._create_unverified_context())"
)


def test_the_pages_run_as_a_user_of_their_own(guard_box: Box) -> None:
    guard_box.do(f"printf '%s\\n%s\\n' '{PASSWORD}' '{PASSWORD}' | hotline web password")
    guard_box.do("systemctl restart hotline-web")
    guard_box.until(f'python3 -c "{ALIVE}"')
    assert guard_box.shows("hotline-web", "User") == "hotline-web"
    owners = guard_box.do("stat -c %U /var/lib/hotline /var/lib/hotline/web /var/lib/hotline/web/web.db").split()
    assert owners == ["hotline", "hotline-web", "hotline-web"]
    # since the restart: at the very first start the guard may not have made its journal yet
    invocation = guard_box.shows("hotline-web", "InvocationID")
    said = guard_box.do(f"journalctl _SYSTEMD_INVOCATION_ID={invocation} -o cat")
    assert said
    assert "nothing from the journal" not in said
    assert "Traceback" not in said


def test_the_pages_sandbox_denies(guard_box: Box) -> None:
    found = tried(guard_box, "hotline-web", "/var/lib/hotline/web", "/dev/null", "/dev/ttyS0", "/dev/vda")
    mine = {"open /dev/null", "read the guard's journal", "read the configuration"}
    check_denied(found, "/var/lib/hotline/web", allowed=mine)


def test_a_wrong_configuration_is_said_and_not_tried_again(guard_box: Box) -> None:
    place = guard_box.root / "etc/hotline/hotline.toml"
    good = place.read_text()
    place.write_text(good.replace('region = "CZ"', 'region = "XX"'))
    guard_box.do("systemctl restart hotline-guard", check=False)
    guard_box.until("systemctl is-failed hotline-guard")
    assert "device.region" in guard_box.do("journalctl -u hotline-guard -o cat")
    assert guard_box.shows("hotline-guard", "ActiveState") == "failed"
    # an update meanwhile takes nothing away from under the services that still run
    (older := guard_box.root / "opt/hotline/0.0.1-0123456789ab").mkdir()
    guard_box.until("systemctl is-active hotline-web")
    assert "now complete" in guard_box.do("make -C /srv/hotline install")
    assert older.exists()
    place.write_text(good)
    guard_box.do("systemctl start hotline-guard")


def test_uninstall_leaves_no_trace_but_the_data(guard_box: Box) -> None:
    guard_box.do(
        "rm -f /etc/systemd/system/probe.service; mkdir -p /etc/credstore; echo 1 >/etc/credstore/hotline-pin"
    )
    said = guard_box.do("make -C /srv/hotline uninstall")
    assert "kept: /etc/hotline /var/lib/hotline /etc/credstore/hotline-pin" in said
    guard_box.do("rm /etc/credstore/hotline-pin")
    after = files(guard_box)
    assert {one for one in after - guard_box.before if not one.startswith(DATA)} == set()
    assert guard_box.before - after == set()
    names = guard_box.do("cat /etc/passwd /etc/group /etc/shadow; systemctl list-unit-files; ps ax")
    assert not re.search(r"^hotline|hotline-guard|/opt/hotline", names, re.MULTILINE)
    guard_box.until("systemctl is-active mosquitto")
    again = guard_box.do("make -C /srv/hotline uninstall", check=False)
    assert "kept" not in again


def test_exchange_and_asterisk_run_on_the_rendered_configuration(exchange_box: Box) -> None:
    exchange_box.until_all_run("hotline-guard", "hotline-exchange", "asterisk", "mosquitto")
    exchange_box.until("asterisk -rx 'ari show apps' | grep -q hotline")
    assert exchange_box.do("stat -c '%a %U %G' /var/lib/hotline-asterisk").strip() == "2750 hotline asterisk"
    assert exchange_box.do("stat -c '%a %G' /var/lib/hotline-asterisk/ari.conf").strip() == "640 asterisk"
    assert exchange_box.shows("asterisk", "User") == "asterisk"
    assert exchange_box.do("dpkg --verify asterisk-config").strip() == ""


def test_each_of_them_comes_back(exchange_box: Box) -> None:
    for unit in ("asterisk", "hotline-exchange", "mosquitto"):
        first = exchange_box.shows(unit, "MainPID")
        exchange_box.do(f"systemctl kill --signal=KILL --kill-whom=main {unit}")
        exchange_box.until(f'test "$(systemctl show -p MainPID --value {unit})" -gt {first}')
        exchange_box.until(f"systemctl is-active {unit}")
    exchange_box.until("asterisk -rx 'ari show apps' | grep -q hotline")
    first = exchange_box.shows("hotline-exchange", "MainPID")
    exchange_box.do("systemctl kill --signal=STOP --kill-whom=main hotline-exchange")
    exchange_box.until(f'test "$(systemctl show -p MainPID --value hotline-exchange)" -gt {first}')
    exchange_box.until("asterisk -rx 'ari show apps' | grep -q hotline")


def test_the_exchanges_sandbox_denies(exchange_box: Box) -> None:
    exchange_box.do(
        "mkdir -p /etc/credstore; echo 1234 > /etc/credstore/hotline-pin; systemctl restart hotline-guard"
    )
    found = tried(exchange_box, "hotline-exchange", "/var/lib/hotline", "/dev/null", "/dev/ttyS0")
    check_denied(found, "/var/lib/hotline", allowed={"open /dev/null", "read the configuration"})


def test_asterisks_sandbox_denies(exchange_box: Box) -> None:
    found = tried(exchange_box, "asterisk", "/var/lib/asterisk", "/dev/null", "/dev/ttyS0")
    check_denied(found, "/var/lib/asterisk", allowed={"open /dev/null"})


def test_uninstall_gives_asterisk_back(exchange_box: Box) -> None:
    exchange_box.do(
        "rm -f /etc/systemd/system/probe.service; make -C /srv/hotline uninstall; systemctl restart asterisk"
    )
    exchange_box.until("systemctl is-active asterisk")
    assert "/opt/hotline" not in exchange_box.do("ps ax")
    assert "/var/lib/hotline-asterisk" not in exchange_box.shows("asterisk", "ExecStart")
    left = exchange_box.do("ls -A /var/lib/hotline-asterisk 2>/dev/null", check=False)
    assert left == ""
