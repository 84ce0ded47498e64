"""The rungs that reach outside the AT port: USB, a relay in the modem's power line, the host itself."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from appliance.domain.phrase import phrase
from appliance.modem.recovery import DAY_S, Rung
from appliance.modem.state_file import read_json, write_json
from appliance.modem.usb import UsbRebind

if TYPE_CHECKING:
    from gpiozero import DigitalOutputDevice

log = logging.getLogger(__name__)

_POWER_OFF_S = 5.0  # discharges the capacitors that carry a modem over a short gap


class RecoveryActions(Protocol):
    """What the box can do for its modem besides talking to it."""

    async def available(self) -> frozenset[Rung]:
        """The rungs that can be taken now."""

    async def note_port(self, port: str) -> None:
        """The port is there: remember what it hangs on."""

    async def take(self, rung: Rung) -> None:
        """Take one of the available rungs. Raises ``OSError`` with a reason."""


async def reboot_host() -> None:
    """Ask systemd to reboot. Raises ``OSError``."""
    process = await asyncio.create_subprocess_exec(
        "systemctl", "reboot", stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
    )
    _, complaint = await process.communicate()
    if process.returncode != 0:
        raise OSError(f"systemctl reboot: {complaint.decode(errors='replace').strip()}")


async def cut_power(pin: int) -> None:
    """Open the relay on a GPIO for some seconds. Raises ``OSError``.

    The relay's *normally closed* contact feeds the modem: a box that is off or broken leaves it powered.
    """

    def claim() -> DigitalOutputDevice:
        from gpiozero import DigitalOutputDevice

        return DigitalOutputDevice(pin, initial_value=False)

    try:
        relay = await asyncio.to_thread(claim)
        try:
            relay.on()
            await asyncio.sleep(_POWER_OFF_S)
        finally:
            relay.off()
            relay.close()
    except Exception as error:  # pin libraries raise whatever they like, also that one of them is missing
        raise OSError(f"GPIO {pin} cannot be used: {error}") from error


class HostActions:
    """The rungs of a real box, as far as the configuration allows them.

    ``reboot_record`` is the file that remembers the last reboot over the reboot itself; ``wall`` gives Unix seconds.
    """

    def __init__(
        self,
        *,
        usb: UsbRebind | None,
        power_relay_pin: int | None,
        host_reboot: bool,
        reboot_record: Path,
        wall: Callable[[], float] = time.time,
        cut: Callable[[int], Awaitable[None]] = cut_power,
        reboot: Callable[[], Awaitable[None]] = reboot_host,
    ) -> None:
        self._usb = usb
        self._pin = power_relay_pin
        self._host_reboot = host_reboot
        self._record = reboot_record
        self._wall = wall
        self._cut = cut
        self._reboot = reboot

    async def available(self) -> frozenset[Rung]:
        """Reopening and CFUN always; the rest by configuration, and the reboot once a day."""
        rungs = {Rung.REOPEN, Rung.RADIO_CYCLE, Rung.MODEM_RESET}
        if self._usb is not None and self._usb.device is not None:
            rungs.add(Rung.USB_REBIND)
        if self._pin is not None:
            rungs.add(Rung.POWER_RELAY)
        if self._host_reboot and await asyncio.to_thread(self._reboot_is_due):
            rungs.add(Rung.HOST_REBOOT)
        return frozenset(rungs)

    async def note_port(self, port: str) -> None:
        """Remember the USB device behind a tty."""
        if self._usb is not None and "://" not in port:
            await self._usb.note(port)

    async def take(self, rung: Rung) -> None:
        """Take a rung. Raises ``OSError``."""
        if rung is Rung.USB_REBIND and self._usb is not None:
            await self._usb.rebind()
        elif rung is Rung.POWER_RELAY and self._pin is not None:
            await self._cut(self._pin)
        elif rung is Rung.HOST_REBOOT and self._host_reboot:
            # the record comes first: a box that cannot remember must not reboot in circles
            await asyncio.to_thread(write_json, self._record, {"schema": 1, "rebooted_at": self._wall()})
            await self._reboot()
        else:
            raise OSError(phrase("{rung} is not available on this box", rung=str(rung)))

    def _reboot_is_due(self) -> bool:
        try:
            match read_json(self._record):
                case None:
                    return True
                case {"schema": 1, "rebooted_at": float() | int() as at}:
                    # a clock that was set back must not allow one reboot after the other: only a full day counts
                    return abs(self._wall() - at) >= DAY_S
        except (OSError, ValueError) as error:
            log.warning("the record of the last reboot cannot be read (%s): the host is not rebooted", error)
        return False
