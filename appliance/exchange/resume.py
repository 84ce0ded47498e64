"""At which step a call goes on that is taken up again.

The roster may have changed meanwhile, and with it the steps; or the log could not be read, and nobody knows which
were begun. No caller must fall off the end for it, and nobody ring unheard.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from appliance.exchange.ringing import RingStep, members_of_step
from appliance.exchange.way_steps import Play, Step


def resume_at(steps: Sequence[Step], begun: Sequence[str], ringing: Collection[str] = ()) -> int:
    """The index of the step to go on with. ``begun`` are the labels of the steps that were begun, ``ringing`` the
    members whose phones ring."""
    place = len(begun) - 1
    if 0 <= place < len(steps) and steps[place].label == begun[place]:
        return place
    if begun:
        for number, step in enumerate(steps):
            if step.label == begun[-1]:
                return number
    for number, step in enumerate(steps):
        if isinstance(step, RingStep) and any(member.id in ringing for member in members_of_step(step)):
            return number
    greeted = bool(begun or ringing)
    return next((number for number, step in enumerate(steps) if not (greeted and isinstance(step, Play))), 0)
