"""The first password: from a file, or set at the console. There is none that a stranger could know."""

from __future__ import annotations

import logging
from pathlib import Path

from appliance.web.accounts.models import Account
from appliance.web.accounts.passwords import Passwords, too_weak
from appliance.web.accounts.store import Accounts
from appliance.web.permission import Role

_log = logging.getLogger(__name__)
FIRST_NAME = "admin"
MOST_BYTES = 4096


async def from_file(file: Path | None, accounts: Accounts, passwords: Passwords) -> bool:
    """Make the first administrator with the password in ``file``, where there is no account yet; whether it did."""
    if file is None or await accounts.all():
        return False
    try:
        with file.open("rb") as opened:
            password = opened.read(MOST_BYTES).decode("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        _log.error("web.admin_password_file: %s cannot be read (%s)", file, error)
        return False
    if why := too_weak(password, FIRST_NAME):
        _log.error("web.admin_password_file: the password in %s is not taken (%s); write a longer one", file, why)
        return False
    await accounts.put(Account(FIRST_NAME, Role.ADMINISTRATOR), await passwords.hash(password))
    await accounts.note("account.made", account=None, subject=FIRST_NAME, detail="password file")
    _log.info("made the account %s with the password of %s", FIRST_NAME, file)
    return True
