"""The amd64 image booted in QEMU, a modem on its serial port and real Asterisks for trunks: `make image-test-pc`.

One boot serves many looks, because a boot without KVM takes minutes.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from bench.plan import DIDS
from tests.image.around import BACK_S, SERVICES, Bench, bench, note
from tests.image.inside import promises, up
from tests.image.machine import Machine

pytestmark = [
    pytest.mark.skipif("HOTLINE_IMAGE_TEST" not in os.environ, reason="make image-test-pc boots the image for it"),
    pytest.mark.timeout(7200),
]


async def test_the_image(tmp_path: Path) -> None:
    async with bench(tmp_path) as all_of_it:
        began = time.monotonic()
        box = all_of_it.box
        note(tmp_path, "ssh answers after", await box.until("true"))
        await up(box)
        note(tmp_path, "all services up after", time.monotonic() - began)
        await promises(box)
        await a_trunk_dies(all_of_it)
        for service in SERVICES:
            note(tmp_path, f"{service} killed, back after", await killed(box, service))
        note(tmp_path, "guard frozen, back after", await frozen(box))
        await restarted(all_of_it)
        note(tmp_path, "kernel dead, i6300esb, back after", await kernel_dead(box))


async def a_trunk_dies(all_of_it: Bench) -> None:
    """Forwarding changes in the network, and MQTT says so."""
    await all_of_it.leads_to(DIDS["trunk-a"])
    await all_of_it.trunks["trunk-a"].kill()
    await all_of_it.leads_to(DIDS["trunk-b"])
    await all_of_it.box.until('hotline --timeout 60 status --json | grep -q \'"active": *"secondary"\'')
    state = await all_of_it.status()
    assert state["trunks"]["trunk-a"]["health"] == "down"
    await all_of_it.trunks["trunk-a"].start()
    await all_of_it.leads_to(DIDS["trunk-a"])


async def killed(box: Machine, service: str) -> float:
    first = (await box.do(f"systemctl show -p MainPID --value {service}")).strip()
    await box.do(f"systemctl kill --signal=KILL --kill-whom=main {service}")
    return await box.until(
        f'test "$(systemctl show -p MainPID --value {service})" -gt 0 -a '
        f'"$(systemctl show -p MainPID --value {service})" -ne {first} && systemctl is-active {service}',
        BACK_S,
    )


async def frozen(box: Machine) -> float:
    first = (await box.do("systemctl show -p MainPID --value hotline-guard")).strip()
    await box.do("systemctl kill --signal=STOP --kill-whom=main hotline-guard")
    took = await box.until(
        f'test "$(systemctl show -p MainPID --value hotline-guard)" -gt 0 -a '
        f'"$(systemctl show -p MainPID --value hotline-guard)" -ne {first} && systemctl is-active hotline-guard',
        BACK_S,
    )
    assert "atchdog" in await box.do("journalctl -b -u hotline-guard -o cat | grep -i watchdog")
    return took


async def restarted(all_of_it: Bench) -> None:
    """Everything that must last, lasts."""
    box = all_of_it.box
    before = await box.do("cat /etc/machine-id /etc/ssh/keys/ssh_host_ed25519_key.pub")
    boot = (await box.do("cat /proc/sys/kernel/random/boot_id")).strip()
    await box.do("systemctl reboot", check=False)
    await box.until(f"! grep -qx {boot} /proc/sys/kernel/random/boot_id")
    assert await box.do("cat /etc/machine-id /etc/ssh/keys/ssh_host_ed25519_key.pub") == before
    await up(box)
    await box.until("journalctl --list-boots --no-pager | grep -q '^ *-1'")
    await all_of_it.leads_to(DIDS["trunk-a"])


async def kernel_dead(box: Machine) -> float:
    """A kernel that stands still after a panic is restarted by the watchdog's hardware."""
    boot = (await box.do("cat /proc/sys/kernel/random/boot_id")).strip()
    await box.do(
        "sysctl -qw kernel.panic=0 kernel.sysrq=1; sync; (sleep 1; echo c > /proc/sysrq-trigger) &", check=False
    )
    took = await box.until(f"! grep -qx {boot} /proc/sys/kernel/random/boot_id")
    await box.until("systemctl is-active hotline-guard")
    return took
