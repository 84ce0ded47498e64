"""How a caller who waits asks to be called back (MISSION C1-C3, C5): a state machine. Pure.

Theory of operation. :func:`begin` opens the dialogue, :func:`step` takes one event and says what to do; between
events nothing happens before :func:`wakes_at`. The caller keeps waiting meanwhile: whoever runs the dialogue may drop
it before :class:`Keeping`, when an agent is free or the caller hangs up, and nothing was promised.

- :class:`Asking`: the number is said; ``*`` confirms it, ``0`` asks for another one, ``#`` goes back to waiting,
  ``2`` (by which the dialogue is opened) has it said again. Anything else is a mistake.
- :class:`Keying`: digits are taken until ``#``, ``*`` or a pause; ``#`` before any digit goes back to waiting.
- :class:`Keeping`: the wish is being made durable. Only then is anything promised.
- :class:`Parting`: the promise is being said; then the caller is let go.
- :class:`Over`: the caller waits on.

Everything is bounded: after ``MISTAKES`` mistakes in all (wrong keys, silence, numbers that are none) the caller
waits on, digits beyond a number's length are thrown away, and a saying whose end is never told ends by the clock.

Times are monotonic seconds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from appliance.queueing.callback_numbers import KEYED_MOST, Refusal

MISTAKES = 3
ANSWER_WITHIN_S = 8.0  # after the question has been said
NEXT_DIGIT_WITHIN_S = 4.0
SAID_WITHIN_S = 60.0  # nothing said is longer
CONFIRM, ANOTHER, CANCEL, OPEN = "*", "0", "#", "2"
Clock = float


@dataclass(frozen=True, slots=True)
class Phrase:
    """A prompt by its name in :data:`appliance.domain.prompts.PROMPTS`, with the number (E.164) it tells."""

    prompt: str
    number: str | None = None


INSTEAD = Phrase("callback-instead")
THIS_NUMBER = Phrase("callback-this-number")
THAT_NUMBER = Phrase("callback-that-number")
KEYS = Phrase("callback-keys")
ENTER = Phrase("callback-enter")
NOT_SHOWN = Phrase("callback-no-number")
WRONG_KEY = Phrase("wrong-key")
WRONG_NUMBER = Phrase("callback-wrong-number")
FORBIDDEN = Phrase("callback-forbidden")
CONFIRMED = Phrase("callback-confirmed")
GOODBYE = Phrase("goodbye")
CANCELLED = Phrase("callback-cancelled")
NOT_NOW = Phrase("callback-full")
Saying = tuple[Phrase, ...]


@dataclass(frozen=True, slots=True)
class Terms:
    """``judge`` says whether a number may be called (its E.164, or why not); ``read_back``: digits are said."""

    judge: Callable[[str], str | Refusal]
    read_back: bool = True


@dataclass(frozen=True, slots=True)
class Asking:
    """``number`` is to be confirmed; it was ``keyed`` in, or is the caller's own."""

    number: str
    keyed: bool
    left: int
    until: Clock
    speaking: bool = True


@dataclass(frozen=True, slots=True)
class Keying:
    """A number is being keyed in. ``whole`` is false once there were more digits than any number has."""

    digits: str
    left: int
    until: Clock
    whole: bool = True
    speaking: bool = True


@dataclass(frozen=True, slots=True)
class Keeping:
    """The wish is on its way to the disk."""

    number: str


@dataclass(frozen=True, slots=True)
class Parting:
    """The caller hears the promise."""

    number: str
    until: Clock


@dataclass(frozen=True, slots=True)
class Over:
    """Back to waiting; ``why`` is for the log."""

    why: str


State = Asking | Keying | Keeping | Parting | Over


@dataclass(frozen=True, slots=True)
class Pressed:
    """A key of the telephone."""

    key: str


@dataclass(frozen=True, slots=True)
class Spoken:
    """What was last to be said has been said."""


@dataclass(frozen=True, slots=True)
class Woken:
    """The time of :func:`wakes_at` has come."""


@dataclass(frozen=True, slots=True)
class Kept:
    """The wish is durable."""


@dataclass(frozen=True, slots=True)
class NotKept:
    """It could not be made durable."""


Event = Pressed | Spoken | Woken | Kept | NotKept


@dataclass(frozen=True, slots=True)
class Say:
    """Say this, instead of whatever is being said."""

    what: Saying


@dataclass(frozen=True, slots=True)
class Hush:
    """Stop what is being said: the caller is keying."""


@dataclass(frozen=True, slots=True)
class Keep:
    """Make the wish to be called at ``number`` durable, and tell by :class:`Kept` or :class:`NotKept`."""

    number: str


@dataclass(frozen=True, slots=True)
class Part:
    """Let the caller go: they will be called."""


Act = Say | Hush | Keep | Part


@dataclass(frozen=True, slots=True)
class Turn:
    """The state from now on, and what to do, in this order."""

    state: State
    acts: tuple[Act, ...] = ()


def begin(terms: Terms, caller: str | None, now: Clock, *, offered: bool) -> Turn:
    """Open the dialogue. ``caller`` is the caller's number if it is known and shown; ``offered``: not asked for."""
    opening = (INSTEAD,) if offered else ()
    number = terms.judge(caller) if caller is not None else None
    if number is None:
        return _key_in((*opening, NOT_SHOWN), MISTAKES, now)
    if isinstance(number, Refusal):
        return _key_in((*opening, _words(number)), MISTAKES, now)
    return _ask(terms, Asking(number, False, MISTAKES, 0.0), opening, now)


def wakes_at(state: State) -> Clock | None:
    """When :class:`Woken` is due unless something happens before; ``None``: whatever happens, happens by an event."""
    return None if isinstance(state, Keeping | Over) else state.until


def step(terms: Terms, state: State, event: Event, now: Clock) -> Turn:
    """Take an event. One that means nothing in this state changes nothing."""
    if isinstance(state, Asking):
        return _asking(terms, state, event, now)
    if isinstance(state, Keying):
        return _keying(terms, state, event, now)
    if isinstance(state, Keeping):
        if isinstance(event, Kept):
            return Turn(Parting(state.number, now + SAID_WITHIN_S), (Say((CONFIRMED, GOODBYE)),))
        if isinstance(event, NotKept):
            return Turn(Over("the wish could not be kept"), (Say((NOT_NOW,)),))
        return Turn(state)
    if isinstance(state, Parting) and (isinstance(event, Spoken) or _is_due(state, event, now)):
        return Turn(state, (Part(),))
    return Turn(state)


def _asking(terms: Terms, state: Asking, event: Event, now: Clock) -> Turn:
    if isinstance(event, Spoken):
        return Turn(replace(state, speaking=False, until=now + ANSWER_WITHIN_S) if state.speaking else state)
    if isinstance(event, Pressed):
        if event.key == CONFIRM:
            return Turn(Keeping(state.number), (Hush(), Keep(state.number)))
        if event.key == ANOTHER:
            if state.left <= 1:  # or 0 and a refused number could take turns for ever
                return _wait_on("too many tries")
            return _key_in((), state.left - 1, now)
        if event.key == CANCEL:
            return _wait_on("cancelled by the caller")
        return _asked_again(terms, state, () if event.key == OPEN else (WRONG_KEY,), now)
    if _is_due(state, event, now):
        return _asked_again(terms, state, (), now)
    return Turn(state)


def _asked_again(terms: Terms, state: Asking, first: Saying, now: Clock) -> Turn:
    if state.left <= 1:
        return _wait_on("not confirmed")
    return _ask(terms, replace(state, left=state.left - 1), first, now)


def _ask(terms: Terms, state: Asking, first: Saying, now: Clock) -> Turn:
    number = THAT_NUMBER if state.keyed else THIS_NUMBER
    if terms.read_back:
        number = Phrase("callback-number", state.number)
    asking = replace(state, speaking=True, until=now + SAID_WITHIN_S)
    return Turn(asking, (Say((*first, number, KEYS)),))


def _keying(terms: Terms, state: Keying, event: Event, now: Clock) -> Turn:
    if isinstance(event, Spoken):
        if state.speaking and not state.digits:
            return Turn(replace(state, speaking=False, until=now + ANSWER_WITHIN_S))
        return Turn(state)
    if isinstance(event, Pressed):
        if event.key == CANCEL and not state.digits:
            return _wait_on("cancelled by the caller")
        if event.key in (CONFIRM, CANCEL):
            return _keyed(terms, state, now)
        if len(event.key) != 1 or not event.key.isascii() or not event.key.isdigit():
            return Turn(state)  # A to D: no telephone of a caller has them
        return _digit(state, event.key, now)
    if _is_due(state, event, now):
        return _keyed(terms, state, now)
    return Turn(state)


def _digit(state: Keying, digit: str, now: Clock) -> Turn:
    acts = (Hush(),) if state.speaking else ()
    if len(state.digits) >= KEYED_MOST:
        # the clock is left as it is: somebody who leans on a key must not keep the dialogue open
        return Turn(replace(state, whole=False, speaking=False), acts)
    return Turn(replace(state, digits=state.digits + digit, speaking=False, until=now + NEXT_DIGIT_WITHIN_S), acts)


def _keyed(terms: Terms, state: Keying, now: Clock) -> Turn:
    number = terms.judge(state.digits) if state.whole and state.digits else Refusal.NO_NUMBER
    if not isinstance(number, Refusal):
        return _ask(terms, Asking(number, True, state.left, 0.0), (), now)
    if state.left <= 1:
        return _wait_on(f"keyed in: {number}")
    return _key_in((_words(number),), state.left - 1, now)


def _key_in(first: Saying, left: int, now: Clock) -> Turn:
    return Turn(Keying("", left, now + SAID_WITHIN_S), (Say((*first, ENTER)),))


def _words(refusal: Refusal) -> Phrase:
    return WRONG_NUMBER if refusal is Refusal.NO_NUMBER else FORBIDDEN


def _wait_on(why: str) -> Turn:
    return Turn(Over(why), (Say((CANCELLED,)),))


def _is_due(state: Asking | Keying | Parting, event: Event, now: Clock) -> bool:
    return isinstance(event, Woken) and now >= state.until
