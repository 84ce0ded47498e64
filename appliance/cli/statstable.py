"""A summary of calls as lines for a person. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, tzinfo

from appliance.cli.paint import Paint
from appliance.situation.times import span
from appliance.statistics.figures import Figures
from appliance.statistics.people import PersonFigures
from appliance.statistics.question import By
from appliance.statistics.summary import WEEKDAYS, OutageFigures, Summary
from appliance.translation import _, n_

NARROW = 90  # columns; below, only what matters most is told
NOTHING = "-"
Names = Mapping[str, str]


def as_lines(summary: Summary, names: Names, width: int, paint: Paint) -> Iterator[str]:
    """Which calls, the table, and what is in no figure of it."""
    yield paint.strong(_heading(summary, names))
    yield ""
    if summary.question.by is By.PERSON:
        yield from _people(summary.people, names, narrow=width < NARROW)
    elif summary.question.by is None:
        yield from _total(summary.total)
    else:
        yield from _table(summary, narrow=width < NARROW)
    yield ""
    yield _("service level: answered within {n:g} s, of all but those who hung up within {m:g} s").format(
        n=summary.question.service_level_s, m=summary.question.short_abandon_s
    )
    yield from _beside(summary)


def _heading(summary: Summary, names: Names) -> str:
    asked = summary.question
    parts = [f"{_time(asked.since, asked.zone)} – {_time(asked.until, asked.zone)} {asked.zone}"]  # noqa: RUF001
    parts += [_("line {id}").format(id=_harmless(asked.line))] if asked.line is not None else []
    parts += [_("queue {id}").format(id=_harmless(asked.queue))] if asked.queue is not None else []
    if asked.person is not None:
        parts.append(_("calls that rang {who}").format(who=_harmless(names.get(asked.person, asked.person))))
    return ", ".join(parts)


def _total(figures: Figures) -> Iterator[str]:
    short = _(" and {n} at once").format(n=figures.short_abandoned) if figures.short_abandoned else ""
    rows = [
        (_("offered"), str(figures.offered)),
        (_("answered"), f"{figures.answered}{_share(figures.answered, figures.offered)}"),
        (_("hung up"), f"{figures.abandoned}{_share(figures.abandoned, figures.offered)}{short}"),
        (_("unanswered"), str(figures.unanswered)),
        *([(_("left a message"), str(figures.message))] if figures.message else []),
        *([(_("callback"), str(figures.callback))] if figures.callback else []),
        *([(_("served by a menu"), str(figures.served))] if figures.served else []),
        (_("cut"), str(figures.cut)),
        *([(_("other"), str(figures.other))] if figures.other else []),
        (_("service level"), _percent(figures.service_level)),
        (_("average wait"), _span(figures.average_wait_s)),
        (_("longest wait"), span(figures.longest_wait_ms / 1000)),
        (_("talked"), span(figures.talk_ms / 1000)),
        (_("average talk"), _span(figures.average_talk_s)),
    ]
    wide = max(len(label) for label, _text in rows)
    yield from (f"{label:<{wide}}  {text}" for label, text in rows)


def _table(summary: Summary, *, narrow: bool) -> Iterator[str]:
    by = summary.question.by
    head = [str(by and _by_word(by)), _("offered"), _("answered"), _("lost"), _("level"), _("longest")]
    head += [] if narrow else [_("at once"), _("avg wait"), _("avg talk"), _("talked")]

    def cells(key: str, figures: Figures) -> list[str]:
        row = [key, str(figures.offered), str(figures.answered), str(figures.lost), _percent(figures.service_level)]
        row.append(span(figures.longest_wait_ms / 1000) if figures.offered else NOTHING)
        if not narrow:
            row += [str(figures.short_abandoned), _span(figures.average_wait_s), _span(figures.average_talk_s)]
            row.append(span(figures.talk_ms / 1000) if figures.talk_ms else NOTHING)
        return row

    rows = [cells(_key(by, row.key), row.figures) for row in summary.rows]
    yield from _aligned([head, *rows, cells(_("total"), summary.total)])


def _people(people: Sequence[PersonFigures], names: Names, *, narrow: bool) -> Iterator[str]:
    head = [_("person"), _("rung"), _("answered"), _("missed"), _("avg talk")]
    head += [] if narrow else [_("spared"), _("took"), _("talked"), _("longest")]
    rows = []
    for one in people:
        row = [_harmless(names.get(one.person, one.person)), str(one.rung), str(one.answered), str(one.missed)]
        row.append(_span(one.average_talk_s))
        if not narrow:
            row += [str(one.spared), str(one.took), span(one.talk_ms / 1000), span(one.longest_talk_ms / 1000)]
        rows.append(row)
    yield from _aligned([head, *rows]) if rows else [_("no such call")]


def _beside(summary: Summary) -> Iterator[str]:
    counts = [
        (summary.refused, _("{n} refused: no line took them")),
        (summary.under_way, _("{n} under way")),
        (summary.internal, _("{n} from phone to phone")),
        (summary.cancelled, _("{n} callbacks taken back")),
    ]
    told = [text.format(n=count) for count, text in counts if count]
    if told:
        yield _("not counted: {what}").format(what=", ".join(told))
    if summary.outages is not None and summary.outages.count:
        yield _outages(summary.outages)
    if summary.outages_unknown is not None:
        yield _("outages are not counted: {why}").format(why=summary.outages_unknown)


def _outages(outages: OutageFigures) -> str:
    text = n_(
        "{n} outage, {span} in all; {calls} calls came in it",
        "{n} outages, {span} in all; {calls} calls came in one of them",
        outages.count,
    )
    return text.format(n=outages.count, span=span(outages.lasted_s), calls=outages.offered)


def _aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """The first column to the left, numbers to the right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        first, *rest = (
            cell.ljust(size) if place == 0 else cell.rjust(size)
            for place, (cell, size) in enumerate(zip(row, widths, strict=True))
        )
        yield "  ".join([first, *rest])


def _by_word(by: By) -> str:
    return {
        By.HOUR: _("hour"),
        By.WEEKDAY: _("weekday"),
        By.DAY: _("day"),
        By.PERSON: _("person"),
        By.LINE: _("line"),
        By.QUEUE: _("queue"),
    }[by]


def _key(by: By | None, key: str) -> str:
    if by is By.HOUR:
        return f"{int(key):02}:00"
    if by is By.WEEKDAY:
        words = (_("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"), _("Sunday"))
        return words[WEEKDAYS.index(key)]
    return _harmless(key) or NOTHING


def _share(part: int, whole: int) -> str:
    return f" ({part / whole:.0%})" if whole else ""


def _percent(share: float | None) -> str:
    return NOTHING if share is None else f"{share:.0%}"


def _span(seconds: float | None) -> str:
    return NOTHING if seconds is None else span(seconds)


def _time(at: datetime, zone: tzinfo) -> str:
    return at.astimezone(zone).strftime("%Y-%m-%d %H:%M")


def _harmless(text: str | None) -> str:
    """What another exchange told must not steer the terminal."""
    return "".join(one if one.isprintable() else "?" for one in text or "")
