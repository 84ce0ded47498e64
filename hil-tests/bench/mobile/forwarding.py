"""Call forwarding as a home location register keeps it: pure, one table in, one table out.

After 3GPP TS 22.082 (service), TS 23.082 (states) and TS 24.082 (operations). A table maps (reason, bearer) to an
entry; an entry that exists is *registered*, and its ``active`` says whether calls go by it. A conditional entry is
*quiescent* while CFU is active for the same bearer: it stays in the table and has no effect.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, IntFlag

DEFAULT_NO_REPLY_S = 20  # TS 22.082 §3.1.1: the network's value where none was given
NO_REPLY_TIMES_S = (5, 10, 15, 20, 25, 30)


class Reason(IntEnum):
    """``<reason>`` of AT+CCFC (3GPP TS 27.007 §7.11)."""

    CFU = 0
    CFB = 1
    CFNRY = 2
    CFNRC = 3


CONDITIONALS = (Reason.CFB, Reason.CFNRY, Reason.CFNRC)
ALL_REASONS = tuple(Reason)


def reasons_of(code: int) -> tuple[Reason, ...]:
    """The reasons meant by ``<reason>`` 0 to 5; 4 is all, 5 all conditional. Raises ``ValueError`` otherwise."""
    if code == 4:
        return ALL_REASONS
    if code == 5:
        return CONDITIONALS
    return (Reason(code),)


class Bearer(IntFlag):
    """The basic service groups that forwarding is kept for; values are those of ``<class>``."""

    VOICE = 1
    DATA = 2
    FAX = 4


BEARERS = (Bearer.VOICE, Bearer.DATA, Bearer.FAX)
DATA_CLASSES = 2 | 16 | 32 | 64 | 128


def bearers_of(class_sum: int) -> tuple[Bearer, ...]:
    """The bearers in a ``<class>`` sum; the data circuit and packet classes (16 to 128) are data, 8 (SMS) is none."""
    wanted = ((1, Bearer.VOICE), (DATA_CLASSES, Bearer.DATA), (4, Bearer.FAX))
    return tuple(bearer for bits, bearer in wanted if class_sum & bits)


class Mode(IntEnum):
    """``<mode>`` of AT+CCFC."""

    DEACTIVATE = 0
    ACTIVATE = 1
    INTERROGATE = 2
    REGISTER = 3
    ERASE = 4


@dataclass(frozen=True, slots=True)
class Entry:
    """One registered forwarding. ``number`` is E.164 with ``+``; ``no_reply_s`` is for CFNRy only."""

    number: str
    active: bool = True
    no_reply_s: int | None = None


Key = tuple[Reason, Bearer]
Table = Mapping[Key, Entry]


@dataclass(frozen=True, slots=True)
class Request:
    """One supplementary service operation as it reaches the network.

    ``class_sent`` and ``type_sent`` are what the modem put in, ``None`` where it left them out: some operators
    refuse some of them.
    """

    mode: Mode
    reasons: tuple[Reason, ...]
    bearers: tuple[Bearer, ...]
    number: str | None = None
    no_reply_s: int | None = None
    class_sent: int | None = None
    type_sent: int | None = None
    origin: str = "at"


@dataclass(frozen=True, slots=True)
class Status:
    """One line of an answer to an interrogation; ``type`` is the type-of-address octet (129 or 145)."""

    reason: Reason
    bearer: Bearer
    active: bool
    number: str | None = None
    type: int | None = None
    no_reply_s: int | None = None


class RefusedError(Exception):
    """The network refuses; ``code`` is the +CME ERROR it comes out as (3GPP TS 27.007 §9.2)."""

    def __init__(self, code: int, why: str) -> None:
        super().__init__(f"{why} (+CME ERROR: {code})")
        self.code = code
        self.why = why


def cfu_active(table: Table, bearer: Bearer) -> bool:
    """Whether CFU is active for the bearer, which makes its conditionals quiescent."""
    entry = table.get((Reason.CFU, bearer))
    return entry is not None and entry.active


def apply(table: Table, request: Request, *, wipe_conditionals: bool = False) -> dict[Key, Entry]:
    """The table after the request. Registration replaces a standing registration (TS 22.082 §2.2.1).

    ``wipe_conditionals``: the habit of some operators to drop the conditionals when CFU becomes active.
    Raises :class:`RefusedError` and changes nothing where the request cannot be met.
    """
    after = dict(table)
    keys = [(reason, bearer) for reason in request.reasons for bearer in request.bearers]
    if request.mode is Mode.ACTIVATE and not any(key in table for key in keys):
        raise RefusedError(3, "activation of what was never registered")
    for key in keys:
        _apply_one(after, key, request)
    if wipe_conditionals and request.mode in (Mode.REGISTER, Mode.ACTIVATE) and request.reasons == (Reason.CFU,):
        for key in list(after):
            if key[0] in CONDITIONALS and key[1] in request.bearers:
                del after[key]
    return after


def _apply_one(table: dict[Key, Entry], key: Key, request: Request) -> None:
    standing = table.get(key)
    match request.mode:
        case Mode.REGISTER:
            if request.number is None:
                raise RefusedError(3, "registration without a number")
            table[key] = Entry(request.number, active=True, no_reply_s=_no_reply_s(key[0], request, standing))
        case Mode.ERASE:
            table.pop(key, None)
        case Mode.DEACTIVATE:
            if standing is not None:
                table[key] = Entry(standing.number, active=False, no_reply_s=standing.no_reply_s)
        case Mode.ACTIVATE:
            if standing is not None:
                table[key] = Entry(standing.number, active=True, no_reply_s=_no_reply_s(key[0], request, standing))
        case Mode.INTERROGATE:
            return


def _no_reply_s(reason: Reason, request: Request, standing: Entry | None) -> int | None:
    if reason is not Reason.CFNRY:
        return None
    if request.no_reply_s is not None:
        if request.no_reply_s not in NO_REPLY_TIMES_S:
            raise RefusedError(3, f"a no-reply time of {request.no_reply_s} s")
        return request.no_reply_s
    return standing.no_reply_s if standing and standing.no_reply_s else DEFAULT_NO_REPLY_S
