"""Keep secrets out of logs, journals and errors: PINs and passwords travel in AT commands in plain text. Pure."""

from __future__ import annotations

import re

_SECRET = re.compile(
    r"((?:AT)?[+^#%]?(?:CPIN2?|CLCK|CPWD|EPIN|PCPIN|QPIN|CARDLOCK|CUAD|AUTHDATA)\s*=)(?!\?).*", re.IGNORECASE
)


def redact(text: str) -> str:
    """``text`` with the arguments of commands that carry a secret replaced by ``***``."""
    return _SECRET.sub(r"\1***", text)
