from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

import gpiozero
import pytest
from gpiozero.pins.mock import MockFactory

from appliance.modem.recovery import Rung
from appliance.modem.recovery_actions import HostActions, cut_power
from appliance.modem.usb import UsbRebind

ALWAYS = {Rung.REOPEN, Rung.RADIO_CYCLE, Rung.MODEM_RESET}


class Box:
    """A host whose relay and reboot only count."""

    def __init__(self, record: Path) -> None:
        self.now = 1_700_000_000.0
        self.record = record
        self.cuts: list[int] = []
        self.reboots = 0

    def actions(self, *, usb: UsbRebind | None = None, pin: int | None = None, reboot: bool = False) -> HostActions:
        return HostActions(
            usb=usb,
            power_relay_pin=pin,
            host_reboot=reboot,
            reboot_record=self.record,
            wall=lambda: self.now,
            cut=self._cut,
            reboot=self._reboot,
        )

    async def _cut(self, pin: int) -> None:
        self.cuts.append(pin)

    async def _reboot(self) -> None:
        record = json.loads(await asyncio.to_thread(self.record.read_bytes))
        assert record["rebooted_at"] == self.now
        self.reboots += 1


@pytest.fixture
def box(tmp_path: Path) -> Box:
    return Box(tmp_path / "last-reboot.json")


@pytest.fixture
def sysfs(tmp_path: Path) -> Path:
    """``/sys`` of a box with a modem at 1-1.2, its AT port on ttyUSB2."""
    root = tmp_path / "sys"
    device = root / "devices/platform/soc/usb1/1-1/1-1.2"
    interface = device / "1-1.2:1.2"
    tty = interface / "ttyUSB2"
    (tty / "tty/ttyUSB2").mkdir(parents=True)
    (device / "idVendor").write_text("2c7c\n")
    (root / "devices/platform/soc/usb1/1-1/idVendor").write_text("1d6b\n")
    (root / "class/tty/ttyUSB2").mkdir(parents=True)
    (root / "class/tty/ttyUSB2/device").symlink_to(tty)
    driver = root / "bus/usb/drivers/usb"
    driver.mkdir(parents=True)
    for name in ("bind", "unbind"):
        (driver / name).write_text("")
    return root


async def test_the_usb_device_is_remembered_for_when_its_tty_is_gone(sysfs: Path, tmp_path: Path) -> None:
    by_path = tmp_path / "platform-usb-0:1.2:1.2-port0"
    by_path.symlink_to("/dev/ttyUSB2")
    usb = UsbRebind(sysfs, settle_s=0)
    await usb.note(str(by_path))
    assert usb.device == "1-1.2"
    await usb.note("/dev/ttyUSB9")
    assert usb.device == "1-1.2"
    await usb.rebind()
    driver = sysfs / "bus/usb/drivers/usb"
    assert [(driver / name).read_text() for name in ("unbind", "bind")] == ["1-1.2", "1-1.2"]


async def test_a_device_is_bound_again_though_unbinding_failed(sysfs: Path) -> None:
    usb = UsbRebind(sysfs, settle_s=0)
    await usb.note("/dev/ttyUSB2")
    (sysfs / "bus/usb/drivers/usb/unbind").unlink()
    (sysfs / "bus/usb/drivers/usb/unbind").mkdir()
    with pytest.raises(OSError, match="unbind"):
        await usb.rebind()
    assert (sysfs / "bus/usb/drivers/usb/bind").read_text() == "1-1.2"


async def test_what_is_not_configured_is_not_available(box: Box, sysfs: Path) -> None:
    assert await box.actions().available() == ALWAYS
    with pytest.raises(OSError, match="not available"):
        await box.actions().take(Rung.HOST_REBOOT)
    usb = UsbRebind(sysfs, settle_s=0)
    actions = box.actions(usb=usb, pin=17)
    assert await actions.available() == ALWAYS | {Rung.POWER_RELAY}
    await actions.note_port("socket://127.0.0.1:1")
    assert Rung.USB_REBIND not in await actions.available()
    await actions.note_port("/dev/ttyUSB2")
    assert await actions.available() == ALWAYS | {Rung.POWER_RELAY, Rung.USB_REBIND}
    await actions.take(Rung.POWER_RELAY)
    assert box.cuts == [17]


async def test_the_host_is_restarted_at_most_once_a_day_also_across_the_restart(box: Box) -> None:
    await box.actions(reboot=True).take(Rung.HOST_REBOOT)
    assert box.reboots == 1
    for passed in (60.0, 86_399.0, -3600.0):  # a clock that was set back allows nothing
        box.now = 1_700_000_000.0 + passed
        assert Rung.HOST_REBOOT not in await box.actions(reboot=True).available()
    box.now = 1_700_000_000.0 + 86_400.0
    assert Rung.HOST_REBOOT in await box.actions(reboot=True).available()


async def test_a_box_that_cannot_remember_does_not_restart(box: Box, tmp_path: Path) -> None:
    box.record.write_text("{")
    assert Rung.HOST_REBOOT not in await box.actions(reboot=True).available()
    (tmp_path / "file").write_text("")
    box.record = tmp_path / "file" / "record.json"
    with pytest.raises(OSError, match="File exists"):
        await box.actions(reboot=True).take(Rung.HOST_REBOOT)
    assert box.reboots == 0


async def test_a_relay_whose_library_is_missing_or_breaks_is_a_rung_that_failed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Breaking(MockFactory):
        def pin(self, name: object) -> object:
            raise RuntimeError("can not open gpiochip")

    monkeypatch.setenv("GPIOZERO_PIN_FACTORY", "gpiod")
    monkeypatch.setitem(sys.modules, "gpiod", None)
    for factory in (None, Breaking()):
        monkeypatch.setattr(gpiozero.Device, "pin_factory", factory)
        with pytest.raises(OSError, match=r"GPIO 17 cannot be used: .*(gpiod|gpiochip)"):
            await cut_power(17)
