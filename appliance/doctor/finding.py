"""What one check found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad it is: ``fail`` keeps the box from its job, ``warn`` may one day."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line; ``mend`` says what to do and is empty where nothing needs doing."""

    part: str
    level: Level
    text: str
    mend: str = ""
