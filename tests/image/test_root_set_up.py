"""The image's root in namespaces, with no set-up at all: what its page takes, and what comes of it in the sandboxes.

At the machine's own speed; from outside, over an emulated network, in test_set_up.py.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.image.around import the_image
from tests.image.rooted import CONFIG, SERVICES, rooted
from tests.systemd.box import Box

pytestmark = [
    pytest.mark.skipif("HOTLINE_IMAGE_TEST" not in os.environ, reason="make image-test-pc makes the image for it"),
    pytest.mark.timeout(600),
]
# in the network of the box, by a program of this machine
HAND_IN = """
import asyncio, sys
import aiohttp

async def main():
    form = aiohttp.FormData()
    form.add_field("file", sys.argv[2], filename="hotline.toml")
    async with aiohttp.ClientSession() as http, http.post(sys.argv[1], data=form) as answer:
        print(answer.status, await answer.text())

asyncio.run(main())
"""
PAGE = "http://127.0.0.1:8080/"


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    box = rooted(the_image(), tmp_path, None)
    with box.booted(tmp_path / "boot.log"):
        yield box


def handed_in(box: Box, text: str) -> str:
    with box.beside(sys.executable, "-c", HAND_IN, PAGE, text) as process:
        said, _ = process.communicate(timeout=60)
    return said


def test_it_asks_takes_what_is_right_and_goes_on_as_any_box(box: Box) -> None:
    box.until("ss -Hlnt 'sport = :8080' | grep -q LISTEN")
    assert "8080" in box.do("nft list set inet hotline web_ports")
    for service in ("hotline-guard", "hotline-exchange", "asterisk"):
        assert box.shows(service, "ActiveState") == "inactive"
    good = CONFIG.replace("wifi = { ssid", "# wifi = { ssid")
    told = handed_in(box, good.replace('"sip:192.0.2.10:5060"', '"192.0.2.10"'))
    assert told.startswith("422 ")
    line = good.splitlines().index('sip = "sip:192.0.2.10:5060"') + 1
    assert f"line {line}: <code>trunk.0.sip" in told
    whole = good.replace("[provisioning]\n", '[provisioning]\nsim_pin = "4321"\n')
    assert handed_in(box, whole).startswith("200 ")
    box.until_all_run(*SERVICES, within_s=300)
    assert json.loads(box.do("cat /run/hotline/provisioning.json"))["status"] == "taken"
    assert box.do("cat /proc/sys/kernel/hostname").strip() == "image-test"
    assert box.do("cat /etc/credstore/hotline-pin") == "4321"
    box.until('test -z "$(systemctl list-jobs --no-legend)"')
    assert box.do("ls /run/hotline/handed-in") == ""
    assert "8080" not in box.do("nft list set inet hotline web_ports")
    before = {one: box.shows(one, "MainPID") for one in SERVICES}
    (box.root.parent / "boot/hotline.toml").write_text(good.replace('region = "CZ"', 'region = "Czechia"'))
    box.do("systemctl start hotline-stick")
    assert "line 3: device.region: " in box.do("journalctl -b -u hotline-provision -o cat --no-pager")
    assert {one: box.shows(one, "MainPID") for one in SERVICES} == before  # no call is disturbed by a wrong file
    assert box.do("systemctl --failed --plain --no-legend") == ""


def test_a_set_up_that_could_not_be_put_in_place_is_taken_as_soon_as_it_can_and_calls_are_led(tmp_path: Path) -> None:
    box = rooted(the_image(), tmp_path)
    in_its_way = tmp_path / "state/etc-hotline/hotline.toml"
    (in_its_way / "in its way").mkdir(parents=True)
    with box.booted(tmp_path / "boot.log"):
        box.until("journalctl -b -u hotline-provision -o cat --no-pager | grep -q /etc/hotline/hotline.toml:")
        shutil.rmtree(in_its_way)
        box.until_all_run(*SERVICES, within_s=300)
        box.until('test -z "$(systemctl list-jobs --no-legend)"')
        assert "{ 8443 }" in box.do("nft list set inet hotline web_ports")
        assert box.do("cat /proc/sys/kernel/hostname").strip() == "image-test"
        assert box.do("systemctl --failed --plain --no-legend") == ""
