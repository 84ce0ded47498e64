"""What a person reads of a mistake: what is wrong, and what would be right."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from appliance.config.models import Config

EXAMPLES = {
    "device": '[device] with id = "brno-01" and region = "CZ"',
    "device.id": 'id = "brno-01"',
    "device.region": 'region = "CZ"',
    "modem": "[modem] with port and service_number",
    "modem.port": 'port = "/dev/serial/by-path/..."',
    "modem.service_number": 'service_number = "+420777000100"',
    "duty": '[duty] with default = "<id of a person>"',
    "duty.default": 'default = "<id of a person>"',
    "person": "[[person]] with id, name and mobile",
    "person.id": 'id = "tech-1"',
    "person.name": 'name = "Technician 1"',
    "person.mobile": 'mobile = "+420777000111"',
    "trunk.name": 'name = "trunk-a"',
    "trunk.sip": 'sip = "sip:192.0.2.10:5060"',
    "node.name": 'name = "node-1"',
    "node.sip": 'sip = "sip:192.0.2.21:5060"',
    "route.name": 'name = "primary"',
    "route.number": 'number = "+420226000100"',
}
_TYPES = {
    "string_type": "a text in quotes",
    "int_type": "a whole number without quotes",
    "int_from_float": "a whole number",
    "float_type": "a number without quotes",
    "finite_number": "a finite number",
    "bool_type": "true or false without quotes",
    "path_type": "a path in quotes",
    "tuple_type": "a list in [ ]",
    "dict_type": "a table",
    "model_type": "a table",
    "model_attributes_type": "a table",
}
_BOUNDS = {
    "greater_than": ("gt", "more than"),
    "greater_than_equal": ("ge", "at least"),
    "less_than": ("lt", "less than"),
    "less_than_equal": ("le", "at most"),
}
_PATTERNS = {
    r"^[a-z0-9-]+$": "lower-case letters, digits and hyphens only",
    r"^[a-z0-9][a-z0-9_-]*$": "lower-case letters, digits, hyphens and underscores, a letter or digit first",
}


def place(detail: ErrorDetails) -> str:
    """The key path of a mistake: ``route.0.needs.trunk``."""
    return ".".join(map(str, detail["loc"]))


def wording(detail: ErrorDetails, root: type[BaseModel] = Config, examples: Mapping[str, str] = EXAMPLES) -> str:
    """The sentence for one mistake found by the models. Values of unknown keys are never shown: some are secrets.

    ``root`` is the model of the whole document, ``examples`` what is missing by key path.
    """
    context: dict[str, Any] = detail.get("ctx", {})
    kind, value, path = detail["type"], detail.get("input"), place(detail)
    if kind == "hotline":
        return str(context["message"])
    if kind == "missing":
        return f"is missing; add {examples.get(_general(path), 'it')}"
    if kind == "extra_forbidden":
        return _unknown_key(root, *map(str, detail["loc"]))
    if kind == "literal_error":
        return f"is {_shown(value)}; write {context['expected']}"
    if kind == "string_pattern_mismatch":
        return f"is {_shown(value)}; write {_PATTERNS.get(context['pattern'], context['pattern'])}"
    if kind in _BOUNDS:
        key, words = _BOUNDS[kind]
        return f"is {_shown(value)}; write {words} {context[key]:g}"
    if kind == "string_too_short":
        return "is empty; write it in full"
    if kind == "string_too_long":
        return f"has {len(str(value))} characters; write at most {context['max_length']}"
    return f"is {_shown(value)}; write {_type(kind, path, root)}"


def _type(kind: str, path: str, root: type[BaseModel]) -> str:
    sections = root.model_fields
    section, _, rest = path.partition(".")
    if (path in sections and kind == "tuple_type") or (rest.isdigit() and kind.startswith("model")):
        return f"a table under [[{section}]] for each"
    if path in sections:
        return f"a table under [{path}]"
    return _TYPES.get(kind, "what the manual says of this key")


def _unknown_key(root: type[BaseModel], *where: str) -> str:
    *parents, key = where
    known = _keys_of(root, parents)
    if f"{key}_file" in known:
        return f"is no key that is known here; secrets stand in a file of their own, write {key}_file"
    import difflib  # only for a file with mistakes: the guard that runs needs none of it

    if near := difflib.get_close_matches(key, known, n=1, cutoff=0.6):
        return f"is no key that is known here; did you mean {near[0]}?"
    return f"is no key that is known here; remove it, or write one of {', '.join(sorted(known))}"


def _keys_of(model: type[BaseModel], parents: list[str]) -> list[str]:
    for name in parents:
        if name.isdigit():
            continue
        model = _model_in(model.model_fields[name].annotation)
    return [field.alias or name for name, field in model.model_fields.items()]


def _model_in(annotation: Any) -> type[BaseModel]:
    while not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
        annotation = annotation.__args__[0]
    return annotation


def _general(path: str) -> str:
    return ".".join(part for part in path.split(".") if not part.isdigit())


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        text = f'"{value}"'
    elif isinstance(value, (int, float)):
        text = str(value)
    elif isinstance(value, dict):
        text = "a table"
    elif isinstance(value, list):
        text = "a list"
    else:
        text = str(value)  # TOML dates and times
    return text if len(text) <= 60 else text[:56] + '..."'
