"""The forms for the usual edits of the roster: a person, a group, a line with its hours, opening hours, a rota; what
calls are led to besides is in :mod:`.leading_forms`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from appliance.roster.models import Roster
from appliance.roster.values import Strategy
from appliance.translation import _
from appliance.web import languages, leading_forms, roster_options
from appliance.web.roster_fields import Field


def title(section: str) -> str:
    """What is edited."""
    return {
        "person": _("Person"),
        "group": _("Group"),
        "line": _("Line"),
        "hours": _("Opening hours"),
        "queue": _("Queue"),
        "menu": _("Menu"),
        "mailbox": _("Mailbox"),
        "rota": _("Duty rota"),
    }[section]


def fields(section: str, roster: Roster) -> Sequence[Field]:
    """The fields of one section's form; what they offer is of this roster. Raises ``KeyError`` for other sections."""
    return FORMS[section](roster)


def _person(_roster: Roster) -> Sequence[Field]:
    spoken = [("", _("none")), *languages.NAMES.items()]
    return (
        Field("name", "text", _("Name"), required=True),
        Field("mobile", "phone", _("Mobile number"), _("rings when this person is called"), required=True),
        Field("email", "text", _("E-mail"), _("for notices of missed calls")),
        Field("language", "choice", _("Language"), _("of the question when they pick up, and of notices"), spoken),
        Field("extension", "text", _("Extension"), _("two to six digits, dialled to reach them")),
        Field("ring", "several", _("What rings"), "", [("mobile", _("the mobile")), ("sip", _("the SIP phone"))]),
        Field("sip", "text", _("SIP phone"), _("the account that a phone registers under, or its SIP address")),
        Field("sip_password", "secret", _("Password of the SIP phone"), _("empty: it stays as it is")),
        Field("pin", "secret", _("PIN"), _("4 to 12 digits; empty: it stays as it is")),
        Field("roles", "several", _("On the telephone"), "", roster_options.roles()),
        Field("sms", "flag", _("Notices may go to the mobile by SMS")),
    )


def _group(roster: Roster) -> Sequence[Field]:
    others = [("", _("none")), *((one.id, one.name) for one in roster.group)]
    return (
        Field("name", "text", _("Name"), required=True),
        Field("members", "order", _("Members, in order"), "", roster_options.members(roster)),
        Field("strategy", "choice", _("How it rings"), "", roster_options.strategies(Strategy)),
        Field("ring_s", "number", _("Rings for, seconds")),
        Field("step_s", "number", _("Until the next one joins, seconds"), _("where they join one after the other")),
        Field("wrap_up_s", "number", _("Rest after a call, seconds")),
        Field("backup", "choice", _("When nobody answers"), _("the group that is rung then"), others),
        Field("screening", "choice", _("A human is made sure of"), "", roster_options.screenings()),
        Field("extension", "text", _("Extension"), _("two to six digits, dialled to reach them")),
        Field("missed", "several", _("Members are told of missed calls"), "", roster_options.missed()),
        Field("sms_taken", "flag", _("The group is told by SMS who took a call")),
    )


def _line(roster: Roster) -> Sequence[Field]:
    hours = [("", _("always open")), *((one.id, one.id) for one in roster.hours)]
    return (
        Field("name", "text", _("Name"), required=True),
        Field("numbers", "words", _("Numbers"), _("with commas between; none: every other number")),
        Field("hours", "choice", _("Opening hours"), "", hours),
        Field(
            "open",
            "order",
            _("When it is open, a call"),
            _("after the last step the technician is rung"),
            roster_options.steps(roster),
        ),
        Field("closed", "order", _("When it is closed, a call"), "", roster_options.steps(roster)),
        Field("language", "choice", _("Language"), _("of what callers hear"), list(languages.NAMES.items())),
        Field("greeting", "text", _("Greeting"), _("the name of a sound, as the page Prompts shows it")),
        Field("record", "flag", _("Calls are recorded")),
        Field("record_days", "number", _("Recordings are kept for, days")),
        Field("sms_after", "flag", _("The caller is told afterwards by SMS who it was")),
        Field("missed_email", "words", _("Missed calls are told to these addresses, too")),
    )


def _hours(_roster: Roster) -> Sequence[Field]:
    return (
        Field("week", "week", _("Week"), _("such as 07:30-11:30, 12:00-16:00; empty: closed")),
        Field(
            "holidays", "holidays", _("Public holidays"), _("of a country such as CZ, or a part of it such as DE-BY")
        ),
        Field("dates", "dates", _("Single days"), _("a line each: 2026-12-24 08:00-12:00; without times: closed")),
        Field("timezone", "text", _("Time zone"), _("empty: that of the box")),
    )


def _rota(roster: Roster) -> Sequence[Field]:
    return (
        Field(
            "week",
            "shifts",
            _("Every week"),
            _("until the same time or earlier: until the next day. Of two that overlap the later one counts"),
            roster_options.people(roster),
        ),
        Field("timezone", "text", _("Time zone"), _("empty: that of the box")),
        Field("duty", "flag", _("Whoever it names has duty"), _("the technician; of all rotas one at most has it")),
    )


FORMS: Mapping[str, Callable[[Roster], Sequence[Field]]] = {
    "person": _person,
    "group": _group,
    "line": _line,
    "hours": _hours,
    "queue": leading_forms.queue,
    "menu": leading_forms.menu,
    "mailbox": leading_forms.mailbox,
    "rota": _rota,
}
