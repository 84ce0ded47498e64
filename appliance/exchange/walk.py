"""Which step of a call comes next: its plan's, and before that those which one of them led to. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Sequence

from appliance.domain.calls import CallRecord
from appliance.exchange.resume import resume_at
from appliance.exchange.way_steps import Step

LED_AT_MOST = 50  # a caller who presses keys for ever; or a circle that nobody found


class Walk:
    """One call's. ``at`` is the place in the plan of the step that :meth:`next` gave last, or of the one that led to
    it; ``aside`` says that it was led to."""

    def __init__(self, plan: Sequence[Step], begin: int = 0, aside: Sequence[Step] = ()) -> None:
        self._plan, self._next, self._aside = plan, begin, deque(aside)
        self._led = 0
        self.at = max(0, begin - 1) if aside else begin
        self.aside = False

    def next(self) -> Step | None:
        """The step to do now; ``None`` once nothing is left."""
        if self._aside:
            self.aside = True
            return self._aside.popleft()
        if self._next >= len(self._plan):
            return None
        self.at, self.aside = self._next, False
        self._next += 1
        return self._plan[self.at]

    def lead(self, steps: Sequence[Step]) -> bool:
        """These come first; ``False``, and they do not, where a call was led about without an end."""
        self._led += 1
        if self._led > LED_AT_MOST:
            return False
        self._aside.extendleft(reversed(steps))
        return True


def walk_on(
    plan: Sequence[Step], record: CallRecord, ringing: Collection[str], steps_of: Callable[[str], Sequence[Step]]
) -> Walk:
    """The walk of a call that is taken up. ``ringing`` are members whose phones ring; ``steps_of`` makes steps of a
    text as plans write it, none where it leads nowhere any more."""
    if record.led_from is not None and record.steps:
        aside = steps_of(record.steps[-1])
        # whatever the roster says by now: the plan's last step is the one that always leads to a human
        return Walk(plan, min(record.led_from + 1, len(plan) - 1), aside)
    return Walk(plan, resume_at(plan, record.steps, ringing))
