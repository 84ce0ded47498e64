"""The shape of a step: what every kind of step of a call's way can do, and how each is made.

A step is two things. *What* it is, is a frozen dataclass in :mod:`..route`: pure, made of the roster before the call
needs it. *Doing* it is a class in a file of its own (``play.py``, ``ring.py``, …) with this one method:

    class DoSomething:
        def __init__(self, stage: Stage, step: Something) -> None: ...
        async def run(self, taken_up: TakenUp | None) -> Result: ...

- ``stage`` (:mod:`..stage`) is what a step may do with its call: let the caller hear sounds, have a talk, end it. The
  call itself, its inbox and its record are ``stage.call``; the prompts and the language are the call's.
- ``taken_up`` is ``None`` where the step begins anew. Where a call is taken up after a crash in the middle of the
  step, it is what was found of it. A kind of step that must know more than who rings and who talks keeps that where
  it is found again: in the call's record (``call.note``, then ``await call.write()``), or on the caller's channel as
  a variable that :mod:`..taking_up` reads into :class:`..taken.TakenUp`.
- The result says how the call's way goes on: :class:`Next`, :class:`Lead` or :class:`Over`.
- The caller may go at any moment: :meth:`..call.Call.next` and :meth:`..call.Call.of_caller` raise
  ``CallerGoneError``. A step that holds something (a place in a queue, a member's phone) lets go of it in a
  ``finally``, without awaiting Asterisk: being cancelled means that the exchange goes, and everything in Asterisk
  stays as it is.

A new kind is three entries: its dataclass in :data:`..route.Step`, its class, and a line in :data:`.every.KINDS`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from appliance.exchange.taken import TakenUp


@dataclass(frozen=True, slots=True)
class Next:
    """Nobody of the step has the call: what comes next is tried."""


@dataclass(frozen=True, slots=True)
class Lead:
    """The way goes on with the step ``to``, as a plan writes it (``group:ops``); after it, with what is left.

    ``why`` is for the log, in words.
    """

    to: str
    why: str


@dataclass(frozen=True, slots=True)
class Over:
    """The call is over, and its record has its end."""


Result = Next | Lead | Over


class Doing(Protocol):
    """One step of one call, being done."""

    async def run(self, taken_up: TakenUp | None) -> Result:
        """Do it, once. Raises ``CallerGoneError``."""
