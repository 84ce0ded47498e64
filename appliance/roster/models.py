"""The shape of the roster: who there is, who belongs together, what each number does, when, and who has duty.

One document, the same in SQLite, in the file of ``hotline roster export`` (TOML) and in the retained MQTT message
(JSON). Unknown keys are mistakes. What only shows between entries is :mod:`appliance.roster.check`'s.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, Strict, StringConstraints
from pydantic_core import PydanticCustomError

from appliance.domain.phone import NotANumber, parse

# neither control characters nor what turns the direction of writing or breaks a line: names go into messages, mails,
# caller ids and terminals
_ONE_LINE = r"^[^\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff]*$"
Id = Annotated[str, Field(pattern=r"^[a-z0-9-]+$", max_length=64)]  # as hotline.toml names people
Extension = Annotated[str, Field(pattern=r"^[1-9][0-9]{1,5}$")]
Text = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True, pattern=_ONE_LINE)]
Language = Annotated[str, Field(pattern=r"^[a-z]{2}$")]
# nothing is converted behind the writer's back: "off" is no false, and "3" is no 3
Flag = Annotated[bool, Strict()]
Seconds = Annotated[float, Strict(), Field(gt=0, le=3600, allow_inf_nan=False)]
Sound = Annotated[
    str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_/-]{0,99}$")
]  # a name below Asterisk's sounds, no suffix
ClockTime = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$")]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SPAN = re.compile(r"(?P<start>([01]\d|2[0-3]):[0-5]\d)-(?P<end>([01]\d|2[0-3]):[0-5]\d|24:00)\Z")
_STEP = re.compile(r"(group|person):[a-z0-9-]+\Z|duty\Z|play:[A-Za-z0-9][A-Za-z0-9_/-]*\Z|hangup\Z")
_MEMBER = re.compile(r"[a-z0-9-]+\Z|rota:[a-z0-9-]+\Z")


def _wrong(message: str) -> PydanticCustomError:
    return PydanticCustomError("hotline", "{message}", {"message": message})


def _e164(value: str) -> str:
    try:
        return parse(value, None).e164
    except NotANumber as error:
        raise _wrong(f'{error}; write it as E.164, such as "+420777000111"') from None


def _span(value: str) -> str:
    match = _SPAN.match(value)
    if match is None or match["start"] >= match["end"]:
        raise _wrong(f'{value!r} is no span of a day; write one such as "08:00-16:30", until midnight "08:00-24:00"')
    return value


def _step(value: str) -> str:
    if not _STEP.match(value):
        raise _wrong(
            f'{value!r} is no step; write "group:ID", "person:ID", "duty" (who has duty), "play:SOUND" or "hangup"'
        )
    return value


def _member(value: str) -> str:
    if not _MEMBER.match(value):
        raise _wrong(f'{value!r} is no member; write a person\'s id, "duty" or "rota:ID"')
    return value


def _aware(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise _wrong(f"{value.isoformat()} has no time zone; write one such as 2026-03-01T08:00:00+01:00")
    return value


def _written_moment(value: Any) -> Any:
    if isinstance(value, (str, datetime)) and not (isinstance(value, str) and value.isdigit()):
        return value  # a bare number would pass for seconds since 1970
    raise _wrong(f"is {value!r}; write a date and time with its zone such as 2026-03-01T08:00:00+01:00")


def _written_date(value: Any) -> Any:
    if isinstance(value, date) or (isinstance(value, str) and re.match(r"\d{4}-\d\d-\d\d\Z", value)):
        return value
    raise _wrong(f"{value!r} is no date; write one such as 2026-12-24")


def _sip(value: str) -> str:
    if not re.match(
        r"(sips?:[A-Za-z0-9_.+-]+@(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(:\d{1,5})?|[a-z0-9][a-z0-9_.-]{0,62})\Z", value
    ):
        raise _wrong(
            f'{value!r} is neither an account name such as "eva", which a phone registers under, '
            'nor a SIP URI such as "sip:eva@192.0.2.50"'
        )
    return value


Number = Annotated[str, AfterValidator(_e164)]
Span = Annotated[str, AfterValidator(_span)]
Step = Annotated[str, AfterValidator(_step)]
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


class Role(StrEnum):
    """What a person may do."""

    TECHNICIAN = "technician"
    AGENT = "agent"
    SUPERVISOR = "supervisor"
    ADMINISTRATOR = "administrator"


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Person(_Entry):
    """Somebody who can be reached. ``sip`` is the account that a phone registers under, or a phone's SIP URI.

    ``ring`` says which of their phones ring, together. ``pin`` is taken once and kept only as ``pin_hash``.
    """

    id: Id
    name: Text
    mobile: Number
    sip: Annotated[str, AfterValidator(_sip)] | None = None
    sip_password: Annotated[str, Field(min_length=8, max_length=128, pattern=_ONE_LINE)] | None = Field(
        default=None, repr=False
    )
    ring: tuple[Literal["mobile", "sip"], ...] = ("mobile",)
    email: Annotated[str, Field(pattern=r"^[^@\s]{1,64}@[^@\s]{1,255}$")] | None = None
    language: Language | None = None
    extension: Extension | None = None
    pin: Annotated[str, Field(pattern=r"^[0-9]{4,12}$")] | None = Field(default=None, repr=False)
    pin_hash: Annotated[str, Field(max_length=300)] | None = Field(default=None, repr=False)
    roles: tuple[Role, ...] = (Role.TECHNICIAN, Role.AGENT)
    sms: Flag = True


class Group(_Entry):
    """People who answer together. Members are person ids, ``duty`` (whoever is on duty) or ``rota:ID``, in order.

    ``ring_s`` is how long the group rings in all (for ``random`` and ``firstavailable``: each member), ``step_s`` how
    long until the next member joins (``memoryhunt``). Calls to one member's phone end ``wrap_up_s`` before the next.
    """

    id: Id
    name: Text
    members: Annotated[tuple[Annotated[str, AfterValidator(_member)], ...], Field(min_length=1, max_length=500)]
    strategy: Strategy = Strategy.RINGALL
    ring_s: Seconds = 25.0
    step_s: Seconds = 10.0
    screening: Screening = Screening.AUTO
    backup: Id | None = None
    hears: Literal["ringing", "music"] = "ringing"
    wrap_up_s: Annotated[float, Strict(), Field(ge=0, le=3600, allow_inf_nan=False)] = 0.0
    extension: Extension | None = None
    sms_taken: Flag = False  # K8: tell the group who took the call
    missed: tuple[Literal["sms", "email"], ...] = ()  # H7: tell the members of calls nobody answered


class LineMode(_Entry):
    """The manual night switch: what stands above the clock, until a time or until taken back."""

    situation: Literal["open", "closed", "holiday"]
    until: Moment | None = None
    by: Text = "somebody"


class Line(_Entry):
    """A number and what it does. Without ``numbers`` it takes every call that no other line takes.

    ``open``, ``closed`` and ``holiday`` are plans: steps tried one after the other until a human has the call. After
    the last one the technician on duty is rung, always (``hangup`` as the last step ends the call instead).
    """

    id: Id
    name: Text
    numbers: tuple[Number, ...] = ()
    language: Language = "en"
    greeting: Sound | None = None
    hours: Id | None = None  # without them always open
    open: tuple[Step, ...] = ()
    closed: tuple[Step, ...] = ()
    holiday: tuple[Step, ...] | None = None  # as closed, unless given
    mode: LineMode | None = None
    record: Flag = False
    record_notice: Sound | None = None
    caller_id: Literal["caller", "service"] | None = None
    sms_after: Flag = False  # K8: tell the caller afterwards who it was
    missed_email: tuple[Annotated[str, Field(pattern=r"^[^@\s]{1,64}@[^@\s]{1,255}$")], ...] = ()
    missed_sms: tuple[Number, ...] = ()


class Holidays(_Entry):
    """Public holidays of a country (ISO 3166) and, where they differ, of a subdivision (ISO 3166-2 part)."""

    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
    subdivision: Annotated[str, Field(pattern=r"^[A-Z0-9]{1,3}$")] | None = None


class OpeningHours(_Entry):
    """When a line is open, in local time of ``timezone`` (the box's own unless given). ``dates`` stand above all."""

    id: Id
    timezone: str | None = None
    week: dict[Day, tuple[Span, ...]] = {}
    holidays: Holidays | None = None
    dates: dict[Date, tuple[Span, ...]] = {}  # an empty list: closed as on a holiday


class Shift(_Entry):
    """One person has duty from ``start`` until before ``end``."""

    person: Id
    start: Moment
    end: Moment


class WeeklyShift(_Entry):
    """A shift of every week, in local time; one that ends at or before its start ends the day after."""

    person: Id
    days: Annotated[tuple[Day, ...], Field(min_length=1)]
    start: ClockTime
    end: ClockTime


class Rota(_Entry):
    """Who has duty when. Swaps stand above shifts, shifts above the week; the later entry above the earlier."""

    id: Id
    timezone: str | None = None
    week: tuple[WeeklyShift, ...] = ()
    shifts: tuple[Shift, ...] = ()
    swaps: tuple[Shift, ...] = ()


class Duty(_Entry):
    """Who is on duty: whom ``rota`` names now, else ``default``. A person's command stands above both."""

    default: Id
    rota: Id | None = None


class Roster(_Entry):
    """The whole document. ``revision`` rises with each change; the guard alone gives it."""

    schema_: Annotated[Literal[1], Field(alias="schema")] = 1
    revision: Annotated[int, Strict(), Field(ge=0)] = 0
    duty: Duty
    person: Annotated[tuple[Person, ...], Field(min_length=1, max_length=1000)]
    group: Annotated[tuple[Group, ...], Field(max_length=500)] = ()
    line: Annotated[tuple[Line, ...], Field(max_length=500)] = ()
    hours: Annotated[tuple[OpeningHours, ...], Field(max_length=100)] = ()
    rota: Annotated[tuple[Rota, ...], Field(max_length=100)] = ()

    def person_by_id(self, id_: str) -> Person | None:
        """The person, or ``None``."""
        return next((one for one in self.person if one.id == id_), None)

    def group_by_id(self, id_: str) -> Group | None:
        """The group, or ``None``."""
        return next((one for one in self.group if one.id == id_), None)


def to_document(roster: Roster) -> dict[str, Any]:
    """The roster as JSON can carry it; what is unset is left out."""
    document: dict[str, Any] = roster.model_dump(mode="json", by_alias=True, exclude_none=True)
    return document
