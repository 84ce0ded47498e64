"""What the arguments of all commands have in common."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict

A_YEAR_MIN = 366 * 24 * 60


def _on_one_line(text: str) -> str:
    return "".join(sign if sign.isprintable() else " " for sign in text)


# what people say beside a command is shown in logs and on terminals, where a line feed or an escape would pass for a
# word of the box; the command itself is not refused for it
Words = Annotated[str, AfterValidator(_on_one_line)]


class Args(BaseModel):
    """Arguments of a command: JSON's own types, and no others than those named."""

    model_config = ConfigDict(extra="forbid", strict=True, defer_build=True)  # most commands never come


class NoArgs(Args):
    """A command without arguments."""
