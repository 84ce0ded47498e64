"""Who the modem is: maker, model, firmware, IMEI; who the SIM is: IMSI, ICCID, own number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.mobile.cmd_basic import Handler
from bench.mobile.state import CmeError, Reply
from bench.mobile.subscriber import SimLock
from bench.mobile.syntax import Command

if TYPE_CHECKING:
    from bench.mobile.modem import SimulatedModem


def vendor_line(modem: SimulatedModem, command: Command) -> Reply | None:
    """The answer where the command is this make's spelling of "read the ICCID" or "tries left"."""
    written = command.text.upper()
    make = modem.personality
    template = make.iccid.get(written) or make.pin_counter.get(written)
    if template is None:
        return None
    sim = modem.sim
    if sim is None:
        raise CmeError(10)
    asked, counter = "READY", sim.pin_tries_left
    if modem.sim_lock is SimLock.PIN:
        asked = "SIM PIN"
    elif modem.sim_lock in (SimLock.PUK, SimLock.BLOCKED):
        asked, counter = "SIM PUK", sim.puk_tries_left
    values = {"iccid": sim.iccid, "pin": sim.pin_tries_left, "puk": sim.puk_tries_left}
    return Reply([template.format(**values, cpin=asked, counter=counter)])


async def _ati(modem: SimulatedModem, command: Command) -> Reply:
    del command
    make = modem.personality
    values = {
        "manufacturer": make.manufacturer,
        "model": make.model,
        "firmware": make.firmware,
        "imei": modem.imei,
    }
    return Reply([line.format(**values) for line in make.ati])


async def _maker(modem: SimulatedModem, command: Command) -> Reply:
    del command
    return Reply([modem.personality.manufacturer])


async def _model(modem: SimulatedModem, command: Command) -> Reply:
    del command
    return Reply([modem.personality.model])


async def _firmware(modem: SimulatedModem, command: Command) -> Reply:
    firmware = modem.personality.firmware
    if modem.personality.name == "simcom-sim7600" and command.name == "+CGMR":
        return Reply([f"+CGMR: {firmware}"])
    return Reply([firmware])


async def _imei(modem: SimulatedModem, command: Command) -> Reply:
    del command
    return Reply([modem.imei])


async def _imsi(modem: SimulatedModem, command: Command) -> Reply:
    del command
    assert modem.sim is not None
    return Reply([modem.sim.imsi])


async def _own_number(modem: SimulatedModem, command: Command) -> Reply:
    del command
    return Reply([f'+CNUM: "","{modem.msisdn}",145'])


HANDLERS: dict[str, Handler] = {
    "I": _ati,
    "+CGMI": _maker,
    "+GMI": _maker,
    "+CGMM": _model,
    "+GMM": _model,
    "+CGMR": _firmware,
    "+GMR": _firmware,
    "+CGSN": _imei,
    "+GSN": _imei,
    "+CIMI": _imsi,
    "+CNUM": _own_number,
}
