"""The rota as a calendar, duties that people swap, and the calendar that their own programs subscribe to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import Response

from appliance.roster.models import Roster, Rota, Shift, to_document
from appliance.roster.rota import rota_by_id
from appliance.threads import in_daemon_thread
from appliance.translation import N_, _
from appliance.web import languages, proposal, roster_words, rota_days
from appliance.web.languages import Formats
from appliance.web.page import Page
from appliance.web.permission import Permission
from appliance.web.rota_calendar import calendar
from appliance.web.rota_days import Duty
from appliance.web.visit import Visit

SWAP_DAYS = 60  # how far ahead duties are offered in return
FEED_BEFORE, FEED_AHEAD = timedelta(days=31), timedelta(days=183)
LOCAL = "%Y-%m-%dT%H:%M"
A_MONTH = timedelta(days=31)


async def show(visit: Visit) -> Response:
    """A month of one rota."""
    return await _page(visit)


async def _page(visit: Visit, *, address: str = "") -> Response:
    roster = visit.desk.box.roster_model
    values: dict[str, Any] = {}
    if roster is not None and roster.rota:
        rota = rota_by_id(roster, visit.query("rota")) or rota_by_id(roster, roster.duty.rota) or roster.rota[0]
        first = _month(visit.query("month")) or visit.now.astimezone(visit.desk.zone).date().replace(day=1)
        days = rota_days.month(roster, rota, first, visit.desk.config.device.timezone)
        values = {
            "rota": rota,
            "first": first,
            "days": days,
            "week": [name for _key, name in roster_words.day_words(visit.formats)],
            "before": (first - timedelta(days=1)).replace(day=1),
            "after": (first + A_MONTH).replace(day=1),
            "today": visit.now.astimezone(visit.desk.zone).date(),
        }
    return visit.html(
        "rota.html",
        roster=roster,
        name=visit.desk.box.person_name,
        may_swap=lambda duty: _may(visit, duty),
        done=visit.query("done"),
        feed=await visit.desk.feeds.made_at(visit.account.name),
        address=address,
        **values,
    )


async def ask(visit: Visit) -> Response:
    """What is given away, to whom, and what for."""
    _roster, rota, duty = _meant(visit, visit.query("start"))
    return _form(visit, rota, duty)


async def swap(visit: Visit) -> Response:
    """Give a duty, or a part of it, to somebody else; and take one of theirs in return."""
    roster, rota, duty = _meant(visit, visit.form.get("start", ""))
    taker = roster.person_by_id(visit.form.get("person", ""))
    begin, end = (_local(visit, visit.form.get(key, "")) for key in ("from", "until"))
    if taker is None or taker.id == duty.person:
        return _form(visit, rota, duty, errors={"person": _("Choose who takes it.")}, status=422)
    if begin is None or end is None or not duty.start <= begin < end <= duty.end:
        return _form(visit, rota, duty, errors={"from": _("Choose a time within the duty.")}, status=422)
    swaps = [Shift(person=taker.id, start=begin, end=end)]
    if wanted := visit.form.get("return", ""):
        back = next(
            (one for one in _upcoming(visit, roster, rota, taker.id) if one.start.isoformat() == wanted), None
        )
        if back is None or duty.person is None:
            wrong = _("That duty is not theirs any more. Choose another one.")
            return _form(visit, rota, duty, errors={"return": wrong}, status=422)
        swaps.append(Shift(person=duty.person, start=back.start, end=back.end))
    changed = to_document(rota_days.with_swaps(roster, rota, swaps, visit.now))
    changed["line"] = [{key: value for key, value in one.items() if key != "mode"} for one in changed["line"]]
    verdict = await proposal.check(visit, changed, visit.desk.box.revision)
    wrong = verdict.wrong or "; ".join(text for _place, text in verdict.mistakes)
    if not wrong:
        told = "; ".join(f"{one.person} {one.start.isoformat()} … {one.end.isoformat()}" for one in swaps)
        wrong = await proposal.save(
            visit, changed, visit.desk.box.revision, subject=f"rota {rota.id}", detail=f"swap: {told}"
        )
    if wrong:
        return _form(visit, rota, duty, wrong=wrong, status=502)
    return visit.go(f"/rota?rota={rota.id}&month={begin.astimezone(visit.desk.zone):%Y-%m}&done=swapped")


async def make_feed(visit: Visit) -> Response:
    """A secret address of one's own calendar, shown once."""
    token = await visit.desk.feeds.begin(visit.account.name, visit.desk.clock())
    await visit.note("calendar.made")
    base = visit.request.base_url
    return await _page(visit, address=f"{base.scheme}://{base.netloc}/calendar/{token}.ics")


async def end_feed(visit: Visit) -> Response:
    """The address is good no more."""
    await visit.desk.feeds.end(visit.account.name)
    await visit.note("calendar.ended")
    return visit.go("/rota?done=ended")


async def feed(visit: Visit) -> Response:
    """The calendar behind a secret address: the person's own duties, or all where the account is nobody's."""
    token = visit.request.path_params["token"].removesuffix(".ics")
    account = await visit.desk.feeds.of(token, visit.desk.clock())
    box = visit.desk.box
    roster = box.roster_model
    if account is None or account.must_change or (account.person and not box.knows_person(account.person)):
        raise HTTPException(404, _("There is no such page."))
    if roster is None:
        raise HTTPException(503, _("The roster was not heard yet: the guard tells it when it and the broker run."))
    formats = Formats(account.language or languages.SOURCE, visit.desk.zone)
    speaker = Visit(visit.desk, visit.page, visit.request, None, formats, b"", ())

    def make() -> bytes:
        found = [
            (rota.id, duty)
            for rota in roster.rota
            for duty in _duties(visit, roster, rota, visit.now - FEED_BEFORE, visit.now + FEED_AHEAD)
            if duty.person is not None and account.person in (None, duty.person)
        ]
        with speaker.speaking():
            title = _("Duty") + f" · {visit.desk.config.device.id}"
            words = _("On duty")
            return calendar(
                found,
                title,
                lambda duty: f"{words}: {box.person_name(duty.person)}",
                visit.desk.config.device.id,
                visit.now.replace(microsecond=0),
            )

    return Response(await in_daemon_thread(make, "calendar"), media_type="text/calendar; charset=utf-8")


def _duties(visit: Visit, roster: Roster, rota: Rota, begin: datetime, end: datetime) -> list[Duty]:
    """By moments that do not move with the clock, so that a duty is the same one whenever it is asked for."""
    zone = visit.desk.zone
    first, last = (at.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0) for at in (begin, end))
    return rota_days.duties(roster, rota, first, last, visit.desk.config.device.timezone)


def _upcoming(visit: Visit, roster: Roster, rota: Rota, person: str) -> list[Duty]:
    found = _duties(visit, roster, rota, visit.now, visit.now + timedelta(days=SWAP_DAYS))
    return [one for one in found if one.person == person and one.start > visit.now]


def _meant(visit: Visit, start: str) -> tuple[Roster, Rota, Duty]:
    """The duty that is asked for, where this visitor may give it away. Raises ``HTTPException``."""
    roster = visit.desk.box.roster_model
    rota = rota_by_id(roster, visit.request.path_params["rota"]) if roster is not None else None
    try:
        at = datetime.fromisoformat(start)
    except ValueError:
        at = None
    if roster is None or rota is None or at is None or at.tzinfo is None or abs(at - visit.now) > timedelta(days=800):
        raise HTTPException(404, _("There is no such duty."))
    found = _duties(visit, roster, rota, at - timedelta(days=8), at + timedelta(days=9))
    duty = next((one for one in found if one.start <= at < one.end), None)
    if duty is None or duty.end <= visit.now:
        raise HTTPException(404, _("There is no such duty."))
    if not _may(visit, duty):
        raise HTTPException(403, _("This is the duty of another person. A supervisor may give it away."))
    return roster, rota, duty


def _may(visit: Visit, duty: Duty) -> bool:
    if duty.end <= visit.now:
        return False
    own = duty.person is not None and duty.person == visit.account.person
    return own or visit.may(Permission.SWAP_ANY_DUTY)


def _form(
    visit: Visit, rota: Rota, duty: Duty, *, wrong: str = "", errors: dict[str, str] | None = None, status: int = 200
) -> Response:
    roster = visit.desk.box.roster_model
    assert roster is not None
    zone = visit.desk.zone
    takers = [(one.id, one.name) for one in roster.person if one.id != duty.person]
    returned = [
        (one.start.isoformat(), f"{visit.desk.box.person_name(one.person)}: {_told(visit, one)}")
        for taker, _name in takers
        for one in _upcoming(visit, roster, rota, taker)
        if duty.person is not None
    ]
    start = max(duty.start, visit.now.replace(second=0, microsecond=0) + timedelta(minutes=1))
    return visit.html(
        "rota_swap.html",
        status=status,
        rota=rota,
        duty=duty,
        told=_told(visit, duty),
        name=visit.desk.box.person_name(duty.person) or _("nobody"),
        takers=[("", "—"), *takers],
        returned=[("", _("nothing")), *sorted(returned)],
        begin=visit.form.get("from") or f"{start.astimezone(zone):{LOCAL}}",
        end=visit.form.get("until") or f"{duty.end.astimezone(zone):{LOCAL}}",
        wrong=wrong,
        errors=errors or {},
    )


def _told(visit: Visit, duty: Duty) -> str:
    formats = visit.formats
    texts: Sequence[str] = [f"{formats.day(at, 'EEE d. M.')} {formats.time(at)}" for at in (duty.start, duty.end)]
    return " – ".join(texts)  # noqa: RUF001


def _local(visit: Visit, text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found.replace(tzinfo=visit.desk.zone).astimezone(UTC) if found.tzinfo is None else None


def _month(text: str) -> date | None:
    try:
        found = date.fromisoformat(f"{text}-01")
    except ValueError:
        return None
    return found if 2000 <= found.year < 2200 else None


PAGES = (
    Page("/rota", show, Permission.SEE_ROSTER, menu=N_("Duty rota")),
    Page("/rota/{rota}/swap", ask, Permission.SWAP_OWN_DUTY),
    Page("/rota/{rota}/swap", swap, Permission.SWAP_OWN_DUTY, methods=("POST",)),
    Page("/rota/feed", make_feed, Permission.SEE_ROSTER, methods=("POST",)),
    Page("/rota/feed/end", end_feed, Permission.SEE_ROSTER, methods=("POST",)),
    Page("/calendar/{token}", feed, Permission.PUBLIC),
)
