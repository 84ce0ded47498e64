"""The live view as text, for any size of terminal. Pure: scene, time and size in, one text out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from rich.text import Text

from appliance.cli.layout import route_name, since_text
from appliance.cli.paint import MARKS
from appliance.cli.watch.lines import DIM, beside, fitted, halves, spread, title, toned, wrapped
from appliance.cli.watch.scene import Scene
from appliance.config import Config
from appliance.situation.exchanges import Exchange, calls_text
from appliance.situation.picture import Part, Picture
from appliance.situation.times import clock, span
from appliance.situation.way import Hop, person_name, way
from appliance.situation.wording import Tone, sentence, tone
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

WIDE = 116
SMALLEST_WIDTH = 20
ROOMY_HEIGHT = 28


@dataclass(frozen=True, slots=True)
class Frame:
    """What does not change while the view stands."""

    config: Config
    zone: tzinfo
    footer: Sequence[str]


def compose(scene: Scene, frame: Frame, now: datetime, width: int, height: int) -> Text:
    """The whole screen, ``height`` lines of ``width`` cells at most; the events get the room that is left."""
    width = max(width, SMALLEST_WIDTH)
    rows = [_head(scene, frame, now, width), *_trouble(scene, frame, now)]
    if scene.picture is None:
        rows += [Text(""), Text(_("waiting for the guard's first word"), style=DIM)]
    else:
        rows += _situation(scene, scene.picture, frame, now, width, roomy=height >= ROOMY_HEIGHT)
    footer = [Text(line, style="cyan") for line in frame.footer]
    if not footer:  # whoever gives a footer says there what Ctrl-C does
        footer.append(Text(_("Ctrl-C leaves this view; the guard goes on"), style=DIM))
    room = max(1, height - len(rows) - len(footer) - 2)
    rows += [title(_("last events"), width), *_events(scene, frame, room)]
    rows += [Text("─" * width, style=DIM), *footer]
    return Text("\n").join(fitted(row, width) for row in rows[:height])


def _head(scene: Scene, frame: Frame, now: datetime, width: int) -> Text:
    word = _headline(scene.picture) if scene.picture else Text("")
    word.stylize("bold")
    left = Text.assemble(("HOTLINE ", "bold"), (frame.config.device.id, "bold cyan"), "  ", word)
    return spread(left, Text(now.astimezone(frame.zone).strftime("%H:%M:%S")), width)


def _headline(picture: Picture) -> Text:
    word = service_word(picture.service, changing=picture.changing)
    return toned(word, service_tone(picture.service, changing=picture.changing))


def _trouble(scene: Scene, frame: Frame, now: datetime) -> list[Text]:
    if scene.lost:
        lines = [_("✖ BROKER LOST, trying again: {why}").format(why=scene.lost)]
    elif scene.online is False:
        lines = [_("✖ GUARD OFFLINE; see systemctl status hotline-guard")]
    elif scene.picture and scene.picture.journal_trouble:
        return [toned(_("✖ JOURNAL IN TROUBLE: {why}").format(why=scene.picture.journal_trouble), Tone.BAD)]
    else:
        return []
    if scene.picture and scene.picture.at:
        at = scene.picture.at
        seconds = max(0.0, (now - at).total_seconds())
        line = _("  what stands below is of {time}, {ago} ago")
        lines.append(line.format(time=clock(at, frame.zone, now), ago=span(seconds)))
    return [toned(line, Tone.BAD) for line in lines]


def _situation(scene: Scene, picture: Picture, frame: Frame, now: datetime, width: int, *, roomy: bool) -> list[Text]:
    around = [Text("")] if roomy else []
    rows = [title(_("the way a call takes now"), width), *around, *_way(picture, frame, width), *around]
    rows.append(_route(picture, frame, now))
    if picture.changing:
        line = _("{route} is wanted, the network does not do it yet")
        rows.append(toned(line.format(route=picture.desired), Tone.DOUBT))
    if picture.override:
        until = picture.override.until
        end = _("until {time}").format(time=clock(until, frame.zone, now)) if until else _("until taken back")
        line = _("PINNED to {route} by {by}, {end}  {reason}").format(
            route=picture.override.route, by=picture.override.by, end=end, reason=picture.override.reason
        )
        rows.append(toned(line.rstrip(), Tone.DOUBT))
    if width >= WIDE:
        left, right = halves(width)
        beyond = [*_forwarding(picture, frame, now, right), *_exchanges(scene, right, roomy=True)]
        rows += beside(_parts(picture, frame, now, left), beyond, width)
    else:
        rows += [*_parts(picture, frame, now, width), *_forwarding(picture, frame, now, width)]
        rows += _exchanges(scene, width, roomy=roomy)
    return rows


def _way(picture: Picture, frame: Frame, width: int) -> list[Text]:
    pieces = [_hop(hop) for hop in way(picture, frame.config)]
    return wrapped(pieces, Text(" ━━▶ ", style=DIM), width)


def _hop(hop: Hop) -> Text:
    if hop.health in MARKS:
        return Text.assemble(toned(f"{MARKS[hop.health]} ", health_tone(hop.health)), (hop.text, "bold"))
    return Text(hop.text, style="bold")


def _route(picture: Picture, frame: Frame, now: datetime) -> Text:
    number = f" {picture.number}" if picture.number else ""
    reason = f": {picture.reason}" if picture.reason else ""
    since = since_text(picture.since, now, frame.zone)
    return Text.assemble((route_name(picture), "bold"), f"{number}  {since}{reason}".rstrip())


def _parts(picture: Picture, frame: Frame, now: datetime, width: int) -> list[Text]:
    name_width = max((len(_name(part)) for part in picture.parts), default=0)
    name_width = max(name_width, len(_("references")), len(_("modem")))
    rows = [title(_("parts"), width)]
    rows += [_part(part, name_width, frame, now) for part in picture.parts]
    if picture.references:
        up, total = picture.references
        health = "up" if up == total else "down" if up == 0 else "unknown"
        rows.append(
            _line(health, _("references"), name_width, _("{up} of {total} answer").format(up=up, total=total))
        )
    text = f"{health_word(picture.modem.health):<7}  {modem_text(picture.modem)}".rstrip()
    rows.append(_line(picture.modem.health, _("modem"), name_width, text))
    return rows


def _part(part: Part, name_width: int, frame: Frame, now: datetime) -> Text:
    detail = f"{part.rtt_ms:.1f} ms" if part.rtt_ms is not None else part.reason if part.health != "up" else ""
    seconds = max(0.0, (now - part.since).total_seconds()) if part.since else None
    since = _("for {span}").format(span=span(seconds)) if seconds is not None else ""
    text = f"{health_word(part.health):<7}  {since:<16}  {detail}".rstrip()
    return _line(part.health, _name(part), name_width, text)


def _name(part: Part) -> str:
    return _("exchange, {trunk}").format(trunk=part.name) if part.kind == "local" else part.name


def _line(health: str, name: str, name_width: int, text: str) -> Text:
    style = health_tone(health)
    return Text.assemble(toned(f"{MARKS.get(health, '?')} ", style), f"{name:<{name_width}}  ", toned(text, style))


def _forwarding(picture: Picture, frame: Frame, now: datetime, width: int) -> list[Text]:
    forwarding = picture.forwarding
    word = forwarding_word(forwarding.status)
    if forwarding.verified_at:
        ago = span(max(0.0, (now - forwarding.verified_at).total_seconds()))
        line = _(" by the network {ago} ago") if forwarding.status == "verified" else _(", last verified {ago} ago")
        word += line.format(ago=ago)
    mark = {Tone.GOOD: MARKS["up"], Tone.BAD: MARKS["down"]}.get(forwarding_tone(forwarding.status), "…")
    duty = " ".join(t for t in (person_name(picture.duty.person, frame.config), picture.duty.number) if t)
    until = _(" until {time}").format(time=clock(picture.duty.until, frame.zone, now)) if picture.duty.until else ""
    return [
        title(_("forwarding, as the network holds it"), width),
        toned(f"{mark} {word}", forwarding_tone(forwarding.status)),
        Text(f"  {table_text(picture)}"),
        Text(_("  on duty: {who}").format(who=duty or _("not known")) + until),
    ]


def _exchanges(scene: Scene, width: int, *, roomy: bool) -> list[Text]:
    """A line each; where there is little room, all on one."""
    if not scene.exchanges:
        return []
    told = [(one, _exchange_health(one, scene), _exchange_text(one, scene)) for one in scene.exchanges]
    if not roomy:
        words = " · ".join(f"{MARKS.get(health, '?')} {one.name} {text}".rstrip() for one, health, text in told)
        return [Text(_("exchanges: {words}").format(words=words))]
    name_width = max(len(one.name) for one in scene.exchanges)
    rows = [_line(health, one.name, name_width, text) for one, health, text in told]
    return [title(_("exchanges, and their calls"), width), *rows]


def _exchange_health(exchange: Exchange, scene: Scene) -> str:
    return "down" if exchange.name in scene.gone else exchange.health


def _exchange_text(exchange: Exchange, scene: Scene) -> str:
    return _("OFFLINE") if exchange.name in scene.gone else calls_text(exchange)


def _events(scene: Scene, frame: Frame, room: int) -> list[Text]:
    rows = []
    for event in scene.events[-room:]:
        stamp = datetime.fromisoformat(event.at).astimezone(frame.zone).strftime("%H:%M:%S")
        words = toned(sentence(event.type, event.data, frame.zone), tone(event.type, event.data))
        rows.append(Text.assemble((f"{stamp}  ", DIM), words))
    return rows + [Text("")] * (room - len(rows))
