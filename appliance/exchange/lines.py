"""Which line a call is for. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from appliance.domain.phone import from_network
from appliance.roster.models import Line, Roster


def line_of(roster: Roster, called: str, region: str | None = None, diverted_by: Sequence[str] = ()) -> Line | None:
    """The line that has the ``called`` number; else one that has a number the call was ``diverted_by`` (the last
    first); else the one that takes every call; else ``None``.

    A call that the service number's forwarding led here comes in on a trunk's DID and may tell the service number as
    who diverted it (Diversion, RFC 5806). Numbers are compared as E.164; ``region`` reads national spellings.
    """
    for text in (called, *diverted_by):
        number = from_network(text, None, region)
        if number is not None:
            for line in roster.line:
                if number.e164 in line.numbers:
                    return line
    return next((line for line in roster.line if not line.numbers), None)
