"""What a caller may do with a message before it is sent: 1 send, 2 listen, 3 record again. Pure.

Whoever does nothing has it sent: what was said is never lost for want of a key.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

WAIT_S = 6.0
ASKED_AT_MOST = 2  # by silence
ACTS_AT_MOST = 15  # by keys, whatever is pressed
RECORDED_AT_MOST = 5
SEND_KEY, LISTEN_KEY, AGAIN_KEY = "1", "2", "3"


class Act(StrEnum):
    """What is done now."""

    ASK = "ask"  # the question
    COMPLAIN = "complain"  # that the key means nothing, and the question
    LISTEN = "listen"  # to the message, and the question
    AGAIN = "again"  # record it again
    SEND = "send"


@dataclass(frozen=True, slots=True)
class Review:
    """``silences`` followed a question, ``acts`` were done, ``takes`` recorded."""

    takes: int = 1
    silences: int = 0
    acts: int = 0

    def silence(self) -> tuple[Review, Act]:
        """Nothing was pressed for :data:`WAIT_S` after the question."""
        silences = self.silences + 1
        return Review(self.takes, silences, self.acts), Act.SEND if silences >= ASKED_AT_MOST else Act.ASK

    def key(self, key: str) -> tuple[Review, Act]:
        """A key was pressed."""
        if key == SEND_KEY or self.acts >= ACTS_AT_MOST:
            return self, Act.SEND
        acts = self.acts + 1
        if key == LISTEN_KEY:
            return Review(self.takes, 0, acts), Act.LISTEN
        if key == AGAIN_KEY and self.takes < RECORDED_AT_MOST:
            return Review(self.takes + 1, 0, acts), Act.AGAIN
        return Review(self.takes, self.silences, acts), Act.COMPLAIN
