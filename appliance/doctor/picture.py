"""What the guard's picture says of modem, forwarding and every watched part. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from appliance.config import Config
from appliance.doctor.finding import Finding, Level
from appliance.situation.picture import Part, Picture, read_picture
from appliance.situation.said import said
from appliance.situation.words import (
    forwarding_word,
    health_word,
    modem_text,
    registration_word,
    sim_word,
    table_text,
)
from appliance.translation import N_, _

WEAK_DBM = -105

SIM_MENDS = {
    "pin": N_("give the PIN: modem.pin_file in the configuration, or LoadCredential= of the service"),
    "puk": N_("put the SIM into a phone and enter its PUK; the box never does"),
    "blocked": N_("the SIM is dead: get another from the operator"),
    "absent": N_("insert the SIM, contacts towards the modem"),
}
REGISTRATION_MENDS = {
    "searching": N_("check the antenna and the coverage"),
    "denied": N_("the operator refuses this SIM: ask there whether it is active"),
    "none": N_("check the antenna, and that the SIM is active"),
}


def check(state: Mapping[str, Any], config: Config) -> Iterator[Finding]:
    """Everything the state document says."""
    seen = read_picture(state)
    if seen.journal_trouble:
        mend = _("check room and health of the disk; the guard keeps events in memory meanwhile")
        yield Finding(_("journal"), Level.FAIL, said(seen.journal_trouble), mend)
    yield from _modem(seen)
    yield from _forwarding(seen)
    for part in seen.parts:
        yield _part(part)
    yield from _missing(seen, config)
    yield from _references(seen)
    if seen.override:
        text = _("{route} is pinned by {by}: health does not move the calls").format(
            route=seen.override.route, by=seen.override.by
        )
        yield Finding(_("override"), Level.WARN, text, _("hotline route auto"))


def _modem(seen: Picture) -> Iterator[Finding]:
    modem, part = seen.modem, _("modem")
    if modem.health != "up":
        text = f"{health_word(modem.health)}  {modem_text(modem)}"
        yield Finding(part, Level.FAIL, text, _("hotline modem reset; then unplug it and plug it in again"))
    else:
        yield Finding(part, Level.OK, modem_text(modem))
    if modem.sim is not None:
        level = {"ready": Level.OK, "unknown": Level.WARN}.get(modem.sim, Level.FAIL)
        yield Finding(_("SIM"), level, sim_word(modem.sim), _mend(SIM_MENDS, modem.sim))
    if modem.registration is not None:
        good = modem.registration in ("home", "roaming")
        mend = _mend(REGISTRATION_MENDS, modem.registration)
        word = registration_word(modem.registration)
        yield Finding(_("mobile network"), Level.OK if good else Level.FAIL, word, mend)
    if modem.rssi_dbm is not None and modem.rssi_dbm < WEAK_DBM:
        yield Finding(_("signal"), Level.WARN, f"{modem.rssi_dbm} dBm", _("move or replace the antenna"))


def _mend(mends: Mapping[str, str], key: str) -> str:
    return _(mends[key]) if key in mends else ""


def _forwarding(seen: Picture) -> Iterator[Finding]:
    forwarding = seen.forwarding
    level = {"verified": Level.OK, "pending": Level.WARN}.get(forwarding.status, Level.FAIL)
    mend = {
        Level.OK: "",
        Level.WARN: _("wait: networks take up to 160 s; then run the doctor again"),
        Level.FAIL: _("hotline events --since 1h shows what the network answered; hotline modem info what was tried"),
    }[level]
    yield Finding(_("forwarding"), level, f"{forwarding_word(forwarding.status)}  {table_text(seen)}", mend)
    if forwarding.net == "stale":
        text = _("the standing net leads to an old number")
        yield Finding(_("standing net"), Level.WARN, text, _("hotline events --since 1d shows why it was refused"))


def _part(part: Part) -> Finding:
    level = {"up": Level.OK, "down": Level.FAIL}.get(part.health, Level.WARN)
    kind = {"trunk": _("trunk"), "node": _("node"), "local": _("own exchange")}[part.kind]
    text = f"{part.name}  {health_word(part.health)}  " + (
        f"{part.rtt_ms:.1f} ms" if part.rtt_ms is not None else said(part.reason)
    )
    mend = {
        "trunk": _("ask its operator; check that UDP and TCP to its SIP port leave this network"),
        "node": _("check the node's Asterisk, and that its firewall lets this box in"),
        "local": _("systemctl status hotline-exchange asterisk; journalctl -u hotline-exchange -e"),
    }[part.kind]
    return Finding(kind, level, text.strip(), mend if level is Level.FAIL else "")


def _missing(seen: Picture, config: Config) -> Iterator[Finding]:
    known = {(part.kind, part.name) for part in seen.parts}
    wanted = [("trunk", trunk.name) for trunk in config.trunk] + [("node", node.name) for node in config.node]
    wanted += [("local", trunk) for trunk in config.local_trunks]
    for kind, name in wanted:
        if (kind, name) not in known:
            text = _("{kind} {name} is in the file, but the guard does not watch it").format(kind=kind, name=name)
            yield Finding(_("guard"), Level.WARN, text, _("systemctl restart hotline-guard"))


def _references(seen: Picture) -> Iterator[Finding]:
    if seen.references is None:
        return
    up, total = seen.references
    text = _("{up} of {total} answer").format(up=up, total=total)
    if total in (0, up):
        yield Finding(_("references"), Level.OK if total else Level.WARN, text)
        return
    level = Level.WARN if up else Level.FAIL
    mend = _("check the reference itself") if up else _("check this box's uplink: cable, router, provider")
    yield Finding(_("references"), level, text, mend)
