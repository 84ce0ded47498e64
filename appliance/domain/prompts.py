"""Every prompt the exchange says, by name, with the values that are said in it.

Names are a contract: prompt sets in the roster replace prompts by them. Adding is free.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Kind(StrEnum):
    """How a value is said."""

    COUNT = "count"  # a whole number ≥ 0: "seventeen"
    MINUTES = "minutes"  # a whole number of minutes ≥ 0: "one minute", "two hours five minutes"
    PHONE = "phone"  # a telephone number, digit by digit; groups are set off by blanks
    DIGITS = "digits"  # any digits, * and #, one by one
    MOMENT = "moment"  # a datetime in local time: day, month and time of day
    NAME = "name"  # words as they are


_PLAIN: Mapping[str, Kind] = MappingProxyType({})
_PHONE = MappingProxyType({"number": Kind.PHONE})

PROMPTS: Mapping[str, Mapping[str, Kind]] = MappingProxyType(
    {
        # anywhere
        "goodbye": _PLAIN,
        "wrong-key": _PLAIN,  # this key means nothing here
        "nothing-pressed": _PLAIN,
        "nobody": _PLAIN,  # nobody can answer, call later
        "recorded-call": _PLAIN,  # this call is recorded
        # to whoever picks up a phone that the exchange rings
        "accept-call": _PLAIN,  # press 1 to accept, 2 to reject
        "test-call": _PLAIN,  # this is a test, do nothing
        # waiting in a queue
        "queue-next": _PLAIN,  # you are the next
        "queue-position": MappingProxyType({"position": Kind.COUNT}),
        "queue-wait": MappingProxyType({"minutes": Kind.MINUTES}),
        "queue-wait-short": _PLAIN,  # less than a minute
        "queue-thanks": _PLAIN,
        "queue-full": _PLAIN,
        "queue-elsewhere": _PLAIN,  # nobody of this queue could answer, others are tried
        # being called back
        "callback-offer": _PLAIN,  # press 2 to be called back
        "callback-instead": _PLAIN,  # offered by itself: you need not wait, we can call you back
        "callback-number": _PHONE,  # we shall call this number
        "callback-this-number": _PLAIN,  # the same without saying it: the number you call from
        "callback-that-number": _PLAIN,  # the number you keyed in
        "callback-keys": _PLAIN,  # * confirms, 0 another number, # cancels
        "callback-enter": _PLAIN,  # key in the number, end with #
        "callback-no-number": _PLAIN,  # your number is not known
        "callback-wrong-number": _PLAIN,  # no such number
        "callback-forbidden": _PLAIN,  # a number that is not called
        "callback-confirmed": _PLAIN,
        "callback-cancelled": _PLAIN,  # you stay in the queue
        "callback-full": _PLAIN,  # no callback can be taken now
        "callback-agent": _PHONE,  # to the agent: a caller who wants to be called back
        "callback-agent-calling": _PLAIN,  # to the agent: the caller is being called
        "callback-agent-failed": _PLAIN,  # to the agent: the caller was not reached
        "callback-hello": _PLAIN,  # to the caller: the callback you asked for
        "callback-hello-keys": _PLAIN,  # to the caller: press 1 to be connected
        # menus
        "menu-repeat": _PLAIN,  # please choose again
        "menu-no-extension": _PLAIN,
        "menu-operator": _PLAIN,  # you are being connected with the operator
        # mailboxes
        "mailbox-greeting": _PLAIN,  # leave a message after the tone
        "mailbox-review": _PLAIN,  # 1 send, 2 listen, 3 record again
        "mailbox-sent": _PLAIN,
        "mailbox-empty": _PLAIN,  # nothing was heard, record again
        "mailbox-end": _PLAIN,  # the longest time is over
        "mailbox-unavailable": _PLAIN,  # no message can be taken now
        # agents and whoever identifies themselves by keys
        "extension-enter": _PLAIN,
        "pin-enter": _PLAIN,
        "pin-wrong": _PLAIN,
        "pin-locked": _PLAIN,  # too many wrong PINs
        "agent-in": _PLAIN,
        "agent-out": _PLAIN,
        "agent-paused": _PLAIN,
        "agent-resumed": _PLAIN,
        "agent-no-queue": _PLAIN,
        "agent-keys": _PLAIN,  # 1 in, 2 out, 3 pause, 4 end of pause
        # listening to recordings
        "recordings-none": _PLAIN,
        "recordings-count": MappingProxyType({"count": Kind.COUNT}),
        "recording-from": MappingProxyType({"moment": Kind.MOMENT, "number": Kind.PHONE}),
        "recording-hidden": MappingProxyType({"moment": Kind.MOMENT}),  # from a caller who hid the number
        "recording-keys": _PLAIN,  # 1 listen, 2 next, 3 previous, # end
        "recordings-end": _PLAIN,  # there are no more
        "recording-gone": _PLAIN,
    }
)
DIGIT_NAMES: Mapping[str, str] = MappingProxyType(
    {**{digit: f"digit-{digit}" for digit in "0123456789"}, "+": "digit-plus", "*": "digit-star", "#": "digit-hash"}
)
SILENCE = "silence"  # as a set's sound: nothing is said
OWN = "own/"  # so sounds that were imported begin; the others are Asterisk's
MOST_FILE_BYTES = 20 * 1024 * 1024  # of a sound as a user has it: an hour of MP3
MOST_RECORDED_NUMBER = 120  # numbers up to this may have a sound of the user's own: number-0, number-1...
DIGITS = "digits"  # for a set that keeps all digits silent


def is_name(name: str) -> bool:
    """Whether a prompt set may name this."""
    if name in PROMPTS or name == DIGITS or name in DIGIT_NAMES.values():
        return True
    if name.endswith("-after"):  # what is said after the values of a prompt that has some
        return bool(PROMPTS.get(name.removesuffix("-after")))
    number = name.removeprefix("number-")
    return (
        number != name and number.isdecimal() and str(int(number)) == number and int(number) <= MOST_RECORDED_NUMBER
    )
