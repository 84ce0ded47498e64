"""Make the kernel let go of a USB device and find it anew (sysfs ``unbind``/``bind`` of the ``usb`` driver).

This restarts the driver and the device's configuration, not its power: on a Raspberry Pi 4 and 5 all ports share one
switch, so cutting one port's power would cut every device of the box.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from appliance.domain.phrase import phrase

_SETTLE_S = 2.0


class UsbRebind:
    """Rebinds the USB device behind a tty. ``sysfs`` is ``/sys`` but in tests."""

    def __init__(self, sysfs: Path = Path("/sys"), settle_s: float = _SETTLE_S) -> None:
        self._sysfs = sysfs
        self._settle_s = settle_s
        self._device: str | None = None

    @property
    def device(self) -> str | None:
        """The bus address, such as ``1-1.2``, as last seen; it outlives the tty, which is gone when it is needed."""
        return self._device

    async def note(self, port: str) -> None:
        """Remember which USB device is behind ``port`` (a tty that is there now)."""
        found = await asyncio.to_thread(self._find, port)
        if found is not None:
            self._device = found

    async def rebind(self) -> None:
        """Let go and find anew. Raises ``OSError`` where the kernel refuses (no permission, no such device)."""
        if self._device is None:
            raise OSError(phrase("the USB device of the modem is not known"))
        driver = self._sysfs / "bus/usb/drivers/usb"
        try:
            await asyncio.to_thread(_write, driver / "unbind", self._device)
            await asyncio.sleep(self._settle_s)
        finally:
            # also when unbind failed or we are being stopped: a device left unbound stays away until a visit
            await asyncio.shield(asyncio.to_thread(_write, driver / "bind", self._device))

    def _find(self, port: str) -> str | None:
        tty = os.path.basename(os.path.realpath(port))
        place = self._sysfs / "class/tty" / tty / "device"
        if not place.exists():
            return None
        resolved = place.resolve()
        for directory in (resolved, *resolved.parents):
            if (directory / "idVendor").exists():
                return directory.name
        return None


def _write(file: Path, text: str) -> None:
    with open(file, "w", encoding="ascii") as target:
        target.write(text)
