"""+CME ERROR codes and their texts (3GPP TS 27.007 §9.2); AT+CMEE chooses between them."""

from __future__ import annotations

CME_TEXT = {
    0: "phone failure",
    3: "operation not allowed",
    4: "operation not supported",
    10: "SIM not inserted",
    11: "SIM PIN required",
    12: "SIM PUK required",
    13: "SIM failure",
    14: "SIM busy",
    16: "incorrect password",
    17: "SIM PIN2 required",
    21: "invalid index",
    25: "invalid characters in text string",
    30: "no network service",
    31: "network timeout",
    32: "network not allowed - emergency calls only",
    50: "incorrect parameters",
    100: "unknown",
    257: "network rejected request",
    258: "retry operation",
}


def cme_line(code: int, level: int) -> str:
    """The final result for an error at AT+CMEE ``level``: 0 ``ERROR``, 1 the number, 2 the text."""
    if level == 0:
        return "ERROR"
    if level == 2:
        return f"+CME ERROR: {CME_TEXT.get(code, CME_TEXT[100])}"
    return f"+CME ERROR: {code}"


def cms_line(code: int, level: int) -> str:
    """The final result for a short-message error (3GPP TS 27.005 §3.2.5); only the number is used here."""
    return "ERROR" if level == 0 else f"+CMS ERROR: {code}"
