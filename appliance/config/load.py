"""Read ``hotline.toml`` and name every mistake in one run, each with its place and its mend."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from appliance.config import toml
from appliance.config.advice import advise
from appliance.config.crosscheck import crosscheck
from appliance.config.models import Config
from appliance.config.places import line_of, lines_of_keys
from appliance.config.wording import place, wording
from appliance.domain.phrase import phrase

MOST_BYTES = 1024 * 1024
_LINE = re.compile(r"^line (?P<line>\d+), column (?P<column>\d+)$")
_TOML_PLACE = re.compile(r"^(?P<what>.*?)\s*\(at (?P<place>.*)\)$")


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake: ``FILE: key.path: what is wrong, what would be right``; ``line`` counts from 1."""

    file: str
    path: str
    message: str
    line: int | None = None

    def __str__(self) -> str:
        where = f"{self.file}: {self.path}: " if self.path else f"{self.file}: "
        return one_line(where + self.message + (f" (line {self.line})" if self.line else ""))


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check found: the configuration, or ``None`` with every mistake; warnings come with a usable file."""

    config: Config | None
    mistakes: tuple[Mistake, ...]
    warnings: tuple[Mistake, ...] = ()


class ConfigError(Exception):
    """The file cannot be used; ``mistakes`` holds all of them."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        super().__init__("\n".join(map(str, mistakes)))
        self.mistakes = mistakes


def one_line(text: str) -> str:
    """The text with what would break its line or steer a terminal written as TOML escapes it: ``\\n``, ``\\x1b``."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def load(file: Path) -> Config:
    """The checked configuration. Raises :class:`ConfigError` with every mistake."""
    config, mistakes = check(file)
    if config is None:
        raise ConfigError(mistakes)
    return config


def check(file: Path) -> tuple[Config | None, list[Mistake]]:
    """The configuration, or ``None`` and every mistake, in the order of their places."""
    found = examine(file)
    return found.config, list(found.mistakes)


def read_at_most(file: Path, most: int) -> bytes:
    """The file, or one byte more than ``most`` of it: a device in its place (``/dev/zero``) never ends. Blocks;
    raises ``OSError``."""
    with file.open("rb") as opened:
        return opened.read(most + 1)


def examine(file: Path) -> Checked:
    """Check the file whole: mistakes that forbid its use, warnings that do not."""
    name = str(file)
    try:
        data = read_at_most(file, MOST_BYTES)
        if len(data) > MOST_BYTES:
            large = phrase("has more than {most} bytes; name the configuration", most=MOST_BYTES)
            return _unusable(name, "", large)
        text = data.decode("utf-8-sig")
        document = toml.loads(text)
    except OSError as error:
        unread = phrase("cannot be read ({why}); give the path of a readable file", why=str(error.strerror))
        return _unusable(name, "", unread)
    except UnicodeDecodeError as error:
        return _unusable(name, "", not_utf8(error))
    except tomllib.TOMLDecodeError as error:
        return _unusable(name, *syntax(str(error)))
    except RecursionError:  # tomllib reads brackets within brackets by recursion, and sets no bound itself
        deep = phrase("nests brackets hundreds deep; write it as flat as the example")
        return _unusable(name, "", deep)
    lines = lines_of_keys(text)

    def told(findings: Iterable[tuple[str, str]]) -> tuple[Mistake, ...]:
        mistakes = [Mistake(name, path, message, line_of(path, lines)) for path, message in dict.fromkeys(findings)]
        return tuple(sorted(mistakes, key=lambda one: (one.line or 0, one.path)))

    config, findings = _validate(document)
    findings.extend(crosscheck(document))
    if config is None or findings:
        return Checked(None, told(findings))
    return Checked(config, (), told(advise(config)))


def _validate(document: dict[str, object]) -> tuple[Config | None, list[tuple[str, str]]]:
    device = document.get("device")
    region = device.get("region") if isinstance(device, dict) else None
    try:
        context = {"region": region if isinstance(region, str) else None}
        return Config.model_validate(document, context=context), []
    except ValidationError as error:
        return None, [(place(detail), wording(detail)) for detail in error.errors()]


def _unusable(file: str, path: str, message: str) -> Checked:
    return Checked(None, (Mistake(file, path, message),))


def syntax(error: str) -> tuple[str, str]:
    """Where TOML breaks off, and what is wrong there, from the text of its error."""
    match = _TOML_PLACE.match(error)
    what, where = (match["what"], match["place"]) if match else (error, "")
    if (counted := _LINE.match(where)) is not None:
        where = phrase("line {line}, column {column}", line=counted["line"], column=counted["column"])
    elif where == "end of document":
        where = phrase("end of document")
    why = f"{what[:1].lower()}{what[1:]}"
    return where, phrase("is not TOML: {why}; write it as https://toml.io describes", why=why)


def not_utf8(error: UnicodeDecodeError) -> str:
    """Where a text breaks off that is none."""
    return phrase("byte {place} is not UTF-8; save the file as UTF-8", place=error.start)
