"""What a scenario may ask of the telephones around exchanges, and of the exchanges. See :mod:`bench.lab.roles`."""

from __future__ import annotations

import abc
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.lab.roles import Box, Carrier, Faults


@dataclass(frozen=True, slots=True)
class Sound:
    """Something was heard from ``start`` until ``end``, Unix seconds.

    ``what`` is a person's name, a customer's (``customer-1``), ``ringing``, ``music``, a prompt of the bench
    (``greeting``, ``closed``, ``holiday``, ``notice``), or ``sound`` for what is none of these: speech.
    """

    what: str
    start: float
    end: float

    @property
    def length_s(self) -> float:
        """How long."""
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Told:
    """One call as a telephone's owner tells it. Times are Unix seconds, ``None`` for what did not happen.

    ``who`` is the person called, or the name of the customer's own tone. ``ended_by``: ``us`` (this telephone),
    ``them``, ``cancel`` (the caller gave up), ``refused``. ``status`` is SIP's, ``cause`` Q.850's. ``from_``, ``pai``
    and ``diversion`` are the identities that a called telephone was shown; ``via`` the trunk it came by.
    """

    id: str
    who: str | None
    number: str
    began: float
    rang_at: float | None
    early_at: float | None
    answered_at: float | None
    ended_at: float | None
    ended_by: str
    status: int | None
    cause: int | None
    heard: tuple[Sound, ...]
    pressed: tuple[str, ...] = ()
    connected: tuple[str, ...] = ()
    notified: tuple[str, ...] = ()
    via: str | None = None
    from_: str | None = None
    pai: str | None = None
    diversion: str | None = None

    @property
    def rang(self) -> bool:
        """Whether the caller knew that it rings: by the network's word (180), or by its tone."""
        return self.rang_at is not None or self.first("ringing") is not None

    def heard_names(self) -> list[str]:
        """What was heard, each once, in the order in which it began."""
        return list(dict.fromkeys(one.what for one in self.heard))

    def first(self, what: str) -> Sound | None:
        """The first time that something was heard."""
        return next((one for one in self.heard if one.what == what), None)


class Talk(abc.ABC):
    """A customer's call while it lasts, and after it."""

    @abc.abstractmethod
    async def told(self) -> Told:
        """What can be told so far."""

    @abc.abstractmethod
    async def hears(self, what: str, timeout_s: float = 40.0, since: float | None = None) -> Told:
        """Wait until something is (or, after ``since``, was) heard. Raises ``NotReachedError``."""

    @abc.abstractmethod
    async def press(self, digits: str) -> None:
        """Press keys."""

    @abc.abstractmethod
    async def hang_up(self) -> None:
        """Leave, at whatever stage."""

    @abc.abstractmethod
    async def over(self, timeout_s: float = 60.0) -> Told:
        """Wait until the call is over. Raises :class:`bench.lab.roles.NotReachedError`."""


class Phones(abc.ABC):
    """The telephones of people and customers. People are called by the names of :mod:`bench.exchange_plan`."""

    @abc.abstractmethod
    async def set(self, who: str, like: str | None = None, **changes: Any) -> None:
        """How a telephone behaves from the next call on: see :class:`bench.phones.behaviour.Behaviour`.

        ``changes`` differ from the manners called ``like``, or from the usual ones.
        """

    @abc.abstractmethod
    async def reset(self, usual: str = "normal") -> None:
        """Everybody hangs up and has the usual manners: ``normal`` people, or ``quick`` for calls nobody screens."""

    @abc.abstractmethod
    async def rings(self, since: float = 0.0) -> Sequence[Told]:
        """Every call that came to a telephone since then, in order."""

    @abc.abstractmethod
    async def wait_for_rings(
        self, wanted: Callable[[Sequence[Told]], bool], what: str, since: float, timeout_s: float = 40.0
    ) -> Sequence[Told]:
        """The calls since then, once they are as wanted. Raises :class:`bench.lab.roles.NotReachedError`."""

    @abc.abstractmethod
    async def hears(self, who: str, what: str, since: float, timeout_s: float = 40.0) -> Told:
        """Wait until somebody has heard something in their newest call since then: that a customer hears them does
        not say so. Raises :class:`bench.lab.roles.NotReachedError`."""

    @abc.abstractmethod
    async def pick_up(self, who: str) -> None:
        """Answer the newest call now, whatever the manners say."""

    @abc.abstractmethod
    async def press(self, who: str, digits: str) -> None:
        """Press keys in the newest lasting call."""

    @abc.abstractmethod
    async def hang_up(self, who: str) -> None:
        """End the newest lasting call, ringing or answered."""

    @abc.abstractmethod
    async def refer(self, who: str, to: str | None = None, consult: str | None = None) -> int | None:
        """Transfer by REFER: blind to a number, or attended to the party of a consultation; the answer's status."""

    @abc.abstractmethod
    async def consult(self, who: str, number: str) -> str:
        """A second call of somebody, to the exchange of the first; its id, for :meth:`refer`."""

    @abc.abstractmethod
    async def register(self, who: str, exchange: str, password: str) -> int | None:
        """Register a SIP phone at an exchange; the status of the answer."""

    @abc.abstractmethod
    async def dial(
        self, number: str | None = None, *, caller: str | None = None, tone: bool = True, phone: str | None = None
    ) -> Talk:
        """A customer dials (the service number unless told otherwise) and listens; ``anonymous`` hides theirs.

        ``phone`` is a registered SIP phone that dials at its exchange instead.
        """

    @abc.abstractmethod
    async def outgoing(self, since: float = 0.0) -> Sequence[Mapping[str, Any]]:
        """Calls as the trunks got them from exchanges: ``at, trunk, by, number, from_, pai, diversion``."""

    @abc.abstractmethod
    async def mail(self, since: float = 0.0) -> Sequence[Mapping[str, Any]]:
        """E-mails that were delivered: ``at, from, to, subject, text``, and ``sounds``, base64 by file name."""


class Exchanges(abc.ABC):
    """All exchanges of the service, as an operator sees them."""

    @abc.abstractmethod
    async def ready(self, timeout_s: float = 90.0) -> None:
        """Return once every exchange is there with its Asterisk and the newest roster."""

    @abc.abstractmethod
    async def roster(self, document: Mapping[str, Any]) -> int:
        """Set the roster and return its revision once every exchange that is there has it."""

    @abc.abstractmethod
    async def night_switch(self, line: str, situation: str) -> None:
        """Give a line its plan by hand, or back to the clock (``auto``), and return once every exchange that is there
        has it. As below: the guard's answer comes before that."""

    @abc.abstractmethod
    async def duty(self, person: str) -> None:
        """Put somebody on duty, and return once every exchange that is there has it."""

    @abc.abstractmethod
    async def agent(self, person: str, presence: str) -> None:
        """Let calls of queues be brought to somebody, or not (``in``, ``paused``, ``out``), and return once every
        exchange that is there has it in each queue of theirs."""

    @abc.abstractmethod
    async def state(self, name: str) -> Mapping[str, Any] | None:
        """What an exchange told of itself last; ``None`` while it is not there."""

    @abc.abstractmethod
    async def wait_for(
        self, name: str, wanted: Callable[[Mapping[str, Any]], bool], what: str, timeout_s: float = 60.0
    ) -> Mapping[str, Any]:
        """The first state of an exchange that is as wanted. Raises :class:`bench.lab.roles.NotReachedError`."""

    @abc.abstractmethod
    async def calls(self) -> Sequence[Mapping[str, Any]]:
        """Newest rows of all exchanges, oldest first, with every key that ``hotline calls --json`` may print."""

    @abc.abstractmethod
    async def command(self, name: str, command: str, args: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
        """Give an exchange a command; its response."""

    @abc.abstractmethod
    async def files(self, name: str) -> str:
        """The state directory of an exchange, where its recordings lie."""


@dataclass(frozen=True, slots=True)
class ExchangeBench:
    """All roles of a bench with exchanges, everything well and every telephone on the hook."""

    box: Box
    faults: Faults
    carrier: Carrier
    phones: Phones
    exchanges: Exchanges
