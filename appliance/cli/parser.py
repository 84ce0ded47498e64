"""The words of the command line. Only argparse here, so that ``hotline --help`` is quick."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from appliance import __version__
from appliance.domain.calls import Outcome
from appliance.translation import _

DEFAULT_CONFIG = "/etc/hotline/hotline.toml"
DEFAULT_TIMEOUT_S = 10.0
MOST_ROWS = 10**9  # "all of them", and what SQLite can count to
Subparsers = Any  # argparse keeps the type of its sub-parsers action private


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
        type=_path,
        metavar="FILE",
        default=Path(os.environ.get("HOTLINE_CONFIG") or DEFAULT_CONFIG),
        help=_("configuration (default: $HOTLINE_CONFIG or {path})").format(path=DEFAULT_CONFIG),
    )
    parser.add_argument(
        "--timeout",
        type=_positive,
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
    _queues(commands)
    _modem(commands)
    _roster(commands)
    _prompts(commands)
    _screening(commands)
    _sms(commands)
    return parser


def _services(commands: Subparsers) -> None:
    guard = _command(commands, "guard", "guard", _("run the guard in the foreground, logs to stderr"))
    exchange = _command(commands, "exchange", "exchange", _("run the exchange in the foreground, logs to stderr"))
    web = _command(commands, "web", "web", _("run the pages in the foreground, logs to stderr"))
    for service in (guard, exchange, web):
        service.add_argument(
            "--log-level", choices=("debug", "info", "warning", "error"), default="info", help=_("default: info")
        )
    password = _command(
        web.add_subparsers(metavar="password", required=False),
        "password",
        "web:password",
        _("set an account's password at the console, or make the first account"),
    )
    password.add_argument("user", nargs="?", default="admin", metavar="USER", help=_("default: admin"))
    check = _command(commands, "check-config", "check_config", _("name every mistake in a configuration file"))
    check.add_argument("file", type=_path, metavar="FILE")
    provision = _command(
        commands, "provision", "provision", _("(at start, as root) take the set-up from card or stick")
    )
    provision.add_argument(
        "--boot", type=_path, metavar="DIR", default=Path("/boot/hotline"), help=_("the card's folder")
    )
    provision.add_argument("--root", type=_path, metavar="DIR", default=Path("/"), help=argparse.SUPPRESS)
    clock = _command(commands, "clock", "clock", _("(by the box itself) set the clock by the mobile network's time"))
    clock.add_argument("--root", type=_path, metavar="DIR", default=Path("/"), help=argparse.SUPPRESS)
    boots = _command(commands, "boots", "boots", _("(by the box itself) count its restarts"))
    boots.add_argument("what", choices=("begin", "beat", "end"))
    boots.add_argument("--root", type=_path, metavar="DIR", default=Path("/"), help=argparse.SUPPRESS)
    asterisk = commands.add_parser("asterisk", help=_("the Asterisk beside the exchange"), allow_abbrev=False)
    actions = asterisk.add_subparsers(metavar="ACTION", required=True)
    render = _command(actions, "render", "asterisk:render", _("write Asterisk's whole configuration"))
    render.add_argument(
        "--out", type=_path, metavar="DIR", required=True, help=_("its directory, such as /etc/asterisk")
    )


def _views(commands: Subparsers) -> None:
    status = _command(commands, "status", "status", _("the situation now: where calls go, and why"))
    _json(status)
    watch = _command(commands, "watch", "watch", _("the situation as it changes, live"))
    watch.add_argument(
        "--footer", action="append", default=[], metavar="TEXT", help=_("a line to keep on the screen")
    )
    watch.add_argument("--plain", action="store_true", help=_("plain lines, as when the output is no terminal"))
    events = _command(commands, "events", "events", _("what happened, from the journal"))
    when = _("RFC 3339, 2h, 14:30, today or yesterday")
    events.add_argument("--since", metavar="T", help=when)
    events.add_argument("--until", metavar="T", help=when)
    events.add_argument("--follow", "-f", action="store_true", help=_("go on with what happens from now on"))
    events.add_argument(
        "--outage", type=_count, metavar="N", help=_("replay the N-th last outage, as hotline outage")
    )
    _json(events)
    outage = _command(commands, "outage", "outage", _("replay an outage as one timeline"))
    outage.add_argument(
        "number", nargs="?", type=_count, default=1, metavar="N", help=_("1 is the last, the default")
    )
    outage.add_argument("--list", action="store_true", help=_("list the outages instead"))
    _json(outage)
    doctor = _command(commands, "doctor", "doctor", _("check every part, each with its mend"))
    _json(doctor)
    _calls(commands, when)
    _stats(commands, when)
    _recordings(commands, when)
    _privacy(commands)


def _calls(commands: Subparsers, when: str) -> None:
    calls = _command(commands, "calls", "calls:table", _("the calls of this machine's exchange, newest last"))
    calls.add_argument("--since", metavar="T", help=when)
    calls.add_argument("--until", metavar="T", help=when)
    calls.add_argument("--number", metavar="N", help=_("a number that called, was called or was rung"))
    calls.add_argument("--person", metavar="ID", help=_("a person who was rung"))
    calls.add_argument("--line", metavar="ID", help=_("a line of the roster"))
    calls.add_argument("--outcome", choices=[outcome.value for outcome in Outcome], help=_("how the call ended"))
    calls.add_argument("--limit", type=_count, metavar="N", default=50, help=_("the newest N (default: 50)"))
    _json(calls)
    actions = calls.add_subparsers(metavar="show", required=False)
    show = _command(actions, "show", "calls:show", _("one call with all that was tried for it"))
    show.add_argument("id", metavar="ID")
    # SUPPRESS, or the default here would undo a --json that stood before "show"
    show.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help=_("as JSON"))


def _stats(commands: Subparsers, when: str) -> None:
    stats = _command(commands, "stats", "stats", _("figures over the calls of this machine's exchange"))
    stats.add_argument("--since", metavar="T", help=_("{when}; default: 30 days ago").format(when=when))
    stats.add_argument("--until", metavar="T", help=_("{when}; default: now").format(when=when))
    stats.add_argument("--line", metavar="ID", help=_("only calls of this line"))
    stats.add_argument("--queue", metavar="ID", help=_("only calls that waited in this queue"))
    stats.add_argument("--person", metavar="ID", help=_("only calls that rang this person"))
    stats.add_argument("--by", choices=("hour", "weekday", "day", "person", "line", "queue"), help=_("what rows are"))
    stats.add_argument(
        "--service-level",
        type=_positive,
        metavar="S",
        default=20.0,
        help=_("answered soon is within S (default: 20)"),
    )
    stats.add_argument(
        "--short-abandon",
        type=_not_negative,
        metavar="S",
        default=5.0,
        help=_("who hangs up before S does not count as lost (default: 5)"),
    )
    form = stats.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help=_("as JSON"))
    form.add_argument("--csv", action="store_true", help=_("as CSV"))


def _recordings(commands: Subparsers, when: str) -> None:
    found = _command(commands, "recordings", "recordings:table", _("recordings of calls, newest last"))
    found.add_argument("--since", metavar="T", help=when)
    found.add_argument("--until", metavar="T", help=when)
    found.add_argument("--number", metavar="N", help=_("a number that called, was called or was rung"))
    found.add_argument("--person", metavar="ID", help=_("a person who talked with the caller"))
    found.add_argument("--line", metavar="ID", help=_("a line of the roster"))
    found.add_argument("--queue", metavar="ID", help=_("a queue that the call was in last"))
    found.add_argument("--limit", type=_count, metavar="N", default=50, help=_("the newest N (default: 50)"))
    _json(found)
    recording = commands.add_parser("recording", help=_("one recording"), allow_abbrev=False)
    actions = recording.add_subparsers(metavar="ACTION", required=True)
    get = _command(actions, "get", "recordings:get", _("fetch it as a WAV file, from whichever exchange has it"))
    get.add_argument("id", metavar="ID", help=_("as hotline recordings shows it"))
    get.add_argument("file", type=_path, metavar="FILE", help=_("where to put it"))
    get.add_argument("--exchange", metavar="NAME", help=_("which exchange has it (default: as the id says)"))


def _privacy(commands: Subparsers) -> None:
    privacy = commands.add_parser("privacy", help=_("everything of one caller: told, or erased"), allow_abbrev=False)
    actions = privacy.add_subparsers(metavar="ACTION", required=True)
    export = _command(actions, "export", "privacy:export", _("write all that is kept of a number as one archive"))
    export.add_argument("number", metavar="NUMBER")
    export.add_argument("file", type=_path, metavar="FILE.zip")
    erase = _command(actions, "erase", "privacy:erase", _("erase all that is kept of a number, for ever"))
    erase.add_argument("number", metavar="NUMBER")
    _json(erase)


def _steering(commands: Subparsers) -> None:
    route = commands.add_parser("route", help=_("pin a route, or let the ladder choose again"), allow_abbrev=False)
    routes = route.add_subparsers(metavar="ACTION", required=True)
    pin = _command(routes, "set", "steer:route_set", _("pin a route"))
    pin.add_argument("name", metavar="NAME", help=_("a configured route, or technician"))
    _minutes(pin, _("for so long; without it until taken back"))
    pin.add_argument("--reason", metavar="TEXT", help=_("kept in the journal"))
    _json(pin)
    _json(_command(routes, "auto", "steer:route_auto", _("end the override: the ladder chooses")))
    duty = commands.add_parser("duty", help=_("who is on duty"), allow_abbrev=False)
    duties = duty.add_subparsers(metavar="ACTION", required=True)
    on_duty = _command(duties, "set", "steer:duty_set", _("put somebody on duty"))
    on_duty.add_argument("who", metavar="WHO", help=_("the id of a person, or a phone number"))
    _minutes(on_duty, _("for so long; without it until changed"))
    _json(on_duty)
    _json(_command(duties, "auto", "steer:duty_auto", _("let the roster say who is on duty")))
    _json(_command(commands, "probe", "steer:probe", _("probe every part now")))


def _queues(commands: Subparsers) -> None:
    queues = _command(commands, "queues", "queues:table", _("who waits in the queues, and who takes calls"))
    queues.add_argument("--exchange", metavar="NAME", help=_("default: this machine's"))
    _json(queues)
    callbacks = _command(commands, "callbacks", "callbacks:table", _("who waits to be called back"))
    callbacks.add_argument("--queue", metavar="ID", help=_("of this queue only"))
    callbacks.add_argument("--ended", type=_count, metavar="N", default=0, help=_("and the last N that are over"))
    callbacks.add_argument("--exchange", metavar="NAME", help=_("default: this machine's; the box's knows all"))
    _json(callbacks)
    taken_back = _command(
        callbacks.add_subparsers(metavar="cancel", required=False), "cancel", "callbacks:cancel", _("take one back")
    )
    taken_back.add_argument("id", metavar="ID")
    # SUPPRESS, or the defaults here would undo what stood before "cancel"
    taken_back.add_argument("--exchange", metavar="NAME", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    taken_back.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help=_("as JSON"))
    agent = commands.add_parser("agent", help=_("whether calls are brought to somebody"), allow_abbrev=False)
    actions = agent.add_subparsers(metavar="ACTION", required=True)
    for action, run, text in (
        ("login", "log_in", _("bring calls to somebody")),
        ("logout", "log_out", _("bring them none")),
        ("pause", "pause", _("bring them none for a while")),
    ):
        one = _command(actions, action, f"queues:{run}", text)
        one.add_argument("who", metavar="WHO", help=_("the id of a person"))
        one.add_argument("--queue", metavar="ID", help=_("in this queue only"))
        if action == "pause":
            _minutes(one, _("for so long; without it until login"))
            one.add_argument("--reason", metavar="TEXT", help=_("shown beside the pause"))
        _json(one)


def _roster(commands: Subparsers) -> None:
    roster = commands.add_parser("roster", help=_("people, groups, lines, hours and duty"), allow_abbrev=False)
    actions = roster.add_subparsers(metavar="ACTION", required=True)
    export = _command(actions, "export", "roster:export", _("write the roster as a file to edit"))
    export.add_argument("file", nargs="?", type=_path, metavar="FILE", help=_("default: standard output"))
    check = _command(actions, "check", "roster:check", _("name every mistake in such a file"))
    check.add_argument("file", type=_path, metavar="FILE")
    take = _command(actions, "import", "roster:import_file", _("let such a file stand, all of it or nothing"))
    calendar = _command(actions, "import-calendar", "roster:import_calendar", _("shifts of a rota from iCalendar"))
    calendar.add_argument("--rota", required=True, metavar="ID", help=_("whose shifts the events become"))
    for action in (take, calendar):
        action.add_argument("file", type=_path, metavar="FILE")
        action.add_argument("--dry-run", action="store_true", help=_("only show what would change"))
    _command(actions, "undo", "roster:undo", _("go back to the roster before"))
    line = commands.add_parser("line", help=_("what a line does, above the clock"), allow_abbrev=False)
    mode = _command(line.add_subparsers(metavar="ACTION", required=True), "mode", "roster:line_mode", _("switch it"))
    mode.add_argument("line", metavar="LINE", help=_("its id, or * for all"))
    mode.add_argument("situation", choices=("open", "closed", "holiday", "auto"))
    night = _command(commands, "night", "roster:night", _("the night switch: on, off, or auto for the clock"))
    night.add_argument("switch", choices=("on", "off", "auto"))
    night.add_argument("--line", default="*", metavar="L", help=_("only this line; default: all"))
    for action in (mode, night):
        _minutes(action, _("for so long; without it until taken back"))
        _json(action)


def _prompts(commands: Subparsers) -> None:
    prompts = commands.add_parser(
        "prompts", help=_("what is said to callers, and sounds of your own"), allow_abbrev=False
    )
    actions = prompts.add_subparsers(metavar="ACTION", required=True)
    names = _command(actions, "names", "prompts:names", _("every prompt there is, with its words"))
    _json(names)
    say = _command(actions, "say", "prompts:say", _("one prompt in words, its values in the grammar of the language"))
    say.add_argument("name", metavar="NAME")
    say.add_argument("values", nargs="*", metavar="VALUE=X", help=_("such as position=3"))
    _json(_command(actions, "list", "prompts:table", _("sounds of your own, and where they are used")))
    take = _command(actions, "import", "prompts:import_file", _("check a sound, convert it and keep it"))
    take.add_argument("name", metavar="NAME", help=_("of a prompt, with --set; else any"))
    take.add_argument("file", type=_path, metavar="FILE")
    export = _command(actions, "export", "prompts:export", _("fetch a sound as it is played"))
    export.add_argument("sound", metavar="SOUND", help=_("as hotline prompts list shows it"))
    export.add_argument("file", type=_path, metavar="FILE")
    remove = _command(actions, "remove", "prompts:remove", _("remove a sound that nothing uses"))
    remove.add_argument("name", metavar="SOUND", help=_("as listed; with --set the name of a prompt"))
    for action in (take, remove):
        action.add_argument("--set", metavar="ID", help=_("the prompt set that is to use it, or no longer"))
    for action in (names, say, take, remove):
        action.add_argument("--language", metavar="L", help=_("two letters, such as cs"))


def _sms(commands: Subparsers) -> None:
    sms = commands.add_parser("sms", help=_("short messages through the modem"), allow_abbrev=False)
    actions = sms.add_subparsers(metavar="ACTION", required=True)
    send = _command(actions, "send", "sms:send", _("send a message; it waits where the modem cannot"))
    send.add_argument("number", metavar="NUMBER")
    send.add_argument("text", metavar="TEXT")
    send.add_argument("--key", metavar="KEY", help=_("your own name for it: the same one is sent once"))
    _json(send)
    listing = _command(actions, "list", "sms:list_messages", _("the newest messages, and how each fared"))
    listing.add_argument("--limit", type=_count, metavar="N", default=20, help=_("default: 20"))
    _json(listing)


def _modem(commands: Subparsers) -> None:
    modem = commands.add_parser("modem", help=_("the GSM modem"), allow_abbrev=False)
    actions = modem.add_subparsers(metavar="ACTION", required=True)
    _json(_command(actions, "info", "modem:info", _("modem, SIM, network, and what was learned of them")))
    at = _command(actions, "at", "modem:at", _("send one AT command between the guard's own"))
    at.add_argument("command", metavar="CMD", help=_("such as AT+CSQ"))
    _json(at)
    _json(_command(actions, "reset", "modem:reset", _("restart the modem")))


def _screening(commands: Subparsers) -> None:
    screening = commands.add_parser("screening", help=_("who answered: human or machine"), allow_abbrev=False)
    actions = screening.add_subparsers(metavar="ACTION", required=True)
    attempt = _command(actions, "try", "screening", _("judge a recording of the answering side, as calls are judged"))
    attempt.add_argument("file", type=_path, metavar="FILE.wav", help=_("mono at 8 kHz, from the answer on"))
    when = attempt.add_mutually_exclusive_group()
    when.add_argument("--early-media", action="store_true", help=_("it was recorded before the answer"))
    when.add_argument("--caller", type=_path, metavar="FILE.wav", help=_("the caller's side of the same time"))
    _json(attempt)


def _command(commands: Subparsers, name: str, module: str, text: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=text, description=text, allow_abbrev=False)
    # the same options after the command as before it; SUPPRESS keeps what stood before
    parser.add_argument("--config", type=_path, metavar="FILE", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    parser.add_argument("--timeout", type=_positive, metavar="S", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    parser.set_defaults(module=module)
    return parser


def _json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help=_("as JSON"))


def _minutes(parser: argparse.ArgumentParser, text: str) -> None:
    parser.add_argument("--minutes", type=_number_of_minutes, metavar="N", help=text)


def _checked(read: Callable[[str], float], text: str, what: str) -> float:
    try:
        value = read(text)
    except ValueError:
        value = 0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(_("{text!r} is not {what}").format(text=text, what=what))
    return value


def _path(text: str) -> Path:
    if not text:  # Path("") is the working directory, and an unset variable of a script would mean that
        raise argparse.ArgumentTypeError(_("is empty; write a path"))
    return Path(text)


def _positive(text: str) -> float:
    return _checked(float, text, _("a number of seconds above 0"))


def _not_negative(text: str) -> float:
    return 0.0 if text.strip() in ("0", "0.0") else _checked(float, text, _("a number of seconds from 0"))


def _number_of_minutes(text: str) -> int | float:
    value = _checked(float, text, _("a number of minutes above 0"))
    return int(value) if value == int(value) else value


def _count(text: str) -> int:
    return min(int(_checked(int, text, _("a count from 1"))), MOST_ROWS)
