"""What a scenario may ask of a bench: roles and states, never the simulation behind them.

Fixtures of the same names (``box``, ``customer``, ``faults``, ``carrier``) come from ``hil-tests/conftest.py``,
through labgrid's environment file. A bench that cannot fill a role, or not in the way asked, raises
:class:`UnavailableError`; the scenario is then skipped with that reason, never passed.
"""

from __future__ import annotations

import abc
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

State = Mapping[str, Any]
Event = Mapping[str, Any]


class UnavailableError(Exception):
    """This bench has nothing that could do what was asked; the message says what is missing."""


class NotReachedError(AssertionError):
    """What was waited for did not come; the message tells what was there instead."""


class Outcome(StrEnum):
    """How a call ended for the customer."""

    ANSWERED = "answered"
    BUSY = "busy"
    NO_ANSWER = "no answer"
    UNREACHABLE = "unreachable"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Heard:
    """One call of a customer, told by what the customer heard.

    ``who`` is ``"node-1"``, ``"node-2"``, ``"technician:tech-1"``, where there are exchanges the person's name, or
    ``None`` (nobody, or nobody known, was heard); ``exchange`` is then who connected them. ``via`` is the trunk that
    carried the call, or ``None`` where it passed none. ``ring_s`` counts from dialling to the answer, or to the end
    of a call that nobody answered. ``answered_at`` is Unix seconds. ``cause`` is the Q.850 code of the end of the
    call where one was given.
    """

    who: str | None
    via: str | None
    outcome: Outcome
    ring_s: float
    answered_at: float | None = None
    cause: int | None = None
    diverted_to: str | None = None
    exchange: str | None = None

    @property
    def reached_a_human(self) -> bool:
        """Whether somebody was heard: what the whole product is for."""
        return self.outcome is Outcome.ANSWERED and self.who is not None

    @property
    def way(self) -> str:
        """How the call came to whoever answered, to stand behind a verb; empty where it passed no trunk."""
        if self.exchange:
            return f", rung by {self.exchange}" + (f" over {self.via}" if self.via else "")
        return f" through {self.via}" if self.via else ""

    def __str__(self) -> str:
        if self.reached_a_human:
            return f"{self.who} answered after {self.ring_s:.1f} s{self.way}"
        if self.outcome is Outcome.ANSWERED:
            return f"the call was answered after {self.ring_s:.1f} s, but nobody known was heard"
        cause = f", cause {self.cause}" if self.cause else ""
        return f"nobody answered: {self.outcome} after {self.ring_s:.1f} s{cause}"


class Box(abc.ABC):
    """The box under test, seen as an operator sees it: its state, its events, its commands."""

    @abc.abstractmethod
    async def state(self) -> State:
        """The newest ``state`` (CONTRACT, topic ``state``). Raises :class:`NotReachedError` if it is silent."""

    @abc.abstractmethod
    async def wait_for(self, wanted: Callable[[State], bool], what: str, timeout_s: float = 60.0) -> State:
        """The first state that ``wanted`` accepts; ``what`` says in words what is waited for."""

    @abc.abstractmethod
    async def wait_for_route(self, route: str, timeout_s: float = 60.0) -> State:
        """The first state whose active route is ``route`` and whose forwarding is verified."""

    @abc.abstractmethod
    async def events(self, since_id: int = 0) -> Sequence[Event]:
        """Journal events with a higher id, in order."""

    @abc.abstractmethod
    async def journaled(self, since_id: int = 0) -> Sequence[Event]:
        """Events with a higher id as the box's own journal keeps them, in order: what nobody may lose."""

    @abc.abstractmethod
    async def wait_for_event(
        self, type_: str, timeout_s: float = 60.0, since_id: int = 0, wanted: Callable[[Event], bool] | None = None
    ) -> Event:
        """The first event of the type after ``since_id`` that ``wanted`` (if given) accepts."""

    @abc.abstractmethod
    async def last_event_id(self) -> int:
        """The id of the newest event: what ``since_id`` of a later question is taken from."""

    @abc.abstractmethod
    async def command(
        self, name: str, args: Mapping[str, Any] | None = None, *, id_: str | None = None, expiry_s: int | None = None
    ) -> Mapping[str, Any]:
        """Give a command over MQTT and return its ``response`` whole (also where it was refused)."""

    @abc.abstractmethod
    async def raw_command(self, payload: bytes) -> Mapping[str, Any] | None:
        """Publish any bytes as a command; the response, or ``None`` if none comes."""

    @abc.abstractmethod
    async def configure(self, watchdog: Mapping[str, float | str]) -> None:
        """Have these keys of ``[watchdog]`` differ from the bench's own; restarts the guard where it must."""

    @abc.abstractmethod
    async def start(self) -> None:
        """Start the guard and return once it has given a state."""

    @abc.abstractmethod
    async def start_blind(self) -> None:
        """Start the guard and do not wait for a state: with the broker away none can come."""

    @abc.abstractmethod
    async def stop(self) -> float:
        """Stop the guard politely (SIGTERM); how many seconds it took to leave."""

    @abc.abstractmethod
    async def kill(self) -> None:
        """Kill the guard (SIGKILL, power cut): no chance to tidy up."""


class Customer(abc.ABC):
    """Somebody who dials the service number and listens."""

    @abc.abstractmethod
    async def dial(self, number: str | None = None, *, ring_timeout_s: float = 40.0) -> Heard:
        """Dial (the service number unless told otherwise), listen, hang up. Several calls at once are allowed."""


class Faults(abc.ABC):
    """Breaks and mends the parts of the world around the box.

    Parts: the names of the configured trunks and nodes, ``trunks`` and ``cluster`` (all of them), ``uplink`` (the box
    sees nothing outside any more, while everything outside goes on working), ``modem``, ``broker``, ``guard``.
    """

    @abc.abstractmethod
    async def break_(self, part: str, how: str = "kill", **options: float) -> None:
        """Break a part. ``how``:

        - ``kill``: the process dies (modem: unplugged; uplink: cut; guard: SIGKILL)
        - ``stop``: it stands still and answers nothing (SIGSTOP)
        - ``refuse``: it lives and answers every SIP request with 503
        - ``cut``: only the box's way to it is cut; calls are not touched
        - ``lose``: the box's way to it loses ``percent`` of packets each way
        - ``delay``: the box's way to it takes ``seconds`` longer each way
        """

    @abc.abstractmethod
    async def mend(self, part: str) -> None:
        """Take back everything that was done to the part; returns once it serves again."""

    @abc.abstractmethod
    async def mend_all(self) -> None:
        """Mend every part that was broken."""

    @abc.abstractmethod
    async def broken(self) -> Mapping[str, str]:
        """What is broken now, and how."""


class Carrier(abc.ABC):
    """The mobile network behind the service number: what it has noted, and how it treats the modem.

    The carrier of a real bench cannot be told to misbehave: there only :meth:`table` may be available.
    """

    @abc.abstractmethod
    async def table(self) -> Mapping[str, str | None]:
        """Where each of ``cfu``, ``cfb``, ``cfnry``, ``cfnrc`` diverts calls now, as E.164; ``None``: nowhere."""

    @abc.abstractmethod
    async def history(self) -> Sequence[Mapping[str, Any]]:
        """Every change of the table so far: ``{"at", "service", "number", "by"}``, oldest first."""

    @abc.abstractmethod
    async def change(self, service: str, number: str | None) -> None:
        """Change the table behind the box's back (``number`` E.164, ``None`` erases)."""

    @abc.abstractmethod
    async def misbehave(self, how: str, **options: Any) -> None:
        """From now on answer forwarding requests wrongly.

        ``how``: ``refuse`` (``code``: the +CME ERROR), ``silent``, ``lie`` (says OK and does nothing),
        ``deaf`` (queries fail), ``slow`` (``seconds``), ``wipe`` (a CFU wipes the conditionals).
        """

    @abc.abstractmethod
    async def behave(self) -> None:
        """Answer rightly again."""

    async def texts(self, number: str) -> Sequence[Any]:
        """The short messages that a number has received, oldest first."""
        raise UnavailableError(f"nobody reads the messages of {number} on this bench")


@dataclass(frozen=True, slots=True)
class Bench:
    """All roles of one bench, in the state ``normal``: every part works, the primary route is active and verified."""

    box: Box
    customer: Customer
    faults: Faults
    carrier: Carrier
