"""What a form of the roster is made of: how a value of an entry is written into a field, and read back from it. Pure.

What is wrong with a value is the guard's to say: a field that cannot be read is passed on as it was written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from appliance.domain.phone import NotANumber, parse
from appliance.roster.values import DAYS

Form = Mapping[str, str]
Options = Sequence[tuple[str, str]]
FREE_PLACES, MOST_PLACES = 3, 60
FREE_ROWS, MOST_ROWS = 2, 40
NO_SHIFT: Mapping[str, Any] = {"person": "", "days": (), "start": "", "end": ""}
KEYS = ("1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#")


@dataclass(frozen=True, slots=True)
class Field:
    """``kind`` is one of: ``text``, ``prose`` (longer), ``phone``, ``words`` (several, with commas), ``number``,
    ``choice``, ``flag``, ``part`` (there or not; what is in it stays as it is), ``several`` (any of ``options``),
    ``order`` (some of ``options``, one after the other), ``keys`` (of a telephone, each with one of ``options``),
    ``week``, ``dates``, ``shifts`` (of every week, each with one of ``options``), ``holidays`` and ``secret`` (set
    anew, never shown)."""

    key: str
    kind: str
    label: str
    hint: str = ""
    options: Options = ()
    required: bool = False


def written(field: Field, entry: Mapping[str, Any]) -> Any:
    """What stands in the field of the form."""
    value = entry.get(field.key)
    if field.kind == "secret":
        return ""
    if field.kind == "flag":
        return value is True
    if field.kind == "part":
        return value is not None
    if field.kind == "keys":
        return {key: str((value or {}).get(key) or "") for key in KEYS}
    if field.kind == "shifts":
        return [dict(one) for one in value or ()]
    if field.kind in ("several", "order"):
        return [str(one) for one in value or ()]
    if field.kind == "words":
        return ", ".join(map(str, value or ()))
    if field.kind == "week":
        return {day: ", ".join((value or {}).get(day) or ()) for day in DAYS}
    if field.kind == "dates":
        return "\n".join(f"{day} {', '.join(spans)}".rstrip() for day, spans in sorted((value or {}).items()))
    if field.kind == "holidays":
        return "-".join(part for part in ((value or {}).get(key) for key in ("country", "subdivision")) if part)
    if field.kind == "number" and isinstance(value, float) and value.is_integer():
        value = int(value)
    return "" if value is None else str(value)


def choices(field: Field, value: Any) -> Options:
    """The options, and what is chosen and is none of them (any more): a form must not drop it unasked."""
    if isinstance(value, dict):
        value = [one for one in value.values() if one]
    chosen = value if isinstance(value, list) else [value] if value else []
    known = {key for key, _word in field.options}
    return [*field.options, *((one, one) for one in dict.fromkeys(chosen) if one not in known)]


def places(value: Sequence[str]) -> list[str]:
    """The places of an ordered list: those taken, and some free ones."""
    return [*value, *[""] * FREE_PLACES][:MOST_PLACES]


def rows(shifts: Sequence[Mapping[str, Any]]) -> list[tuple[Mapping[str, Any], bool]]:
    """The rows of a list of shifts, each with whether it stands already, and some free ones."""
    standing = (({**NO_SHIFT, **one}, True) for one in shifts)
    return [*standing, *((NO_SHIFT, False) for _ in range(FREE_ROWS))][:MOST_ROWS]


def read(field: Field, form: Form, region: str) -> Any:
    """What the form says; ``None``: nothing, so the key is left out."""
    return _READERS[field.kind](field, form, region)


def entry_of(fields: Sequence[Field], form: Form, before: Mapping[str, Any], region: str) -> dict[str, Any]:
    """The entry as the form has it. What the form does not show stays as it was before."""
    entry = dict(before)
    for field in fields:
        value = read(field, form, region)
        if field.kind == "part" and value is not None:
            value = before.get(field.key) or {}
        if value is not None:
            entry[field.key] = value
        elif field.kind != "secret":
            entry.pop(field.key, None)
    return entry


def _text(field: Field, form: Form, _region: str) -> str | None:
    return form.get(field.key, "").strip() or None


def _prose(field: Field, form: Form, _region: str) -> str | None:
    return " ".join(form.get(field.key, "").split()) or None  # it is one line to whoever reads it out


def _part(field: Field, form: Form, region: str) -> dict[str, Any] | None:
    return {} if _flag(field, form, region) else None


def _keys(field: Field, form: Form, _region: str) -> dict[str, str]:
    found = {key: form.get(f"{field.key}.{key}", "").strip() for key in KEYS}
    return {key: step for key, step in found.items() if step}


def _shifts(field: Field, form: Form, _region: str) -> list[dict[str, Any]]:
    found = (_shift(f"{field.key}.{row}", form) for row in range(MOST_ROWS))
    return [one for one in found if one is not None]


def _shift(prefix: str, form: Form) -> dict[str, Any] | None:
    """A row; ``None`` where nothing is in it, or where the person was taken out of one that stood."""
    person = form.get(f"{prefix}.person", "").strip()
    days = [day for day in DAYS if form.get(f"{prefix}.{day}") == "yes"]
    start, end = (_clock("".join(form.get(f"{prefix}.{key}", "").split())) for key in ("start", "end"))
    if not person and (form.get(f"{prefix}.stood") == "yes" or not (days or start or end)):
        return None
    return {"person": person, "days": days, "start": start, "end": end}


def _secret(field: Field, form: Form, _region: str) -> str | None:
    return form.get(field.key, "") or None


def _phone(field: Field, form: Form, region: str) -> str | None:
    text = form.get(field.key, "").strip()
    return _e164(text, region) if text else None


def _e164(text: str, region: str) -> str:
    try:
        return parse(text, region).e164
    except NotANumber:
        return text


def _words(field: Field, form: Form, _region: str) -> list[str]:
    return [one for one in (part.strip() for part in form.get(field.key, "").split(",")) if one]


def _number(field: Field, form: Form, _region: str) -> Any:
    text = form.get(field.key, "").strip().replace(",", ".")
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        return text
    return int(value) if value.is_integer() else value


def _flag(field: Field, form: Form, _region: str) -> bool:
    return form.get(field.key) == "yes"


def _several(field: Field, form: Form, _region: str) -> list[str]:
    return [key for key, _word in field.options if form.get(f"{field.key}.{key}") == "yes"]


def _order(field: Field, form: Form, _region: str) -> list[str]:
    found = (form.get(f"{field.key}.{place}", "").strip() for place in range(MOST_PLACES))
    return [one for one in found if one]


def _week(field: Field, form: Form, _region: str) -> dict[str, list[str]]:
    found = {day: _spans(form.get(f"{field.key}.{day}", "")) for day in DAYS}
    return {day: spans for day, spans in found.items() if spans}


def _dates(field: Field, form: Form, _region: str) -> dict[str, list[str]]:
    lines = (line.strip().partition(" ") for line in form.get(field.key, "").splitlines())
    return {day: _spans(spans) for day, _space, spans in lines if day}


def _holidays(field: Field, form: Form, _region: str) -> dict[str, str] | None:
    country, _dash, subdivision = form.get(field.key, "").strip().upper().partition("-")
    if not country:
        return None
    return {"country": country, "subdivision": subdivision} if subdivision else {"country": country}


def _spans(text: str) -> list[str]:
    """``7:30-16:00, 17:00-18:00`` as the roster writes it."""
    parts = ("".join(part.split()).replace("–", "-") for part in text.split(","))  # noqa: RUF001
    return ["-".join(_clock(one) for one in part.split("-")) for part in parts if part]


def _clock(text: str) -> str:
    return f"0{text}" if len(text) == 4 and text[1] == ":" else text


_READERS: Mapping[str, Callable[[Field, Form, str], Any]] = {
    "text": _text,
    "prose": _prose,
    "part": _part,
    "keys": _keys,
    "shifts": _shifts,
    "secret": _secret,
    "phone": _phone,
    "words": _words,
    "number": _number,
    "choice": _text,
    "flag": _flag,
    "several": _several,
    "order": _order,
    "week": _week,
    "dates": _dates,
    "holidays": _holidays,
}
