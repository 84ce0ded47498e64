"""A roster from a file (TOML) or a message (JSON), with every mistake in one run: its place, its mend."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from appliance.config import toml
from appliance.config.load import Mistake, not_utf8, syntax
from appliance.config.places import line_of, lines_of_keys
from appliance.domain.phrase import phrase
from appliance.roster import wording
from appliance.roster.advice import advise
from appliance.roster.check import check_parts
from appliance.roster.findings import Finding, parts_from
from appliance.roster.models import Roster
from appliance.roster.pins import hash_pin
from appliance.roster.secrets import with_kept_secrets

MOST_BYTES = 1024 * 1024
TOO_DEEP = phrase("nests brackets hundreds deep; write it as flat as an exported one")


@dataclass(frozen=True, slots=True)
class Loaded:
    """The roster, or ``None`` with every mistake; doubts come with a usable one. PINs are hashes already."""

    roster: Roster | None
    mistakes: tuple[Mistake, ...]
    warnings: tuple[Mistake, ...] = ()


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a roster is judged by besides itself. ``now`` must know its zone.

    ``taken_accounts`` are the exchange's own names, which no phone's account may have. ``listen_extension`` is what
    phones of ours dial to hear recordings."""

    now: datetime
    timezone: str
    service_number: str | None = None
    taken_accounts: frozenset[str] = frozenset()
    listen_extension: str | None = None


def load_toml(data: bytes, file: str, circumstances: Circumstances, standing: Roster | None = None) -> Loaded:
    """Read what ``hotline roster export`` writes and people edit. ``file`` is named in each mistake.

    People without a PIN or an account's password keep those that they have in ``standing``.
    """
    if len(data) > MOST_BYTES:
        return _unusable(
            file, "", phrase("has {size} bytes; a roster has at most {most}", size=len(data), most=MOST_BYTES)
        )
    try:
        text = data.decode("utf-8-sig")
        document = toml.loads(text)
    except UnicodeDecodeError as error:
        return _unusable(file, "", not_utf8(error))
    except tomllib.TOMLDecodeError as error:
        return _unusable(file, *syntax(str(error)))
    except RecursionError:  # tomllib reads brackets within brackets by recursion, and sets no bound itself
        return _unusable(file, "", TOO_DEEP)
    lines = lines_of_keys(text)
    if standing is not None:
        document = with_kept_secrets(document, standing)
    return load_document(document, file, circumstances, lambda path: line_of(path, lines))


def load_document(
    document: Mapping[str, Any],
    name: str,
    circumstances: Circumstances,
    line: Callable[[str], int | None] = lambda _: None,
) -> Loaded:
    """As :func:`load_toml`, for a document that is parsed already. Takes its time: keep it off the event loop."""

    def told(findings: Iterable[Finding]) -> tuple[Mistake, ...]:
        return tuple(Mistake(name, one.path, one.message, line(one.path)) for one in dict.fromkeys(findings))

    roster, findings = validate(document)
    findings.extend(
        check_parts(
            parts_from(document),
            service_number=circumstances.service_number,
            taken_accounts=circumstances.taken_accounts,
        )
    )
    if roster is None or findings:
        mistakes = told(findings)
        return Loaded(None, tuple(sorted(mistakes, key=lambda one: (one.line or 0, one.path))))
    doubts = told(advise(roster, circumstances.now, circumstances.timezone, circumstances.listen_extension))
    return Loaded(without_pins(roster), (), doubts)


def validate(document: Mapping[str, Any]) -> tuple[Roster | None, list[Finding]]:
    """The roster by its shape alone, or every mistake in that; quick, and without any file or library."""
    try:
        return Roster.model_validate(document), []
    except ValidationError as error:
        return None, list(_worded(error))
    except RecursionError:
        return None, [Finding("", phrase("is nested too deep to be read; write it as flat as an exported one"))]


def _worded(error: ValidationError) -> Iterator[Finding]:
    details = error.errors()
    for detail in details:
        inner = any(
            len(one["loc"]) > len(detail["loc"]) and one["loc"][: len(detail["loc"])] == detail["loc"]
            for one in details
        )
        if not (detail["type"] == "too_short" and inner):  # entries that are wrong count as missing too
            yield Finding(wording.place(detail), wording.wording(detail))


def without_pins(roster: Roster) -> Roster:
    """The roster with each PIN turned into its hash: nowhere is one kept or told."""
    if all(person.pin is None for person in roster.person):
        return roster
    people = tuple(
        person if person.pin is None else person.model_copy(update={"pin": None, "pin_hash": hash_pin(person.pin)})
        for person in roster.person
    )
    return roster.model_copy(update={"person": people})


def _unusable(file: str, path: str, message: str) -> Loaded:
    return Loaded(None, (Mistake(file, path, message),))
