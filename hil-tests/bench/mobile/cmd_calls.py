"""Calls: ATD, ATA, ATH, AT+CHUP, AT+CLCC, AT+CLIP, AT+CRC."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bench.mobile import cmd_forwarding, mmi
from bench.mobile.calls import CallState
from bench.mobile.cmd_basic import Handler
from bench.mobile.state import CmeError, Reply
from bench.mobile.syntax import Command, Form

if TYPE_CHECKING:
    from bench.mobile.modem import SimulatedModem


async def _dial(modem: SimulatedModem, command: Command) -> Reply:
    """ATD: star-hash codes go to the network; digits with a semicolon are a voice call, answered OK at once."""
    dialled = command.text_arg(0) or ""
    if mmi.is_code(dialled):
        return await cmd_forwarding.star_hash(modem, dialled)
    if not dialled.endswith(";"):
        return Reply(final="NO CARRIER")  # a data call, which nobody here answers
    number = re.sub(r"[ \-.,WPT]", "", dialled[:-1].upper())
    number = re.sub(r"[IG]+$", "", number)
    if not re.fullmatch(r"\+?[0-9]{3,15}", number):
        raise CmeError(25)
    if not modem.registration.on_network:
        return Reply(final="NO CARRIER")
    if len(modem.phone.calls) >= 2:
        raise CmeError(3)

    async def start() -> None:
        modem.phone.dial(number)

    return Reply(afterwards=start)


async def _answer(modem: SimulatedModem, command: Command) -> Reply:
    del command
    for call in modem.phone.calls:
        if call.state is CallState.INCOMING:
            call.answer()
            return Reply()
    return Reply(final="NO CARRIER")


async def _hang_up(modem: SimulatedModem, command: Command) -> Reply:
    del command
    modem.phone.drop_all()
    return Reply()


async def _list(modem: SimulatedModem, command: Command) -> Reply:
    del command
    return Reply([call.listing for call in modem.phone.calls])


async def _clip(modem: SimulatedModem, command: Command) -> Reply:
    if command.form is Form.TEST:
        return Reply(["+CLIP: (0,1)"])
    if command.form is Form.READ:
        return Reply([f"+CLIP: {modem.settings.clip},1"])
    modem.settings.clip = command.int_arg(0, 0) or 0
    return Reply()


async def _crc(modem: SimulatedModem, command: Command) -> Reply:
    if command.form is Form.READ:
        return Reply([f"+CRC: {modem.settings.crc}"])
    modem.settings.crc = command.int_arg(0, 0) or 0
    return Reply()


HANDLERS: dict[str, Handler] = {
    "D": _dial,
    "A": _answer,
    "H": _hang_up,
    "+CHUP": _hang_up,
    "+CLCC": _list,
    "+CLIP": _clip,
    "+CRC": _crc,
}
