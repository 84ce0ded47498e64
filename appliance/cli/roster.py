"""``hotline roster``: the roster as a file that people edit, checked before the guard is asked to take it."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from appliance.asterisk.pjsip import reserved_names
from appliance.cli import guardlink
from appliance.cli.configuration import load_or_exit
from appliance.cli.exits import CliError, Exit
from appliance.cli.until import until
from appliance.config import Config
from appliance.config.load import read_at_most
from appliance.domain.commands import ErrorCode
from appliance.journal import records
from appliance.roster.changes import changes
from appliance.roster.dump import dump
from appliance.roster.load import MOST_BYTES, Circumstances, Loaded, load_toml, validate
from appliance.roster.models import Roster, Rota, to_document
from appliance.roster.zones import zone_of
from appliance.situation.times import instant
from appliance.translation import _, n_

MOST_OF_A_CALENDAR = 16 * 1024 * 1024  # people keep years in one
OWNER_ONLY = 0o600  # PIN hashes and SIP passwords are in it


def export(arguments: argparse.Namespace) -> int:
    """The standing roster as TOML; from the journal where the guard cannot be asked, and said so."""
    config = guardlink.configuration(arguments)
    try:
        roster = standing_roster(arguments)
    except CliError as error:
        if error.code is not Exit.UNREACHABLE:
            raise
        roster = _kept(config, str(error))
        print("hotline: " + _("{why}; this is the roster as the journal keeps it").format(why=error), file=sys.stderr)
    text = dump(roster)
    if arguments.file is None:
        print(text, end="")
    else:
        _write(arguments.file, text)
        print(_("{file}: revision {n}").format(file=arguments.file, n=roster.revision))
    return Exit.DONE


def check(arguments: argparse.Namespace) -> int:
    """Every mistake of a file, and what is doubtful in it."""
    config = load_or_exit(arguments.config) if arguments.config.exists() else None
    loaded = load_toml(_read(arguments.file), str(arguments.file), _circumstances(config))
    _told(loaded)
    count = len(loaded.warnings)
    doubts = n_("{n} warning", "{n} warnings", count).format(n=count) if count else _("nothing to say against it")
    print(_("{file}: usable, {doubts}").format(file=arguments.file, doubts=doubts))
    return Exit.DONE


def import_file(arguments: argparse.Namespace) -> int:
    """Check a file, show what it changes, and let it stand."""
    config = guardlink.configuration(arguments)
    data = _read(arguments.file)
    standing = _standing_or_none(arguments)
    loaded = load_toml(data, str(arguments.file), _circumstances(config), standing=standing)
    roster = _told(loaded)
    if standing is None:
        return _replace(arguments, roster)
    return _propose(arguments, standing, roster, roster.revision or standing.revision)


def import_calendar(arguments: argparse.Namespace) -> int:
    """The events of an iCalendar file become the shifts of one rota, instead of those it had."""
    from appliance.roster.ical import CalendarError, shifts_from

    config = guardlink.configuration(arguments)
    data = _read(arguments.file, MOST_OF_A_CALENDAR)
    standing = standing_roster(arguments)
    rota = next((one for one in standing.rota if one.id == arguments.rota), None)
    zone = zone_of(rota.timezone if rota else None, config.device.timezone)
    try:
        shifts, findings = shifts_from(data.decode("utf-8-sig"), standing.person, datetime.now(UTC), zone)
    except (CalendarError, UnicodeDecodeError) as error:
        raise CliError(Exit.USAGE, f"{arguments.file}: {error}", prefix=False) from None
    if findings:
        raise CliError(Exit.USAGE, *(f"{arguments.file}: {finding}" for finding in findings), prefix=False)
    if not shifts:
        raise CliError(Exit.USAGE, _("{file}: has no events from now on").format(file=arguments.file))
    filled = (rota or Rota(id=arguments.rota)).model_copy(update={"shifts": shifts})
    rotas = tuple(filled if one is rota else one for one in standing.rota) if rota else (*standing.rota, filled)
    print(n_("{n} shift", "{n} shifts", len(shifts)).format(n=len(shifts)))
    return _propose(arguments, standing, standing.model_copy(update={"rota": rotas}), standing.revision)


def undo(arguments: argparse.Namespace) -> int:
    """Back to the roster before."""
    _config, result = guardlink.command(arguments, "roster.undo", {})
    for line in result.get("changes") or ():
        print(line)
    print(_("revision {n} stands").format(n=result.get("revision")))
    return Exit.DONE


def _propose(arguments: argparse.Namespace, standing: Roster, roster: Roster, revision: int) -> int:
    lines = changes(standing, roster)
    for line in lines:
        print(line)
    if not lines:
        print(_("nothing changes; revision {n} stands").format(n=standing.revision))
        return Exit.DONE
    if arguments.dry_run:
        print(_("only shown; without --dry-run it is done"))
        return Exit.DONE
    args = {"roster": to_document(roster), "revision": revision}
    _config, result = guardlink.command(arguments, "roster.set", args, timeout_s=60.0)
    print(_("revision {n} stands").format(n=result.get("revision")))
    return Exit.DONE


def _replace(arguments: argparse.Namespace, roster: Roster) -> int:
    """Let a roster stand in the place of one that cannot be read: there is nothing to compare it with."""
    if arguments.dry_run:
        print(_("only shown; without --dry-run it is done"))
        return Exit.DONE
    _config, result = guardlink.command(arguments, "roster.set", {"roster": to_document(roster)}, timeout_s=60.0)
    print(_("revision {n} stands").format(n=result.get("revision")))
    return Exit.DONE


def _standing_or_none(arguments: argparse.Namespace) -> Roster | None:
    """The standing roster; ``None``, and said so, where it cannot be read: an import is the way out of that."""
    try:
        return standing_roster(arguments)
    except guardlink.RefusedError as error:
        if error.reason != ErrorCode.FAILED:
            raise
        print(f"hotline: {error}", file=sys.stderr)
        return None


def standing_roster(arguments: argparse.Namespace) -> Roster:
    """The roster that stands, as the guard tells it. Raises :class:`CliError`."""
    _config, result = guardlink.command(arguments, "roster.get", {"secrets": True})
    return _understood(result.get("roster"))


def _kept(config: Config, trouble: str) -> Roster:
    try:
        kept = records.kept_roster(config.device.state_dir)
    except records.UnreadableError as error:
        raise CliError(Exit.UNREACHABLE, trouble, _("and {error}").format(error=error)) from None
    if kept is None:
        raise CliError(Exit.UNREACHABLE, trouble, _("and the journal keeps no roster: the guard never ran here"))
    return _understood(kept)


def _understood(document: Any) -> Roster:
    roster, mistakes = validate(document) if isinstance(document, Mapping) else (None, [])
    if roster is None:
        raise CliError(
            Exit.REFUSED, _("the roster cannot be understood by this version"), *(str(one) for one in mistakes[:5])
        )
    return roster


def _circumstances(config: Config | None) -> Circumstances:
    now = datetime.now(UTC)
    if config is None:
        return Circumstances(now, "UTC")
    service_number, listen = config.modem.service_number.e164, config.recordings.extension
    return Circumstances(now, config.device.timezone, service_number, reserved_names(config), listen)


def _told(loaded: Loaded) -> Roster:
    _refuse_mistakes(loaded)
    for warning in loaded.warnings:
        print(_("warning: {warning}").format(warning=warning), file=sys.stderr)
    assert loaded.roster is not None
    return loaded.roster


def _refuse_mistakes(loaded: Loaded) -> None:
    if loaded.mistakes:
        raise CliError(Exit.USAGE, *map(str, loaded.mistakes), prefix=False)


def _read(file: Path, most: int = MOST_BYTES) -> bytes:
    try:
        data = read_at_most(file, most)
    except OSError as error:
        raise CliError(Exit.USAGE, f"{file}: {error.strerror}") from None
    if len(data) > most:
        raise CliError(Exit.USAGE, _("{file}: has more than {n} bytes").format(file=file, n=most))
    return data


def _write(file: Path, text: str) -> None:
    """Whole or not at all, and for its owner's eyes only from the first byte on."""
    if not file.name:
        raise CliError(Exit.USAGE, _("{file}: is a directory; name a file").format(file=file))
    part = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
        with os.fdopen(descriptor, "w", encoding="utf-8") as writing:
            writing.write(text)
            writing.flush()
            os.fsync(writing.fileno())
        os.replace(part, file)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise CliError(Exit.REFUSED, f"{file}: {error.strerror}") from None


def line_mode(arguments: argparse.Namespace) -> int:
    """What one line does, or all of them, whatever the clock says."""
    args: dict[str, Any] = {"line": arguments.line, "situation": arguments.situation}
    if arguments.minutes is not None:
        args["minutes"] = arguments.minutes
    config, result = guardlink.command(arguments, "line.mode", args)
    if arguments.json:
        print(json.dumps(result, ensure_ascii=False))
        return Exit.DONE
    for id_, mode in (result.get("lines") or {}).items():
        stands = mode["situation"] + until(config, instant(mode.get("until"))) if mode else _("by the clock")
        print(f"{id_}: {stands}")
    return Exit.DONE


def night(arguments: argparse.Namespace) -> int:
    """The night switch: on, off, or back to the clock."""
    arguments.situation = {"on": "closed", "off": "open", "auto": "auto"}[arguments.switch]
    return line_mode(arguments)
