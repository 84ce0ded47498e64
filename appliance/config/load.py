"""Read ``hotline.toml`` and name every mistake in one run, each with its place and its mend."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from appliance.config.crosscheck import crosscheck
from appliance.config.models import Config


@dataclass(frozen=True, slots=True, order=True)
class Mistake:
    """One mistake: ``FILE: key.path: what is wrong, what would be right``."""

    file: str
    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}: {self.path}: {self.message}" if self.path else f"{self.file}: {self.message}"


class ConfigError(Exception):
    """The file cannot be used; ``mistakes`` holds all of them."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        super().__init__("\n".join(map(str, mistakes)))
        self.mistakes = mistakes


def load(file: Path) -> Config:
    """The checked configuration. Raises :class:`ConfigError` with every mistake."""
    config, mistakes = check(file)
    if config is None:
        raise ConfigError(mistakes)
    return config


def check(file: Path) -> tuple[Config | None, list[Mistake]]:
    """The configuration, or ``None`` and every mistake, in the order of their places."""
    try:
        document = tomllib.loads(file.read_bytes().decode("utf-8"))
    except OSError as error:
        return None, [Mistake(str(file), "", f"cannot be read ({error.strerror}); give the path of a readable file")]
    except UnicodeDecodeError as error:
        return None, [Mistake(str(file), "", f"byte {error.start} is not UTF-8; save the file as UTF-8")]
    except tomllib.TOMLDecodeError as error:
        return None, [Mistake(str(file), "", f"is not TOML: {error}; see https://toml.io for the syntax")]
    device = document.get("device")
    region = device.get("region") if isinstance(device, dict) else None
    found: dict[tuple[str, str], Mistake] = {}
    config: Config | None = None
    try:
        config = Config.model_validate(document, context={"region": region if isinstance(region, str) else None})
    except ValidationError as error:
        for detail in error.errors():
            path, message = _place(detail), _wording(detail)
            found[path, message] = Mistake(str(file), path, message)
    for path, message in crosscheck(document):
        found[path, message] = Mistake(str(file), path, message)
    return (None if found else config), sorted(found.values())


def _place(detail: ErrorDetails) -> str:
    # a union adds the names of its members to the place: people know keys only
    return ".".join(
        str(part) for part in detail["loc"] if not (isinstance(part, str) and ("[" in part or "(" in part))
    )


def _wording(detail: ErrorDetails) -> str:
    context: dict[str, Any] = detail.get("ctx", {})
    value = detail.get("input")
    match detail["type"]:
        case "hotline":
            return str(context["message"])
        case "missing":
            return "is missing; add it"
        case "extra_forbidden":
            return "is no key that is known here; remove it or correct its spelling"
        case "string_pattern_mismatch":
            return f"is {value!r}; write only what matches {context['pattern']}"
        case "literal_error":
            return f"is {value!r}; write {context['expected']}"
        case "too_short":
            return "is empty; add at least one"
        case "greater_than" | "greater_than_equal" | "less_than" | "less_than_equal":
            return f"is {value!r}; it {detail['msg'].removeprefix('Input ').lower()}"
        case _:
            return f"is {_shown(value)}; {detail['msg'].removeprefix('Input ').lower()}"


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
