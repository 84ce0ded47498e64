"""The words for what the exchange does and keeps: calls, figures, recordings, queues, roster, prompts."""

from __future__ import annotations

import argparse

from appliance.cli.words import (
    WHEN,
    Subparsers,
    a_count,
    a_path,
    add_json,
    add_minutes,
    command,
    positive_s,
    seconds_from_0,
)
from appliance.domain.calls import Outcome
from appliance.translation import _


def calls(commands: Subparsers) -> None:
    """``hotline calls``."""
    calls = command(commands, "calls", "calls:table", _("the calls of this machine's exchange, newest last"))
    calls.add_argument("--since", metavar="T", help=WHEN)
    calls.add_argument("--until", metavar="T", help=WHEN)
    calls.add_argument("--number", metavar="N", help=_("a number that called, was called or was rung"))
    calls.add_argument("--person", metavar="ID", help=_("a person who was rung"))
    calls.add_argument("--line", metavar="ID", help=_("a line of the roster"))
    calls.add_argument("--outcome", choices=[outcome.value for outcome in Outcome], help=_("how the call ended"))
    calls.add_argument("--limit", type=a_count, metavar="N", default=50, help=_("the newest N (default: 50)"))
    add_json(calls)
    actions = calls.add_subparsers(metavar="show", required=False)
    show = command(actions, "show", "calls:show", _("one call with all that was tried for it"))
    show.add_argument("id", metavar="ID")
    # SUPPRESS, or the default here would undo a --json that stood before "show"
    show.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help=_("as JSON"))


def stats(commands: Subparsers) -> None:
    """``hotline stats``."""
    stats = command(commands, "stats", "stats", _("figures over the calls of this machine's exchange"))
    stats.add_argument("--since", metavar="T", help=_("{when}; default: 30 days ago").format(when=WHEN))
    stats.add_argument("--until", metavar="T", help=_("{when}; default: now").format(when=WHEN))
    stats.add_argument("--line", metavar="ID", help=_("only calls of this line"))
    stats.add_argument("--queue", metavar="ID", help=_("only calls that waited in this queue"))
    stats.add_argument("--person", metavar="ID", help=_("only calls that rang this person"))
    stats.add_argument("--by", choices=("hour", "weekday", "day", "person", "line", "queue"), help=_("what rows are"))
    stats.add_argument(
        "--service-level",
        type=positive_s,
        metavar="S",
        default=20.0,
        help=_("answered soon is within S (default: 20)"),
    )
    stats.add_argument(
        "--short-abandon",
        type=seconds_from_0,
        metavar="S",
        default=5.0,
        help=_("who hangs up before S does not count as lost (default: 5)"),
    )
    form = stats.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help=_("as JSON"))
    form.add_argument("--csv", action="store_true", help=_("as CSV"))


def recordings(commands: Subparsers) -> None:
    """``hotline recordings``, ``hotline recording``."""
    found = command(commands, "recordings", "recordings:table", _("recordings of calls, newest last"))
    found.add_argument("--since", metavar="T", help=WHEN)
    found.add_argument("--until", metavar="T", help=WHEN)
    found.add_argument("--number", metavar="N", help=_("a number that called, was called or was rung"))
    found.add_argument("--person", metavar="ID", help=_("a person who talked with the caller"))
    found.add_argument("--line", metavar="ID", help=_("a line of the roster"))
    found.add_argument("--queue", metavar="ID", help=_("a queue that the call was in last"))
    found.add_argument("--limit", type=a_count, metavar="N", default=50, help=_("the newest N (default: 50)"))
    add_json(found)
    recording = commands.add_parser("recording", help=_("one recording"), allow_abbrev=False)
    actions = recording.add_subparsers(metavar="ACTION", required=True)
    get = command(actions, "get", "recordings:get", _("fetch it as a WAV file, from whichever exchange has it"))
    get.add_argument("id", metavar="ID", help=_("as hotline recordings shows it"))
    get.add_argument("file", type=a_path, metavar="FILE", help=_("where to put it"))
    get.add_argument("--exchange", metavar="NAME", help=_("which exchange has it (default: as the id says)"))


def privacy(commands: Subparsers) -> None:
    """``hotline privacy``."""
    privacy = commands.add_parser("privacy", help=_("everything of one caller: told, or erased"), allow_abbrev=False)
    actions = privacy.add_subparsers(metavar="ACTION", required=True)
    export = command(actions, "export", "privacy:export", _("write all that is kept of a number as one archive"))
    export.add_argument("number", metavar="NUMBER")
    export.add_argument("file", type=a_path, metavar="FILE.zip")
    erase = command(actions, "erase", "privacy:erase", _("erase all that is kept of a number, for ever"))
    erase.add_argument("number", metavar="NUMBER")
    add_json(erase)


def queues(commands: Subparsers) -> None:
    """``hotline queues``, ``callbacks``, ``agent``."""
    queues = command(commands, "queues", "queues:table", _("who waits in the queues, and who takes calls"))
    queues.add_argument("--exchange", metavar="NAME", help=_("default: this machine's"))
    add_json(queues)
    callbacks = command(commands, "callbacks", "callbacks:table", _("who waits to be called back"))
    callbacks.add_argument("--queue", metavar="ID", help=_("of this queue only"))
    callbacks.add_argument("--ended", type=a_count, metavar="N", default=0, help=_("and the last N that are over"))
    callbacks.add_argument("--exchange", metavar="NAME", help=_("default: this machine's; the box's knows all"))
    add_json(callbacks)
    taken_back = command(
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
        one = command(actions, action, f"queues:{run}", text)
        one.add_argument("who", metavar="WHO", help=_("the id of a person"))
        one.add_argument("--queue", metavar="ID", help=_("in this queue only"))
        if action == "pause":
            add_minutes(one, _("for so long; without it until login"))
            one.add_argument("--reason", metavar="TEXT", help=_("shown beside the pause"))
        add_json(one)


def roster(commands: Subparsers) -> None:
    """``hotline roster``, ``line``, ``night``."""
    roster = commands.add_parser("roster", help=_("people, groups, lines, hours and duty"), allow_abbrev=False)
    actions = roster.add_subparsers(metavar="ACTION", required=True)
    export = command(actions, "export", "roster:export", _("write the roster as a file to edit"))
    export.add_argument("file", nargs="?", type=a_path, metavar="FILE", help=_("default: standard output"))
    check = command(actions, "check", "roster:check", _("name every mistake in such a file"))
    check.add_argument("file", type=a_path, metavar="FILE")
    take = command(actions, "import", "roster:import_file", _("let such a file stand, all of it or nothing"))
    calendar = command(actions, "import-calendar", "roster:import_calendar", _("shifts of a rota from iCalendar"))
    calendar.add_argument("--rota", required=True, metavar="ID", help=_("whose shifts the events become"))
    for action in (take, calendar):
        action.add_argument("file", type=a_path, metavar="FILE")
        action.add_argument("--dry-run", action="store_true", help=_("only show what would change"))
    command(actions, "undo", "roster:undo", _("go back to the roster before"))
    line = commands.add_parser("line", help=_("what a line does, above the clock"), allow_abbrev=False)
    mode = command(line.add_subparsers(metavar="ACTION", required=True), "mode", "roster:line_mode", _("switch it"))
    mode.add_argument("line", metavar="LINE", help=_("its id, or * for all"))
    mode.add_argument("situation", choices=("open", "closed", "holiday", "auto"))
    night = command(commands, "night", "roster:night", _("the night switch: on, off, or auto for the clock"))
    night.add_argument("switch", choices=("on", "off", "auto"))
    night.add_argument("--line", default="*", metavar="L", help=_("only this line; default: all"))
    for action in (mode, night):
        add_minutes(action, _("for so long; without it until taken back"))
        add_json(action)


def prompts(commands: Subparsers) -> None:
    """``hotline prompts``."""
    prompts = commands.add_parser(
        "prompts", help=_("what is said to callers, and sounds of your own"), allow_abbrev=False
    )
    actions = prompts.add_subparsers(metavar="ACTION", required=True)
    names = command(actions, "names", "prompts:names", _("every prompt there is, with its words"))
    add_json(names)
    say = command(actions, "say", "prompts:say", _("one prompt in words, its values in the grammar of the language"))
    say.add_argument("name", metavar="NAME")
    say.add_argument("values", nargs="*", metavar="VALUE=X", help=_("such as position=3"))
    add_json(command(actions, "list", "prompts:table", _("sounds of your own, and where they are used")))
    take = command(actions, "import", "prompts:import_file", _("check a sound, convert it and keep it"))
    take.add_argument("name", metavar="NAME", help=_("of a prompt, with --set; else any"))
    take.add_argument("file", type=a_path, metavar="FILE")
    export = command(actions, "export", "prompts:export", _("fetch a sound as it is played"))
    export.add_argument("sound", metavar="SOUND", help=_("as hotline prompts list shows it"))
    export.add_argument("file", type=a_path, metavar="FILE")
    remove = command(actions, "remove", "prompts:remove", _("remove a sound that nothing uses"))
    remove.add_argument("name", metavar="SOUND", help=_("as listed; with --set the name of a prompt"))
    for action in (take, remove):
        action.add_argument("--set", metavar="ID", help=_("the prompt set that is to use it, or no longer"))
    for action in (names, say, take, remove):
        action.add_argument("--language", metavar="L", help=_("two letters, such as cs"))
