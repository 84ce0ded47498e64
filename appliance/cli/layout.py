"""The situation as lines for a person at 2 a.m.: what callers get first, then why, then the parts. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, tzinfo

from appliance.cli.paint import MARKS, Paint
from appliance.config import Config
from appliance.situation.picture import Part, Picture
from appliance.situation.times import clock, span
from appliance.situation.way import Hop, person_name, way
from appliance.situation.wording import Tone
from appliance.situation.words import (
    forwarding_tone,
    forwarding_word,
    health_tone,
    health_word,
    modem_text,
    service_tone,
    service_word,
    table_text,
)
from appliance.translation import _

LABEL_WIDTH = 12
ARROW = " → "


def situation_lines(picture: Picture, config: Config, now: datetime, zone: tzinfo, paint: Paint) -> Iterator[str]:
    """The whole picture, top down."""
    tone = service_tone(picture.service, changing=picture.changing)
    word = service_word(picture.service, changing=picture.changing)
    yield f"{paint.strong(config.device.id)}  {paint(word, tone)}"
    yield ""
    yield _row(_("Calls"), ARROW.join(hop_text(hop, paint) for hop in way(picture, config)))
    yield from _route(picture, now, zone, paint)
    yield from _forwarding(picture, now, zone, paint)
    yield from _people(picture, config, zone, paint)
    yield ""
    yield from _parts(picture, now, zone, paint)
    if picture.journal_trouble:
        yield _row(_("Journal"), paint(_("IN TROUBLE: {why}").format(why=picture.journal_trouble), Tone.BAD))


def hop_text(hop: Hop, paint: Paint) -> str:
    """One hop with the mark of its health."""
    return paint(f"{hop.text} {MARKS[hop.health]}", health_tone(hop.health)) if hop.health in MARKS else hop.text


def since_text(at: datetime | None, now: datetime, zone: tzinfo) -> str:
    """``since 02:11:03 (3 min 20 s)``, or nothing."""
    if at is None:
        return ""
    return _("since {time} ({span})").format(
        time=clock(at, zone, now), span=span(max(0.0, (now - at).total_seconds()))
    )


def route_name(picture: Picture) -> str:
    """The route the network was last seen to take."""
    if picture.active:
        return picture.active
    return _("none of this box's") if picture.number else _("not yet known")


def _row(label: str, text: str) -> str:
    return f"{label:<{LABEL_WIDTH}}{text}".rstrip()


def _route(picture: Picture, now: datetime, zone: tzinfo, paint: Paint) -> Iterator[str]:
    number = f" ({picture.number})" if picture.number else ""
    yield _row(_("Route"), f"{paint.strong(route_name(picture))}{number}  {since_text(picture.since, now, zone)}")
    if picture.changing:
        line = _("{route} is wanted, the network does not do it yet").format(route=picture.desired)
        yield _row("", paint(line, Tone.DOUBT))
    if picture.reason:
        yield _row("", _("because {reason}").format(reason=picture.reason))
    if picture.override:
        until = picture.override.until
        end = _("until {time}").format(time=clock(until, zone, now)) if until else _("until taken back")
        line = _("{route} PINNED by {by}, {end}").format(
            route=picture.override.route, by=picture.override.by, end=end
        )
        yield _row(_("Override"), paint(line, Tone.DOUBT))
        if picture.override.reason:
            yield _row("", f"“{picture.override.reason}”")


def _forwarding(picture: Picture, now: datetime, zone: tzinfo, paint: Paint) -> Iterator[str]:
    forwarding = picture.forwarding
    word = paint(forwarding_word(forwarding.status), forwarding_tone(forwarding.status))
    if forwarding.verified_at:
        ago = span(max(0.0, (now - forwarding.verified_at).total_seconds()))
        time = clock(forwarding.verified_at, zone, now)
        verified = forwarding.status == "verified"
        line = _(" by the network at {time} ({ago} ago)") if verified else _(", last verified at {time} ({ago} ago)")
        word += line.format(time=time, ago=ago)
    yield _row(_("Forwarding"), word)
    yield _row("", table_text(picture))


def _people(picture: Picture, config: Config, zone: tzinfo, paint: Paint) -> Iterator[str]:
    duty = picture.duty
    if not duty.person and not duty.number:
        yield _row(_("On duty"), paint(_("not known"), Tone.DOUBT))
        return
    who = " ".join(text for text in (person_name(duty.person, config), duty.number) if text)
    until = _(" until {time:%Y-%m-%d %H:%M}").format(time=duty.until.astimezone(zone)) if duty.until else ""
    yield _row(_("On duty"), who + until)


def _parts(picture: Picture, now: datetime, zone: tzinfo, paint: Paint) -> Iterator[str]:
    width = max((len(part.name) for part in picture.parts), default=0)
    label_of = {"trunk": _("Trunks"), "node": _("Nodes"), "local": _("Exchange")}
    last = ""
    for part in picture.parts:
        label = label_of[part.kind] if part.kind != last else ""
        last = part.kind
        yield _row(label, _part(part, width, now, zone, paint))
    if picture.references:
        up, total = picture.references
        tone = Tone.GOOD if up == total else Tone.BAD if up == 0 else Tone.DOUBT
        yield _row(_("References"), paint(_("{up} of {total} answer").format(up=up, total=total), tone))
    health = picture.modem.health
    yield _row(_("Modem"), f"{paint(_word(health), health_tone(health))}  {modem_text(picture.modem)}")


def _word(health: str) -> str:
    return f"{MARKS.get(health, '?')} {health_word(health):<7}"


def _part(part: Part, width: int, now: datetime, zone: tzinfo, paint: Paint) -> str:
    rtt = f"  {part.rtt_ms:.1f} ms" if part.rtt_ms is not None else ""
    reason = f"  {part.reason}" if part.reason and part.health != "up" else ""
    return f"{part.name:<{width}}  {paint(_word(part.health), health_tone(part.health))}  " + (
        f"{since_text(part.since, now, zone)}{rtt}{reason}".strip()
    )
