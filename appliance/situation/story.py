"""The words of an outage's replay: how far from its first sign, whom callers reached, what a probe saw."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from appliance.domain.phrase_words import text_of
from appliance.situation.said import said
from appliance.situation.times import span
from appliance.situation.wording import part_word
from appliance.translation import _


def offset(seconds: float) -> str:
    """``+0.412 s`` in the first minutes, where milliseconds tell; ``+1 h 3 min`` later."""
    if abs(seconds) < 600:
        return f"{seconds:+.3f} s"
    return f"{'+' if seconds >= 0 else ''}{span(seconds)}"


def period(from_s: float | None, until_s: float | None) -> str:
    """From when to when, in seconds from the first sign; ``None`` is since before, and on and on."""
    if from_s is None:
        return _("until {end}").format(end=offset(until_s)) if until_s is not None else _("throughout")
    if until_s is None:
        return _("from {start} on").format(start=offset(from_s))
    return f"{offset(from_s)} … {offset(until_s)}"


def reached(number: str | None, route: str | None) -> str:
    """Whom callers reached."""
    if number is None:
        return _("no forwarding: the modem itself")
    return f"{route} ({number})" if route else number


def milestones(
    down_s: float | None,
    decided_s: float | None,
    requested_s: float | None,
    verified_s: float | None,
    back_s: float | None,
) -> Iterator[tuple[str, float]]:
    """What came of it, and when; what never came is left out."""
    named = (
        (_("seen as down"), down_s),
        (_("decided"), decided_s),
        (_("asked of the network"), requested_s),
        (_("verified in the network"), verified_s),
        (_("back to normal"), back_s),
    )
    for name, seconds in named:
        if seconds is not None:
            yield name, seconds


def probe(data: Mapping[str, Any]) -> str:
    """One probe, as the event of the change kept it."""
    rtt = data.get("rtt_ms")
    answer = f"{rtt:.1f} ms" if isinstance(rtt, (int, float)) else ""
    word = _("answers") if data.get("ok") else _("MISS")
    return _("probe {part}: {outcome}").format(
        part=part_word(data.get("part")),
        outcome=", ".join(t for t in (word, answer, said(text_of(data, "detail"))) if t),
    )


def exchange(data: Mapping[str, Any]) -> Iterator[str]:
    """One exchange with the modem: ``> `` what was sent, ``< `` each line of the answer, the last with how long."""
    yield f"> {data.get('sent')}"
    received, took = data.get("received"), data.get("took_s")
    answered = [str(line) for line in received] if isinstance(received, (list, tuple)) else []
    for line in answered[:-1]:
        yield f"< {line}"
    last = answered[-1] if answered else _("(nothing)")
    yield f"< {last}" + (f"   {span(took)}" if isinstance(took, (int, float)) else "")
