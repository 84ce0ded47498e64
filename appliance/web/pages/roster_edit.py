"""One entry of the roster in a form, of any section that has one. Checked by the guard, then saved."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import Response

from appliance.domain.phrase import joined
from appliance.roster.models import Roster
from appliance.roster.pins import hash_pin
from appliance.roster.values import DAYS
from appliance.threads import in_daemon_thread
from appliance.translation import _
from appliance.web import proposal, roster_fields, roster_forms, roster_words
from appliance.web.page import Page
from appliance.web.permission import Permission
from appliance.web.proposal import Verdict
from appliance.web.roster_fields import Field
from appliance.web.roster_upload import PIN
from appliance.web.visit import Visit

NEW = "+"  # no id has it
LONGEST_ID = 40
ROTA, DUTY = "rota", "duty"  # the form of a rota says, too, whether it has the duty
BEFORE_ANY: Mapping[str, Mapping[str, Any]] = {
    "person": {"ring": ["mobile"], "roles": ["technician", "agent"], "sms": True},
    "group": {"strategy": "ringall", "ring_s": 25, "step_s": 10, "screening": "auto"},
    "line": {"language": "en"},
    "hours": {},
    "queue": {
        "agents_begin": "in",
        "strategy": "longestidle",
        "ring_s": 20,
        "wrap_up_s": 0,
        "screening": "auto",
        "hears": "music",
        "say_position": True,
        "say_wait": True,
        "say_every_s": 60,
        "max_waiting": 100,
        "max_wait_s": 1800,
    },
    "menu": {"direct_dial": True, "wait_s": 5, "tries": 3},
    "mailbox": {"max_s": 180, "end_silence_s": 8},
    "rota": {},
}


async def show(visit: Visit) -> Response:
    """The form of an entry, or an empty one."""
    section, id_, roster = _meant(visit)
    before = _entry(visit, section, id_) or BEFORE_ANY[section]
    shown = {field.key: roster_fields.written(field, before) for field in roster_forms.fields(section, roster)}
    return _form(visit, section, id_, roster, shown)


async def save(visit: Visit) -> Response:
    """What the form says, after the guard has found nothing against it."""
    section, id_, roster = _meant(visit)
    fields = roster_forms.fields(section, roster)
    region = visit.desk.config.device.region
    before = _entry(visit, section, id_) or {}
    entry = roster_fields.entry_of(fields, visit.form, before, region)
    if id_ == NEW:
        entry["id"] = visit.form.get("id", "").strip() or proposed_id(str(entry.get("name") or ""), section)
    document = _with(visit, section, id_, entry)
    place = _place(document, section, str(entry["id"]))
    await _hash_pin(entry)
    verdict = await proposal.check(visit, document, _revision(visit))
    if verdict.usable:
        wrong = await proposal.save(
            visit, document, _revision(visit), subject=f"{section} {entry['id']}", detail="; ".join(verdict.changes)
        )
        if not wrong:
            return visit.go("/people?done=saved")
        verdict = Verdict(wrong)
    errors, others = sorted_out(verdict, f"{section}.{place}", fields)
    shown = {field.key: _typed(field, visit.form, entry) for field in fields}
    status = 502 if verdict.wrong else 422
    return _form(visit, section, id_, roster, shown, wrong=verdict.wrong, errors=errors, others=others, status=status)


async def remove(visit: Visit) -> Response:
    """Away with an entry, where nothing needs it any more."""
    section, id_, roster = _meant(visit)
    if id_ == NEW:
        raise HTTPException(404, _("There is no such entry in the roster."))
    document = _document(visit)
    document[section] = [one for one in document[section] if one.get("id") != id_]
    verdict = await proposal.check(visit, document, _revision(visit))
    if verdict.usable:
        wrong = await proposal.save(visit, document, _revision(visit), subject=f"{section} {id_}", detail="removed")
        if not wrong:
            return visit.go("/people?done=saved")
        verdict = Verdict(wrong)
    fields = roster_forms.fields(section, roster)
    before = _entry(visit, section, id_) or {}
    shown = {field.key: roster_fields.written(field, before) for field in fields}
    status = 502 if verdict.wrong else 422
    return _form(visit, section, id_, roster, shown, wrong=verdict.wrong, others=verdict.mistakes, status=status)


def sorted_out(
    verdict: Verdict, prefix: str, fields: Sequence[Field]
) -> tuple[dict[str, str], tuple[tuple[str, str], ...]]:
    """The mistakes that belong to a field of the form, by its key, and all others with their places."""
    keys = {field.key for field in fields} | {"id"}
    errors: dict[str, str] = {}
    others: list[tuple[str, str]] = []
    for path, message in verdict.mistakes:
        key = path.removeprefix(f"{prefix}.").partition(".")[0].replace("pin_hash", "pin")
        if path.startswith(f"{prefix}.") and key in keys:
            errors[key] = joined("; ", [errors[key], message]) if key in errors else message
        else:
            others.append((path, message))
    return errors, tuple(others)


def proposed_id(name: str, section: str) -> str:
    """An id made of a name: ``Eva Nováková`` becomes ``eva-novakova``. Other scripts than Latin leave the section."""
    plain = unicodedata.normalize("NFKD", name.lower()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:LONGEST_ID] or section


async def _hash_pin(entry: dict[str, Any]) -> None:
    """Only the hash of a PIN leaves this place; of one that cannot be used nothing does: the guard refuses that."""
    pin = entry.pop("pin", None)
    if pin is not None and PIN.match(pin):
        entry["pin_hash"] = await in_daemon_thread(lambda: hash_pin(pin), "pin")
    elif pin is not None:
        entry["pin"] = ""


def _form(
    visit: Visit,
    section: str,
    id_: str,
    roster: Roster,
    shown: Mapping[str, Any],
    *,
    wrong: str = "",
    errors: Mapping[str, str] | None = None,
    others: Sequence[tuple[str, str]] = (),
    status: int = 200,
) -> Response:
    fields = roster_forms.fields(section, roster)
    return visit.html(
        "roster_edit.html",
        status=status,
        section=section,
        id=id_,
        new=id_ == NEW,
        fields=fields,
        shown=shown,
        errors=errors or {},
        wrong=wrong,
        others=others,
        heading=roster_forms.title(section),
        named=str(shown.get("name") or id_),
        revision=_revision(visit),
        tools=roster_fields,
        days=roster_words.day_words(visit.formats),
    )


def _typed(field: Field, form: Mapping[str, str], entry: Mapping[str, Any]) -> Any:
    """A field as it was sent, for the form that comes back; never a secret."""
    if field.kind in ("text", "prose", "phone", "words", "number", "dates", "choice", "holidays"):
        return form.get(field.key, "")
    if field.kind == "week":
        return {day: form.get(f"{field.key}.{day}", "") for day in DAYS}
    return roster_fields.written(field, entry)


def _meant(visit: Visit) -> tuple[str, str, Roster]:
    """Section, id and the roster. Raises ``HTTPException`` where there is none of them."""
    section, id_ = visit.request.path_params["section"], visit.request.path_params["id"]
    roster = visit.desk.box.roster_model
    if section not in roster_forms.FORMS:
        raise HTTPException(404, _("There is no such page."))
    if roster is None:
        raise HTTPException(503, _("The roster was not heard yet: the guard tells it when it and the broker run."))
    if id_ != NEW and _entry(visit, section, id_) is None:
        raise HTTPException(404, _("There is no such entry in the roster."))
    return section, id_, roster


def _document(visit: Visit) -> dict[str, Any]:
    """The whole roster. Night switches are left out: the guard keeps those that stand."""
    told = visit.desk.box.roster
    assert told is not None
    document = dict(told["roster"])
    lines = document.get("line") or ()
    document["line"] = [{key: value for key, value in one.items() if key != "mode"} for one in lines]
    return document


def _entry(visit: Visit, section: str, id_: str) -> Mapping[str, Any] | None:
    document = _document(visit)
    found = next((one for one in document.get(section) or () if one.get("id") == id_), None)
    return found if found is None or section != ROTA else {**found, DUTY: document["duty"].get("rota") == id_}


def _with(visit: Visit, section: str, id_: str, entry: dict[str, Any]) -> dict[str, Any]:
    """The whole roster with this entry."""
    document = _document(visit)
    if section == ROTA:
        document[DUTY] = _duty(document[DUTY], str(entry["id"]), has_it=entry.get(DUTY) is True)
        entry = {key: value for key, value in entry.items() if key != DUTY}
    listed = list(document.get(section) or ())
    document[section] = [*listed, entry] if id_ == NEW else [entry if one.get("id") == id_ else one for one in listed]
    return document


def _duty(before: Mapping[str, Any], rota: str, *, has_it: bool) -> dict[str, Any]:
    """Who has duty: whom this rota names, or whoever had it without this rota."""
    others = {key: value for key, value in before.items() if key != "rota" or value != rota}
    return {**others, "rota": rota} if has_it else others


def _place(document: Mapping[str, Any], section: str, id_: str) -> int:
    found = [place for place, one in enumerate(document[section]) if one.get("id") == id_]
    return found[-1]


def _revision(visit: Visit) -> int:
    """That of the roster which the form was made of."""
    sent = visit.form.get("revision", "")
    return int(sent) if sent.isdecimal() and len(sent) < 16 else visit.desk.box.revision


PAGES = (
    Page("/people/{section}/{id}", show, Permission.EDIT_ROSTER),
    Page("/people/{section}/{id}", save, Permission.EDIT_ROSTER, methods=("POST",)),
    Page("/people/{section}/{id}/remove", remove, Permission.EDIT_ROSTER, methods=("POST",)),
)
