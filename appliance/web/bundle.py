"""The support bundle: what somebody far away needs to see what is wrong, and nothing that must not leave the box.

A ZIP of texts, made in memory. Callers and calls are left out; secrets are taken out twice, by the names of their
keys and, wherever their values are known, out of every text.
"""

from __future__ import annotations

import io
import json
import platform
import tomllib
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from appliance import __version__
from appliance.config import Config
from appliance.doctor.finding import Finding
from appliance.domain.times import rfc3339
from appliance.journal import records
from appliance.journal.reader import JournalReader, JournalUnreadableError
from appliance.web import syslog
from appliance.web.scrub import scrub_document, scrub_text, secrets_of

EVENTS_OF = timedelta(days=14)
MOST_EVENTS = 20_000
LOG_LINES = 2_000
MOST_SECRET_BYTES = 4096


def build(
    config: Config,
    config_file: Path,
    heard: Mapping[str, Any],
    findings: Iterable[Finding],
    now: datetime,
) -> bytes:
    """The whole ZIP. ``heard`` maps file names to documents that the brokers told. Blocks."""
    state_dir = config.device.state_dir
    known = set(_secret_files(config)) | secrets_of(dict(heard)) | _kept_secrets(state_dir)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:

        def put(name: str, text: str) -> None:
            stamp = (now.year, now.month, now.day, now.hour, now.minute, now.second)
            archive.writestr(zipfile.ZipInfo(f"hotline-{config.device.id}/{name}", stamp), scrub_text(text, known))

        put("about.json", _json({"at": rfc3339(now), **versions()}))
        put("findings.json", _json([asdict(one) for one in findings]))
        put("hotline.toml.json", _json(scrub_document(_toml(config_file), known)))
        for name, document in heard.items():
            put(name, _json(scrub_document(document, known)))
        put("events.jsonl", "".join(_events(state_dir, now, known)))
        for unit in syslog.UNITS:
            put(f"logs/{unit}.log", _log(unit))
    return packed.getvalue()


def versions() -> dict[str, str]:
    """What runs here."""
    system = platform.freedesktop_os_release().get("PRETTY_NAME", "") if Path("/etc/os-release").exists() else ""
    return {
        "hotline": __version__,
        "python": platform.python_version(),
        "system": system,
        "kernel": f"{platform.system()} {platform.release()} {platform.machine()}",
    }


def _toml(config_file: Path) -> Any:
    try:
        return tomllib.loads(config_file.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        return {"cannot be read": str(error)}


def _secret_files(config: Config) -> Iterator[str]:
    """What stands in the files that hold secrets, as far as this user may read them."""
    files = [config.modem.pin_file, config.smtp.password_file, config.web.admin_password_file]
    files += [link.password_file for link in config.mqtt] + [trunk.password_file for trunk in config.trunk]
    for file in filter(None, files):
        try:
            with file.open("rb") as opened:
                yield opened.read(MOST_SECRET_BYTES).decode("utf-8", "replace").strip()
        except OSError:
            continue


def _kept_secrets(state_dir: Path) -> set[str]:
    """SIP passwords and PIN hashes, as the guard keeps them."""
    try:
        return secrets_of(records.kept_roster(state_dir))
    except JournalUnreadableError:
        return set()


def _events(state_dir: Path, now: datetime, known: Iterable[str]) -> Iterator[str]:
    try:
        with JournalReader(state_dir) as reader:
            events = reader.events(since=now - EVENTS_OF, limit=MOST_EVENTS, newest_first=True)[::-1]
    except JournalUnreadableError as error:
        yield _json({"cannot be read": str(error)})
        return
    for event in events:
        document = {"id": event.id, "at": event.at, "boot_id": event.boot_id, "type": event.type, "data": event.data}
        yield json.dumps(scrub_document(document, known), ensure_ascii=False, default=str) + "\n"


def _log(unit: str) -> str:
    try:
        return syslog.last_lines(unit, LOG_LINES)
    except syslog.NoLogsError as error:
        return f"{error}\n"


def _json(document: Any) -> str:
    return json.dumps(document, ensure_ascii=False, indent=1, default=str) + "\n"
