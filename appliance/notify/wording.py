"""Notices in words: one file of texts for each language, all with the same entries and placeholders."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from importlib import resources

from appliance.domain.templates import placeholders
from appliance.notify.notice import Channel, Kind, Notice

DEFAULT = "en"
_COMMON = frozenset({"caller", "line", "time", "waited"})
PLACEHOLDERS: Mapping[str, frozenset[str]] = {
    "hidden": frozenset(),
    "taken": frozenset({"who", "caller", "line"}),
    "after": frozenset({"who", "contact", "line"}),
    "missed": _COMMON,
    "cut": _COMMON - {"waited"} | {"who"},
    "missed_subject": frozenset({"caller", "line"}),
    "missed_mail": _COMMON,
    "cut_subject": frozenset({"caller", "line"}),
    "cut_mail": _COMMON | {"who"},
    "voicemail_subject": frozenset({"caller", "mailbox", "length"}),
    "voicemail_mail": frozenset({"caller", "mailbox", "line", "time", "length"}),
}


def languages() -> tuple[str, ...]:
    """The languages there are texts in."""
    names = (file.name for file in resources.files(__package__).joinpath("texts").iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml")))


@functools.cache
def texts(language: str) -> Mapping[str, str]:
    """The texts of a language; the default one's where there is no such. Raises ``ValueError`` for a bad file."""
    file = resources.files(__package__).joinpath("texts", f"{language}.toml")
    if not language.isalpha() or not file.is_file():
        return texts(DEFAULT)
    found = tomllib.loads(file.read_text("utf-8"))
    for name, allowed in PLACEHOLDERS.items():
        text = found.get(name)
        if not isinstance(text, str) or {*placeholders(text)} != allowed:
            raise ValueError(f"{language}.toml: {name} must have the placeholders {', '.join(sorted(allowed))}")
    if odd := found.keys() - PLACEHOLDERS.keys():
        raise ValueError(f"{language}.toml: {', '.join(sorted(odd))} is not known")
    return found


def in_words(notice: Notice) -> tuple[str | None, str]:
    """Subject (of an e-mail) and text."""
    own = texts(notice.language)
    values = {**notice.values, "caller": notice.values.get("caller") or own["hidden"]}
    if notice.channel is Channel.EMAIL and notice.kind in (Kind.MISSED, Kind.CUT, Kind.VOICEMAIL):
        return own[f"{notice.kind}_subject"].format_map(values), own[f"{notice.kind}_mail"].format_map(values)
    return None, own[notice.kind].format_map(values)
