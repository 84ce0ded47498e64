"""What the arguments of all commands have in common."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

A_YEAR_MIN = 366 * 24 * 60


class Args(BaseModel):
    """Arguments of a command: JSON's own types, and no others than those named."""

    model_config = ConfigDict(extra="forbid", strict=True, defer_build=True)  # most commands never come


class NoArgs(Args):
    """A command without arguments."""
