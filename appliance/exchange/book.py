"""Who is taken, by which call: nobody's phone is rung twice at once, and nobody is disturbed who talks or wraps up.

One book for all calls of an exchange. It is memory only: after a restart it is filled again by the calls themselves.
It remembers for a moment whom a call has let go: see :meth:`Book.let_go_lately`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass

SETTLES_S = 2.0


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a key: a member, for a call."""

    call: str
    member: str


class Book:
    """Keys are persons' ids and phones' numbers; each is held by one member of one call."""

    def __init__(self) -> None:
        self._held: dict[str, Holder] = {}
        self._watchers: dict[Callable[[], None], str] = {}
        self._wrapping: set[Holder] = set()
        self._let_go: dict[str, float] = {}  # when, on the loop's clock; the last SETTLES_S only

    def busy(self, call: str, members: Mapping[str, frozenset[str]]) -> frozenset[str]:
        """Which of ``members`` (id → keys) are taken by somebody else than themselves for this call."""
        return frozenset(id_ for id_, keys in members.items() if self._taken(keys, Holder(call, id_)))

    def held_by(self, key: str) -> tuple[Holder, bool] | None:
        """Who holds a key, and whether they only wrap up; ``None``: nobody."""
        holder = self._held.get(key)
        return None if holder is None else (holder, holder in self._wrapping)

    def let_go_lately(self, key: str, by: float) -> bool:
        """Whether a call held the key within ``SETTLES_S`` before ``by`` (the loop's clock): its phone may still take
        itself for busy then, until the word that its last call is over has come through network and mobile."""
        return key in self._let_go and 0 <= by - self._let_go[key] < SETTLES_S

    def take(self, call: str, member: str, keys: frozenset[str]) -> bool:
        """Hold the keys; ``False``, and nothing is held, where another holds one of them."""
        holder = Holder(call, member)
        if self._taken(keys, holder):
            return False
        self._held |= dict.fromkeys(keys, holder)
        self._tell(by=call)
        return True

    def hand(self, member: str, giver: str, taker: str) -> None:
        """What the member holds for one call, they hold for another from now on."""
        before, after = Holder(giver, member), Holder(taker, member)
        self._held = {key: after if held == before else held for key, held in self._held.items()}

    def release(self, call: str, member: str, wrap_up_s: float = 0.0) -> None:
        """Let go of what the member holds for the call, ``wrap_up_s`` from now."""
        holder = Holder(call, member)
        if not any(held == holder for held in self._held.values()):
            return
        if wrap_up_s > 0:
            self._wrapping.add(holder)
            asyncio.get_running_loop().call_later(wrap_up_s, self.release, call, member)
            return
        now = asyncio.get_running_loop().time()
        freed = dict.fromkeys((key for key, held in self._held.items() if held == holder), now)
        self._let_go = {key: at for key, at in self._let_go.items() if at > now - SETTLES_S} | freed
        self._held = {key: held for key, held in self._held.items() if held != holder}
        self._wrapping.discard(holder)
        self._tell()

    def release_call(self, call: str, *, but: str | None = None) -> None:
        """Let go of everybody the call holds, except the member ``but``."""
        for member in {held.member for held in self._held.values() if held.call == call} - {but}:
            self.release(call, member or "")

    def forget_calls(self) -> None:
        """Nothing is known of any call any more."""
        self._held.clear()
        self._wrapping.clear()
        self._tell()

    def watch(self, call: str, tell: Callable[[], None]) -> Callable[[], None]:
        """Have ``tell`` called after each change, except where the call itself took somebody: it knows, and a hundred
        phones rung at once would have it decide a hundred times. Returns what ends that."""
        self._watchers[tell] = call

        def unwatch() -> None:
            self._watchers.pop(tell, None)

        return unwatch

    def _taken(self, keys: frozenset[str], holder: Holder) -> bool:
        return any(key in self._held and self._held[key] != holder for key in keys)

    def _tell(self, by: str | None = None) -> None:
        for tell, call in [*self._watchers.items()]:
            if call != by:
                tell()
