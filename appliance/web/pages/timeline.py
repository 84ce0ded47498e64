"""Each outage as one story (MISSION B12): probes, decision, what was said to the modem, calls meanwhile."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import Response

from appliance.domain.times import rfc3339
from appliance.journal import records
from appliance.mqtt.asker import UnreachableError
from appliance.situation import story
from appliance.situation.said import said
from appliance.situation.times import instant
from appliance.situation.wording import Tone, sentence, tone
from appliance.threads import in_daemon_thread
from appliance.timeline.outages import Outage, find_outages
from appliance.timeline.replay import Kind, Replay, replay
from appliance.translation import N_, _
from appliance.web.box import CommandRefusedError
from appliance.web.page import Page
from appliance.web.permission import Permission
from appliance.web.visit import Visit

BOX = "box"  # its exchange collects the calls of all
SHOWN_DAYS = 365
MOST_OUTAGES = 100
MOST_CALLS = 200  # what one command tells
BEFORE = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Line:
    """One entry of the story. ``modem`` is what was said to the modem and answered."""

    at: datetime
    offset: str
    text: str
    kind: str
    tone: str
    modem: tuple[str, ...] = ()


async def show(visit: Visit) -> Response:
    """All outages there are, newest first."""
    outages, wrong = await _outages(visit)
    zone = visit.desk.zone
    listed = [
        {
            "id": one.events[0].id,
            "began": one.began,
            "lasted_s": (one.ended - one.began).total_seconds() if one.ended is not None else None,
            "what": sentence(one.events[0].type, one.events[0].data, zone),
        }
        for one in reversed(outages[-MOST_OUTAGES:])
    ]
    return visit.html("timeline.html", outages=listed, days=SHOWN_DAYS, wrong=wrong)


async def one(visit: Visit) -> Response:
    """One outage, by the number of the event that began it."""
    outages, wrong = await _outages(visit)
    wanted = visit.request.path_params["id"]
    outage = next((found for found in outages if str(found.events[0].id) == wanted), None)
    if outage is None:
        raise HTTPException(404, wrong or _("There is no such outage in the journal."))
    told = replay(outage)
    calls, without_calls = await _calls(visit, outage, told)
    lines = sorted([*_lines(visit, told), *_call_lines(visit, told, calls)], key=lambda line: line.at)
    return visit.html(
        "timeline_outage.html",
        zero=told.zero,
        ended=outage.ended,
        lasted_s=(outage.ended - told.zero).total_seconds() if outage.ended is not None else None,
        milestones=[(name, story.offset(seconds)) for name, seconds in story.milestones(**asdict(told.figures))],
        reached=[
            (story.period(part.from_s, part.until_s), story.reached(part.number, part.route)) for part in told.reached
        ],
        lines=lines,
        calls=_counted(calls, told.zero, outage.ended),
        without_calls=without_calls,
    )


async def _outages(visit: Visit) -> tuple[tuple[Outage, ...], str]:
    config = visit.desk.config
    since = visit.now - timedelta(days=SHOWN_DAYS)
    best = config.route[0].name if config.route else None

    def job() -> tuple[Outage, ...]:
        return find_outages(records.between(config.device.state_dir, since, None), best)

    try:
        return await in_daemon_thread(job, "timeline"), ""
    except records.NotYetError:
        return (), _("The guard has kept nothing yet: once it runs, outages are told here.")
    except records.UnreadableError as error:
        return (), _("The journal cannot be read: {why}").format(why=said(str(error)))


async def _calls(visit: Visit, outage: Outage, told: Replay) -> tuple[Sequence[Mapping[str, Any]], str]:
    """Who called meanwhile, oldest first, and in words why nobody knows."""
    args = {
        "since": rfc3339(told.zero - BEFORE),
        "until": rfc3339((outage.ended or visit.now) + BEFORE),
        "limit": MOST_CALLS,
    }
    try:
        found = (await visit.desk.box.ask("calls.find", args, exchange=BOX)).get("calls")
    except (CommandRefusedError, UnreachableError) as error:
        return (), _("Which calls came meanwhile could not be asked: {why}").format(why=said(str(error)))
    listed = [call for call in found if isinstance(call, Mapping)] if isinstance(found, list) else []
    return listed[::-1], ""


def _lines(visit: Visit, told: Replay) -> Iterator[Line]:
    zone = visit.desk.zone
    for step in told.steps:
        offset = story.offset(step.offset_s)
        if step.kind is Kind.PROBE:
            level = Tone.PLAIN if step.data.get("ok") else Tone.DOUBT
            yield Line(step.at, offset, story.probe(step.data), "probe", level.value)
            continue
        exchanges = step.data.get("exchanges")
        modem = tuple(
            text
            for exchange in (exchanges if isinstance(exchanges, list) else ())
            if isinstance(exchange, Mapping)
            for text in story.exchange(exchange)
        )
        text = sentence(step.type, step.data, zone)
        yield Line(step.at, offset, text, "event", tone(step.type, step.data).value, modem)


def _call_lines(visit: Visit, told: Replay, calls: Sequence[Mapping[str, Any]]) -> Iterator[Line]:
    for call in calls:
        at = instant(call.get("arrived_at"))
        if at is None:
            continue
        answered = call.get("answered_at") is not None
        text = _call_text(visit, call)
        offset = story.offset((at - told.zero).total_seconds())
        yield Line(at.astimezone(UTC), offset, text, "call", (Tone.GOOD if answered else Tone.BAD).value)


def _call_text(visit: Visit, call: Mapping[str, Any]) -> str:
    caller = str(call.get("caller") or _("a hidden number"))
    through = str(call.get("exchange") or "")
    waited = call.get("waited_s")
    span = visit.formats.span(waited) if isinstance(waited, (int, float)) else "?"
    if call.get("answered_at") is not None:
        person = call.get("answered_by")
        who = visit.desk.box.person_name(str(person)) if person else str(call.get("answered_number") or "?")
        return _("{caller} called, {who} answered after {span} ({exchange})").format(
            caller=caller, who=who, span=span, exchange=through
        )
    if call.get("ended_at") is None:
        return _("{caller} called, and is not answered yet ({exchange})").format(caller=caller, exchange=through)
    return _("{caller} called, and nobody answered within {span} ({exchange})").format(
        caller=caller, span=span, exchange=through
    )


def _counted(calls: Sequence[Mapping[str, Any]], zero: datetime, ended: datetime | None) -> tuple[int, int]:
    """How many of them wanted somebody while it lasted, and how many of these a human answered. The story tells those
    just before and after, too: who had been answered before it began, or came when it was over, met nothing of it."""

    def meanwhile(call: Mapping[str, Any]) -> bool:
        arrived = instant(call.get("arrived_at"))
        settled = instant(call.get("answered_at")) or instant(call.get("ended_at"))
        return arrived is not None and (ended is None or arrived <= ended) and (settled is None or settled >= zero)

    counted = [call for call in calls if meanwhile(call)]
    return len(counted), sum(1 for call in counted if call.get("answered_at") is not None)


PAGES = (
    Page("/timeline", show, Permission.SEE_TIMELINE, menu=N_("Outages")),
    Page("/timeline/{id}", one, Permission.SEE_TIMELINE),
)
