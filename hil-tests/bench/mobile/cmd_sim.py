"""AT+CPIN: the SIM's lock (3GPP TS 27.007 §8.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.mobile.cmd_basic import Handler
from bench.mobile.state import CmeError, Reply
from bench.mobile.subscriber import Sim, SimLock
from bench.mobile.syntax import Command, Form

if TYPE_CHECKING:
    from bench.mobile.modem import SimulatedModem

_WORD = {SimLock.READY: "READY", SimLock.PIN: "SIM PIN", SimLock.PUK: "SIM PUK"}


async def _cpin(modem: SimulatedModem, command: Command) -> Reply:
    if command.form is Form.TEST:
        return Reply()
    sim = modem.sim
    if sim is None:
        raise CmeError(10)
    lock = sim.lock(verified=modem.pin_verified)
    if lock is SimLock.BLOCKED:
        raise CmeError(13)
    if command.form is Form.READ:
        return Reply([f"+CPIN: {_WORD[lock]}"])
    if command.form is not Form.SET:
        raise CmeError(50)
    return _present(modem, sim, lock, command)


def _present(modem: SimulatedModem, sim: Sim, lock: SimLock, command: Command) -> Reply:
    code, new_pin = command.text_arg(0), command.text_arg(1)
    if lock is SimLock.READY:
        raise CmeError(3)
    if code is None or not code.isdigit() or not 4 <= len(code) <= 8:
        raise CmeError(16 if code else 50)
    if lock is SimLock.PIN:
        if not sim.verify_pin(code):
            raise CmeError(16 if sim.pin_tries_left else 12)
    else:
        if new_pin is None:
            raise CmeError(12)
        if not sim.unblock(code, new_pin):
            raise CmeError(16 if sim.puk_tries_left else 13)
    modem.pin_verified = True
    modem.look_for_network()
    return Reply()


HANDLERS: dict[str, Handler] = {"+CPIN": _cpin}
