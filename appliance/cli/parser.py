"""The words of the command line. Only argparse here, so that ``hotline --help`` is quick."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from appliance import __version__
from appliance.cli import parser_exchange
from appliance.cli.words import WHEN, Subparsers, a_count, a_path, add_json, add_minutes, command, positive_s
from appliance.translation import _

DEFAULT_CONFIG = "/etc/hotline/hotline.toml"
DEFAULT_TIMEOUT_S = 10.0


def build_parser() -> argparse.ArgumentParser:
    """The whole command line; each command names its module as ``module`` for :mod:`appliance.cli.main`."""
    parser = argparse.ArgumentParser(
        prog="hotline",
        description=_("Whoever dials the service number reaches a human."),
        epilog=_("Exit codes: 0 done, 1 refused or failed, 2 wrong usage or configuration, 3 not reachable."),
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"hotline {__version__}")
    parser.add_argument(
        "--config",
        type=a_path,
        metavar="FILE",
        default=Path(os.environ.get("HOTLINE_CONFIG") or DEFAULT_CONFIG),
        help=_("configuration (default: $HOTLINE_CONFIG or {path})").format(path=DEFAULT_CONFIG),
    )
    parser.add_argument(
        "--timeout",
        type=positive_s,
        metavar="SECONDS",
        default=None,
        help=_("how long to wait for an answer (default: as the command needs, mostly {n:g})").format(
            n=DEFAULT_TIMEOUT_S
        ),
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    _services(commands)
    _views(commands)
    _steering(commands)
    parser_exchange.queues(commands)
    _modem(commands)
    parser_exchange.roster(commands)
    parser_exchange.prompts(commands)
    _screening(commands)
    _sms(commands)
    return parser


def _services(commands: Subparsers) -> None:
    _service(commands, "guard", _("run the guard in the foreground, logs to stderr"))
    _service(commands, "exchange", _("run the exchange in the foreground, logs to stderr"))
    web = _service(commands, "web", _("run the pages in the foreground, logs to stderr"))
    password = command(
        web.add_subparsers(metavar="password", required=False),
        "password",
        "web:password",
        _("set an account's password at the console, or make the first account"),
    )
    password.add_argument("user", nargs="?", default="admin", metavar="USER", help=_("default: admin"))
    check = command(commands, "check-config", "check_config", _("name every mistake in a configuration file"))
    check.add_argument("file", type=a_path, metavar="FILE")
    provision = command(
        commands, "provision", "provision", _("(at start, as root) take the set-up from card or stick")
    )
    provision.add_argument(
        "--boot", type=a_path, metavar="DIR", default=Path("/boot/hotline"), help=_("the card's folder")
    )
    provision.add_argument("--root", type=a_path, metavar="DIR", default=Path("/"), help=argparse.SUPPRESS)
    clock = command(commands, "clock", "clock", _("(by the box itself) set the clock by the mobile network's time"))
    clock.add_argument("--root", type=a_path, metavar="DIR", default=Path("/"), help=argparse.SUPPRESS)
    boots = command(commands, "boots", "boots", _("(by the box itself) count its restarts"))
    boots.add_argument("what", choices=("begin", "beat", "end"))
    boots.add_argument("--root", type=a_path, metavar="DIR", default=Path("/"), help=argparse.SUPPRESS)
    asterisk = commands.add_parser("asterisk", help=_("the Asterisk beside the exchange"), allow_abbrev=False)
    actions = asterisk.add_subparsers(metavar="ACTION", required=True)
    render = command(
        actions, "render", "asterisk:render", _("write Asterisk's whole configuration"), tells_config=True
    )
    render.add_argument(
        "--out", type=a_path, metavar="DIR", required=True, help=_("its directory, such as /etc/asterisk")
    )


def _service(commands: Subparsers, name: str, text: str) -> argparse.ArgumentParser:
    service = command(commands, name, name, text, tells_config=True)
    service.add_argument(
        "--log-level", choices=("debug", "info", "warning", "error"), default="info", help=_("default: info")
    )
    return service


def _views(commands: Subparsers) -> None:
    status = command(commands, "status", "status", _("the situation now: where calls go, and why"))
    add_json(status)
    watch = command(commands, "watch", "watch", _("the situation as it changes, live"))
    watch.add_argument(
        "--footer", action="append", default=[], metavar="TEXT", help=_("a line to keep on the screen")
    )
    watch.add_argument("--plain", action="store_true", help=_("plain lines, as when the output is no terminal"))
    events = command(commands, "events", "events", _("what happened, from the journal"))
    events.add_argument("--since", metavar="T", help=WHEN)
    events.add_argument("--until", metavar="T", help=WHEN)
    events.add_argument("--follow", "-f", action="store_true", help=_("go on with what happens from now on"))
    events.add_argument(
        "--outage", type=a_count, metavar="N", help=_("replay the N-th last outage, as hotline outage")
    )
    add_json(events)
    outage = command(commands, "outage", "outage", _("replay an outage as one timeline"))
    outage.add_argument(
        "number", nargs="?", type=a_count, default=1, metavar="N", help=_("1 is the last, the default")
    )
    outage.add_argument("--list", action="store_true", help=_("list the outages instead"))
    add_json(outage)
    doctor = command(commands, "doctor", "doctor", _("check every part, each with its mend"))
    add_json(doctor)
    parser_exchange.calls(commands)
    parser_exchange.stats(commands)
    parser_exchange.recordings(commands)
    parser_exchange.privacy(commands)


def _steering(commands: Subparsers) -> None:
    route = commands.add_parser("route", help=_("pin a route, or let the ladder choose again"), allow_abbrev=False)
    routes = route.add_subparsers(metavar="ACTION", required=True)
    pin = command(routes, "set", "steer:route_set", _("pin a route"))
    pin.add_argument("name", metavar="NAME", help=_("a configured route, or technician"))
    add_minutes(pin, _("for so long; without it until taken back"))
    pin.add_argument("--reason", metavar="TEXT", help=_("kept in the journal"))
    add_json(pin)
    add_json(command(routes, "auto", "steer:route_auto", _("end the override: the ladder chooses")))
    duty = commands.add_parser("duty", help=_("who is on duty"), allow_abbrev=False)
    duties = duty.add_subparsers(metavar="ACTION", required=True)
    on_duty = command(duties, "set", "steer:duty_set", _("put somebody on duty"))
    on_duty.add_argument("who", metavar="WHO", help=_("the id of a person, or a phone number"))
    add_minutes(on_duty, _("for so long; without it until changed"))
    add_json(on_duty)
    add_json(command(duties, "auto", "steer:duty_auto", _("let the roster say who is on duty")))
    add_json(command(commands, "probe", "steer:probe", _("probe every part now")))


def _modem(commands: Subparsers) -> None:
    modem = commands.add_parser("modem", help=_("the GSM modem"), allow_abbrev=False)
    actions = modem.add_subparsers(metavar="ACTION", required=True)
    add_json(command(actions, "info", "modem:info", _("modem, SIM, network, and what was learned of them")))
    at = command(actions, "at", "modem:at", _("send one AT command between the guard's own"))
    at.add_argument("command", metavar="CMD", help=_("such as AT+CSQ"))
    add_json(at)
    add_json(command(actions, "reset", "modem:reset", _("restart the modem")))


def _screening(commands: Subparsers) -> None:
    screening = commands.add_parser("screening", help=_("who answered: human or machine"), allow_abbrev=False)
    actions = screening.add_subparsers(metavar="ACTION", required=True)
    attempt = command(actions, "try", "screening", _("judge a recording of the answering side, as calls are judged"))
    attempt.add_argument("file", type=a_path, metavar="FILE.wav", help=_("mono at 8 kHz, from the answer on"))
    when = attempt.add_mutually_exclusive_group()
    when.add_argument("--early-media", action="store_true", help=_("it was recorded before the answer"))
    when.add_argument("--caller", type=a_path, metavar="FILE.wav", help=_("the caller's side of the same time"))
    add_json(attempt)


def _sms(commands: Subparsers) -> None:
    sms = commands.add_parser("sms", help=_("short messages through the modem"), allow_abbrev=False)
    actions = sms.add_subparsers(metavar="ACTION", required=True)
    send = command(actions, "send", "sms:send", _("send a message; it waits where the modem cannot"))
    send.add_argument("number", metavar="NUMBER")
    send.add_argument("text", metavar="TEXT")
    send.add_argument("--key", metavar="KEY", help=_("your own name for it: the same one is sent once"))
    add_json(send)
    listing = command(actions, "list", "sms:list_messages", _("the newest messages, and how each fared"))
    listing.add_argument("--limit", type=a_count, metavar="N", default=20, help=_("default: 20"))
    add_json(listing)
