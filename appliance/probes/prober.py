"""What all probers share: the deadline, the measuring, and that nothing is ever raised."""

from __future__ import annotations

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

from appliance.domain.health import Sample, Target
from appliance.domain.phrase import phrase
from appliance.probes.words import Late, MissError, no_answer, words

_log = logging.getLogger(__name__)

Read = Callable[[bytes], tuple[bool, str] | None]


@dataclass(frozen=True, slots=True)
class Question:
    """A message to send, and how to know its answer.

    ``read`` gives for a message that came whether it counts and a few words, or ``None`` when it is no answer to this
    question.
    """

    payload: bytes
    read: Read


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, and whether it counts; ``took_s`` from asking to answer, in seconds."""

    ok: bool
    detail: str
    took_s: float


class BaseProber(ABC):
    """Asks one target, one question at a time; a call during another waits for its turn.

    Sockets are kept while they serve and dropped after a miss: a changed own address, a forgotten NAT binding or a
    target that moved to another address must not outlive one probe.
    """

    def __init__(self, target: Target) -> None:
        self._target = target
        self._turn = asyncio.Lock()
        self._late: Late = no_answer

    @property
    def target(self) -> Target:
        """What is probed."""
        return self._target

    async def probe(self, timeout_s: float) -> Sample:
        """One probe; returns within ``timeout_s`` of its turn. What goes wrong is a miss with its reason."""
        async with self._turn:
            clock = asyncio.get_running_loop().time
            try:
                async with asyncio.timeout(timeout_s):
                    answer = await self._ask(timeout_s)
            except TimeoutError:
                detail: str = self._late(float(timeout_s))
            except MissError as miss:
                detail = str(miss)
            except OSError as error:
                detail = words(error)
            except Exception as error:  # a mistake of ours must not end the watch over this part, nor pass unseen
                _log.exception("probe of %s failed", self._target)
                detail = phrase("the probe itself failed: {kind}", kind=type(error).__name__)
            else:
                rtt_ms = answer.took_s * 1000.0 if answer.ok else None
                return Sample(self._target, clock(), answer.ok, rtt_ms, answer.detail)
            self._start_over()
            return Sample(self._target, clock(), False, None, detail)

    @abstractmethod
    async def close(self) -> None:
        """Let go of sockets."""

    @abstractmethod
    async def _ask(self, timeout_s: float) -> Answer:
        """Ask and return the answer. Raises :class:`MissError` or ``OSError``; the caller keeps the deadline.

        Sets ``_late`` to the words for the time-out of what it is waiting for.
        """

    @abstractmethod
    def _start_over(self) -> None:
        """After a miss: drop what the next probe should not build on."""
