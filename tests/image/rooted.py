"""The image's root in namespaces of its own, on a state partition that a test gives it: the very bytes, natively."""

from __future__ import annotations

import contextlib
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.image.table import part
from tests.systemd.box import REPOSITORY, Box

SERVICES = ("hotline-guard", "hotline-exchange", "hotline-web", "asterisk", "mosquitto")
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

[web]
listen = "0.0.0.0:8443"
admin_password_file = "/etc/hotline/secrets/admin"

[provisioning]
hostname = "image-test"
ethernet = { address = "192.0.2.5/24" }
wifi = { ssid = "Workshop", password = "correct horse" }

[provisioning.secrets]
admin = "nobody guesses this"
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
if ! grep -qxE '[0-9a-f]{32}' state/machine-id 2>/dev/null; then
    tr -d - </proc/sys/kernel/random/uuid >state/machine-id.new
    sync
    mv state/machine-id.new state/machine-id
    sync
fi
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
for unit in boot-hotline.mount tmp.mount systemd-growfs@data.service; do
    ln -s /dev/null "run/systemd/system/$unit"
done
printf '[Mount]\nWhat=data\nWhere=/data\nType=tmpfs\nOptions=@data@\n' >run/systemd/system/data.mount
! mountpoint -q "$root/../data" || mount --bind "$root/../data" data  # a test's own, in the place of that
pivot_root . mnt
exec chroot . /usr/bin/env -i container=other PATH="$2" /lib/systemd/systemd
"""


# what the outage needs beside: a modem and SIP peers in the box's own network
WITH_TRUNKS = """
[[node]]
name = "node-1"
sip = "sip:127.0.0.1:{node}"

[[trunk]]
name = "trunk-a"
sip = "sip:127.0.0.1:{a}"

[[trunk]]
name = "trunk-b"
sip = "sip:127.0.0.1:{b}"

[[route]]
name = "primary"
number = "+420226000100"
needs = {{ trunk = "trunk-a", nodes = 1 }}

[[route]]
name = "secondary"
number = "+420226000200"
needs = {{ trunk = "trunk-b", nodes = 1 }}

[watchdog]
failback_hold = 5.0
timeout = 5.0
inter = 5.0
downinter = 10.0
references = ["udp://127.0.0.1:{reference}"]
"""


def with_trunks(modem: str, **ports: int) -> str:
    """The configuration with what answers at these ports."""
    without = CONFIG.split("[[trunk]]", maxsplit=1)[0] + "[duty]" + CONFIG.split("[duty]")[1]
    return without.replace("/dev/ttyUSB0", modem) + WITH_TRUNKS.format(**ports)


def leads(route: str, number: str) -> str:
    """A shell command that succeeds once MQTT's state names this route, and the network has confirmed the number."""
    program = (
        "import json, sys; s = json.load(sys.stdin); "
        f"sys.exit(s['route']['active'] != '{route}' or s['forwarding']['cfu'] != '{number}' "
        "or s['forwarding']['status'] != 'verified')"
    )
    return f'hotline status --json | python3 -I -c "{program}"'


@contextmanager
def surrounded(box: Box) -> Iterator[Mapping[str, subprocess.Popen[str]]]:
    """The booted box with a simulated modem, and with what answers SIP's OPTIONS as trunks and node; set up for them,
    and forwarding to trunk ``a``. What answers, by name."""
    with contextlib.ExitStack() as stack:

        def beside(*module: str) -> tuple[subprocess.Popen[str], str]:
            argv = ["env", f"PYTHONPATH={REPOSITORY / 'hil-tests'}", sys.executable, "-m", *module]
            process = stack.enter_context(box.beside(*argv))
            stack.callback(process.terminate)
            assert process.stdout is not None
            return process, process.stdout.readline().split()[-1]

        _, modem = beside("bench.mobile", "--msisdn", "+420777000100", "--latency", "0.5")
        answering = {name: beside("benchmarks.responder", "1", "0") for name in ("a", "b", "node", "reference")}
        text = with_trunks(modem, **{name: int(port) for name, (_, port) in answering.items()})
        (box.root.parent / "boot/hotline.toml").write_text(text)
        box.do("systemctl start hotline-stick")
        assert "taken" in box.do("cat /run/hotline/provisioning.json")
        box.until(leads("primary", "+420226000100"), 300)
        yield {name: process for name, (process, _) in answering.items()}


def rooted(image: Path, folder: Path, config: str | None = CONFIG, data: str = "nodev,nosuid,noexec") -> Box:
    """A box that boots the image's root with ``folder/state`` for its state and ``folder/boot`` for the card, which
    has ``config``.

    ``data`` are the options by which its data partition is mounted; wrong ones make one that cannot be. What a test
    has mounted at ``folder/data`` is taken instead.
    """
    for name in ("root", "state", "boot"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    if config is not None:
        (folder / "boot/hotline.toml").write_text(config)
    start, size = part(image, "root-a")
    filled = {"start": str(start), "size": str(size), "image": shlex.quote(str(image)), "data": data}
    boot = re.sub(r"@(start|size|image|data)@", lambda found: filled[found[1]], BOOT)
    return Box(folder / "root", boot)
