"""Every part checked as far as the pages see it, each with its mend: the doctor's checks, and what brokers told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from appliance.config import Config, examine
from appliance.doctor import box as box_checks
from appliance.doctor import panel
from appliance.doctor import picture as picture_checks
from appliance.doctor.finding import Finding, Level
from appliance.domain.phrase_words import text_of
from appliance.situation.said import said
from appliance.situation.times import instant
from appliance.translation import _
from appliance.web import setting_up
from appliance.web.box import SILENT_AFTER_S, BoxWords


def files(config: Config, config_file: Path) -> list[Finding]:
    """What stands on the disk: configuration, clock, room, journal. Blocks."""
    found = list(box_checks.configuration(config_file, examine(config_file)))
    found += box_checks.clock()
    found += box_checks.state_directory(config.device.state_dir, written=False)
    found += box_checks.journal(config.device.state_dir)
    found += setting_up.check()
    found += panel.check(config.panel, config.device.state_dir)
    return found


def heard(box: BoxWords, config: Config, now: datetime) -> Iterator[Finding]:
    """What the brokers told, and whether they are there."""
    if box.broker_up:
        yield Finding(_("broker"), Level.OK, _("answers"))
    else:
        text = _("cannot be reached; calls do not depend on it")
        yield Finding(_("broker"), Level.FAIL, text, "systemctl status mosquitto; systemctl start mosquitto")
    yield from _guard(box, now)
    if box.state is not None:
        yield from picture_checks.check(box.state, config)
    yield from _exchanges(box, now)


def _guard(box: BoxWords, now: datetime) -> Iterator[Finding]:
    part, mend = _("guard"), "systemctl status hotline-guard; journalctl -u hotline-guard -e"
    at = instant(box.state.get("at")) if box.state is not None else None
    if box.state is None or at is None:
        yield Finding(part, Level.FAIL, _("has not been heard"), mend)
    elif box.guard_offline:
        yield Finding(part, Level.FAIL, _("is not running"), mend)
    elif box.from_journal or (now - at).total_seconds() > SILENT_AFTER_S:
        yield Finding(part, Level.FAIL if box.broker_up else Level.WARN, _("has not been heard for a while"), mend)
    else:
        version = box.state.get("version", "?")
        yield Finding(part, Level.OK, _("answers, version {version}").format(version=version))


def _exchanges(box: BoxWords, now: datetime) -> Iterator[Finding]:
    for name, document in sorted(box.exchanges.items()):
        part = _("exchange {name}").format(name=name)
        mend = "systemctl status hotline-exchange asterisk; journalctl -u hotline-exchange -e"
        at, log = instant(document.get("at")), document.get("log")
        log = log if isinstance(log, dict) else {}
        if name in box.exchanges_offline:
            yield Finding(part, Level.FAIL, _("is not running; callers reach the technician by the dialplan"), mend)
        elif document.get("ari") != "connected":
            yield Finding(part, Level.FAIL, _("is not connected to its Asterisk"), mend)
        elif at is None or (now - at).total_seconds() > SILENT_AFTER_S:
            yield Finding(part, Level.WARN, _("has not been heard for a while"), mend)
        elif not log.get("ok", True):
            yield Finding(
                part, Level.FAIL, said(text_of(log, "reason")), _("check room and health of the disk there")
            )
        else:
            version = document.get("asterisk") or "?"
            yield Finding(part, Level.OK, _("works, with Asterisk {version}").format(version=version))
