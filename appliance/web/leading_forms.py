"""The forms for what calls are led to besides people and groups: queues, menus, mailboxes."""

from __future__ import annotations

from collections.abc import Sequence

from appliance.roster.destinations import QueueStrategy
from appliance.roster.models import Roster
from appliance.translation import _
from appliance.web import roster_options as options
from appliance.web.roster_fields import Field


def queue(roster: Roster) -> Sequence[Field]:
    """Callers who wait for an agent."""
    begin = [("in", _("logged in")), ("out", _("logged out"))]
    hears = [("music", _("music")), ("ringing", _("ringing"))]
    return (
        _name(),
        Field("agents", "order", _("Agents, in order"), "", options.members(roster)),
        Field("agents_begin", "choice", _("Until an agent says anything, they are"), "", begin),
        Field("strategy", "choice", _("How it rings"), "", options.strategies(QueueStrategy)),
        Field("ring_s", "number", _("Rings for, seconds")),
        Field("wrap_up_s", "number", _("Rest after a call, seconds")),
        Field("screening", "choice", _("A human is made sure of"), "", options.screenings()),
        Field("hears", "choice", _("Who waits hears"), "", hears),
        _greeting(),
        Field("say_position", "flag", _("Callers are told their place")),
        Field("say_wait", "flag", _("Callers are told how long it may take")),
        Field("say_every_s", "number", _("Told again after, seconds")),
        Field("max_waiting", "number", _("So many may wait at most")),
        Field("max_wait_s", "number", _("Longest wait, seconds")),
        Field(
            "overflow",
            "choice",
            _("When it is full, takes too long, or nobody is logged in"),
            "",
            options.step_or_none(roster, _("the line goes on")),
        ),
        Field("callback", "part", _("Who waits may ask to be called back")),
        Field("record", "flag", _("Calls are recorded")),
        Field("missed", "several", _("Agents are told of missed calls"), "", options.missed()),
        *_spoken(roster),
    )


def menu(roster: Roster) -> Sequence[Field]:
    """A question that is answered by a key."""
    return (
        _name(),
        Field("text", "prose", _("What is asked"), _("read out where there is no sound")),
        Field("sound", "text", _("Sound"), _("the name of a sound, as the page Prompts shows it")),
        Field("options", "keys", _("What each key does"), "", options.steps(roster)),
        Field("direct_dial", "flag", _("An extension may be dialled instead")),
        Field("wait_s", "number", _("Waits for a key, seconds")),
        Field("tries", "number", _("Asks so many times")),
        Field(
            "operator",
            "choice",
            _("Who presses nothing"),
            "",
            options.step_or_none(roster, _("the line goes on")),
        ),
        *_spoken(roster),
    )


def mailbox(roster: Roster) -> Sequence[Field]:
    """Takes a message."""
    return (
        _name(),
        Field("email", "words", _("Sent to these addresses"), _("with commas between"), required=True),
        Field("text", "prose", _("What callers hear before"), _("read out where there is no greeting")),
        _greeting(),
        Field("max_s", "number", _("Longest message, seconds")),
        Field("end_silence_s", "number", _("Ends after silence of, seconds")),
        *_spoken(roster),
    )


def _name() -> Field:
    return Field("name", "text", _("Name"), required=True)


def _greeting() -> Field:
    return Field("greeting", "text", _("Greeting"), _("the name of a sound, as the page Prompts shows it"))


def _spoken(roster: Roster) -> Sequence[Field]:
    return (
        Field("language", "choice", _("Language"), _("of what callers hear"), options.spoken()),
        Field("prompts", "choice", _("Prompts"), "", options.prompt_sets(roster)),
        Field("extension", "text", _("Extension"), _("two to six digits, dialled to reach them")),
    )
