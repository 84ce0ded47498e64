"""How many misses in a row are more than chance on this link? Pure.

A fixed count of misses is wrong on every link but the one it was tuned for: three misses prove a clean link dead
and happen every minute on a lossy one. In the manner of the accrual detectors of Hayashibara et al. ("The φ accrual
failure detector", 2004) the suspicion is weighed against what the link itself has shown: a link that loses the share
*p* of its probes shows a run of *n* misses with probability *p^n* each time a run can begin. A run can begin once
after each answer, so at most once in a probe interval; the smallest *n* is taken for which that is rarer than the
wanted distance between false alarms: ``n = ceil(log(interval / false_alarm_interval) / log(p))``, never below
``fall``.

What teaches the estimate decides everything. Only finished runs do: while a run lasts, nobody knows whether it is
loss or death. A run that ended before its limit was loss and is learnt whole; one that reached the limit was an
outage, and teaches nothing, or a dead link would persuade us that loss is normal.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

# Exponential windows, in probes. The recent one makes a link that has just begun to lose suspect itself after the
# first answered miss; the lasting one carries the precision that a false alarm a year asks for (17 minutes at 2 s).
RECENT_WINDOW = 16
LASTING_WINDOW = 512

# Past this share of misses the limit is not raised any more (log(2 s / 1 year) / log(2/3) is 40 misses): a link that
# loses two probes in three carries no call, and has to be found down in the end.
MOST_MISSES = 40


@dataclass(frozen=True, slots=True)
class LossEstimate:
    """Share of probes the link itself loses, 0 to 1, over the two windows. A link begins as believed clean."""

    recent: float = 0.0
    lasting: float = 0.0

    @property
    def share(self) -> float:
        """The estimate as people are told it: the worse of the two windows."""
        return max(self.recent, self.lasting)

    @property
    def cautious_share(self) -> float:
        """The share to reckon with: the lasting estimate is raised by its own standard error.

        An exponential window of N probes has the variance of 2 N plain ones. Without the margin every dip of the
        estimate would buy false alarms that no rise of it gives back.
        """
        margin = math.sqrt(self.lasting * (1.0 - self.lasting) / (2 * LASTING_WINDOW))
        return max(self.recent, self.lasting + margin)


CLEAN = LossEstimate()


def after_answer(loss: LossEstimate, lost_before: int) -> LossEstimate:
    """The estimate after an answered probe that ``lost_before`` lost ones came before."""
    return LossEstimate(
        _windowed(loss.recent, RECENT_WINDOW, lost_before),
        _windowed(loss.lasting, LASTING_WINDOW, lost_before),
    )


def misses_needed(loss: LossEstimate, fall: int, interval_s: float, false_alarm_interval_s: float) -> int:
    """Misses in a row that are not chance: at least ``fall``, at most :data:`MOST_MISSES` (or ``fall`` if larger).

    ``interval_s`` is the time between two probes that are answered; ``false_alarm_interval_s`` is how rare a false
    alarm has to be, both in seconds.
    """
    share = loss.cautious_share
    if share <= 0.0 or interval_s >= false_alarm_interval_s:
        return fall
    if share >= 1.0:
        return max(fall, MOST_MISSES)
    chance = math.log(interval_s / false_alarm_interval_s) / math.log(share)
    return max(fall, min(MOST_MISSES, math.ceil(chance)))


def _windowed(share: float, window: int, lost: int) -> float:
    kept = 1.0 - 1.0 / window
    after_losses = 1.0 - (1.0 - share) * kept**lost
    return after_losses * kept
