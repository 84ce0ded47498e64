"""Whether somebody else answered than was dialled, as far as signalling tells. Pure.

The answering side may name itself with its ringing or its answer (P-Asserted-Identity, RFC 3325; Remote-Party-ID),
networks say that a call is diverted on its way (181 with Diversion, RFC 5806), and tell afterwards where it went
(History-Info, RFC 7044). What they tell may be of no use: the caller's own number back, a number of ours, a name.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from appliance.domain.phone import PhoneNumber, from_network, reaches

_SHORT = re.compile(r"\*?[0-9]{2,7}#?\Z")  # a service of the network, such as its voicemail
_ENTRY = re.compile(r"<([^<>]*)>([^,<]*)")
_USER = re.compile(r"(?:sips?|tel):([^@;?>]*)", re.IGNORECASE)
_CAUSE = re.compile(r"[;?&]cause=(\d{3})\b", re.IGNORECASE)
# RFC 4458 §2.4: why a call was led on: not found, no reply, busy, deflected (two ways), always, out of reach
_RETARGETED = frozenset({"404", "408", "486", "480", "487", "302", "503"})


@dataclass(frozen=True, slots=True)
class Told:
    """What signalling had told when a leg was answered. Empty or ``None`` where it told nothing.

    ``connected`` is the number that is said to have answered, ``redirected_by`` who is said to have diverted the
    call, ``history`` and ``diversion`` are headers of the answer.
    """

    connected: str | None = None
    redirected_by: str | None = None
    history: str | None = None
    diversion: str | None = None


def another(told: Told, dialled: PhoneNumber, ours: Collection[str], region: str) -> str | None:
    """The number that answered instead of the one that was dialled; ``None`` where that is not known, or it is the
    same. ``ours`` are numbers that say nothing: those we showed ourselves as, or own."""
    given = (told.connected or "").partition(";")[0].strip()
    if not given or given in ours or reaches(given, dialled):
        return None
    if _SHORT.match(given):
        return given
    number = from_network(given, None, region)
    if number is None or number == dialled or number.e164 in ours:
        return None
    return number.e164


def diverted(told: Told, dialled: PhoneNumber) -> bool:
    """Whether the call was led on from the phone that was dialled."""
    return bool(told.redirected_by or told.diversion) or _led_on(told.history or "", dialled)


def _led_on(history: str, dialled: PhoneNumber) -> bool:
    """An entry with a cause of diversion, or a last one that is not the number that was dialled."""
    entries = _ENTRY.findall(history)
    if any(set(_CAUSE.findall(uri)) & _RETARGETED for uri, _parameters in entries):
        return True
    users = [found.group(1) for uri, _parameters in entries if (found := _USER.search(uri)) is not None]
    return len(users) > 1 and bool(re.search(r"[0-9]{3}", users[-1])) and not reaches(users[-1], dialled)
