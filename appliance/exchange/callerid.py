"""What a forwarded call shows to the person it rings: whose number, and who forwarded it. Pure.

Two policies (``exchange.caller_id``, or the line's own):

- ``caller``: the caller's number stands in From, so that the phone shows it. The trunk's operator must know who pays
  and who forwards: P-Asserted-Identity (RFC 3325 §9.1) carries the service number, which the trunk owns, and
  Diversion (RFC 5806) the number that was called.
- ``service``: the service number stands in From. Diversion is left out: nobody is told that there was another caller.

A caller who hid the number stays hidden: From is anonymous (RFC 3323 §4.1.1.3), and Privacy "id" (RFC 3325 §7, §9.3)
asks networks to keep what is asserted to themselves.

Whatever a network sends as the caller's number may be chosen by the caller. Nothing of it gets into a header but
ASCII digits behind a ``+``: no CR, LF, quote or bracket can pass.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from appliance.domain.phone import PhoneNumber, from_network

Policy = Literal["caller", "service"]
ANONYMOUS = "anonymous"
_HIDDEN = frozenset(
    {"", "anonymous", "restricted", "private", "unavailable", "unknown", "withheld", "none", "p", "o"}
)
_NUMBER = re.compile(r"\+?[0-9 ().\-/]{1,31}\Z")  # as people and networks group digits; more than E.164's 15 to spare
_SHORT = re.compile(r"[0-9]{2,7}\Z")  # internal and special numbers, which have no E.164 form
_HOST = re.compile(r"([A-Za-z0-9._-]{1,254}|\[[0-9A-Fa-f:.]{2,45}\])(:[0-9]{1,5})?\Z")
_LOGGED = 40


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls. ``number`` is E.164, or a short number's digits; ``None`` where it is hidden or no number at all.

    ``told`` is for the log: the number, or what else the network gave, made harmless; ``None`` where hidden.
    """

    number: str | None
    hidden: bool
    told: str | None


@dataclass(frozen=True, slots=True)
class Shown:
    """What the forwarded leg shows: ``number`` and ``name`` for From (``CALLERID``), whether the presentation is
    prohibited, and SIP headers to add, safe to be sent as they are."""

    number: str
    name: str
    prohibited: bool
    headers: tuple[tuple[str, str], ...]


def read_caller(text: str | None, region: str | None, *, restricted: bool = False) -> Caller:
    """Read the number a network gave. ``restricted``: it said that the number must not be shown on."""
    given = (text or "").strip()
    if given.lower() in _HIDDEN:
        return Caller(None, True, None)
    number = _number(given, region)
    if restricted:
        return Caller(number, True, None)
    return Caller(number, False, number or _harmless(given))


def shown(
    policy: Policy,
    caller: Caller,
    called: PhoneNumber,
    service: PhoneNumber,
    host: str,
    *,
    assert_caller: bool = False,
) -> Shown:
    """What to show. ``called`` is the number the call came in on, ``host`` is the domain that
    the trunk's operator knows our numbers in.

    A caller whose number is none (letters, 40 digits) is shown as the service number: better than a refused call.
    ``assert_caller`` is for trunks that want the caller in P-Asserted-Identity too. Raises ``ValueError`` for a host
    that is none.
    """
    if not _HOST.match(host):
        raise ValueError(f"{host!r} is no host name")
    identity = ("P-Asserted-Identity", f"<{_uri(service.e164, host)}>")
    if policy == "service":
        return Shown(service.e164, "", False, (identity,))
    diversion = ("Diversion", f"<{_uri(called.e164, host)}>;reason=unconditional;privacy=off;counter=1")
    if caller.hidden:
        return Shown(ANONYMOUS, "Anonymous", True, (identity, ("Privacy", "id"), diversion))
    if caller.number is None:
        return Shown(service.e164, "", False, (identity, diversion))
    if assert_caller and caller.number.startswith("+"):
        identity = ("P-Asserted-Identity", f"<{_uri(caller.number, host)}>")
    return Shown(caller.number, "", False, (identity, diversion))


def _uri(e164: str, host: str) -> str:
    return f"sip:{e164}@{host};user=phone"  # RFC 3261 §19.1.6: a telephone number in a SIP URI


def _number(given: str, region: str | None) -> str | None:
    if not _NUMBER.match(given):
        return None
    if _SHORT.match(given):
        return given
    number = from_network(given, None, region)
    return number.e164 if number is not None else None


def _harmless(given: str) -> str:
    """What the network gave, for a log that people and programs read: no control characters, not endless."""
    kept = "".join(one if one.isprintable() else "?" for one in given[: _LOGGED + 1])
    return kept if len(kept) <= _LOGGED else kept[: _LOGGED - 1] + "…"
