"""The state of the SIM (AT+CPIN?, 3GPP TS 27.007 §8.3 and the errors of §9.2). Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from appliance.domain.modem import SimState
from appliance.modem.dialogue import Request
from appliance.modem.parameters import after_prefix, number_at, text_at
from appliance.modem.quirks import PinCounter
from appliance.modem.tokens import Final

SIM_QUERY = Request("AT+CPIN?", ("+CPIN:",), timeout_s=15.0)

_STATES = {
    "READY": SimState.READY,
    "SIM PIN": SimState.PIN,
    "SIM PUK": SimState.PUK,
    "NOT INSERTED": SimState.ABSENT,
    "NOT READY": SimState.UNKNOWN,
    "SIM PIN2": SimState.READY,  # asked for by a few service operations; calls and forwarding work without
    "SIM PUK2": SimState.READY,
    "BLOCKED": SimState.BLOCKED,
    "SIM PUK BLOCKED": SimState.BLOCKED,
    "PUK BLOCKED": SimState.BLOCKED,
}
_ERRORS = {
    10: SimState.ABSENT,
    11: SimState.PIN,
    12: SimState.PUK,
    13: SimState.ABSENT,  # "SIM failure": a card that cannot be talked to, mostly none or one put in badly
    14: SimState.UNKNOWN,  # busy: it starts, ask again
    15: SimState.BLOCKED,  # "SIM wrong": the modem refuses this operator's cards
    262: SimState.BLOCKED,
}
_CHANGED = re.compile(r"^(?:\+CPIN:|\+QSIMSTAT:|\+SIMCARD:|#QSS:|\^SIMST:|\+QUSIM:|\+UUSIMSTAT:|\^SIM_?STATE:)")


def sim_state(lines: Sequence[str], final: Final) -> SimState:
    """The state an answer to :data:`SIM_QUERY` tells. ``UNKNOWN`` means: ask again."""
    for line in lines:
        fields = after_prefix(line, "+CPIN:")
        if fields is not None:
            # Phone locks (PH-SIM PIN, PH-NET PIN, …) are the modem's, not the card's: a person has to see to them.
            return _STATES.get(text_at(fields, 0).upper(), SimState.BLOCKED)
    return SimState.UNKNOWN if final.code is None else _ERRORS.get(final.code, SimState.UNKNOWN)


def tells_of_sim(line: str) -> bool:
    """Whether an unsolicited line says that the SIM's state may have changed."""
    return _CHANGED.match(line) is not None


def counter_request(counter: PinCounter) -> Request:
    """The query for the tries that are left."""
    return Request(counter.command, (counter.prefix,))


def tries_left(counter: PinCounter, lines: Sequence[str]) -> int | None:
    """How many tries the PIN has left; ``None`` where the answer does not say."""
    for line in lines:
        fields = after_prefix(line, counter.prefix)
        if fields is not None:
            return number_at(fields, counter.index)
    return None
