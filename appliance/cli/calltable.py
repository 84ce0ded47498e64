"""Calls as a table, as blocks on a narrow screen, and one as a story. Pure."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from datetime import tzinfo

from appliance.cli.paint import Paint
from appliance.domain.calls import CallRecord, Leg, LegResult, Outcome
from appliance.situation.times import instant, span
from appliance.situation.wording import Tone
from appliance.translation import _

NARROW = 90  # columns; below, a table would break every cell
MOST_NARROW = 36  # the time and a number side by side
WIDEST = 32  # columns of a cell that somebody else wrote
INDENT = "    "
Names = Mapping[str, str]


def as_table(records: Sequence[CallRecord], zone: tzinfo, names: Names, width: int, paint: Paint) -> str:
    """One line a call; two on a phone."""
    if width < NARROW:
        return "\n".join(_block(record, zone, names, width, paint) for record in records)
    head = (_("arrived"), _("caller"), _("line"), _("outcome"), _("who"), _("waited"), _("talked"), _("id"))
    rows = [_cells(record, zone, names) for record in records]
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]

    def line(cells: Sequence[str], tone: Tone | None) -> str:
        padded = [f"{cell:<{size}}" for cell, size in zip(cells, widths, strict=True)]
        if tone is not None:
            padded[3] = paint(padded[3], tone)
        return "  ".join(padded).rstrip()

    return "\n".join(
        [line(head, None), *(line(row, _tone(record)) for row, record in zip(rows, records, strict=True))]
    )


def as_story(record: CallRecord, zone: tzinfo, names: Names, paint: Paint) -> str:
    """One call with everything that was tried, top down."""
    return "\n".join(_story(record, zone, names, paint))


def outcome_word(record: CallRecord) -> str:
    """The outcome in words, loud where a caller reached nobody."""
    return {
        None: _("under way") if record.ended_at is None else _("ended"),
        Outcome.ANSWERED: _("answered"),
        Outcome.ABANDONED: _("MISSED: hung up"),
        Outcome.UNANSWERED: _("MISSED: nobody"),
        Outcome.MESSAGE: _("left a message"),
        Outcome.SERVED: _("heard a menu"),
        Outcome.CALLBACK: _("will be called"),
        Outcome.CANCELLED: _("taken back"),
        Outcome.CUT: _("CUT"),
        Outcome.REFUSED: _("refused"),
    }[record.outcome]


def _tone(record: CallRecord) -> Tone:
    if record.outcome in (Outcome.ABANDONED, Outcome.UNANSWERED, Outcome.CUT):
        return Tone.BAD
    return Tone.GOOD if record.outcome is Outcome.ANSWERED else Tone.DOUBT


def _cells(record: CallRecord, zone: tzinfo, names: Names) -> tuple[str, ...]:
    return (
        _time(record.arrived_at, zone),
        _cut(_caller(record)),
        _cut(_harmless(record.line or "")),
        outcome_word(record),
        _cut(_who(record, names)),
        _seconds(record.waited_s),
        _seconds(record.talked_s),
        _harmless(record.id),
    )


def _block(record: CallRecord, zone: tzinfo, names: Names, width: int, paint: Paint) -> str:
    arrived, caller, line, word, who, waited, talked, id_ = _cells(record, zone, names)
    parts = (
        word,
        who,
        waited and _("waited {time}").format(time=waited),
        talked and _("talked {time}").format(time=talked),
    )
    second = textwrap.wrap(", ".join(part for part in parts if part), max(MOST_NARROW, width) - len(INDENT))
    second[0] = second[0].replace(word, paint(word, _tone(record)), 1)  # only now: colours have no width
    first = textwrap.wrap("  ".join(text for text in (arrived, caller, line) if text), max(MOST_NARROW, width))
    return "\n".join([first[0], *(f"{INDENT}{text}" for text in [*first[1:], *second, id_])])


def _story(record: CallRecord, zone: tzinfo, names: Names, paint: Paint) -> Iterator[str]:
    yield f"{paint.strong(_harmless(record.id))}  {paint(outcome_word(record), _tone(record))}"
    called = _harmless(record.called)
    situation = f" ({_harmless(record.situation)})" if record.situation else ""
    yield _row(_("arrived"), f"{_time(record.arrived_at, zone)}  {_('at')} {_harmless(record.exchange)}")
    yield _row(_("caller"), f"{_caller(record)} → {called}")
    if record.line:
        yield _row(_("line"), _harmless(record.line) + situation)
    if record.answered_at:
        yield _row(_("answered"), f"{_time(record.answered_at, zone)}  {_who(record, names)}")
    if record.ended_at:
        by = _(" by {who}").format(who=_harmless(record.ended_by)) if record.ended_by else ""
        yield _row(_("ended"), _time(record.ended_at, zone) + by)
    times = [
        (_("waited"), record.waited_s),
        (_("talked"), record.talked_s),
        (_("last phone rang after"), record.last_phone_rang_after_s),
    ]
    told = ", ".join(f"{label} {span(seconds)}" for label, seconds in times if seconds is not None)
    if told:
        yield _row("", told)
    if record.steps:
        yield _row(_("tried"), " → ".join(map(_harmless, record.steps)))
    if record.transfers:
        yield _row(_("transferred"), " → ".join(map(_harmless, record.transfers)))
    if record.recording:
        yield _row(_("recording"), _harmless(record.recording))
    for leg in record.legs:
        yield _row(_("rang"), _leg(leg, zone, names, paint))


def _leg(leg: Leg, zone: tzinfo, names: Names, paint: Paint) -> str:
    who = " ".join(part for part in (_name(leg.person, names), _harmless(leg.number)) if part)
    dialled, rang, picked_up = instant(leg.dialled_at), instant(leg.rang_at), instant(leg.answered_at)
    parts = [f"{_clock(leg.dialled_at, zone)}  {who} {_('via')} {_harmless(leg.via)}"]
    if dialled and rang:
        parts.append(_("rang after {time}").format(time=span((rang - dialled).total_seconds())))
    if dialled and picked_up:
        parts.append(_("picked up after {time}").format(time=span((picked_up - dialled).total_seconds())))
    if leg.connected:
        parts.append(_("answered by another number: {number}").format(number=_harmless(leg.connected)))
    if leg.screening:
        ms = f" ({leg.screening_ms} ms)" if leg.screening_ms is not None else ""
        parts.append(_("screening: {what}").format(what=_harmless(leg.screening)) + ms)
    if leg.result is not None:
        word = paint(_result(leg.result), Tone.GOOD if leg.result is LegResult.TALKED else Tone.DOUBT)
        parts.append(word + (_(" (cause {n})").format(n=leg.cause) if leg.cause is not None else ""))
    return ", ".join(parts)


def _result(result: LegResult) -> str:
    return {
        LegResult.TALKED: _("talked"),
        LegResult.BUSY: _("busy"),
        LegResult.NO_ANSWER: _("no answer"),
        LegResult.REJECTED: _("rejected"),
        LegResult.UNREACHABLE: _("unreachable"),
        LegResult.MACHINE: _("an answering machine"),
        LegResult.NOT_ACCEPTED: _("did not accept"),
        LegResult.ELSEWHERE: _("somebody else was quicker"),
        LegResult.CALLER_GONE: _("the caller had hung up"),
        LegResult.CUT: _("cut"),
    }[result]


def _row(label: str, text: str) -> str:
    return f"{label:<12}{text}".rstrip()


def _caller(record: CallRecord) -> str:
    return _harmless(record.caller) if record.caller else _("hidden")


def _who(record: CallRecord, names: Names) -> str:
    return _name(record.answered_by, names) or _harmless(record.answered_number or "")


def _name(person: str | None, names: Names) -> str:
    return "" if person is None else _harmless(names.get(person, person))


def _seconds(seconds: float | None) -> str:
    return "" if seconds is None else span(seconds)


def _time(text: str, zone: tzinfo) -> str:
    at = instant(text)
    return _harmless(text) if at is None else at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")


def _clock(text: str, zone: tzinfo) -> str:
    at = instant(text)
    return _harmless(text) if at is None else at.astimezone(zone).strftime("%H:%M:%S")


def _cut(text: str) -> str:
    """One caller with an endless name must not widen everybody's row."""
    return text if len(text) <= WIDEST else text[: WIDEST - 1] + "…"


def _harmless(text: str) -> str:
    """What a caller's network sent must not steer the terminal."""
    return "".join(one if one.isprintable() else "?" for one in text)
