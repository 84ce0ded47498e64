"""The small values that a modem's parts hand to each other."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field, replace
from typing import Any

NUMERIC_RESULT = {"OK": "0", "RING": "2", "NO CARRIER": "3", "ERROR": "4", "BUSY": "7", "NO ANSWER": "8"}


@dataclass(slots=True)
class Settings:
    """What AT commands set and a power cycle forgets (the stored profile of AT&W comes back)."""

    echo: bool = True
    verbose: bool = True
    quiet: bool = False
    cmee: int = 0
    reporting: dict[str, int] = field(default_factory=dict)
    clip: int = 0
    cssi: int = 0
    cssu: int = 0
    crc: int = 0
    cmgf: int = 0
    cnmi: tuple[int, ...] = (0, 0, 0, 0, 0)
    cpms: str = "SM"
    cops_format: int = 0
    ctzu: int = 0
    ctzr: int = 0
    charset: str = "IRA"
    accepted: dict[str, str] = field(default_factory=dict)

    def copy(self) -> Settings:
        """An independent copy."""
        return replace(self, reporting=dict(self.reporting), accepted=dict(self.accepted))


@dataclass(slots=True)
class Reply:
    """The answer to one command. ``afterwards`` runs once the answer is on its way."""

    lines: list[str] = field(default_factory=list)
    final: str = "OK"
    afterwards: Callable[[], Coroutine[Any, Any, None]] | None = None


class CommandError(Exception):
    """The command fails; plain ``ERROR``."""


class CmeError(CommandError):
    """Fails with a +CME ERROR."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class CmsError(CommandError):
    """Fails with a +CMS ERROR."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class UnknownCommandError(CommandError):
    """This make has no such command."""


class Tasks:
    """The running tasks of one owner; none outlives :meth:`cancel`. A task's failure comes up there."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        self._failures: list[BaseException] = []

    def spawn(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        """Start a task that :meth:`cancel` will end."""
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._failures.append(error)
            task.get_loop().call_exception_handler({"message": f"{task.get_name()} failed", "exception": error})

    async def cancel(self) -> None:
        """End all tasks but the calling one and wait for them. Raises the first failure there was."""
        current = asyncio.current_task()
        tasks = [task for task in self._tasks if task is not current]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._failures:
            failure, self._failures = self._failures[0], []
            raise failure
