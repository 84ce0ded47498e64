"""Every mistake of a hotline.toml that was brought, with its line: by card, by stick, or on the page."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from appliance.config import examine, toml
from appliance.config.places import line_of, lines_of_keys
from appliance.provision.settings import Settings, Wrong, of_hotline
from appliance.wholefile import replace

KEYS = "provisioning.ssh_keys"


def examined(text: str, name: str, trial: Path, *, by_page: bool = False) -> tuple[Settings, list[Wrong]]:
    """What its ``[provisioning]`` says, and every mistake of the whole file. ``trial`` is written and removed again.

    ``by_page``: the page that asks for a set-up has no password. That somebody else set the service up is seen, as
    the page is gone; a key of ssh would be a way into the box that nobody sees. Blocks; raises ``OSError``.
    """
    wrong = [Wrong(name, path, message, line) for path, message, line in _of_the_service(text, trial)]
    told, more = (Settings(), []) if is_no_toml(text) else of_hotline(text, name)
    if by_page and told.ssh_keys:
        why = "is taken from the card or a stick only; leave it out here"
        more.append(Wrong(name, KEYS, why, line_of(KEYS, lines_of_keys(text))))
    return told, wrong + more


def is_no_toml(text: str) -> bool:
    """Whether it cannot be read at all."""
    try:
        toml.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return True
    return False


def _of_the_service(text: str, trial: Path) -> list[tuple[str, str, int | None]]:
    replace(trial, text.encode())
    try:
        mistakes = examine(trial).mistakes
    finally:
        trial.unlink(missing_ok=True)
    found = []
    for one in mistakes:
        at = re.search(r"line (\d+)", one.path)  # where TOML breaks off, the place is in the words
        found.append((one.path, one.message, one.line or (int(at[1]) if at else None)))
    return found
