"""An event loop whose clock jumps to the next thing that is due: ten minutes of an outage pass in milliseconds.

Only for code that waits by the loop's own clock (``sleep``, ``timeout``, ``call_later``): sockets and threads live in
real time.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class NothingWillHappenError(RuntimeError):
    """Every task waits for something that no timer will bring."""


class _JumpingSelector(selectors.SelectSelector):
    """Where a real selector would sleep, this one moves the clock."""

    def __init__(self, jump: Callable[[float], None]) -> None:
        super().__init__()
        self._jump = jump

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """What is ready now; otherwise the clock jumps by ``timeout``."""
        if timeout is not None and timeout <= 0:  # the loop has work: the kernel is asked when that is done
            return []
        if ready := super().select(0):
            return ready
        if timeout is None:
            raise NothingWillHappenError("every task waits, and no timer is set")
        self._jump(timeout)
        return []


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """Starts at ``begin`` seconds; ``time()`` moves only when nothing is left to do at the present instant."""

    def __init__(self, begin: float = 1000.0) -> None:
        self._virtual_s = begin
        super().__init__(_JumpingSelector(self._advance))

    def time(self) -> float:
        """Virtual monotonic seconds."""
        return self._virtual_s

    def _advance(self, seconds: float) -> None:
        self._virtual_s += max(0.0, seconds)


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run ``main`` to its end in virtual time; tasks it leaves behind are cancelled and awaited."""
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        return runner.run(main)
