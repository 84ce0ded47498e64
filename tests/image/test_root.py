"""The image's root, booted in namespaces of its own by its own systemd: the very bytes, at this machine's speed.

It has no kernel, no disk and no network of its own, so it shows what those have no part in: that every unit starts on
the read-only root, what the sandboxes allow, and what comes back. The rest is shown in QEMU (test_boot.py).
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.image.around import the_image
from tests.image.inside import ON_DATA
from tests.image.rooted import SERVICES, leads, rooted, surrounded
from tests.systemd.box import Box

pytestmark = [
    pytest.mark.skipif("HOTLINE_IMAGE_TEST" not in os.environ, reason="make image-test-pc makes the image for it"),
    pytest.mark.timeout(1800),
]
NOTE = "/var/lib/hotline/network-time.json"


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    folder = tmp_path_factory.mktemp("image")
    box = rooted(the_image(), folder)
    with box.booted(folder / "boot.log"):
        yield box


def test_every_service_runs_and_no_unit_failed(box: Box) -> None:
    box.until_all_run(*SERVICES, within_s=300)
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
    assert "{ 8443 }" in box.do("nft list set inet hotline web_ports")
    assert "{ 10000-20000 }" in box.do("nft list set inet hotline sound_ports")
    for place in ON_DATA:
        assert "same" in box.do(f"test $(stat -c %d {place}) = $(stat -c %d /data) && echo same"), place
    listening = box.do("ss -Hlntu | awk '{print $5}' | grep -vE '127\\.|\\[::1\\]|%lo:'").split()
    assert not [one for one in listening if one.endswith((":1883", ":22", ":8088", ":5038"))]
    assert "active" not in box.do("systemctl is-active ssh", check=False).split()
    shadow = [line.split(":")[1] for line in box.do("cat /etc/shadow").splitlines()]
    assert set(shadow) <= {"*", "!", "!*", "!!"}


def test_the_first_administrator_is_who_the_set_up_says(box: Box) -> None:
    box.until("journalctl -b -u hotline-web --no-pager -o cat | grep -q 'made the account admin'")
    assert "nobody guesses this" not in box.do("journalctl -b --no-pager; cat /etc/hotline/hotline.toml")


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
    assert "Watchdog timeout" in box.do("journalctl -b -u hotline-guard --no-pager -o cat")


def test_asterisk_complains_in_the_journal_and_fills_no_file(box: Box) -> None:
    box.do("asterisk -rx 'module load app_nonsense.so' || true")
    box.until("journalctl -b -u asterisk --no-pager -o cat | grep -q app_nonsense")
    assert box.do("find /var/log/asterisk -type f") == ""


def test_the_sandboxed_helpers_do_what_they_are_for(box: Box) -> None:
    for unit in ("hotline-boots-beat", "hotline-stick"):
        box.do(f"systemctl start {unit}")
    box.until_all_run(*SERVICES, within_s=300)
    # the time as it is: the clock is this machine's, and must not be moved
    note = "import json, time, datetime; print(json.dumps({'time': datetime.datetime.now(datetime.UTC).isoformat(), "
    note += "'boottime': time.clock_gettime(time.CLOCK_BOOTTIME)}))"
    box.do(f'python3 -c "{note}" > /run/note; install -m 600 -o hotline -g hotline /run/note {NOTE}')
    box.do("systemctl start hotline-clock")
    assert "the clock is right" in box.do("journalctl -b -u hotline-clock --no-pager -o cat")


def test_what_was_kept_off_comes_back_after_an_hour_and_only_then(box: Box) -> None:
    kept_off = ("asterisk", "hotline-exchange", "hotline-web")
    units = " ".join(kept_off)
    box.do(f"touch /run/hotline/degraded; systemctl stop {units}; systemctl start {units}")
    assert box.shows("hotline-web", "ConditionResult") == "no"
    box.do("rm /run/hotline/degraded; systemctl start hotline-boots-beat")
    assert box.shows("hotline-web", "ActiveState") == "inactive"  # stopped by somebody, as far as it knows
    # the count has no fault in it that would keep the mark, so the next note takes it away
    box.do("touch /run/hotline/degraded; systemctl start hotline-boots-beat")
    box.until_all_run(*kept_off, within_s=300)
    assert box.do("ls /run/hotline/degraded /run/hotline/back 2>/dev/null || true") == ""


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


def test_a_trunk_dies_the_forwarding_follows_and_mqtt_says_so(box: Box) -> None:
    """With a simulated modem and what answers SIP's OPTIONS as trunks and node."""
    with surrounded(box) as answering:
        # Asterisk, too, goes by the set-up that was brought while it ran
        box.until("asterisk -rx 'pjsip show contacts' | grep -q sip:127.0.0.1")
        answering["a"].kill()
        box.until(leads("secondary", "+420226000200"), 300)
        assert json.loads(box.do("hotline status --json"))["trunks"]["trunk-a"]["health"] == "down"


def test_a_box_whose_data_partition_cannot_be_mounted_serves_all_the_same(tmp_path: Path) -> None:
    box = rooted(the_image(), tmp_path, data="no-such-option")
    with box.booted(tmp_path / "boot.log"):
        box.until_all_run(*SERVICES, within_s=300)
        assert box.do("systemctl --failed --plain --no-legend").split()[:1] == ["data.mount"]
        assert box.shows("hotline-data", "ConditionResult") == "no"
        assert box.shows("var-log.mount", "ActiveState") == "inactive"
