"""Puts the rendered configuration onto the disk: finds the modules, reads passwords, writes what changed."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from appliance.asterisk.credentials import read_or_make
from appliance.asterisk.files import keep, put, sweep
from appliance.asterisk.rendering import CUSTOM, MARK, SECRET_FILES, render
from appliance.asterisk.site import RECORDINGS, SPARES, Site, UnfitError
from appliance.config import Config
from appliance.config.load import MOST_BYTES, read_at_most

_MODULE_PLACES = (
    "/usr/lib/*-linux-gnu*/asterisk/modules",
    "/usr/lib/asterisk/modules",
    "/usr/lib64/asterisk/modules",
)
_USUAL_PLACE = Path("/usr/lib/asterisk/modules")
LONGEST_PASSWORD = 1000  # Asterisk cuts a line off after 8 KiB
OPEN_MODE, SECRET_MODE = 0o644, 0o640


@dataclass(frozen=True, slots=True)
class Deployed:
    """What was done: every file, those of them that changed, and where what others had written there is kept."""

    directory: Path
    files: tuple[str, ...]
    changed: tuple[str, ...]
    kept: tuple[str, ...] = ()


def deploy(config: Config, directory: Path) -> Deployed:
    """Render into ``directory``. Blocks; raises :class:`UnfitError`, ``NoCredentialsError``, ``OSError``."""
    directory = directory.resolve()
    passwords = _trunk_passwords(config)
    modules = config.exchange.directories.modules or _find_modules()
    present = frozenset(path.name for path in modules.glob("*.so")) if modules.is_dir() else None
    site = Site(directory, modules, present, read_or_make(config.device.state_dir), passwords)
    files = render(config, site)
    (directory / CUSTOM).mkdir(parents=True, exist_ok=True)
    for name in files:
        sweep(directory / name)
    kept = [path.name for name in files if (path := keep(directory / name, MARK))]
    changed = [
        name
        for name, text in files.items()
        if put(directory / name, text, SECRET_MODE if name in SECRET_FILES else OPEN_MODE)
    ]
    _make_recording_folder(config.exchange.directories.spool)
    return Deployed(directory, tuple(files), tuple(changed), tuple(kept))


def _make_recording_folder(spool: Path) -> None:
    """Asterisk records below ``spool/recording``, but makes that folder no more than its package does."""
    folder = spool / RECORDINGS
    if not spool.is_dir() or folder.exists():
        return
    owner = spool.stat()
    for one in (folder, folder / SPARES):
        one.mkdir(mode=0o770)
        if owner.st_uid != os.geteuid():
            os.chown(one, owner.st_uid, owner.st_gid)


def _find_modules() -> Path:
    found = (path for pattern in _MODULE_PLACES for path in sorted(Path("/").glob(pattern.lstrip("/"))))
    return next(found, _USUAL_PLACE)


def _trunk_passwords(config: Config) -> dict[str, str]:
    passwords = {}
    for index, trunk in enumerate(config.trunk):
        if trunk.password_file is None:
            continue
        key = f"trunk.{index}.password_file: {trunk.password_file}"
        try:
            text = read_at_most(trunk.password_file, MOST_BYTES).decode().strip("\r\n")
        except OSError as error:
            raise UnfitError(f"{key} cannot be read ({error.strerror}); name a readable file") from None
        except UnicodeDecodeError:
            raise UnfitError(f"{key} is not UTF-8; save it as UTF-8") from None
        if not text or not text.isprintable() or text != text.strip() or len(text) > LONGEST_PASSWORD:
            raise UnfitError(f"{key} does not hold one password on one line; write it there and nothing else")
        passwords[trunk.name] = text
    return passwords
