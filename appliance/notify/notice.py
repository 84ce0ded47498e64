"""One notice to one receiver, before it is put in words. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Channel(StrEnum):
    """How a notice travels."""

    SMS = "sms"
    EMAIL = "email"


class Kind(StrEnum):
    """What a notice says; each has its texts in every language."""

    TAKEN = "taken"  # to the group: somebody took the call
    AFTER = "after"  # to the caller: who it was, and how to reach them
    MISSED = "missed"  # nobody talked with the caller
    CUT = "cut"  # somebody did, and a fault broke it off
    VOICEMAIL = "voicemail"  # the caller left a message, which comes with it


@dataclass(frozen=True, slots=True)
class Notice:
    """``key`` is the same however often the same notice is thought of. ``values`` fill the text; harmless in any
    header or message. ``at`` is when it happened, RFC 3339."""

    key: str
    channel: Channel
    kind: Kind
    to: str
    language: str
    values: Mapping[str, str]
    at: str
