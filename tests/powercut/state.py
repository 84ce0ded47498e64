"""What must hold of the state partition after the power went: looked at as the next start would find it."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import sqlite3
from collections.abc import Collection, Iterable
from pathlib import Path

from appliance.config import examine
from appliance.provision.apply import Places, provision
from appliance.provision.media import Found

_SEEN: dict[str, list[str]] = {}


def wrong(state: Path, acknowledged: Collection[str], found: dict[str, Found], work: Path) -> list[str]:
    """Everything that does not hold; ``state`` is the partition, mounted to be read."""
    databases = [one for kind in ("*.db", "*.sqlite3") for one in state.rglob(kind) if one.is_file()]
    return [
        *_name(state / "machine-id"),
        *(said for one in databases for said in _database(one, work)),
        *(said for one in state.rglob("*.json") for said in _document(one)),
        *_journal(state / "hotline/journal.db", acknowledged, work),
        *_provisioned(state, found, work),
    ]


def _name(file: Path) -> list[str]:
    if file.exists() and not re.fullmatch(r"[0-9a-f]{32}\n?", file.read_text()):
        return [f"{file.name} is not whole"]
    return []


def _document(file: Path) -> list[str]:
    try:
        json.loads(file.read_bytes())
    except ValueError as error:
        return [f"{file.name}: {error}"]
    return []


def _copied(file: Path, work: Path) -> Path:
    """With its log, where SQLite may write: what it brings back from the log belongs to the database."""
    shutil.rmtree(work / "database", ignore_errors=True)
    (work / "database").mkdir(parents=True)
    for one in file.parent.glob(f"{file.name}*"):
        shutil.copyfile(one, work / "database" / one.name)
    return work / "database" / file.name


def _database(file: Path, work: Path) -> list[str]:
    key = _digest(file.parent.glob(f"{file.name}*"))
    if key not in _SEEN:
        _SEEN[key] = _integrity(file, work)
    return _SEEN[key]


def _integrity(file: Path, work: Path) -> list[str]:
    connection = sqlite3.connect(_copied(file, work))
    try:
        (said,) = connection.execute("PRAGMA integrity_check").fetchone()
    except sqlite3.DatabaseError as error:
        said = str(error)
    finally:
        connection.close()
    return [] if said == "ok" else [f"{file.name}: {said}"]


def _journal(file: Path, acknowledged: Collection[str], work: Path) -> list[str]:
    if not acknowledged:
        return []
    if not file.exists():
        return ["no journal, and there were answers"]
    connection = sqlite3.connect(_copied(file, work))
    try:
        kept = {
            id_ for id_, text in connection.execute("SELECT command_id, response FROM responses")
            if json.loads(text).get("ok") is True
        }  # fmt: skip
        told = {
            json.loads(text)["id"] for (text,) in connection.execute("SELECT data FROM events WHERE type = 'command'")
        }
    finally:
        connection.close()
    lost = [one for one in acknowledged if one not in kept or one not in told]
    return [f"lost: {one}" for one in lost]


def _digest(files: Iterable[Path]) -> str:
    """Of names and contents: what was looked at once is not looked at again."""
    sum_ = hashlib.sha256()
    for one in sorted(files):
        sum_.update(f"{one.name} {one.stat().st_mode:o} {one.stat().st_size}\n".encode())
        sum_.update(one.read_bytes())
    return sum_.hexdigest()


def _provisioned(state: Path, found: dict[str, Found], work: Path) -> list[str]:
    """What stands is whole, and the next start comes to the end that the first one was on its way to."""
    folders = ("etc-hotline", "credstore", "provisioned")
    key = _digest(one for name in folders for one in (state / name).rglob("*") if one.is_file())
    if key not in _SEEN:
        _SEEN[key] = _begun_again(state, found, work)
    return _SEEN[key]


def _begun_again(state: Path, found: dict[str, Found], work: Path) -> list[str]:
    root = work / "root"
    shutil.rmtree(root, ignore_errors=True)
    for source, target in (
        ("etc-hotline", "etc/hotline"),
        ("credstore", "etc/credstore"),
        ("provisioned", "var/lib/hotline-provisioned"),
    ):
        if (state / source).is_dir():
            shutil.copytree(state / source, root / target, ignore_dangling_symlinks=True)
    places = Places(root)
    said = []
    if places.config.exists() and (mistakes := examine(places.config).mistakes):
        said.append(f"the configuration stands with mistakes: {mistakes[0]}")
    if (places.kept / "taken").exists() and not places.config.exists():
        said.append("noted as taken, and not there")
    outcome = provision(found, places, "0" * 32)
    if outcome.mistakes or outcome.status not in ("taken", "standing"):
        said.append(f"the next start ends as {outcome.status}: {outcome.mistakes}")
    if examine(places.config).mistakes:
        said.append("the next start leaves a configuration with mistakes")
    return said
