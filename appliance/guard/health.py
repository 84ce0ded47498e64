"""Samples in, verdict out: is a probed part up, down, or is nothing known? Pure; time is an argument.

Theory of operation, in HAProxy's words. A part starts ``unknown``. One answer makes it ``up`` (a box that starts
needs a verdict at once, and an answer cannot be a mistake); ``fall`` misses in a row make it ``down``. From then on
it is slower up than down: ``rise`` answers in a row. While the last sample disagrees with the verdict the part is
in doubt and is asked every ``fastinter``; otherwise every ``inter``, or ``downinter`` when it is down.

Two things keep a verdict from being foolish. Misses in a row are weighed against the link's own loss
(:mod:`appliance.guard.accrual`), and a part that keeps falling is left alone (:mod:`appliance.guard.damping`); the
second changes what the ladder may *use*, never what is reported as seen.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from appliance.domain.health import Health, Sample, Target
from appliance.domain.phrase import Phrase, counted, percent, phrase
from appliance.guard import accrual, damping
from appliance.guard.accrual import LossEstimate
from appliance.guard.damping import CEILING, PENALTY, QUIET, REUSE, SUPPRESS, Damping, DampingSettings

ONE_YEAR_S = 365.25 * 86_400
SAMPLES_KEPT = 10


@dataclass(frozen=True, slots=True)
class WatchSettings:
    """How parts are watched. Times in seconds; ``fall`` and ``rise`` in probes in a row.

    ``false_alarm_interval_s`` is how rarely a living link may be taken for dead because of its own loss.
    """

    inter_s: float
    fastinter_s: float
    downinter_s: float
    timeout_s: float
    fall: int
    rise: int
    half_life_s: float
    penalty: float = PENALTY
    suppress: float = SUPPRESS
    reuse: float = REUSE
    ceiling: float = CEILING
    false_alarm_interval_s: float = ONE_YEAR_S
    damping: DampingSettings = field(init=False)

    def __post_init__(self) -> None:
        if self.fall < 1 or self.rise < 1:
            raise ValueError("fall and rise count probes: at least 1")
        if min(self.inter_s, self.fastinter_s, self.downinter_s, self.timeout_s, self.false_alarm_interval_s) <= 0:
            raise ValueError("times have to be positive")
        settings = DampingSettings(self.half_life_s, self.penalty, self.suppress, self.reuse, self.ceiling)
        object.__setattr__(self, "damping", settings)  # derived once: observe() runs for every probe


@dataclass(frozen=True, slots=True)
class TargetState:
    """What is known of one part.

    ``since`` is when ``health`` became what it is (monotonic seconds) and ``reason`` says why, for people; ``rtt_ms``
    is the last answer's time, ``None`` while there is none. ``misses`` and ``answers`` count the present run: one of
    them is 0. ``samples`` are the last ten, oldest first: the story the journal tells of a change.
    """

    target: Target
    health: Health
    since: float
    reason: str
    rtt_ms: float | None = None
    misses: int = 0
    answers: int = 0
    loss: LossEstimate = accrual.CLEAN
    damping: Damping = QUIET
    samples: tuple[Sample, ...] = ()


def initial(target: Target, now: float) -> TargetState:
    """A part nobody has asked yet: unknown."""
    return TargetState(target, Health.UNKNOWN, now, phrase("not probed yet"))


def observe(state: TargetState, sample: Sample, settings: WatchSettings) -> TargetState:
    """The state after one more probe. Raises ``ValueError`` for a sample of another part."""
    if sample.target != state.target:
        raise ValueError(f"a sample of {sample.target} says nothing of {state.target}")
    return _answered(state, sample, settings) if sample.ok else _missed(state, sample, settings)


def misses_needed(state: TargetState, settings: WatchSettings) -> int:
    """Misses in a row that take this part down, its link's loss considered."""
    return accrual.misses_needed(state.loss, settings.fall, settings.inter_s, settings.false_alarm_interval_s)


def next_probe_in_s(state: TargetState, settings: WatchSettings) -> float:
    """Seconds from the start of the last probe to the next, before jitter; a probe still under way goes first."""
    match state.health:
        case Health.UP:
            return settings.fastinter_s if state.misses else settings.inter_s
        case Health.DOWN:
            return settings.fastinter_s if state.answers else settings.downinter_s
        case Health.UNKNOWN:
            return settings.fastinter_s


def suppressed_until(state: TargetState, now: float, settings: WatchSettings) -> float | None:
    """Until when damping forbids the use of this part (monotonic seconds); ``None`` when it does not."""
    return damping.suppressed_until(state.damping, now, settings.damping)


def usable(state: TargetState, now: float, settings: WatchSettings) -> Health:
    """The part as the ladder has to take it: one that is up but flaps is as good as down, and left alone."""
    if state.health is Health.UP and suppressed_until(state, now, settings) is not None:
        return Health.DOWN
    return state.health


def _answered(state: TargetState, sample: Sample, settings: WatchSettings) -> TargetState:
    lost = state.misses if state.misses < misses_needed(state, settings) else 0  # a longer run was no loss but death
    answers = state.answers + 1
    state = replace(
        state,
        misses=0,
        answers=answers,
        rtt_ms=sample.rtt_ms,
        loss=accrual.after_answer(state.loss, lost),
        samples=_with(state.samples, sample),
    )
    if state.health is Health.UNKNOWN:
        reason = phrase("answered: {detail}", detail=sample.detail)
        return replace(state, health=Health.UP, since=sample.at, reason=reason)
    if state.health is Health.DOWN and answers >= settings.rise:
        reason = counted(
            "{n} answer in a row; last: {detail}",
            "{n} answers in a row; last: {detail}",
            answers,
            detail=sample.detail,
        )
        return replace(state, health=Health.UP, since=sample.at, reason=reason)
    return state


def _with(samples: tuple[Sample, ...], sample: Sample) -> tuple[Sample, ...]:
    return (*samples[1 - SAMPLES_KEPT :], sample)


def _missed(state: TargetState, sample: Sample, settings: WatchSettings) -> TargetState:
    state = replace(state, misses=state.misses + 1, answers=0, samples=_with(state.samples, sample))
    if state.health is Health.DOWN or state.misses < misses_needed(state, settings):
        return state
    # a part that was never seen up has not fallen: at the start of the box nothing flaps yet
    fell = state.health is Health.UP
    return replace(
        state,
        health=Health.DOWN,
        since=sample.at,
        reason=_death_notice(state, sample, settings),
        rtt_ms=None,
        damping=damping.after_fall(state.damping, sample.at, settings.damping) if fell else state.damping,
    )


def _death_notice(state: TargetState, sample: Sample, settings: WatchSettings) -> Phrase:
    loss = percent(state.loss.share)
    if misses_needed(state, settings) > settings.fall:
        return counted(
            "{n} miss in a row where {loss} loss makes {chance} chance; last: {detail}",
            "{n} misses in a row where {loss} loss makes {chance} chance; last: {detail}",
            state.misses,
            loss=loss,
            chance=state.misses - 1,
            detail=sample.detail,
        )
    return counted(
        "{n} miss in a row; link loss {loss}; last: {detail}",
        "{n} misses in a row; link loss {loss}; last: {detail}",
        state.misses,
        loss=loss,
        detail=sample.detail,
    )
