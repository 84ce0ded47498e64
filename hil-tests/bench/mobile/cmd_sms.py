"""Short messages in PDU mode (3GPP TS 27.005)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bench.mobile.cmd_basic import Handler
from bench.mobile.sms import CAPACITY, READ, UNREAD, StoredMessage
from bench.mobile.smsc import MessageRefusedError
from bench.mobile.state import CmeError, CmsError, Reply
from bench.mobile.syntax import Command, Form

if TYPE_CHECKING:
    from bench.mobile.modem import SimulatedModem

ALL_MESSAGES = 4
INVALID_PDU, INVALID_INDEX, NO_NETWORK, OPERATION_NOT_SUPPORTED, NO_SERVICE_CENTRE = 304, 321, 331, 303, 330


async def _format(modem: SimulatedModem, command: Command) -> Reply:
    if command.form is Form.TEST:
        return Reply(["+CMGF: (0)"])
    if command.form is Form.READ:
        return Reply([f"+CMGF: {modem.settings.cmgf}"])
    if command.int_arg(0, 0) != 0:
        raise CmsError(OPERATION_NOT_SUPPORTED)  # text mode is not simulated
    return Reply()


async def _indications(modem: SimulatedModem, command: Command) -> Reply:
    dialect = modem.personality.sms
    if command.form is Form.TEST:
        if not dialect.tells_ranges:
            raise CmsError(OPERATION_NOT_SUPPORTED)
        return Reply(["+CNMI: " + ",".join(dialect.cnmi)])
    if command.form is Form.READ:
        return Reply(["+CNMI: " + ",".join(map(str, modem.settings.cnmi))])
    values = [command.int_arg(index, 0) or 0 for index in range(5)]
    if len(command.args) > 5 or not dialect.takes(tuple(values)):
        raise CmsError(OPERATION_NOT_SUPPORTED)
    modem.settings.cnmi = tuple(values)
    return Reply()


async def _storage(modem: SimulatedModem, command: Command) -> Reply:
    own = [(name, len(modem.store(name).slots)) for name in (modem.settings.cpms, "SM", "SM")]
    if command.form is Form.READ:
        return Reply(["+CPMS: " + ",".join(f'"{name}",{used},{CAPACITY}' for name, used in own)])
    memories = {"SM", modem.personality.sms.report_memory}
    names = [command.text_arg(index) or "" for index in range(len(command.args))]
    if not names or names[0] not in memories or any(name != "SM" for name in names[1:]):
        raise CmsError(302)
    modem.settings.cpms = names[0]
    used = len(modem.store(names[0]).slots)
    return Reply(["+CPMS: " + ",".join([f"{used},{CAPACITY}", *(f"{n},{CAPACITY}" for _, n in own[1:])])])


async def _service_centre(modem: SimulatedModem, command: Command) -> Reply:
    if command.form is Form.READ:
        centre = modem.settings.accepted.get(command.name, "+420600000000")
        return Reply([f'+CSCA: "{centre}",145'])
    modem.settings.accepted[command.name] = command.text_arg(0) or ""
    return Reply()


async def _send(modem: SimulatedModem, command: Command) -> Reply:
    length = command.int_arg(0)
    if command.form is not Form.SET or length is None:
        raise CmeError(50)
    text = await modem.prompt("> ")
    if text is None:
        return Reply()
    if not re.fullmatch(r"(?:[0-9A-Fa-f]{2})+", text):
        raise CmsError(INVALID_PDU)
    centre_octets = 1 + int(text[:2], 16)
    if len(text) // 2 - centre_octets != length:
        raise CmsError(INVALID_PDU)
    if not modem.registration.on_network or modem.msisdn is None:
        raise CmsError(NO_NETWORK)
    if modem.settings.accepted.get("+CSCA") == "":
        raise CmsError(NO_SERVICE_CENTRE)
    reference = modem.sms_reference
    modem.sms_reference = (reference + 1) % 256
    try:
        await modem.network.smsc.submit(modem.msisdn, text[2 * centre_octets :].upper(), reference)
    except MessageRefusedError as refusal:
        raise CmsError(refusal.code) from None
    except ValueError:
        raise CmsError(INVALID_PDU) from None
    return Reply([f"+CMGS: {reference}"])


async def _list(modem: SimulatedModem, command: Command) -> Reply:
    wanted = command.int_arg(0, UNREAD)
    lines: list[str] = []
    for index, message in sorted(_selected(modem).items()):
        if wanted in (ALL_MESSAGES, message.status):
            lines += [f"+CMGL: {index},{message.status},,{message.tpdu_length}", message.pdu]
            message.status = READ
    return Reply(lines)


def _selected(modem: SimulatedModem) -> dict[int, StoredMessage]:
    return modem.store(modem.settings.cpms).slots


def _slot(modem: SimulatedModem, command: Command) -> StoredMessage:
    message = _selected(modem).get(command.int_arg(0) or 0)
    if message is None:
        raise CmsError(INVALID_INDEX)
    return message


async def _read(modem: SimulatedModem, command: Command) -> Reply:
    message = _slot(modem, command)
    status, message.status = message.status, READ
    return Reply([f"+CMGR: {status},,{message.tpdu_length}", message.pdu])


async def _delete(modem: SimulatedModem, command: Command) -> Reply:
    slots, flag = _selected(modem), command.int_arg(1, 0) or 0
    if flag == 0:
        _slot(modem, command)
        del slots[command.int_arg(0) or 0]
    else:
        for index in [i for i, message in slots.items() if flag == ALL_MESSAGES or message.status == READ]:
            del slots[index]
    return Reply()


HANDLERS: dict[str, Handler] = {
    "+CMGF": _format,
    "+CNMI": _indications,
    "+CPMS": _storage,
    "+CSCA": _service_centre,
    "+CMGS": _send,
    "+CMGL": _list,
    "+CMGR": _read,
    "+CMGD": _delete,
}
