"""What a call may be led to besides people and groups: queues, menus, mailboxes; and the prompts they speak with.

Each has an ``extension`` by which phones of our own reach it, as it would be by a plan's step (MISSION C7).
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, Strict

from appliance.roster.values import (
    Email,
    Entry,
    Extension,
    Flag,
    Id,
    Language,
    Members,
    Rest,
    Screening,
    Seconds,
    Sound,
    Spoken,
    Step,
    Text,
)

LongSeconds = Annotated[float, Strict(), Field(gt=0, le=86_400, allow_inf_nan=False)]
Tries = Annotated[int, Strict(), Field(ge=1, le=20)]
Digit = Annotated[str, Field(pattern=r"^[0-9*#]$")]
PromptName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_/-]{0,63}$")]


class QueueStrategy(StrEnum):
    """Which free agent is rung for the caller whose turn it is; all but the first as a group's (MISSION R1-R4)."""

    LONGESTIDLE = "longestidle"
    RINGALL = "ringall"
    RANDOM = "random"
    MEMORYHUNT = "memoryhunt"
    FIRSTAVAILABLE = "firstavailable"


class Callback(Entry):
    """How a caller who waits may ask to be called back (MISSION C1-C4).

    ``offer_after_s``: offered by itself after so long (not, without it); ``key``: by pressing 2 at any moment.
    ``read_back``: the number is said digit by digit. ``tries`` calls to the caller, ``retry_after_s`` between two,
    ``ring_s`` each; ``give_up_after_s`` after the wish nobody is called any more. ``abroad`` and ``premium``: numbers
    of other countries, and dear ones, are taken too.
    """

    offer_after_s: Seconds | None = None
    key: Flag = True
    read_back: Flag = True
    tries: Tries = 3
    retry_after_s: Seconds = 300.0
    ring_s: Seconds = 30.0
    give_up_after_s: LongSeconds = 28_800.0
    abroad: Flag = False
    premium: Flag = False


class Queue(Entry):
    """Callers who wait for an agent, strictly in the order they came (MISSION Q1).

    ``agents`` are members as a group's: person ids, ``duty`` or ``rota:ID``. Who of them is logged in, they say
    themselves; until they say anything, ``agents_begin`` does. ``ring_s``, ``step_s`` as a group's, for one caller.

    The caller leaves for ``overflow`` (without it: for the plan's next step) where ``max_waiting`` wait already,
    after ``max_wait_s``, and while no agent is logged in. Who comes from another queue has the place that the time
    they began to wait there gives them, unless ``keep_place`` is off (MISSION C6).
    """

    id: Id
    name: Text
    agents: Members
    agents_begin: Literal["in", "out"] = "in"
    strategy: QueueStrategy = QueueStrategy.LONGESTIDLE
    ring_s: Seconds = 20.0
    step_s: Seconds = 10.0
    wrap_up_s: Rest = 0.0
    screening: Screening = Screening.AUTO
    hears: Literal["music", "ringing"] = "music"
    greeting: Sound | None = None
    say_position: Flag = True
    say_wait: Flag = True
    say_every_s: Seconds = 60.0
    max_waiting: Annotated[int, Strict(), Field(ge=1, le=1000)] = 100
    max_wait_s: LongSeconds = 1800.0  # nobody waits for ever: in the end the plan goes on, and a human is rung
    overflow: Step | None = None
    keep_place: Flag = True
    extension: Extension | None = None
    language: Language | None = None  # the line's, unless given
    prompts: Id | None = None
    record: Flag = False  # besides what the line says
    missed: tuple[Literal["sms", "email"], ...] = ()  # H7: tell the agents of calls nobody answered
    callback: Callback | None = None


class Menu(Entry):
    """A question that is answered by a digit (MISSION R5, Q2). Options may lead to menus: levels.

    ``sound`` or ``text`` is the question; it may be all there is to it: information that is read out. With
    ``direct_dial`` an extension may be dialled instead. Who says nothing for ``wait_s``, ``tries`` times in all,
    is led to the ``operator`` (without one: to the plan's next step); a wrong digit counts as a try.
    """

    id: Id
    name: Text
    sound: Sound | None = None
    text: Spoken | None = None  # spoken where there is no sound
    options: dict[Digit, Step] = Field(default={})
    direct_dial: Flag = True
    wait_s: Seconds = 5.0
    tries: Tries = 3
    operator: Step | None = None
    extension: Extension | None = None
    language: Language | None = None
    prompts: Id | None = None


class Mailbox(Entry):
    """Takes a message after its ``greeting`` and sends it to ``email`` (MISSION Q3), of at most ``max_s``.

    Without a ``greeting``, the ``text`` is spoken; without that, a text of ours. It ends with ``end_silence_s`` of
    silence, by ``#`` or by hanging up.
    """

    id: Id
    name: Text
    email: Annotated[tuple[Email, ...], Field(min_length=1, max_length=50)]
    greeting: Sound | None = None
    text: Spoken | None = None
    max_s: Seconds = 180.0
    end_silence_s: Seconds = 8.0
    extension: Extension | None = None
    language: Language | None = None
    prompts: Id | None = None


class PromptSet(Entry):
    """What is said in which sound (MISSION C5): ``sounds`` stand above those of ``base``, another set, and both above
    what there is for the ``language``."""

    id: Id
    language: Language
    base: Id | None = None
    sounds: dict[PromptName, Sound] = Field(default={})
