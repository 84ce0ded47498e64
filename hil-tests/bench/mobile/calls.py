"""The calls of one modem."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from enum import IntEnum


class CallState(IntEnum):
    """``<stat>`` of AT+CLCC (3GPP TS 27.007 §7.18)."""

    ACTIVE = 0
    DIALLING = 2
    ALERTING = 3
    INCOMING = 4


@dataclass(slots=True, eq=False)
class Call:
    """One call. ``answered`` and ``ended`` can be awaited by the bench."""

    index: int
    number: str
    incoming: bool
    state: CallState
    answered: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None

    def answer(self) -> None:
        """The far end (or this one) picked up."""
        self.state = CallState.ACTIVE
        self.answered.set()

    @property
    def listing(self) -> str:
        """The line of AT+CLCC."""
        type_ = 145 if self.number.startswith("+") else 129
        return f'+CLCC: {self.index},{int(self.incoming)},{self.state.value},0,0,"{self.number}",{type_}'
