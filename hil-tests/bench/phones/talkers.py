"""Customers who talk: they dial, listen from the first moment on, press keys, and hang up when they are told to."""

from __future__ import annotations

import asyncio
import itertools
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from bench.phones.agent import Address, Agent
from bench.phones.call import Call, Side
from bench.phones.handsets import facts
from bench.phones.rtp import Stream

LOOK_S = 0.2
ANONYMOUS = "anonymous"


class Talkers:
    """Their calls enter the telephone network at ``network``. ``tones``: the customers' own, one after the other."""

    def __init__(self, agent: Agent, network: Address, tones: Sequence[int], known_hz: Mapping[str, int]) -> None:
        self._agent = agent
        self._network = network
        self._tones = tones
        self._known_hz = known_hz
        self._numbers = itertools.count(1)
        self._calls: dict[int, Call] = {}

    def dial(
        self, number: str, caller: str | None = None, *, tone: bool = True, at: tuple[Address, str] | None = None
    ) -> int:
        """Begin a call; its name. ``at``: not into the network, but to this exchange, where ``caller`` is an account
        with that password.
        """
        name = next(self._numbers)
        caller = caller or f"+4206010{name % 100000:05d}"
        call = Call(self._agent, Side.CALLER, secrets.token_hex(8), Stream(self._agent.address))
        if tone:
            call.stream.set_tone(self._tones[(name - 1) % len(self._tones)])
        self._agent.keep(call)
        self._calls[name] = call
        hidden = [("privacy", "id")] if caller == ANONYMOUS else []
        to, secret = at or (self._network, "")
        self._agent.spawn(call.dial(to, number, caller, hidden, secret), f"customer {name}")
        return name

    def call(self, name: int) -> Call:
        """The call. Raises ``KeyError``."""
        return self._calls[name]

    def told(self, name: int) -> dict[str, Any]:
        """What the customer can tell so far."""
        tone = next(what for what, hz in self._known_hz.items() if hz == self._tones[(name - 1) % len(self._tones)])
        return {**facts(self._calls[name], self._known_hz), "name": name, "tone": tone}

    async def hears(
        self, name: int, what: str, timeout_s: float, since: float | None = None, for_s: float = 0.3
    ) -> bool:
        """Whether ``what`` was heard for a while (after ``since``, Unix seconds), or is within the time.

        A call that ended is not waited for.
        """
        call = self._calls[name]
        after_s = (since or 0.0) - call.stream.began
        try:
            async with asyncio.timeout(timeout_s):
                while True:
                    over = call.over.is_set()
                    heard = (one for one in call.stream.heard(self._known_hz) if one.what == what)
                    if any(one.end_s - max(one.start_s, after_s) >= for_s for one in heard):
                        return True
                    if over:
                        return False
                    await asyncio.sleep(LOOK_S)
        except TimeoutError:
            return False

    def hang_up_all(self) -> None:
        """Everybody leaves."""
        for call in self._calls.values():
            call.hang_up()
