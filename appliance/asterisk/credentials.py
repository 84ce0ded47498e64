"""The passwords between the exchange and its Asterisk: made once, kept in the state directory, told to nobody."""

from __future__ import annotations

import json
import secrets
from pathlib import Path

from appliance.asterisk.files import put
from appliance.asterisk.site import Credentials

FILE = "asterisk-secrets.json"
_BYTES = 24


class NoCredentialsError(Exception):
    """There are none yet, or the file is damaged; the message says what to do."""


def read(state_dir: Path) -> Credentials:
    """The passwords. Blocks; raises :class:`NoCredentialsError`."""
    path = state_dir / FILE
    try:
        document = json.loads(path.read_bytes())
        ari, manager = document["ari"], document["manager"]
    except FileNotFoundError:
        raise NoCredentialsError(f"{path} is not there; run: hotline asterisk render") from None
    except OSError as error:
        raise NoCredentialsError(f"{path} cannot be read ({error.strerror})") from None
    except (ValueError, KeyError, TypeError):
        raise NoCredentialsError(f"{path} is damaged; remove it and run: hotline asterisk render") from None
    if not all(isinstance(one, str) and len(one) >= 16 and one.isalnum() for one in (ari, manager)):
        raise NoCredentialsError(f"{path} is damaged; remove it and run: hotline asterisk render")
    return Credentials(ari, manager)


def read_or_make(state_dir: Path) -> Credentials:
    """The passwords, made if there is no file yet. Blocks; raises :class:`NoCredentialsError`, ``OSError``."""
    path = state_dir / FILE
    if path.exists():
        found = read(state_dir)
        if path.stat().st_mode & 0o077:
            path.chmod(0o600)
        return found
    made = Credentials(secrets.token_hex(_BYTES), secrets.token_hex(_BYTES))
    state_dir.mkdir(parents=True, exist_ok=True, mode=0o750)
    put(path, json.dumps({"schema": 1, "ari": made.ari, "manager": made.manager}) + "\n", 0o600)
    return made
