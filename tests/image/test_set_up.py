"""A box of the image that nobody set up: its page asks for the set-up and takes one; a stick is taken while it runs.

One boot in QEMU, as in test_boot.py. It is looked at by what its owner has: its name on the wire, the page, the
console, and the mobile network; ssh only once a stick brought a key.
"""

from __future__ import annotations

import asyncio
import os
import re
from pathlib import Path

import aiohttp
import pytest

from bench.mobile.forwarding import Reason
from bench.plan import DIDS, SERVICE_NUMBER, TECHNICIANS
from tests.image.around import BACK_S, SERVICES, Bench, bench, note
from tests.image.inside import up
from tests.image.lan import Lan
from tests.image.machine import BOOT_S, Machine, first_words

pytestmark = [
    pytest.mark.skipif("HOTLINE_IMAGE_TEST" not in os.environ, reason="make image-test-pc boots the image for it"),
    pytest.mark.timeout(7200),
]
PAGE = 8080
OTHER = TECHNICIANS["tech-2"]
NAMED_S = 120.0


async def test_the_set_up(tmp_path: Path) -> None:
    async with Lan() as lan, bench(tmp_path, stick=False, shown=[PAGE], cards=lan.card) as all_of_it:
        box = all_of_it.box
        took, name = await page_asks(box)
        note(tmp_path, "without a set-up, the page answers after", took)
        print(f"{name} is at {await lan.address(name, NAMED_S)}")
        assert await first_words(box.port(22)) == b"", "ssh answers, and nobody gave it a key"
        assert all_of_it.network.target(SERVICE_NUMBER, Reason.CFU) is None
        await handed_in_wrong(box, all_of_it.hotline_toml)
        note(tmp_path, "handed in, in the network after", await handed_in(all_of_it))
        await a_stick(all_of_it)
        print(f"image-stick.local is at {await lan.address('image-stick.local', NAMED_S)}")
        await a_wrong_stick(all_of_it)
        assert await box.do("systemctl --failed --no-legend --plain") == ""
        # with huge pages a line in the journal, whose file is mapped, rewrites 2 MB
        assert "[never]" in await box.do("cat /sys/kernel/mm/transparent_hugepage/enabled")


async def asked(box: Machine, send: str | None = None) -> tuple[int, str]:
    """The page, or what it says of a file that is handed in."""
    form = aiohttp.FormData()
    form.add_field("file", send or "", filename="hotline.toml", content_type="application/octet-stream")
    method, data = ("GET", None) if send is None else ("POST", form)
    timeout = aiohttp.ClientTimeout(total=120)
    async with (
        aiohttp.ClientSession(timeout=timeout) as http,
        http.request(method, f"http://127.0.0.1:{box.port(PAGE)}/", data=data) as answer,
    ):
        return answer.status, await answer.text()


async def page_asks(box: Machine) -> tuple[float, str]:
    """Wait for the page; how long it took, and the name that it tells."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    while True:
        try:
            status, text = await asked(box)
        except (aiohttp.ClientError, TimeoutError):
            assert loop.time() - began < BOOT_S, box.tail()
            await asyncio.sleep(2)
            continue
        assert (status, "This box is not set up yet" in text) == (200, True), text
        name = re.search(r"hotline-[0-9a-f]{4}\.local", text)
        assert name is not None, text
        return loop.time() - began, name[0]


async def handed_in_wrong(box: Machine, good: str) -> None:
    """Each mistake is told with its line; nothing is taken."""
    wrong = good.replace('region = "CZ"', 'region = "Czechia"')
    line = wrong.splitlines().index('region = "Czechia"') + 1
    status, text = await asked(box, wrong)
    assert (status, f"line {line}: <code>device.region</code>" in text) == (422, True), text
    print(re.findall(r"<li>(line .*?)</li>", text))
    status, text = await asked(box)
    assert (status, "This box is not set up yet" in text) == (200, True)


async def handed_in(all_of_it: Bench) -> float:
    """A good file is taken: the guard forwards by it, and the page is gone."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    status, text = await asked(all_of_it.box, all_of_it.hotline_toml)
    assert (status, "The file is taken" in text) == (200, True), text
    await all_of_it.leads_to(DIDS["trunk-a"])
    took = loop.time() - began
    while True:
        try:
            await asked(all_of_it.box)
        except (aiohttp.ClientError, TimeoutError):
            return took
        assert loop.time() - began < BACK_S, "the page still answers"
        await asyncio.sleep(2)


async def a_stick(all_of_it: Bench) -> None:
    """Plugged into the running box: its file takes the place of what was handed in, and its key opens ssh."""
    box = all_of_it.box
    # the net is told from the numbers of people, which are the roster's since the first start
    brought = all_of_it.hotline_toml.replace("[duty]", f'[ingress]\nnet = "{OTHER}"\n\n[duty]')
    brought = brought.replace('hostname = "image-test"', 'hostname = "image-stick"')
    async with box.stick("good", {"hotline.toml": brought, "custom.toml": all_of_it.custom_toml}):
        note(box.folder, "stick plugged in, ssh answers after", await box.until("true"))
        await settled(box)
        assert '"status": "taken"' in await box.do("cat /run/hotline/provisioning.json")
        await all_of_it.leads_to(OTHER, Reason.CFNRC)
    assert (await box.do("hostname")).strip() == "image-stick"
    assert "the configuration was taken" in await box.do("journalctl -b -u hotline-provision -o cat --no-pager")


async def a_wrong_stick(all_of_it: Bench) -> None:
    """Its mistakes are told by line on the console and in the journal; what stands goes on."""
    box = all_of_it.box
    wrong = all_of_it.hotline_toml.replace('region = "CZ"', 'region = "Czechia"')
    line = wrong.splitlines().index('region = "Czechia"') + 1
    said = f"hotline.toml: line {line}: device.region: "
    pids = "systemctl show -p MainPID " + " ".join(SERVICES)
    before = await box.do(pids)
    async with box.stick("wrong", {"hotline.toml": wrong}):
        await box.until(f"journalctl -b -u hotline-provision -o cat --no-pager | grep -q '{said}'")
        await settled(box)
    assert await box.do(pids) == before  # no call is disturbed by a wrong file
    assert said in box.console.read_text(errors="replace"), box.tail()
    assert '"status": "standing"' in await box.do("cat /run/hotline/provisioning.json")
    print(await box.do(f"journalctl -b -u hotline-provision -o cat --no-pager | grep '{said}'"))
    await all_of_it.leads_to(OTHER, Reason.CFNRC)
    state = await all_of_it.status()
    assert (state["route"]["active"], state["forwarding"]["cfnrc"]) == ("primary", OTHER)


async def settled(box: Machine) -> None:
    """Wait until all that a stick starts has been started."""
    await box.until('test -z "$(systemctl list-jobs --no-legend)"')
    await up(box)
