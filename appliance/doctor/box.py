"""The box itself: its configuration, its clock, its disk, its journal."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from appliance.config import Checked, Mistake
from appliance.config.load import one_line
from appliance.doctor.finding import Finding, Level
from appliance.journal import records
from appliance.situation.said import said
from appliance.situation.times import instant, span
from appliance.translation import _

MEGABYTE = 1_000_000
LEAST_FREE = 20 * MEGABYTE
COMFORTABLE_FREE = 200 * MEGABYTE
EARLIEST = datetime(2025, 1, 1, tzinfo=UTC)  # older than this software: a clock without battery after a power cut
LATEST = datetime(2100, 1, 1, tzinfo=UTC)


def configuration(file: Path, checked: Checked) -> Iterator[Finding]:
    """The configuration file: all its mistakes, all its warnings."""
    part = _("configuration")
    for mistake in checked.mistakes:
        yield Finding(
            part, Level.FAIL, _told(mistake), _("correct it, then: hotline check-config {f}").format(f=file)
        )
    for warning in checked.warnings:
        yield Finding(part, Level.WARN, _told(warning))
    if checked.config and not checked.warnings:
        yield Finding(part, Level.OK, str(file))


def _told(mistake: Mistake) -> str:
    """As ``hotline check-config`` writes it, in the language of whoever looks."""
    where = f"{mistake.file}: {mistake.path}: " if mistake.path else f"{mistake.file}: "
    line = _(" (line {n})").format(n=mistake.line) if mistake.line else ""
    return one_line(where + said(mistake.message) + line)


def clock() -> Iterator[Finding]:
    """The clock: events and calls are told by it, and TLS fails when it is far off."""
    now, part = datetime.now(UTC), _("clock")
    if not EARLIEST < now < LATEST:
        text = _("it says {time}").format(time=now.isoformat(timespec="seconds"))
        yield Finding(part, Level.FAIL, text, _("set it: timedatectl set-ntp true, or fit a battery clock"))
        return
    synchronised = _synchronised()
    if synchronised is False:
        yield Finding(
            part, Level.WARN, _("not synchronised"), _("timedatectl set-ntp true, and let UDP port 123 out")
        )
    else:
        unknown = "" if synchronised else _(" (whether it is synchronised cannot be told here)")
        yield Finding(part, Level.OK, now.isoformat(timespec="seconds") + unknown)


def _synchronised() -> bool | None:
    if Path("/run/systemd/timesync/synchronized").exists():
        return True
    if shutil.which("timedatectl") is None:
        return None
    command = ["timedatectl", "show", "--property=NTPSynchronized", "--value"]
    try:
        said = subprocess.run(command, capture_output=True, text=True, timeout=5, check=False).stdout.strip()
    except (OSError, subprocess.TimeoutExpired):
        return None
    return {"yes": True, "no": False}.get(said)


def state_directory(folder: Path, *, written: bool = True) -> Iterator[Finding]:
    """The state directory: there, with room, and writable for who writes there (``written``)."""
    part = _("state directory")
    if not folder.is_dir():
        mend = _("the service makes it (StateDirectory=); by hand: install -d -o hotline {folder}")
        yield Finding(part, Level.FAIL, _("{folder} is not there").format(folder=folder), mend.format(folder=folder))
        return
    if written and not os.access(folder, os.W_OK | os.X_OK):
        text = _("{folder} may not be written by this user").format(folder=folder)
        yield Finding(part, Level.WARN, text, _("run the doctor as the service does: sudo -u hotline hotline doctor"))
    if os.statvfs(folder).f_flag & os.ST_RDONLY:
        text = _("{folder} is on a read-only file system").format(folder=folder)
        yield Finding(part, Level.FAIL, text, _("check the card with fsck, or replace it"))
        return
    free = shutil.disk_usage(folder).free
    level = Level.FAIL if free < LEAST_FREE else Level.WARN if free < COMFORTABLE_FREE else Level.OK
    mend = _("make room: journalctl --vacuum-size=50M, apt-get clean") if level is not Level.OK else ""
    yield Finding(part, level, _("{folder}, {n} MB free").format(folder=folder, n=free // MEGABYTE), mend)


def journal(folder: Path) -> Iterator[Finding]:
    """The journal: readable, and what it last says."""
    part = _("journal")
    try:
        events = records.newest(folder, 1000)
    except records.UnreadableError as error:
        yield Finding(
            part,
            Level.FAIL,
            said(str(error)),
            _("start the guard once; it makes the journal, and begins a damaged one anew"),
        )
        return
    last = instant(events[-1].at) if events else None
    if last is None:
        yield Finding(part, Level.WARN, _("no event in it yet"), _("start the guard: systemctl start hotline-guard"))
        return
    ago = span(max(0.0, (datetime.now(UTC) - last).total_seconds()))
    yield Finding(part, Level.OK, _("last event {ago} ago").format(ago=ago))
