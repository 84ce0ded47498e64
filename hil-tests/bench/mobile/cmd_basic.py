"""ITU-T V.250 basics, AT+CMEE, AT+CFUN and the settings that only need to be taken."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from bench.mobile.state import CmeError, CommandError, Reply, Settings
from bench.mobile.syntax import Command, Form

if TYPE_CHECKING:
    from bench.mobile.modem import SimulatedModem

Handler = Callable[["SimulatedModem", Command], Awaitable[Reply]]


def _digit(command: Command, allowed: str = "01") -> int:
    value = command.args[0] if command.args else "0"
    if value is None or value not in tuple(allowed):
        raise CommandError
    return int(value)


async def _echo(modem: SimulatedModem, command: Command) -> Reply:
    modem.settings.echo = bool(_digit(command))
    return Reply()


async def _verbose(modem: SimulatedModem, command: Command) -> Reply:
    modem.settings.verbose = bool(_digit(command))
    return Reply()


async def _quiet(modem: SimulatedModem, command: Command) -> Reply:
    modem.settings.quiet = bool(_digit(command))
    return Reply()


async def _profile(modem: SimulatedModem, command: Command) -> Reply:
    if command.name == "&W":
        modem.stored = modem.settings.copy()
    elif command.name == "&F":
        modem.settings = Settings(cmee=modem.personality.default_cmee)
    else:
        modem.settings = modem.stored.copy()
    return Reply()


async def _taken(modem: SimulatedModem, command: Command) -> Reply:
    del modem, command
    return Reply()


async def _register(modem: SimulatedModem, command: Command) -> Reply:
    if command.form is Form.READ:
        return Reply([modem.settings.accepted.get(command.name, "000").rjust(3, "0")])
    if command.form is not Form.SET:
        raise CommandError
    modem.settings.accepted[command.name] = command.text_arg(0) or "0"
    return Reply()


async def _cmee(modem: SimulatedModem, command: Command) -> Reply:
    if command.form is Form.READ:
        return Reply([f"+CMEE: {modem.settings.cmee}"])
    level = command.int_arg(0, 0)
    if level not in (0, 1, 2):
        raise CmeError(50)
    modem.settings.cmee = level
    return Reply()


async def _charset(modem: SimulatedModem, command: Command) -> Reply:
    if command.form is Form.READ:
        return Reply([f'+CSCS: "{modem.settings.charset}"'])
    wanted = command.text_arg(0)
    if wanted not in ("IRA", "GSM", "UCS2"):
        raise CmeError(50)
    modem.settings.charset = wanted
    return Reply()


async def _cfun(modem: SimulatedModem, command: Command) -> Reply:
    if command.form is Form.TEST:
        return Reply(["+CFUN: (0,1,4),(0,1)"])
    if command.form is Form.READ:
        return Reply([f"+CFUN: {int(modem.radio_on)}"])
    functionality, reset = command.int_arg(0), command.int_arg(1, 0)
    if functionality not in (0, 1, 4) or reset not in (0, 1):
        raise CmeError(50)
    if reset == 1:

        async def restart() -> None:
            modem.restart_soon()

        return Reply(afterwards=restart)
    modem.radio_on = functionality == 1
    modem.look_for_network()
    return Reply()


async def _cpas(modem: SimulatedModem, command: Command) -> Reply:
    del command
    if not modem.phone.calls:
        return Reply(["+CPAS: 0"])
    ringing = any(call.incoming and not call.answered.is_set() for call in modem.phone.calls)
    return Reply([f"+CPAS: {3 if ringing else 4}"])


HANDLERS: dict[str, Handler] = {
    "E": _echo,
    "V": _verbose,
    "Q": _quiet,
    "&W": _profile,
    "&F": _profile,
    "Z": _profile,
    "X": _taken,
    "L": _taken,
    "M": _taken,
    "&C": _taken,
    "&D": _taken,
    "&K": _taken,
    "+IFC": _taken,
    **{f"S{number}": _register for number in (0, 3, 4, 5, 7)},
    "+CMEE": _cmee,
    "+CSCS": _charset,
    "+CFUN": _cfun,
    "+CPAS": _cpas,
}
