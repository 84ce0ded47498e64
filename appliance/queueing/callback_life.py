"""A callback's life, from the caller's wish to its end (MISSION C4, B8). Pure.

Theory of operation. A callback is one value; each function here is one legal move and returns the next value, or
raises :class:`IllegalMove`. Whoever acts writes the move down first and acts then, so that after a crash the value
says what may have been begun:

- ``WAITING``: it has its place in the queue as the caller would; nobody is called. An agent may be ringing for it.
- ``ASIDE``: the caller has called again and waits by telephone, on this place. The callback rests until that call
  ends.
- ``DIALLING``: an agent has answered, and the caller is being called by the ``attempt``. Channels of it may exist;
  their ids begin with the callback's.
- ``HOLDING``: the caller has answered, and no agent is there any more: the caller waits by telephone.
- ``TALKING``: caller and agent were brought together.
- ``DONE``: it is over; ``result`` and ``why`` say how.

There is never more than one attempt: a new one is legal only from ``WAITING``, and whoever finds ``DIALLING`` after a
crash looks for its channels before anything else (:func:`broken_off` is for where there are none).

Of an attempt that reached nobody, ``tries`` counts. One that a fault broke off, or that an agent left, counts apart:
the caller did nothing wrong; but there is a bound to these too.

Times are seconds of the wall clock (Unix time): they must outlast a restart. A clock that was set back makes nobody
wait longer than the longest pause (:func:`ready_at`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from appliance.domain.calls import LegResult

LONGEST_PAUSE_S = 3600.0
BROKEN_MOST = 8  # attempts broken off by faults or left by agents, beyond those that the rule allows
AGAIN_SOON_S = 15.0  # after the first of those; twice that after the next, and so on: about an hour in all
LETS_GO_S = 5.0  # until the caller has put the phone down after asking
HELD_AT_MOST_S = 7 * 86_400.0  # longer than any weekend with holidays


class State(StrEnum):
    """Where a callback stands."""

    WAITING = "waiting"
    ASIDE = "aside"
    DIALLING = "dialling"
    HOLDING = "holding"
    TALKING = "talking"
    DONE = "done"


class Result(StrEnum):
    """How a callback ended."""

    TALKED = "talked"  # the caller was called back and had a human
    CALLED_AGAIN = "called_again"  # the caller called again and had a human
    CANCELLED = "cancelled"  # by an operator, or by a later wish of the same caller
    GIVEN_UP = "given_up"  # not reached, or too late


class IllegalMove(Exception):  # noqa: N818 - reads as what it tells
    """The callback does not stand where this move begins; nothing is changed."""


@dataclass(frozen=True, slots=True)
class Rule:
    """How often and when the caller is tried: ``tries`` in all, ``retry_after_s`` before the second, twice that
    before the third, and so on; nothing is begun any more ``give_up_after_s`` after the wish."""

    tries: int
    retry_after_s: float
    give_up_after_s: float


@dataclass(frozen=True, slots=True)
class Callback:
    """One wish to be called back. ``id`` is made of letters, digits and hyphens.

    ``queued_at`` is since when the caller waits: the place. ``call`` is the call in which it was asked for,
    ``called``, ``line`` and ``situation`` are how that one had come; ``again`` is the call that stands for it while
    it is ``ASIDE``.

    ``patient_from`` is when patience began: at the wish, or when the line opened again after the wish was held.
    ``agent`` is the member who answered for the ``attempt``, ``agent_channel`` their channel.
    """

    id: str
    exchange: str
    queue: str
    number: str
    language: str
    call: str
    queued_at: float
    asked_at: float
    called: str = ""
    line: str | None = None
    situation: str | None = None
    state: State = State.WAITING
    not_before: float = 0.0
    patient_from: float = 0.0
    held: bool = False
    tries: int = 0
    attempt: int = 0
    agent: str | None = None
    agent_channel: str | None = None
    again: str | None = None
    last_result: LegResult | None = None
    result: Result | None = None
    why: str | None = None
    ended_at: float | None = None


Move = Callable[[Callback], Callback]


def asked(callback: Callback) -> Callback:
    """A new wish: it rests until the caller has hung up."""
    began = callback.asked_at
    return replace(callback, state=State.WAITING, not_before=began + LETS_GO_S, patient_from=began)


def is_renewed(before: Callback, wish: Callback) -> bool:
    """Whether the new wish puts an end to one that stands: it is the same caller's. One that talks goes on."""
    same = before.number == wish.number and before.queue == wish.queue
    return before.state is not State.TALKING and (same or (before.again is not None and before.again == wish.call))


def stands(callback: Callback) -> bool:
    """Whether it is still to be fulfilled."""
    return callback.state is not State.DONE


def ready_at(callback: Callback, now: float) -> float:
    """From when on an agent may be rung for it."""
    return min(callback.not_before, now + LONGEST_PAUSE_S)


def is_ready(callback: Callback, now: float) -> bool:
    """Whether an agent may be rung for it now."""
    return callback.state is State.WAITING and not callback.held and ready_at(callback, now) <= now


def dial(callback: Callback, agent: str, agent_channel: str) -> Callback:
    """An agent has answered: the caller is about to be called."""
    _must_be(callback, State.WAITING)
    return replace(
        callback,
        state=State.DIALLING,
        attempt=callback.attempt + 1,
        agent=agent,
        agent_channel=agent_channel,
    )


def connected(callback: Callback, agent: str, agent_channel: str) -> Callback:
    """The caller is human, and an agent is there: they talk."""
    _must_be(callback, State.DIALLING, State.HOLDING)
    return replace(callback, state=State.TALKING, agent=agent, agent_channel=agent_channel)


def left_alone(callback: Callback) -> Callback:
    """The caller has answered and has no agent: that one left, or was a machine after all."""
    _must_be(callback, State.DIALLING, State.TALKING)
    return replace(callback, state=State.HOLDING, agent=None, agent_channel=None)


def not_reached(callback: Callback, result: LegResult, now: float, rule: Rule) -> Callback:
    """The caller was tried and is not to be had: busy, no answer, a voicemail; or hung up before an agent came."""
    _must_be(callback, State.DIALLING, State.HOLDING, State.TALKING)
    tried = replace(_at_rest(callback), tries=callback.tries + 1, last_result=result)
    if tried.tries >= rule.tries:
        return _done(tried, Result.GIVEN_UP, f"not reached by {tried.tries} calls, the last: {result}", now)
    return _again(tried, now, pause_s(tried.tries, rule))


def broken_off(callback: Callback, why: str, now: float) -> Callback:
    """The attempt ended by no doing of the caller's: a fault, a restart, an agent who left. The place is kept."""
    _must_be(callback, State.DIALLING, State.HOLDING)
    rest, broken = _at_rest(callback), callback.attempt - callback.tries
    if broken > BROKEN_MOST:
        return _done(rest, Result.GIVEN_UP, f"broken off {broken} times, the last: {why}", now)
    return _again(rest, now, min(AGAIN_SOON_S * 2.0 ** max(0, broken - 1), LONGEST_PAUSE_S))


def postponed(callback: Callback, now: float, pause_s: float) -> Callback:
    """Nothing can be begun now, such as while a limit is reached: looked at again after a pause."""
    _must_be(callback, State.WAITING)
    return _again(callback, now, pause_s)


def talked(callback: Callback, now: float) -> Callback:
    """The talk is over."""
    _must_be(callback, State.TALKING)
    return _done(callback, Result.TALKED, "the caller was called back", now)


def handed_on(callback: Callback, why: str, now: float) -> Callback:
    """The caller is on the line, and somebody else has them."""
    _must_be(callback, State.DIALLING, State.HOLDING, State.TALKING)
    return _done(callback, Result.TALKED, why, now)


def called_again(callback: Callback, call: str) -> Callback:
    """The caller calls: that call has the place from now on."""
    _must_be(callback, State.WAITING, State.ASIDE, State.DIALLING)
    return replace(_at_rest(callback), state=State.ASIDE, again=call)


def again_over(callback: Callback, call: str, now: float, *, had_a_human: bool) -> Callback:
    """That call has ended. Whoever hung up waiting is called back as was promised."""
    _must_be(callback, State.ASIDE)
    if callback.again != call:
        raise IllegalMove(f"callback {callback.id} rests for call {callback.again}, not for {call}")
    if had_a_human:
        return _done(callback, Result.CALLED_AGAIN, f"the caller had a human in call {call}", now)
    return replace(_again(callback, now, LETS_GO_S), state=State.WAITING, again=None)


def cancelled(callback: Callback, by: str, now: float) -> Callback:
    """Somebody takes it back. One that talks ends by itself."""
    _must_be(callback, State.WAITING, State.ASIDE, State.DIALLING, State.HOLDING)
    return _done(callback, Result.CANCELLED, by, now)


def looked_at(callback: Callback, now: float, rule: Rule, *, is_open: bool) -> Callback:
    """Look at the clock: whether it is held because the line has closed meanwhile, and whether it is too late.

    Time in which it is held costs no patience. A wish that was made while the line was closed is not held: whoever
    works then called for it. Changes nothing but a callback that waits.
    """
    if callback.state is not State.WAITING:
        return callback
    if now >= callback.asked_at + HELD_AT_MOST_S:
        return _done(callback, Result.GIVEN_UP, "a week has passed", now)
    if not is_open:
        return callback if callback.held else replace(callback, held=True)
    if callback.held:
        callback = replace(callback, held=False, patient_from=now)
    # a clock that is set back begins the patience anew, rather than never ending it
    if callback.patient_from > now:
        callback = replace(callback, patient_from=now)
    if now >= callback.patient_from + rule.give_up_after_s:
        return _done(callback, Result.GIVEN_UP, "no agent came in time", now)
    return callback


def pause_s(tries: int, rule: Rule) -> float:
    """How long the caller is left alone after so many calls that reached nobody."""
    return min(rule.retry_after_s * 2.0 ** min(tries - 1, 20), LONGEST_PAUSE_S)


def _again(callback: Callback, now: float, pause: float) -> Callback:
    return replace(callback, not_before=now + pause)


def _at_rest(callback: Callback) -> Callback:
    return replace(callback, state=State.WAITING, agent=None, agent_channel=None)


def _done(callback: Callback, result: Result, why: str, now: float) -> Callback:
    return replace(
        callback, state=State.DONE, result=result, why=why, ended_at=now, agent=None, agent_channel=None, again=None
    )


def _must_be(callback: Callback, *states: State) -> None:
    if callback.state not in states:
        raise IllegalMove(f"callback {callback.id} is {callback.state}, not {' or '.join(states)}")
