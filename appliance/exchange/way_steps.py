"""The steps of a call's way, as data: what is to be done, whole, without a further look into the roster. Pure.

:mod:`.route` makes them of a line's plan; :mod:`.steps.every` names who does each. ``label`` and ``why`` are words
for the log.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from appliance.exchange.agent_codes import Code
from appliance.exchange.hunt import HuntPlan
from appliance.roster.destinations import Mailbox, Menu
from appliance.roster.models import Person
from appliance.roster.values import Screening

PERSON_RING_S = 25.0  # as a group's own; a mobile network's no-reply time is about as long
TECHNICIAN_RING_S = 60.0  # nobody else is left to try


@dataclass(frozen=True, slots=True)
class Play:
    """Play a sound to the caller to its end."""

    sound: str
    why: str

    @property
    def label(self) -> str:
        """As the call log names the step."""
        return f"play:{self.sound}"


@dataclass(frozen=True, slots=True)
class RingGroup:
    """Ring a group by its plan; ``people`` are its members now, in the plan's order and under the plan's ids."""

    group: str
    plan: HuntPlan
    people: tuple[Person, ...]
    screening: Screening
    hears: Literal["ringing", "music"]
    wrap_up_s: float
    why: str

    @property
    def label(self) -> str:
        """As the call log names the step."""
        return f"group:{self.group}"


@dataclass(frozen=True, slots=True)
class RingPerson:
    """Ring one person on all their phones."""

    person: Person
    why: str
    ring_s: float = PERSON_RING_S
    screening: Screening = Screening.AUTO
    waits: bool = True  # for somebody who is busy: see HuntPlan

    @property
    def label(self) -> str:
        """As the call log names the step."""
        return f"person:{self.person.id}"


@dataclass(frozen=True, slots=True)
class RingTechnician:
    """Ring whoever has duty. ``person`` is ``None`` where the number belongs to nobody of the roster.

    ``number`` is what is dialled by mobile, even where the roster has another one for ``person`` by now.
    """

    number: str
    person: Person | None
    why: str
    ring_s: float = TECHNICIAN_RING_S
    screening: Screening = Screening.AUTO

    @property
    def label(self) -> str:
        """As the call log names the step."""
        return "duty"


@dataclass(frozen=True, slots=True)
class WaitInQueue:
    """Wait in a queue until an agent has the call."""

    queue: str
    why: str

    @property
    def label(self) -> str:
        """As the call log names the step."""
        return f"queue:{self.queue}"


@dataclass(frozen=True, slots=True)
class SayPresence:
    """An agent's own phone says whether they take calls."""

    person: str
    code: Code
    why: str

    @property
    def label(self) -> str:
        """As the call log names the step."""
        return f"agent:{self.code.presence.value}"


@dataclass(frozen=True, slots=True)
class AgentsDesk:
    """Let an agent say whether they take calls, once their PIN was right."""

    why: str

    @property
    def label(self) -> str:
        """As the call log names the step."""
        return "agents"


@dataclass(frozen=True, slots=True)
class Listen:
    """Let somebody of the roster listen to recordings, once their PIN was right."""

    why: str

    @property
    def label(self) -> str:
        """As the call log names the step."""
        return "listen"


@dataclass(frozen=True, slots=True)
class AskMenu:
    """Ask a menu's question, and go where the answer leads."""

    menu: Menu
    why: str

    @property
    def label(self) -> str:
        """As the call log names the step."""
        return f"menu:{self.menu.id}"


@dataclass(frozen=True, slots=True)
class TakeMessage:
    """Take a message for a mailbox."""

    mailbox: Mailbox
    why: str

    @property
    def label(self) -> str:
        """As the call log names the step."""
        return f"mailbox:{self.mailbox.id}"


@dataclass(frozen=True, slots=True)
class HangUp:
    """End the call: nothing is left to try."""

    why: str

    @property
    def label(self) -> str:
        """As the call log names the step."""
        return "hangup"


Step = (
    Play
    | AskMenu
    | TakeMessage
    | RingGroup
    | RingPerson
    | RingTechnician
    | WaitInQueue
    | SayPresence
    | Listen
    | AgentsDesk
    | HangUp
)
