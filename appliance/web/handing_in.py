"""A hotline.toml handed in on the page of a box that has none: examined here, put where provisioning looks."""

from __future__ import annotations

import os
from pathlib import Path

from appliance.config.load import MOST_BYTES, not_utf8
from appliance.provision.examining import examined
from appliance.provision.settings import Wrong
from appliance.wholefile import replace

NAME = "hotline.toml"
READABLE_BY_THE_GROUP = 0o640  # provisioning has root's name, and none of its rights to files


def take(data: bytes, folder: Path) -> list[Wrong]:
    """Put the file into ``folder``, whose change starts provisioning, or say every mistake, by line. Blocks; raises
    ``OSError``."""
    if len(data) > MOST_BYTES:
        return [Wrong(NAME, "", f"has more than {MOST_BYTES} bytes", None)]
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return [Wrong(NAME, "", not_utf8(error), None)]
    _settings, wrong = examined(text, NAME, folder / "trial.toml", by_page=True)
    if not wrong:
        replace(folder / NAME, data, lambda descriptor: os.fchmod(descriptor, READABLE_BY_THE_GROUP))
    return wrong


def forget(folder: Path, config_file: Path) -> None:
    """Where it was taken, its secrets need no second place. Blocks."""
    if config_file.exists():
        (folder / NAME).unlink(missing_ok=True)
