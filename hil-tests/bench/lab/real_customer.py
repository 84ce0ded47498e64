"""A real customer: a second GSM modem that dials, and its audio, heard by the same ears as on the simulated bench.

The people and machines that answer on the real bench play the tones that the environment file names.
"""

from __future__ import annotations

import asyncio
import re
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import attr
import serial
from labgrid import target_factory
from labgrid.driver.common import Driver
from labgrid.resource import RawSerialPort

from bench.hearing import read_recording, tones_heard, who_by_tones
from bench.lab.protocols import CustomerProtocol
from bench.lab.roles import Customer, Heard, Outcome, UnavailableError
from bench.tones import Tones

REPLY_S = 10.0
CALL_POLL_S = 0.3
RECORDER_SPARE_S = 30.0
CLCC_OUTGOING = re.compile(r"\+CLCC: ?\d+,0,(\d)")  # 3GPP TS 27.007 §7.18: index, direction 0 = outgoing, state
ACTIVE = "0"
FINAL_RESULT = re.compile(r"^(OK|ERROR|\+CM[ES] ERROR:.*)\r", re.MULTILINE)  # how a call ended comes unasked
DIAL_RESULT = re.compile(r"^(OK|ERROR|NO CARRIER|BUSY|NO ANSWER|\+CM[ES] ERROR:.*)\r", re.MULTILINE)


class ModemCustomer(Customer):
    """Dials with AT commands; one call at a time.

    ``recorder`` is a command that records some seconds of the modem's audio as 16-bit mono WAV into ``{file}``.
    """

    def __init__(self, port: str, speed: int, service_number: str, recorder: str | None, tones: Tones) -> None:
        self._port = port
        self._speed = speed
        self._service_number = service_number
        self._recorder = recorder
        self._tones = tones
        self._line = asyncio.Lock()

    async def dial(self, number: str | None = None, *, ring_timeout_s: float = 40.0) -> Heard:
        """See :class:`Customer`."""
        if self._recorder is None:
            raise UnavailableError("the customer has no recorder, so nobody can say who was heard")
        async with self._line:
            return await asyncio.to_thread(self._dial, number or self._service_number, ring_timeout_s)

    def _dial(self, number: str, ring_timeout_s: float) -> Heard:
        with serial.serial_for_url(self._port, self._speed, timeout=0.2) as modem:
            _say(modem, "ATE0")
            began = time.monotonic()
            said = _say(modem, f"ATD{number};", DIAL_RESULT)
            try:
                return self._follow(modem, said, began, ring_timeout_s)
            finally:
                _say(modem, "AT+CHUP")

    def _follow(self, modem: serial.Serial, said: str, began: float, ring_timeout_s: float) -> Heard:
        while (ring_s := time.monotonic() - began) < ring_timeout_s:
            listing = _say(modem, "AT+CLCC")
            said += listing
            states = CLCC_OUTGOING.findall(listing)
            if ACTIVE in states:
                answered_at = time.time()
                who, via = self._listen()
                return Heard(who, via, Outcome.ANSWERED, ring_s, answered_at)
            if not states:
                said += _say(modem, "AT")  # its BUSY or NO CARRIER may still have been on its way
                return Heard(None, None, _end_of_call(said), ring_s)
            time.sleep(CALL_POLL_S)
        return Heard(None, None, Outcome.NO_ANSWER, ring_timeout_s)

    def _listen(self) -> tuple[str | None, str | None]:
        assert self._recorder is not None
        with tempfile.TemporaryDirectory(prefix="hotline-heard-") as folder:
            file = Path(folder) / "heard.wav"
            subprocess.run(self._recorder.format(file=file), shell=True, check=True, timeout=RECORDER_SPARE_S)
            samples, rate_hz = read_recording(file)
        known = [*self._tones.answerers.values(), *self._tones.trunks.values()]
        heard = tones_heard(samples, known, rate_hz)
        return who_by_tones(heard, self._tones.answerers, self._tones.trunks)


def _say(modem: serial.Serial, command: str, final: re.Pattern[str] = FINAL_RESULT) -> str:
    """One AT command; everything that came up to its final result. Raises ``TimeoutError``."""
    modem.write(f"{command}\r".encode())
    said = ""
    deadline = time.monotonic() + REPLY_S
    while time.monotonic() < deadline:
        said += bytes(modem.read(256)).decode(errors="replace")
        if final.search(said):
            return said
    raise TimeoutError(f"no result to {command} within {REPLY_S:.0f} s: {said!r}")


def _end_of_call(said: str) -> Outcome:
    if "BUSY" in said:
        return Outcome.BUSY
    return Outcome.NO_ANSWER if "NO ANSWER" in said else Outcome.UNREACHABLE


@target_factory.reg_driver
@attr.s(eq=False)
class ModemCustomerDriver(Driver, CustomerProtocol):  # type: ignore[misc]
    """The modem behind a serial port as a customer.

    answerers and trunks: name → frequency in Hz of the tone that is played there.
    """

    bindings: ClassVar[dict[str, type]] = {"port": RawSerialPort}

    service_number: str = attr.ib(validator=attr.validators.instance_of(str))
    recorder: str | None = attr.ib(default=None)
    answerers: Mapping[str, int] = attr.ib(factory=dict)
    trunks: Mapping[str, int] = attr.ib(factory=dict)

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        self._role: ModemCustomer | None = None

    def role(self) -> ModemCustomer:
        """The role."""
        if self._role is None:
            tones = Tones(self.answerers, self.trunks)
            self._role = ModemCustomer(self.port.port, self.port.speed, self.service_number, self.recorder, tones)
        return self._role
