"""The ways out of the box, in QEMU: its cable, a wireless network, and a modem's data link as the last resort.

One boot, as in test_boot.py. The stick that it starts with has a wrong password for the wireless network.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import ssl
from pathlib import Path

import pytest

from tests.image.access_point import NET, PASSWORD, SSID, gone_after, on_the_air
from tests.image.around import Bench, bench, note
from tests.image.machine import ETHERNET, STICK, Machine, first_words
from tests.image.monitor import Monitor
from tests.image.ways import ETHERNET_ADDRESS, MODEM_ADDRESS, ModemLink, outside, seen, taken, watch

pytestmark = [
    pytest.mark.skipif("HOTLINE_IMAGE_TEST" not in os.environ, reason="make image-test-pc boots the image for it"),
    pytest.mark.timeout(7200),
]
SSH, PAGES = 22, 8443
WRONG = "wrong horse"
NO_PART = ("hotline-guard", "hotline-exchange", "hotline-asterisk-render", "asterisk", "mosquitto")
LEFT_S = 60.0
TRIES = 5  # emulated, the pages may take longer than one of them waits
SHOWN = f'\n[web]\nlisten = "0.0.0.0:{PAGES}"\n'
WIRELESS_ADDRESS = f"{NET}.10"
NAMES = {ETHERNET_ADDRESS: "cable", WIRELESS_ADDRESS: "wireless", MODEM_ADDRESS: "modem"}


def hello() -> bytes:
    """What a browser says first, over TLS."""
    heard, said = ssl.MemoryBIO(), ssl.MemoryBIO()
    with contextlib.suppress(ssl.SSLWantReadError):
        ssl.create_default_context().wrap_bio(heard, said, server_hostname="box").do_handshake()
    return said.read()


ASKED = {SSH: b"", PAGES: hello()}


async def test_the_ways_out(tmp_path: Path) -> None:
    link = ModemLink(*ASKED)
    wireless = f'wifi = {{ ssid = "{SSID}", password = "{WRONG}", country = "CZ" }}\n'
    around = bench(tmp_path, shown=[PAGES], cards=link.card, off=NO_PART, told=wireless + SHOWN)
    async with outside() as port, around as all_of_it:
        box = all_of_it.box
        await box.until("true")
        await box.until('test -z "$(systemctl list-jobs --no-legend)"')
        await link.plug(box)
        assert await defaults(box, 2) == {"cable": 100, "modem": 2000}
        await nothing_comes_in_by_the_modem(box, link)
        ways = await without_the_cable(box, port, link)
        assert [name for name, _ in ways] == ["cable", "modem", "cable"]
        note(tmp_path, "cable out, by the modem after", ways[1][1])
        await on_the_air(box, port)
        await a_wrong_password_is_told(box)
        await joined(all_of_it)
        assert await defaults(box, 3) == {"cable": 100, "wireless": 600, "modem": 2000}
        ways = await without_the_cable(box, port, link, 2 * LEFT_S, gone_after(int(LEFT_S)))
        assert [name for name, _ in ways] == ["cable", "wireless", "modem", "cable"]
        note(tmp_path, "wireless gone, too, by the modem after", ways[2][1])
        assert await box.do("systemctl --failed --no-legend --plain") == ""


async def defaults(box: Machine, wanted: int) -> dict[str, int]:
    """The metrics of the routes by default, by the way that they lead; once there are so many."""
    await box.until(f"test $(ip -4 route show default | wc -l) -ge {wanted}")
    text = await box.do("ip -4 route show default")
    print(text + await box.do("ip -br address"))
    found = re.findall(r"^default via \S+ .*src (\S+) .*metric (\d+)", text, re.MULTILINE)
    return {NAMES[source]: int(metric) for source, metric in found}


async def nothing_comes_in_by_the_modem(box: Machine, link: ModemLink) -> None:
    """Neither pages nor ssh, which the cable has; it is the firewall alone that keeps them."""
    for port, asked in ASKED.items():
        assert await answers(box.port(port), asked), f"{port} is not even open by the cable"
        assert await first_words(link.port(port), asked) == b"", f"{port} is open by the modem"
    rule = await box.do("nft -ea insert rule inet hotline input iifgroup 20 accept")
    for port, asked in ASKED.items():
        assert await answers(link.port(port), asked), f"{port} is kept by something else"
    handle = re.search(r"# handle (\d+)", rule)
    assert handle is not None, rule
    await box.do(f"nft delete rule inet hotline input handle {handle[1]}")


async def answers(port: int, asked: bytes) -> bool:
    """Whether anything answers, sooner or later."""
    for _ in range(TRIES):
        if await first_words(port, asked):
            return True
    return False


async def without_the_cable(
    box: Machine, port: int, link: ModemLink, lasts_s: float = LEFT_S, meanwhile: str = "true"
) -> list[tuple[str, float]]:
    """The ways that the box takes while its cable is out for a while, and then in again. ``meanwhile`` is a command
    of its own."""
    await watch(box, port)
    await box.do(meanwhile)
    async with Monitor(box.monitor) as monitor:
        await monitor.do("set_link", name=ETHERNET, up=False)
        await asyncio.sleep(lasts_s)
        assert await first_words(link.port(SSH)) == b"", "open by the modem once the cable is out"
        await monitor.do("set_link", name=ETHERNET, up=True)
    await box.until("ip -4 route show default | grep -q 'metric 100'")
    await asyncio.sleep(30)  # the firewall counts logins; one was lost when it had had enough
    ways = taken(await seen(box), NAMES)
    print(ways)
    return ways


async def a_wrong_password_is_told(box: Machine) -> None:
    """In the journal; the password itself is in none of it."""
    await box.until("journalctl -b -u wpa_supplicant@wlan0 -o cat --no-pager | grep -q reason=WRONG_KEY")
    said = await box.do("journalctl -b -u wpa_supplicant@wlan0 -o cat --no-pager")
    print(said)
    assert "pre-shared key may be incorrect" in said
    assert WRONG not in await box.do("journalctl -b --no-pager")
    # who runs it has nothing but what it needs for the card
    pid = "$(systemctl show -P MainPID wpa_supplicant@wlan0)"
    assert await box.do(f"stat -c %u /proc/{pid}") != "0\n"
    assert "CapEff:\t0000000000003000" in await box.do(f"grep CapEff /proc/{pid}/status")


async def joined(all_of_it: Bench) -> None:
    """A stick brings the right password: the network is joined at once, and gives an address."""
    box = all_of_it.box
    mended = all_of_it.hotline_toml.replace(WRONG, PASSWORD)
    async with Monitor(box.monitor) as monitor:
        await monitor.pull(STICK)
    async with box.stick("right", {"hotline.toml": mended, "custom.toml": all_of_it.custom_toml}):
        took = await box.until(f"ip -4 -br address show wlan0 | grep -q ' {WIRELESS_ADDRESS}/'")
        note(box.folder, "stick with the right password, an address after", took)
        await box.until('test -z "$(systemctl list-jobs --no-legend)"')
    said = await box.do("journalctl -b -u wpa_supplicant@wlan0 -o cat --no-pager")
    print(said)
    assert "CTRL-EVENT-CONNECTED" in said
    # the same file once more: the network that it is in is not left
    pid = await box.do("systemctl show -P MainPID wpa_supplicant@wlan0")
    async with box.stick("again", {"hotline.toml": mended}):
        await box.until("test $(journalctl -b -u hotline-stick -o cat --no-pager | grep -c 'Finished') -ge 2")
        await box.until('test -z "$(systemctl list-jobs --no-legend)"')
    assert await box.do("systemctl show -P MainPID wpa_supplicant@wlan0") == pid
