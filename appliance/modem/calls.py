"""Live calls and supplementary service notifications (3GPP TS 27.007 §7.6, §7.17, §7.18). Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from appliance.modem.dialogue import Request
from appliance.modem.parameters import after_prefix, number_at

CALLS = Request("AT+CLCC", ("+CLCC:",))
_RINGING = re.compile(r"^(?:RING\b|\+CRING:|\+CLIP:|\+CCWA:)")
_ENDED = re.compile(r"^(?:NO CARRIER|BUSY|NO ANSWER|\^CEND:|VOICE CALL: ?END|MISSED_CALL:)", re.IGNORECASE)
_VOICE_MODE = 0

_CSSI = {
    0: "unconditional call forwarding is active",
    1: "some of the conditional call forwardings are active",
    2: "the call has been forwarded",
    3: "the call is waiting",
    5: "outgoing calls are barred",
    6: "incoming calls are barred",
}
_CSSU = {0: "this is a forwarded call", 7: "this is a deflected call"}


@dataclass(frozen=True, slots=True)
class Notification:
    """What the network says of supplementary services during a call."""

    code: str
    meaning: str


def notification(line: str) -> Notification | None:
    """A +CSSI or +CSSU line in words; ``None`` for any other line."""
    for prefix, words in (("+CSSI:", _CSSI), ("+CSSU:", _CSSU)):
        fields = after_prefix(line, prefix)
        if fields is not None and (code := number_at(fields, 0)) is not None:
            return Notification(f"{prefix} {code}", words.get(code, "a notification without a known meaning"))
    return None


def is_ringing(line: str) -> bool:
    """Whether an unsolicited line tells of a call coming in."""
    return _RINGING.match(line) is not None


def is_ended(line: str) -> bool:
    """Whether an unsolicited line tells that a call has ended."""
    return _ENDED.match(line) is not None


def live_voice_calls(lines: Sequence[str]) -> int:
    """How many voice calls an AT+CLCC answer lists (data bearers are listed too by some modems)."""
    count = 0
    for line in lines:
        fields = after_prefix(line, "+CLCC:")
        if fields is not None and number_at(fields, 3) in (_VOICE_MODE, None):
            count += 1
    return count
