"""What a value in the roster may be: ids, numbers, spans, steps. Each says what would be right where one is not."""

from __future__ import annotations

import re
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, Strict, StringConstraints

from appliance.config.values import wrong
from appliance.domain.phone import NotANumber, parse
from appliance.domain.phrase import phrase

# neither control characters nor what turns the direction of writing or breaks a line: names go into messages, mails,
# caller ids and terminals
ONE_LINE = r"^[^\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff]*$"
Id = Annotated[str, Field(pattern=r"^[a-z0-9-]+$", max_length=64)]  # as hotline.toml names people
Extension = Annotated[str, Field(pattern=r"^[1-9][0-9]{1,5}$")]
Text = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True, pattern=ONE_LINE)]
Spoken = Annotated[  # what is read out to callers
    str, StringConstraints(min_length=1, max_length=2000, strip_whitespace=True, pattern=ONE_LINE)
]
Language = Annotated[str, Field(pattern=r"^[a-z]{2}$")]
# nothing is converted behind the writer's back: "off" is no false, and "3" is no 3
Flag = Annotated[bool, Strict()]
Seconds = Annotated[float, Strict(), Field(gt=0, le=3600, allow_inf_nan=False)]
Rest = Annotated[float, Strict(), Field(ge=0, le=3600, allow_inf_nan=False)]  # seconds too, and none at all
Sound = Annotated[
    str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_/-]{0,99}$")
]  # a name below Asterisk's sounds, no suffix
ClockTime = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$")]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SPAN = re.compile(r"(?P<start>([01]\d|2[0-3]):[0-5]\d)-(?P<end>([01]\d|2[0-3]):[0-5]\d|24:00)\Z")
_STEP = re.compile(
    r"(group|person|queue|menu|mailbox):[a-z0-9-]+\Z|duty\Z|listen\Z|agents\Z|play:[A-Za-z0-9][A-Za-z0-9_/-]*\Z|hangup\Z"
)
_MEMBER = re.compile(r"[a-z0-9-]+\Z|rota:[a-z0-9-]+\Z")


def _e164(value: str) -> str:
    try:
        return parse(value, None).e164
    except NotANumber as error:
        raise wrong(phrase('{why}; write it as E.164, such as "+420777000111"', why=str(error))) from None


def _span(value: str) -> str:
    match = _SPAN.match(value)
    if match is None or match["start"] >= match["end"]:
        raise wrong(
            phrase(
                '{value} is no span of a day; write one such as "08:00-16:30", until midnight "08:00-24:00"',
                value=repr(value),
            )
        )
    return value


def _step(value: str) -> str:
    if not _STEP.match(value):
        raise wrong(
            phrase(
                '{value} is no step; write "group:ID", "person:ID", "queue:ID", "menu:ID", "mailbox:ID", '
                '"duty" (who has duty), "play:SOUND", "listen" (to recordings), "agents" (their desk) or "hangup"',
                value=repr(value),
            )
        )
    return value


def _member(value: str) -> str:
    if not _MEMBER.match(value):
        raise wrong(phrase('{value} is no member; write a person\'s id, "duty" or "rota:ID"', value=repr(value)))
    return value


def _aware(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise wrong(
            phrase("{value} has no time zone; write one such as 2026-03-01T08:00:00+01:00", value=value.isoformat())
        )
    return value


def _written_moment(value: Any) -> Any:
    if isinstance(value, (str, datetime)) and not (isinstance(value, str) and value.isdigit()):
        return value  # a bare number would pass for seconds since 1970
    raise wrong(
        phrase("is {value}; write a date and time with its zone such as 2026-03-01T08:00:00+01:00", value=repr(value))
    )


def _written_date(value: Any) -> Any:
    if isinstance(value, date) or (isinstance(value, str) and re.match(r"\d{4}-\d\d-\d\d\Z", value)):
        return value
    raise wrong(phrase("{value} is no date; write one such as 2026-12-24", value=repr(value)))


def _sip(value: str) -> str:
    if not re.match(
        r"(sips?:[A-Za-z0-9_.+-]+@(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(:\d{1,5})?|[a-z0-9][a-z0-9_.-]{0,62})\Z", value
    ):
        raise wrong(
            phrase(
                '{value} is neither an account name such as "eva", which a phone registers under, '
                'nor a SIP URI such as "sip:eva@192.0.2.50"',
                value=repr(value),
            )
        )
    return value


Number = Annotated[str, AfterValidator(_e164)]
Email = Annotated[str, Field(pattern=r"^[^@\s]{1,64}@[^@\s]{1,255}$")]
Sip = Annotated[str, AfterValidator(_sip)]
Span = Annotated[str, AfterValidator(_span)]
Step = Annotated[str, AfterValidator(_step)]
Members = Annotated[tuple[Annotated[str, AfterValidator(_member)], ...], Field(min_length=1, max_length=500)]
Moment = Annotated[datetime, BeforeValidator(_written_moment), AfterValidator(_aware)]
Date = Annotated[date, BeforeValidator(_written_date)]


class Strategy(StrEnum):
    """How a group is rung (MISSION R1-R4)."""

    RINGALL = "ringall"
    RANDOM = "random"
    MEMORYHUNT = "memoryhunt"
    FIRSTAVAILABLE = "firstavailable"


class Screening(StrEnum):
    """How it is made sure that a human answered (MISSION K6, B9)."""

    AUTO = "auto"
    KEY = "key"
    OFF = "off"


class Entry(BaseModel):
    """One table of the document."""

    # built when first used: an entry is mostly read as part of the whole roster, which has what checks it once more
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)
