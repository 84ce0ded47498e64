"""What the fields of the roster's forms offer to choose from, in the reader's words."""

from __future__ import annotations

from appliance.roster.destinations import QueueStrategy
from appliance.roster.models import Roster
from appliance.roster.values import Screening, Strategy
from appliance.translation import _
from appliance.web import languages, roster_words
from appliance.web.roster_fields import Options

STEPS_OF = ("group", "queue", "menu", "mailbox", "person")
PLAIN_STEPS = ("duty", "listen", "agents", "hangup")


def roles() -> Options:
    """What somebody may do on the telephone."""
    return [
        ("technician", _("technician")),
        ("agent", _("agent of queues")),
        ("supervisor", _("supervisor")),
        ("administrator", _("administrator")),
    ]


def strategies(kind: type[Strategy | QueueStrategy]) -> Options:
    """How a group or a queue rings."""
    return [(one.value, roster_words.strategy_word(one.value)) for one in kind]


def screenings() -> Options:
    """How a human is told from a machine."""
    words = {
        Screening.AUTO: _("by listening, and by a key in doubt"),
        Screening.KEY: _("by a key"),
        Screening.OFF: _("not at all"),
    }
    return [(one.value, words[one]) for one in Screening]


def missed() -> Options:
    """How people are told of missed calls."""
    return [("sms", "SMS"), ("email", _("E-mail"))]


def people(roster: Roster) -> Options:
    """Everybody."""
    return [(one.id, one.name) for one in roster.person]


def members(roster: Roster) -> Options:
    """Everybody, and whoever has duty."""
    named = ["duty", *(f"rota:{one.id}" for one in roster.rota)]
    return [*people(roster), *((one, roster_words.member_word(one)) for one in named)]


def steps(roster: Roster) -> Options:
    """Where a call may be led."""
    found = [
        (f"{section}:{one.id}", f"{roster_words.step_word(section)} {one.name}")
        for section in STEPS_OF
        for one in getattr(roster, section)
    ]
    return [*found, *((one, roster_words.step_word(one)) for one in PLAIN_STEPS)]


def step_or_none(roster: Roster, none: str) -> Options:
    """Where a call may be led, or what happens without."""
    return [("", none), *steps(roster)]


def spoken() -> Options:
    """The language of what is said, where the line has one already."""
    return [("", _("that of the call")), *languages.NAMES.items()]


def prompt_sets(roster: Roster) -> Options:
    """Sets of prompts."""
    return [("", _("as it comes")), *((one.id, one.id) for one in roster.prompts)]
