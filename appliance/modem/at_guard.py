"""Which AT commands of a person may pass between ours. Pure.

Queries pass. Refused is what would change the SIM's locks, the forwarding behind the guard's back, the port's own
manners (echo is harmless, numeric results are not) or the power, and what places calls, sends messages or USSD.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from appliance.domain.phrase import phrase
from appliance.modem.dialogue import Request

MAX_COMMAND_CHARACTERS = 400

_EXTENDED = re.compile(r"^([+^#%*$!_][A-Z0-9_&%^]+)(.*)$")
_NAMED_REFUSALS = {
    phrase("it would change the SIM's locks or spend PIN tries"): {
        "+CPIN", "+CPIN2", "+CLCK", "+CPWD", "+EPIN", "^CPIN", "^CPINC", "^CARDLOCK", "^CLCK", "^CPWD", "#CPIN",
        "+CRSM", "+CSIM", "+CGLA", "+CUAD", "^CRSM",
    },
    phrase("forwarding is changed with the commands of the guard, which reads it back"): {
        "+CCFC", "+CCFCU", "^CCFC", "^SCCFC", "+CUSD", "+CUSDR", "^USSD", "+CCUG",
    },
    phrase("it would place, take or end calls"): {
        "+CHLD", "+CHUP", "+CVHU", "^CHUP", "^DSCI", "+CTFR", "+CBST", "^CHLD",
    },
    phrase("messages are sent and deleted with their own command"): {
        "+CMGS", "+CMGW", "+CMSS", "+CMGC", "+CMGD", "+CMGDA", "+CMGF", "+CSMP", "+CSCA", "^HCMGS",
    },
    phrase("the modem is restarted with modem.reset"): {
        "+CFUN", "+CPOF", "+QPOWD", "+CRESET", "+CPWROFF", "#REBOOT", "#SHDN", "^RESET", "^SMSO", "+CPOWD", "^MSO",
        "^SETMODE", "+CREBOOT",
    },
    phrase("it would leave the network"): {"+COPS", "^SYSCFG", "^SYSCFGEX", "+CPLS"},
    phrase("the port itself is looked after by the guard"): {
        "+IPR", "+ICF", "+IFC", "+CMUX", "+CGDATA", "+CMEE", "+CSCS",
    },
}  # fmt: skip
_REASON = {name: reason for reason, names in _NAMED_REFUSALS.items() for name in names}
# Letters without a plus: what passes is listed, since most of the others dial, answer, hang up or reset.
_BASIC_ALLOWED = re.compile(r"^(?:|I[0-9]?|E[01]?|L[0-3]?|M[0-2]?|S\d{1,2}\?|\\S)$")
_CCFC_QUERY = re.compile(r"^=\s*[0-5]\s*,\s*2\s*(?:,.*)?$")
_CLCK_QUERY = re.compile(r'^=\s*"?[A-Z0-9]{2}"?\s*,\s*2\s*(?:,\s*(?:""|)\s*(?:,\s*\d{1,3}\s*)?)?$')


def refusal(command: str) -> str | None:
    """Why the command line ``command`` is refused, for a person, or ``None`` where it may pass."""
    if not command.isascii() or not command.isprintable():
        return phrase("a command is one line of printable ASCII")
    if len(command) > MAX_COMMAND_CHARACTERS:
        return phrase("a command has at most {most} characters", most=MAX_COMMAND_CHARACTERS)
    text = command.strip()
    if text[:2].upper() != "AT":
        return phrase("a command begins with AT")
    for part in _parts(text[2:]):
        if (reason := _part_refusal(part)) is not None:
            return reason
    return None


def _parts(body: str) -> Iterator[str]:
    """The commands of one line (V.250 §5.2.1): ``+A;+B``, with ``;`` in quotes left alone."""
    part: list[str] = []
    quoted = False
    for character in body:
        quoted ^= character == '"'
        if character == ";" and not quoted:
            yield "".join(part).strip()
            part.clear()
        else:
            part.append(character)
    yield "".join(part).strip()


def _part_refusal(part: str) -> str | None:
    match = _EXTENDED.match(part.upper())
    if match is None:
        if _BASIC_ALLOWED.match(part.upper()):
            return None
        return phrase("it would place, take or end calls, or reset the modem's settings")
    name, rest = match[1], match[2].strip()
    if rest in ("?", "=?"):
        return None
    if name == "+CCFC" and _CCFC_QUERY.match(rest):
        return None
    if name == "+CLCK" and _CLCK_QUERY.match(rest):
        return None
    return _REASON.get(name)


def request(command: str, timeout_s: float) -> Request:
    """The request for a command that may pass: its own information lines and unprefixed ones are its reply."""
    text = command.strip()
    names = (match[1] for part in _parts(text[2:]) if (match := _EXTENDED.match(part.upper())))
    return Request(text, tuple(f"{name}:" for name in names), timeout_s=timeout_s, bare=True)
