"""What can be said of a part: up, down, or nothing."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Health(StrEnum):
    """The verdict on a part. ``UNKNOWN`` is not ``DOWN``: nothing was seen, so nothing is claimed."""

    UP = "up"
    DOWN = "down"
    UNKNOWN = "unknown"


class TargetKind(StrEnum):
    """What a probed target is to the ladder."""

    TRUNK = "trunk"
    NODE = "node"
    REFERENCE = "reference"
    LOCAL = "local"  # the box's own exchange, as seen through one trunk; named like that trunk


@dataclass(frozen=True, slots=True)
class Target:
    """Something that is probed; ``(kind, name)`` names it everywhere."""

    kind: TargetKind
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


@dataclass(frozen=True, slots=True)
class Sample:
    """The outcome of one probe.

    ``at`` is monotonic seconds when the outcome was known; ``rtt_ms`` is ``None`` for a miss; ``detail`` says in a
    few words what came back or did not (``"200"``, ``"404"``, ``"no answer in 1.0 s"``, ``"503 counts as a miss"``).
    """

    target: Target
    at: float
    ok: bool
    rtt_ms: float | None
    detail: str
