"""What a person reads of a mistake in a roster, said as of ``hotline.toml``; secrets are never shown."""

from __future__ import annotations

from pydantic_core import ErrorDetails

from appliance.config import wording as config_wording
from appliance.config.wording import is_but_write, one_of
from appliance.domain.phrase import phrase
from appliance.roster.models import Roster

EXAMPLES = {
    "duty": '[duty] with default = "<id of a person>"',
    "duty.default": 'default = "<id of a person>"',
    "person": "[[person]] with id, name and mobile",
    "person.id": 'id = "eva"',
    "person.name": 'name = "Eva Dvořáková"',
    "person.mobile": 'mobile = "+420777000111"',
    "group.id": 'id = "on-call"',
    "group.name": 'name = "On call"',
    "group.members": 'members = ["duty"]',
    "queue.id": 'id = "desk"',
    "queue.name": 'name = "Service desk"',
    "queue.agents": 'agents = ["<id of a person>"]',
    "menu.id": 'id = "welcome"',
    "menu.name": 'name = "Welcome"',
    "menu.sound": 'sound = "custom/menu"',
    "mailbox.id": 'id = "desk"',
    "mailbox.name": 'name = "Service desk"',
    "mailbox.email": 'email = ["desk@example.com"]',
    "prompts.id": 'id = "czech"',
    "prompts.language": 'language = "cs"',
    "line.id": 'id = "service"',
    "line.name": 'name = "Service"',
    "line.mode.situation": 'situation = "closed"',
    "hours.id": 'id = "office"',
    "hours.holidays.country": 'country = "CZ"',
    "rota.id": 'id = "weeks"',
    "rota.week.person": 'person = "<id of a person>"',
    "rota.week.days": 'days = ["mon", "tue"]',
    "rota.week.start": 'start = "08:00"',
    "rota.week.end": 'end = "08:00"',
    "rota.shifts.person": 'person = "<id of a person>"',
    "rota.shifts.start": "start = 2026-03-01T08:00:00+01:00",
    "rota.shifts.end": "end = 2026-03-08T08:00:00+01:00",
    "rota.swaps.person": 'person = "<id of a person>"',
    "rota.swaps.start": "start = 2026-03-01T08:00:00+01:00",
    "rota.swaps.end": "end = 2026-03-02T08:00:00+01:00",
}
_SECRETS = {
    "pin": phrase("write 4 to 12 digits in quotes"),
    "pin_hash": phrase("leave it as it was exported"),
    "sip_password": phrase("write 8 to 128 printable characters in quotes"),
}
_BY_KEY = {
    "id": phrase("lower-case letters, digits and hyphens only"),
    "extension": phrase("two to six digits in quotes, the first no 0"),
    "email": phrase('an address such as "eva@example.com"'),
    "missed_email": phrase('an address such as "service@example.com"'),
    "language": phrase('two letters of ISO 639 such as "cs"'),
    "country": phrase('an ISO 3166 code such as "CZ"'),
    "subdivision": phrase("the part after the hyphen in ISO 3166-2, such as BY for DE-BY"),
    "start": phrase('a time such as "08:00"'),
    "end": phrase('a time such as "16:30"'),
    "greeting": phrase('the name of a sound without its suffix, such as "custom/welcome"'),
    "record_notice": phrase('the name of a sound without its suffix, such as "custom/recorded"'),
    "sound": phrase('the name of a sound without its suffix, such as "custom/menu"'),
    "sounds": phrase('names of prompts, each with a sound such as "custom/menu"'),
    "options": phrase('one of the keys 0 to 9, "*" and "#"'),
    "prompts": phrase("the id of a prompt set"),
    "base": phrase("the id of a prompt set"),
    "backup": phrase("the id of a group"),
    "hours": phrase("the id of opening hours"),
    "rota": phrase("the id of a rota"),
    "default": phrase("the id of a person"),
    "person": phrase("the id of a person"),
}
_FREE_KEYS = ("options", "sounds")  # tables whose keys are the writer's
_TYPES = {
    "date_from_datetime_parsing": phrase("a date such as 2026-12-24"),
    "datetime_from_date_parsing": phrase("a date and time with its zone such as 2026-03-01T08:00:00+01:00"),
    "datetime_parsing": phrase("a date and time with its zone such as 2026-03-01T08:00:00+01:00"),
    "datetime_type": phrase("a date and time with its zone such as 2026-03-01T08:00:00+01:00"),
}


def place(detail: ErrorDetails) -> str:
    """The key path of a mistake: ``group.0.members.1``."""
    return ".".join(str(part) for part in detail["loc"] if part != "[key]")


def wording(detail: ErrorDetails) -> str:
    """The sentence for one mistake found by the models."""
    named = [part for part in detail["loc"] if isinstance(part, str) and part != "[key]"]
    key, kind, context = (named[-1] if named else ""), detail["type"], detail.get("ctx", {})
    if key in _SECRETS and kind not in ("hotline", "extra_forbidden"):
        return phrase("cannot be used; {right}", right=_SECRETS[key])
    if kind == "enum":
        return is_but_write(_shown(detail), one_of(context["expected"]))
    if kind == "too_short":
        least = context["min_length"]
        return phrase("has {size} entries; write at least {least}", size=context["actual_length"], least=least)
    if kind == "too_long":
        return phrase("has more than {most} entries; write fewer", most=context["max_length"])
    if kind in _TYPES:
        return is_but_write(_shown(detail), _TYPES[kind])
    if kind == "string_pattern_mismatch":
        table = next((part for part in named if part in _FREE_KEYS), key)
        return is_but_write(_shown(detail), _BY_KEY.get(table, phrase("printable characters on one line")))
    return config_wording.wording(detail, Roster, EXAMPLES)


def _shown(detail: ErrorDetails) -> str:
    text = f'"{detail["input"]}"' if isinstance(detail["input"], str) else str(detail["input"])
    return text if len(text) <= 60 else text[:56] + '..."'
