"""Call records as JSON and back. Pure.

Unknown keys are passed over and unknown words left out, so that exchanges of different versions read each other's.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from pydantic import TypeAdapter, ValidationError

from appliance.domain.calls import CallRecord, LegResult, Outcome

_RECORDS = TypeAdapter(CallRecord)
_NO_NUMBERS = ("NaN", "Infinity")


def to_mapping(record: CallRecord) -> dict[str, Any]:
    """The record as JSON can carry it; what is unset is left out."""
    mapping = _set_ones(asdict(record))
    mapping["legs"] = [_set_ones(leg) for leg in mapping["legs"]]
    return mapping


def from_mapping(mapping: Mapping[str, Any]) -> CallRecord:
    """The record of a mapping. Raises ``ValueError`` where a key that must be there is missing, or is no text, number
    or list as it should be."""
    known = {**mapping, "outcome": _word(Outcome, mapping.get("outcome"))}
    legs = mapping.get("legs", ())
    if isinstance(legs, list | tuple):
        known["legs"] = [
            {"person": None, **leg, "result": _word(LegResult, leg.get("result"))}
            if isinstance(leg, Mapping)
            else leg
            for leg in legs
        ]
    try:
        return _RECORDS.validate_python({"caller": None, **known})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise ValueError(f"no call record: {place}: {first['msg']}") from None


def to_text(record: CallRecord) -> str:
    """The record as one line of JSON, which SQLite and every file can hold."""
    return json.dumps(to_mapping(record))


def from_text(text: str) -> CallRecord:
    """The record of a line of JSON. Raises ``ValueError``."""
    if not any(word in text for word in _NO_NUMBERS):
        with suppress(ValidationError):  # the way below finds out why, and knows of other versions
            return _RECORDS.validate_json(text)  # four times as quick, which shows in statistics
    try:
        mapping = json.loads(text, parse_constant=_no_number)
    except RecursionError:
        raise ValueError("no call record: nested too deep") from None
    if not isinstance(mapping, dict):
        raise ValueError("no call record: not a JSON object")  # noqa: TRY004 - one kind of error for one kind of fault
    return from_mapping(mapping)


def _no_number(text: str) -> float:
    raise ValueError(f"no call record: {text} is no number")


def _word(words: type[Outcome] | type[LegResult], value: object) -> str | None:
    return value if isinstance(value, str) and value in [*words] else None


def _set_ones(mapping: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in mapping.items() if value is not None}
