"""A wireless network in the emulated box's air: two simulated radios (mac80211_hwsim), one of them the box's own, the
other in a network namespace with a real hostapd and busybox's DHCP server.

Neither is in the image: the module is of the very kernel's package, hostapd and iw are of the lock's group ``tried``.
"""

from __future__ import annotations

import io
import lzma
import tarfile
from pathlib import Path

from recipe.kernel import add
from recipe.tree import Tree
from recipe.wanted import HOST
from tests.image.locked import debs
from tests.image.machine import Machine
from tests.image.ways import HERE, OUTSIDE

SSID, PASSWORD = "Workshop", "correct horse"
PLACE = "/run/ap"  # a file system of its own: nothing is run from /run
NET = "10.9.0"
HOSTAPD = f"""interface=wlan1
ssid={SSID}
hw_mode=g
channel=1
wpa=2
wpa_key_mgmt=WPA-PSK
rsn_pairwise=CCMP
wpa_passphrase={PASSWORD}
"""
UDHCPD = f"""interface wlan1
start {NET}.10
end {NET}.10
lease_file {PLACE}/leases
pidfile {PLACE}/udhcpd.pid
option subnet 255.255.255.0
option router {NET}.1
option lease 3600
"""
ANSWER = f"""import socketserver, sys
class Here(socketserver.BaseRequestHandler):
    def handle(self):
        self.request.sendall(b"{HERE}")
socketserver.TCPServer(("{OUTSIDE}", int(sys.argv[1])), Here).serve_forever()
"""
UP = f"""set -e
cd {PLACE}
modprobe mac80211
insmod ./mac80211_hwsim.ko radios=2
udevadm settle --timeout=30
ip netns add ap
./iw phy "$(cat /sys/class/net/wlan1/phy80211/name)" set netns name ap
ip -n ap link set lo up
ip -n ap address add {OUTSIDE}/32 dev lo
ip netns exec ap ./hostapd -B -P {PLACE}/hostapd.pid -t -f {PLACE}/hostapd.log hostapd.conf
ip -n ap address add {NET}.1/24 dev wlan1
touch leases
ip netns exec ap busybox udhcpd udhcpd.conf
ip netns exec ap setsid python3 -I answer.py "$1" >answer.log 2>&1 </dev/null &
"""


def _of_package(deb: Path, path: str) -> bytes:
    """The file of a package whose path ends so."""
    tree = Tree()
    add(tree, [deb], lambda one: one.endswith(path))
    (found,) = (one for one in tree.paths() if one.endswith(path))
    return tree.data(found)


def _files() -> dict[str, bytes]:
    tried = debs("tried", HOST)
    (modules,) = debs("boot", HOST, "linux-modules-").values()
    return {
        "mac80211_hwsim.ko": lzma.decompress(_of_package(modules, "/mac80211_hwsim.ko.xz")),
        **{name: _of_package(deb, f"/sbin/{name}") for name, deb in tried.items()},
        "hostapd.conf": HOSTAPD.encode(),
        "udhcpd.conf": UDHCPD.encode(),
        "answer.py": ANSWER.encode(),
        "up": UP.encode(),
    }


def _packed(files: dict[str, bytes]) -> bytes:
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w:gz") as tar:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size, info.mode = len(data), 0o700
            tar.addfile(info, io.BytesIO(data))
    return whole.getvalue()


async def on_the_air(box: Machine, port: int) -> None:
    """Give the box a radio, and a network named ``SSID`` to join, which has ``OUTSIDE`` at ``port`` behind it."""
    place = f"mkdir -p {PLACE} && mount -t tmpfs -o mode=0700 tmpfs {PLACE} && tar -xz -C {PLACE}"
    await box.do(place, within_s=300, given=_packed(_files()))
    await box.do(f"sh {PLACE}/up {port}", within_s=300)


def gone_after(seconds: int) -> str:
    """A shell command: the network leaves the air that much later; returns at once."""
    return f"setsid sh -c 'sleep {seconds}; kill $(cat {PLACE}/hostapd.pid)' >/dev/null 2>&1 </dev/null &"
