"""The shape of the roster: who there is, who belongs together, what each number does, when, and who has duty.

One document, the same in SQLite, in the file of ``hotline roster export`` (TOML) and in the retained MQTT message
(JSON). Unknown keys are mistakes. What only shows between entries is :mod:`appliance.roster.check`'s.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Field, Strict

from appliance.roster.destinations import Mailbox, Menu, PromptSet, Queue
from appliance.roster.values import (
    ONE_LINE,
    ClockTime,
    Date,
    Day,
    Email,
    Entry,
    Extension,
    Flag,
    Id,
    Language,
    Members,
    Moment,
    Number,
    Rest,
    Screening,
    Seconds,
    Sip,
    Sound,
    Span,
    Step,
    Strategy,
    Text,
)


class Role(StrEnum):
    """What a person may do."""

    TECHNICIAN = "technician"
    AGENT = "agent"
    SUPERVISOR = "supervisor"
    ADMINISTRATOR = "administrator"


class Person(Entry):
    """Somebody who can be reached. ``sip`` is the account that a phone registers under, or a phone's SIP URI.

    ``ring`` says which of their phones ring, together. ``pin`` is taken once and kept only as ``pin_hash``.
    """

    id: Id
    name: Text
    mobile: Number
    sip: Sip | None = None
    sip_password: Annotated[str, Field(min_length=8, max_length=128, pattern=ONE_LINE)] | None = Field(
        default=None, repr=False
    )
    ring: tuple[Literal["mobile", "sip"], ...] = ("mobile",)
    email: Email | None = None
    language: Language | None = None
    extension: Extension | None = None
    pin: Annotated[str, Field(pattern=r"^[0-9]{4,12}$")] | None = Field(default=None, repr=False)
    pin_hash: Annotated[str, Field(max_length=300)] | None = Field(default=None, repr=False)
    roles: tuple[Role, ...] = (Role.TECHNICIAN, Role.AGENT)
    sms: Flag = True


class Group(Entry):
    """People who answer together. Members are person ids, ``duty`` (whoever is on duty) or ``rota:ID``, in order.

    ``ring_s`` is how long the group rings in all (for ``random`` and ``firstavailable``: each member), ``step_s`` how
    long until the next member joins (``memoryhunt``). Calls to one member's phone end ``wrap_up_s`` before the next.
    """

    id: Id
    name: Text
    members: Members
    strategy: Strategy = Strategy.RINGALL
    ring_s: Seconds = 25.0
    step_s: Seconds = 10.0
    screening: Screening = Screening.AUTO
    backup: Id | None = None
    hears: Literal["ringing", "music"] = "ringing"
    wrap_up_s: Rest = 0.0
    extension: Extension | None = None
    sms_taken: Flag = False  # K8: tell the group who took the call
    missed: tuple[Literal["sms", "email"], ...] = ()  # H7: tell the members of calls nobody answered


class LineMode(Entry):
    """The manual night switch: what stands above the clock, until a time or until taken back."""

    situation: Literal["open", "closed", "holiday"]
    until: Moment | None = None
    by: Text = "somebody"


class Line(Entry):
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
    prompts: Id | None = None
    record: Flag = False
    record_notice: Sound | None = None
    record_days: Annotated[int, Strict(), Field(ge=1, le=36_500)] | None = None  # how long recordings are kept
    # mixed, or caller and answering side on a channel each; told only where it is not as it always was
    record_sides: Literal["mixed", "stereo"] = Field(default="mixed", exclude_if=lambda sides: sides == "mixed")
    caller_id: Literal["caller", "service"] | None = None
    sms_after: Flag = False  # K8: tell the caller afterwards who it was
    missed_email: tuple[Email, ...] = ()
    missed_sms: tuple[Number, ...] = ()


class Holidays(Entry):
    """Public holidays of a country (ISO 3166) and, where they differ, of a subdivision (ISO 3166-2 part)."""

    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
    subdivision: Annotated[str, Field(pattern=r"^[A-Z0-9]{1,3}$")] | None = None


class OpeningHours(Entry):
    """When a line is open, in local time of ``timezone`` (the box's own unless given). ``dates`` stand above all."""

    id: Id
    timezone: str | None = None
    week: dict[Day, tuple[Span, ...]] = Field(default={})
    holidays: Holidays | None = None
    dates: dict[Date, tuple[Span, ...]] = Field(default={})  # an empty list: closed as on a holiday


class Shift(Entry):
    """One person has duty from ``start`` until before ``end``."""

    person: Id
    start: Moment
    end: Moment


class WeeklyShift(Entry):
    """A shift of every week, in local time; one that ends at or before its start ends the day after."""

    person: Id
    days: Annotated[tuple[Day, ...], Field(min_length=1)]
    start: ClockTime
    end: ClockTime


class Rota(Entry):
    """Who has duty when. Swaps stand above shifts, shifts above the week; the later entry above the earlier."""

    id: Id
    timezone: str | None = None
    week: tuple[WeeklyShift, ...] = ()
    shifts: tuple[Shift, ...] = ()
    swaps: tuple[Shift, ...] = ()


class Duty(Entry):
    """Who is on duty: whom ``rota`` names now, else ``default``. A person's command stands above both."""

    default: Id
    rota: Id | None = None


def _section() -> Any:
    """A section that came later: where it is empty it is not told, so that older exchanges still read the rest."""
    return Field(default=(), exclude_if=lambda entries: not entries)


class Roster(Entry):
    """The whole document. ``revision`` rises with each change; the guard alone gives it."""

    schema_: Annotated[Literal[1], Field(alias="schema")] = 1
    revision: Annotated[int, Strict(), Field(ge=0)] = 0
    duty: Duty
    person: Annotated[tuple[Person, ...], Field(min_length=1, max_length=1000)]
    group: Annotated[tuple[Group, ...], Field(max_length=500)] = ()
    queue: Annotated[tuple[Queue, ...], Field(max_length=200)] = _section()
    menu: Annotated[tuple[Menu, ...], Field(max_length=200)] = _section()
    mailbox: Annotated[tuple[Mailbox, ...], Field(max_length=200)] = _section()
    line: Annotated[tuple[Line, ...], Field(max_length=500)] = ()
    hours: Annotated[tuple[OpeningHours, ...], Field(max_length=100)] = ()
    rota: Annotated[tuple[Rota, ...], Field(max_length=100)] = ()
    prompts: Annotated[tuple[PromptSet, ...], Field(max_length=100)] = _section()

    def person_by_id(self, id_: str) -> Person | None:
        """The person, or ``None``."""
        return next((one for one in self.person if one.id == id_), None)

    def group_by_id(self, id_: str) -> Group | None:
        """The group, or ``None``."""
        return next((one for one in self.group if one.id == id_), None)

    def queue_by_id(self, id_: str) -> Queue | None:
        """The queue, or ``None``."""
        return next((one for one in self.queue if one.id == id_), None)

    def menu_by_id(self, id_: str) -> Menu | None:
        """The menu, or ``None``."""
        return next((one for one in self.menu if one.id == id_), None)

    def mailbox_by_id(self, id_: str) -> Mailbox | None:
        """The mailbox, or ``None``."""
        return next((one for one in self.mailbox if one.id == id_), None)


def to_document(roster: Roster) -> dict[str, Any]:
    """The roster as JSON can carry it; what is unset is left out."""
    document: dict[str, Any] = roster.model_dump(mode="json", by_alias=True, exclude_none=True)
    return document
