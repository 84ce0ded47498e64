"""The image's root, booted in namespaces of its own by its own systemd: the very bytes, at this machine's speed.

It has no kernel, no disk and no network of its own, so it shows what those have no part in: that every unit starts on
the read-only root, what the sandboxes allow, and what comes back. The rest is shown in QEMU (test_boot.py).
"""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Iterator

import pytest

from tests.image.table import part
from tests.image.test_boot import the_image
from tests.systemd.box import Box

pytestmark = [
    pytest.mark.skipif("HOTLINE_IMAGE_TEST" not in os.environ, reason="make image-test makes the image for it"),
    pytest.mark.timeout(1800),
]
SERVICES = ("hotline-guard", "hotline-exchange", "hotline-web", "asterisk", "mosquitto")
NOTE = "/var/lib/hotline/network-time.json"
CONFIG = """[device]
id = "image-test"
region = "CZ"

[modem]
port = "/dev/ttyUSB0"
service_number = "+420777000100"

[[trunk]]
name = "trunk-a"
sip = "sip:192.0.2.10:5060"

[duty]
default = "tech-1"

[[person]]
id = "tech-1"
name = "Technician"
mobile = "+420777000111"

[provisioning]
hostname = "image-test"
ethernet = { address = "192.0.2.5/24" }
wifi = { ssid = "Workshop", password = "correct horse" }
"""
# what the initramfs does with state and /var, and what systemd gets in a namespace; disks are not there to be mounted
BOOT = r"""
set -e
mount --make-rprivate /
root=$1
mount -o loop,ro,offset=@start@,sizelimit=@size@ -t erofs @image@ "$root"
cd "$root"
mount --bind "$root/../state" state
mount -t proc proc proc
mount -t sysfs sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs tmpfs tmp
mount -t tmpfs -o mode=755 tmpfs dev
mount -t tmpfs tmpfs data
mkdir -p run/hotline run/var
mount -t tmpfs -o mode=0755,noexec var run/var
mkdir run/var/upper run/var/work
mount -t overlay -o "noexec,lowerdir=$root/var,upperdir=$root/run/var/upper,workdir=$root/run/var/work" var var
while read -r source target mode; do
    case $source in '' | '#'*) continue ;; esac
    [ -d "state/$source" ] || { mkdir -p "state/$source"; chmod "$mode" "state/$source"; }
    mkdir -p ".$target" 2>/dev/null || true
    mount --bind "state/$source" ".$target"
done <usr/lib/hotline/state-places
[ -e state/machine-id ] || tr -d - </proc/sys/kernel/random/uuid >state/machine-id
cp state/machine-id run/machine-id
mount --bind run/machine-id etc/machine-id
mount --bind "$root/../boot" boot/hotline
for node in null.1.3 zero.1.5 full.1.7 random.1.8 urandom.1.9 tty.5.0; do
    IFS=. read -r name major minor <<< "$node"
    mknod -m 666 "dev/$name" c "$major" "$minor"
done
mkdir dev/pts dev/shm run/old
mount -t devpts -o newinstance,ptmxmode=666 devpts dev/pts
mount -t tmpfs tmpfs dev/shm
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
mkdir -p run/systemd/system
for unit in boot-hotline.mount data.mount tmp.mount; do ln -s /dev/null "run/systemd/system/$unit"; done
pivot_root . mnt
exec chroot . /usr/bin/env -i container=other PATH="$2" /lib/systemd/systemd --log-target=console
"""


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    folder = tmp_path_factory.mktemp("image")
    for name in ("root", "state", "boot"):
        (folder / name).mkdir()
    (folder / "boot/hotline.toml").write_text(CONFIG)
    start, size = part(image := the_image(), "root-a")
    boot = (
        BOOT.replace("@start@", str(start)).replace("@size@", str(size)).replace("@image@", shlex.quote(str(image)))
    )
    box = Box(folder / "root", boot)
    with box.booted(folder / "boot.log"):
        yield box


def test_every_service_runs_and_no_unit_failed(box: Box) -> None:
    box.until(f"systemctl is-active {' '.join(SERVICES)}", 300)
    box.until("asterisk -rx 'ari show apps' | grep -q hotline")
    assert box.do("systemctl --failed --plain --no-legend") == ""
    assert json.loads(box.do("cat /run/hotline/provisioning.json"))["status"] == "taken"
    assert box.do("cat /proc/sys/kernel/hostname").strip() == "image-test"
    assert "cannot be spoken" not in box.do("journalctl -b --no-pager -o cat")


def test_the_root_is_as_promised(box: Box) -> None:
    assert box.do("find / -xdev -perm /6000 -type f") == ""
    for place in ("/usr/x", "/etc/x", "/opt/hotline/x"):
        assert "rc=1" in box.do(f"touch {place} 2>/dev/null; echo rc=$?")
    assert box.do("nft list ruleset").count("policy drop") == 2
    assert "{ 80, 443 }" in box.do("nft list set inet hotline web_ports")
    listening = box.do("ss -Hlntu | awk '{print $5}' | grep -vE '127\\.|\\[::1\\]|%lo:'").split()
    assert not [one for one in listening if one.endswith((":1883", ":22", ":8088", ":5038"))]
    assert "active" not in box.do("systemctl is-active ssh", check=False).split()
    shadow = [line.split(":")[1] for line in box.do("cat /etc/shadow").splitlines()]
    assert set(shadow) <= {"*", "!", "!*", "!!"}


def test_memory_at_rest_is_told(box: Box) -> None:
    total = 0.0
    for unit in SERVICES:
        pid = box.shows(unit, "MainPID")
        kilobytes = int(box.do(f"awk '/^Pss:/{{print $2}}' /proc/{pid}/smaps_rollup"))
        total += kilobytes
        print(f"{unit}: {kilobytes / 1024:.0f} MiB")
    print(f"all of them: {total / 1024:.0f} MiB")
    assert total > 0


def test_a_killed_service_is_back_and_a_frozen_guard_too(box: Box) -> None:
    for unit, blow in (*((one, "KILL") for one in SERVICES), ("hotline-guard", "STOP")):
        first = box.shows(unit, "MainPID")
        box.do(f"systemctl kill --signal={blow} --kill-whom=main {unit}")
        now = f'"$(systemctl show -p MainPID --value {unit})"'
        changed = f"test {now} -gt 0 -a {now} != {first}"
        box.until(f"{changed} && systemctl is-active {unit}", 300)
    assert "atchdog timeout" in box.do("journalctl -b -u hotline-guard --no-pager -o cat")


def test_the_sandboxed_helpers_do_what_they_are_for(box: Box) -> None:
    for unit in ("hotline-boots-beat", "hotline-stick"):
        box.do(f"systemctl start {unit}")
    box.until(f"systemctl is-active {' '.join(SERVICES)}", 300)
    # the time as it is: the clock is this machine's, and must not be moved
    note = "import json, time, datetime; print(json.dumps({'time': datetime.datetime.now(datetime.UTC).isoformat(), "
    note += "'boottime': time.clock_gettime(time.CLOCK_BOOTTIME)}))"
    box.do(f'python3 -c "{note}" > /run/note; install -m 600 -o hotline -g hotline /run/note {NOTE}')
    box.do("systemctl start hotline-clock")
    assert "the clock is right" in box.do("journalctl -b -u hotline-clock --no-pager -o cat")


def test_the_button_s_request_takes_the_network_s_set_up_back(box: Box) -> None:
    box.do("test -s /run/hotline/wpa_supplicant.conf -a -s /run/systemd/network/65-hotline-ethernet.network")
    program = "import site; site.addsitedir('/opt/hotline/site'); from pathlib import Path; "
    program += "from appliance.provision.reset import ask; ask(Path('/var/lib/hotline'))"
    box.do(f'setpriv --reuid hotline --regid hotline --clear-groups python3 -I -c "{program}"')
    box.until("test ! -e /run/hotline/wpa_supplicant.conf -a ! -e /run/systemd/network/65-hotline-ethernet.network")
    box.until("! systemctl is-active hotline-network-reset")
    assert box.do("systemctl --failed --plain --no-legend") == ""
    assert "networkctl" not in box.do(
        "journalctl -b -u hotline-network-reset -u hotline-stick --no-pager -o cat -p warning"
    )
