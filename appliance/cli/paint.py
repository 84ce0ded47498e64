"""Colour for plain output. It only underlines: every sign is a word or a mark as well."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import TextIO

from appliance.cli.text import _
from appliance.cli.wording import Tone

_CODES = {Tone.GOOD: "32", Tone.BAD: "1;31", Tone.DOUBT: "33"}
MARKS = {"up": "✔", "down": "✖", "unknown": "?"}


@dataclass(frozen=True, slots=True)
class Paint:
    """Wraps text in colours where the stream shows them."""

    colours: bool

    def __call__(self, text: str, tone: Tone) -> str:
        """The text in the colour of its tone."""
        return f"\x1b[{_CODES[tone]}m{text}\x1b[0m" if self.colours and tone in _CODES else text

    def strong(self, text: str) -> str:
        """The text in bold."""
        return f"\x1b[1m{text}\x1b[0m" if self.colours else text


def paint_for(stream: TextIO | None = None) -> Paint:
    """Colours on a terminal, unless ``NO_COLOR`` is set (https://no-color.org)."""
    stream = stream or sys.stdout
    return Paint(stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb")


def health_word(health: str) -> str:
    """The word for a health, loud where it is bad."""
    return {"up": _("up"), "down": _("DOWN"), "unknown": _("unknown")}.get(health, health)


def health_tone(health: str) -> Tone:
    """The tone of a health."""
    return {"up": Tone.GOOD, "down": Tone.BAD}.get(health, Tone.DOUBT)


def service_word(service: str, *, changing: bool = False) -> str:
    """The situation in a word and what it means for a caller; ``changing``: the network does not follow yet, so
    nothing is promised to anybody."""
    if changing:
        return {
            "normal": _("NORMAL, but calls do not take the wanted route yet"),
            "partial": _("PARTIAL, and calls do not take the wanted route yet"),
            "total": _("TOTAL, and calls do not reach the technician yet"),
        }.get(service, service_word(service))
    return {
        "normal": _("NORMAL: callers reach the best route"),
        "partial": _("PARTIAL: something is broken, callers are answered"),
        "total": _("TOTAL: callers are led to the technician"),
        "isolated": _("ISOLATED: this box sees nothing of the outside"),
        "unknown": _("UNKNOWN: no verdict yet"),
    }.get(service, service)


def service_tone(service: str, *, changing: bool = False) -> Tone:
    """The tone of a situation."""
    if changing and service == "normal":
        return Tone.DOUBT
    return {"normal": Tone.GOOD, "total": Tone.BAD}.get(service, Tone.DOUBT)


def forwarding_tone(status: str) -> Tone:
    """The tone of a forwarding status."""
    return {"verified": Tone.GOOD, "disputed": Tone.BAD}.get(status, Tone.DOUBT)


def forwarding_word(status: str) -> str:
    """The forwarding status in words."""
    return {
        "verified": _("verified"),
        "pending": _("change under way"),
        "unverified": _("NOT VERIFIED"),
        "disputed": _("DISPUTED"),
    }.get(status, status)
