"""A button with two gestures: a short press, and a hold that counts while the finger is still on it. Pure.

Contacts bounce: a press that follows a release at once is the same press. So a worn button that chatters while it is
held acts once, and one that is stuck since before the start never does, as its edge was never seen.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

BOUNCE_S = 0.05
HOLD_S = 5.0


class Gesture(StrEnum):
    """What a person meant."""

    SHORT = "short"
    HOLD = "hold"


@dataclass(frozen=True, slots=True)
class Button:
    """One press: since when, let go when (monotonic seconds), and whether it has had its effect."""

    pressed_at: float | None = None
    released_at: float | None = None
    spent: bool = False
    hold_s: float = HOLD_S

    @property
    def due_at(self) -> float | None:
        """When the hold will count, while there is one under way."""
        if self.pressed_at is None or self.released_at is not None or self.spent:
            return None
        return self.pressed_at + self.hold_s


def pressed(button: Button, now: float) -> Button:
    """The contact closed."""
    if button.pressed_at is not None and button.released_at is None:
        return button
    if button.released_at is not None and now - button.released_at < BOUNCE_S:
        return replace(button, released_at=None)
    return Button(pressed_at=now, hold_s=button.hold_s)


def released(button: Button, now: float) -> tuple[Button, Gesture | None]:
    """The contact opened: the end of a short press, unless it was a spark."""
    button, gesture = waited(button, now)  # a loop that was busy may hear of both ends of a hold at once
    if button.pressed_at is None or button.released_at is not None:
        return button, gesture
    short = not button.spent and now - button.pressed_at >= BOUNCE_S
    return replace(button, released_at=now, spent=button.spent or short), Gesture.SHORT if short else gesture


def waited(button: Button, now: float) -> tuple[Button, Gesture | None]:
    """Time passed: the hold counts once its time is over."""
    due = button.due_at
    if due is None or now < due:
        return button, None
    return replace(button, spent=True), Gesture.HOLD
