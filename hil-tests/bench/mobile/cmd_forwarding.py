"""AT+CCFC in every dialect (3GPP TS 27.007 §7.11), star-hash codes, AT+CSSN."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from bench.mobile import mmi
from bench.mobile.cmd_basic import Handler
from bench.mobile.forwarding import Bearer, Mode, Reason, RefusedError, Request, Status, bearers_of, reasons_of
from bench.mobile.personality import CcfcDialect
from bench.mobile.state import CmeError, Reply
from bench.mobile.syntax import Command, Form

if TYPE_CHECKING:
    from bench.mobile.modem import SimulatedModem


async def _ccfc(modem: SimulatedModem, command: Command) -> Reply:
    dialect = modem.personality.ccfc
    if command.form is Form.TEST:
        return Reply(["+CCFC: (0-5)"])
    if command.form is not Form.SET:
        raise CmeError(50)
    request = _request(command, dialect)
    if modem.rudeness.ccfc_error is not None:
        raise CmeError(modem.rudeness.ccfc_error)
    statuses = await ask_network(modem, request)
    if request.mode is not Mode.INTERROGATE:
        return Reply()
    class_asked = request.class_sent if request.class_sent is not None else dialect.default_class
    return Reply(report(statuses, dialect, class_asked))


def _request(command: Command, dialect: CcfcDialect) -> Request:
    """The request that a CCFC set command stands for in this dialect. Raises :class:`CmeError`."""
    if len(command.args) > dialect.time_index + 1:
        raise CmeError(50)
    reason, mode, class_ = command.int_arg(0), command.int_arg(1), command.int_arg(4)
    if reason is None or mode is None or reason > 5 or mode > 4:
        raise CmeError(50)
    if reason > 3 and mode == Mode.INTERROGATE and not dialect.query_groups:
        raise CmeError(dialect.group_query_error)
    if dialect.bare_modes and mode != Mode.REGISTER and len(command.args) > 2:
        raise CmeError(50)
    number, type_ = _number(command, mode)
    if class_ is None and dialect.class_required and mode != Mode.INTERROGATE:
        raise CmeError(50)
    class_sum = dialect.default_class if class_ is None else class_
    bearers = bearers_of(class_sum)
    if not bearers or class_sum > 255:
        raise CmeError(50)
    single = class_ is None or class_ & (class_ - 1) == 0
    if not single and not dialect.class_combinations:
        raise CmeError(50)
    time_s = _time(command.int_arg(dialect.time_index), dialect)
    return Request(Mode(mode), reasons_of(reason), bearers, number, time_s, class_, type_)


def _number(command: Command, mode: int) -> tuple[str | None, int | None]:
    number, type_ = command.text_arg(2), command.int_arg(3)
    if mode != Mode.REGISTER:
        return None, None
    if not number or not command.quoted[2]:
        raise CmeError(50)
    if type_ is None:
        type_ = 145 if number.startswith("+") else 129
    if type_ not in (129, 145, 161):
        raise CmeError(50)
    return number, type_


def _time(time_s: int | None, dialect: CcfcDialect) -> int | None:
    if time_s is None:
        return None
    if not 1 <= time_s <= 30 or (time_s % 5 and dialect.time_steps == "refuse"):
        raise CmeError(50)
    return -(-time_s // 5) * 5


async def ask_network(modem: SimulatedModem, request: Request) -> list[Status]:
    """Put the request to the network, no longer than the modem's own guard timer. Raises :class:`CmeError`."""
    if not modem.registration.on_network or modem.msisdn is None:
        raise CmeError(30)
    try:
        async with asyncio.timeout(modem.personality.ccfc.guard_timer_s):
            return await modem.network.serve(modem.msisdn, request)
    except RefusedError as refusal:
        raise CmeError(refusal.code) from None
    except TimeoutError:
        raise CmeError(31) from None


def report(statuses: list[Status], dialect: CcfcDialect, class_asked: int) -> list[str]:
    """The lines of an answer. A line for "not active" comes only when no class is active (TS 27.007 §7.11)."""
    order = (Bearer.DATA, Bearer.FAX, Bearer.VOICE) if dialect.data_first else tuple(Bearer)
    known = sorted((s for s in statuses if s.number is not None), key=lambda s: order.index(s.bearer))
    active = [status for status in known if status.active]
    if not known:
        return [] if dialect.inactive is None else [dialect.inactive.replace("{class}", str(class_asked))]
    return ["+CCFC: " + _fields(status, dialect) for status in active or known]


def _fields(status: Status, dialect: CcfcDialect) -> str:
    fields = f'{int(status.active)},{status.bearer.value},"{status.number}",{status.type}'
    if status.reason is Reason.CFNRY and status.no_reply_s is not None:
        fields += f",{status.no_reply_s}" if dialect.time_after_type else f",,,{status.no_reply_s}"
    return fields


async def star_hash(modem: SimulatedModem, dialled: str) -> Reply:
    """A star-hash code in a dial command. Codes of other services are refused."""
    try:
        code, request = mmi.parse(dialled)
    except mmi.NoSuchCodeError:
        modem.unknown_commands.append(f"D{dialled}")
        raise CmeError(100) from None
    if modem.rudeness.mmi_error is not None:
        raise CmeError(modem.rudeness.mmi_error)
    dialect = modem.personality.ccfc
    if request.mode is Mode.INTERROGATE and code > 3 and not dialect.query_groups:
        raise CmeError(dialect.group_query_error)
    statuses = await ask_network(modem, request)
    if request.mode is not Mode.INTERROGATE:
        return Reply()
    asked = sum(request.bearers)
    lines = report(statuses, dialect, asked)
    if modem.personality.mmi_report == "sccfc":
        lines = [line.replace("+CCFC: ", f"^SCCFC: {code},") for line in lines]
    return Reply(lines)


async def _cssn(modem: SimulatedModem, command: Command) -> Reply:
    settings = modem.settings
    if command.form is Form.READ:
        return Reply([f"+CSSN: {settings.cssi},{settings.cssu}"])
    cssi, cssu = command.int_arg(0, 0), command.int_arg(1, 0)
    if command.form is not Form.SET or cssi not in (0, 1) or cssu not in (0, 1):
        raise CmeError(50)
    settings.cssi, settings.cssu = cssi, cssu
    return Reply()


HANDLERS: dict[str, Handler] = {"+CCFC": _ccfc, "+CSSN": _cssn}
