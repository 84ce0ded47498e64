"""Registration, signal, operator and network time (3GPP TS 27.007 §7.2, §7.3, §8.5, §8.15, §8.40, §8.69, §10.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.mobile.cmd_basic import Handler
from bench.mobile.state import CmeError, Reply, UnknownCommandError
from bench.mobile.syntax import Command, Form

if TYPE_CHECKING:
    from bench.mobile.modem import SimulatedModem

AREA, CELL = "00A8", "05355E8D"


async def _registration(modem: SimulatedModem, command: Command) -> Reply:
    if command.name not in modem.personality.registrations:
        raise UnknownCommandError(command.text)
    reporting = modem.settings.reporting
    if command.form is Form.TEST:
        return Reply([f"{command.name}: (0-2)"])
    if command.form is Form.READ:
        mode, stat = reporting.get(command.name, 0), modem.registration
        where = ""
        if mode == 2 and stat.on_network:
            where = f',"{AREA}","{CELL}"'
            if modem.personality.act:
                where += f",{modem.personality.act}"
        return Reply([f"{command.name}: {mode},{stat.value}{where}"])
    mode = command.int_arg(0, 0) or 0
    if command.form is not Form.SET or mode not in (0, 1, 2):
        raise CmeError(50)
    reporting[command.name] = mode
    return Reply()


def _rssi(modem: SimulatedModem) -> int:
    if not modem.registration.on_network:
        return 99
    return max(0, min(31, (modem.rssi_dbm + 113) // 2))


async def _csq(modem: SimulatedModem, command: Command) -> Reply:
    del command
    return Reply([f"+CSQ: {_rssi(modem)},99"])


async def _cesq(modem: SimulatedModem, command: Command) -> Reply:
    if "+CEREG" not in modem.personality.registrations:
        raise UnknownCommandError(command.text)
    if not modem.registration.on_network:
        return Reply(["+CESQ: 99,99,255,255,255,255"])
    rsrp = max(0, min(97, modem.rssi_dbm - 15 + 141))
    return Reply([f"+CESQ: 99,99,255,255,20,{rsrp}"])


async def _cops(modem: SimulatedModem, command: Command) -> Reply:
    settings, network = modem.settings, modem.network
    act = f",{modem.personality.act}" if modem.personality.act else ""
    if command.form is Form.TEST:
        return Reply([f'+COPS: (2,"{network.name}","{network.name[:8]}","{network.plmn}"{act}),,(0-4),(0-2)'])
    if command.form is Form.READ:
        if not modem.registration.on_network:
            return Reply(["+COPS: 0"])
        name = network.plmn if settings.cops_format == 2 else network.name
        return Reply([f'+COPS: 0,{settings.cops_format},"{name}"{act}'])
    mode, format_ = command.int_arg(0), command.int_arg(1, 0)
    if mode not in (0, 3) or format_ not in (0, 1, 2):
        raise CmeError(50)
    settings.cops_format = format_
    return Reply()


async def _time_setting(modem: SimulatedModem, command: Command) -> Reply:
    settings = modem.settings
    if command.form is Form.READ:
        return Reply([f"{command.name}: {settings.ctzu if command.name == '+CTZU' else settings.ctzr}"])
    value = command.int_arg(0, 0) or 0
    if command.form is not Form.SET or value not in (0, 1, 2, 3):
        raise CmeError(50)
    if command.name == "+CTZU":
        settings.ctzu = value
    else:
        settings.ctzr = value
    return Reply()


async def _clock(modem: SimulatedModem, command: Command) -> Reply:
    if command.form is not Form.READ:
        raise CmeError(3)
    now = modem.wall_clock()
    offset = now.utcoffset()
    quarters = int(offset.total_seconds() // 900) if offset else 0
    return Reply([f'+CCLK: "{now:%y/%m/%d,%H:%M:%S}{quarters:+03d}"'])


async def _attached(modem: SimulatedModem, command: Command) -> Reply:
    if command.form is not Form.READ:
        raise UnknownCommandError(command.text)
    return Reply([f"+CGATT: {int(modem.registration.on_network)}"])


HANDLERS: dict[str, Handler] = {
    "+CREG": _registration,
    "+CGREG": _registration,
    "+CEREG": _registration,
    "+CSQ": _csq,
    "+CESQ": _cesq,
    "+COPS": _cops,
    "+CTZU": _time_setting,
    "+CTZR": _time_setting,
    "+CCLK": _clock,
    "+CGATT": _attached,
}
