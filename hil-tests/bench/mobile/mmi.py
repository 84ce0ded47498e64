"""Call forwarding by star-hash codes (3GPP TS 22.030 §6.5 and annexes B and C): pure."""

from __future__ import annotations

import re

from bench.mobile.forwarding import BEARERS, Bearer, Mode, Request, reasons_of

_CODE = re.compile(
    r"(?P<how>\*#|\*\*|##|\*|#)(?P<service>21|67|61|62|002|004)"
    r"(?:\*(?P<a>[^*#]*))?(?:\*(?P<b>[^*#]*))?(?:\*(?P<c>[^*#]*))?#;?"
)
_REASON = {"21": 0, "67": 1, "61": 2, "62": 3, "002": 4, "004": 5}
_MODE = {
    "**": Mode.REGISTER,
    "*": Mode.ACTIVATE,
    "#": Mode.DEACTIVATE,
    "##": Mode.ERASE,
    "*#": Mode.INTERROGATE,
}
_BASIC_SERVICE: dict[str, tuple[Bearer, ...]] = {
    "": BEARERS,
    "10": (Bearer.VOICE, Bearer.FAX),
    "11": (Bearer.VOICE,),
    "12": (Bearer.FAX,),
    "13": (Bearer.FAX,),
    "19": (Bearer.VOICE, Bearer.FAX),
    "20": (Bearer.DATA,),
    "21": (Bearer.DATA,),
    "22": (Bearer.DATA,),
    "24": (Bearer.DATA,),
    "25": (Bearer.DATA,),
}


class NoSuchCodeError(ValueError):
    """Star-hash digits that are no call-forwarding procedure."""


def is_code(dialled: str) -> bool:
    """Whether a dial string is a star-hash procedure at all, of whatever service."""
    return bool(re.fullmatch(r"[*#].*#;?", dialled))


def parse(dialled: str) -> tuple[int, Request]:
    """The reason code (0 to 5) and the request of a procedure. Raises :class:`NoSuchCodeError`.

    ``*SC*DN#`` with a number is a registration (TS 22.030 §6.5.2: the network is asked to register where call
    forwarding gets a number).
    """
    match = _CODE.fullmatch(dialled)
    if match is None:
        raise NoSuchCodeError(dialled)
    number, service, time = match["a"] or None, match["b"] or "", match["c"] or None
    if service not in _BASIC_SERVICE or (time is not None and not time.isdigit()):
        raise NoSuchCodeError(dialled)
    mode = _MODE[match["how"]]
    if mode is Mode.ACTIVATE and number:
        mode = Mode.REGISTER
    code = _REASON[match["service"]]
    return code, Request(
        mode,
        reasons_of(code),
        _BASIC_SERVICE[service],
        number if mode is Mode.REGISTER else None,
        int(time) if time else None,
        origin="mmi",
    )
