"""What a person reads of a mistake: what is wrong, and what would be right."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from appliance.config.models import Config
from appliance.domain.phrase import number, phrase

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
    "string_type": phrase("a text in quotes"),
    "int_type": phrase("a whole number without quotes"),
    "int_from_float": phrase("a whole number"),
    "float_type": phrase("a number without quotes"),
    "finite_number": phrase("a finite number"),
    "bool_type": phrase("true or false without quotes"),
    "path_type": phrase("a path in quotes"),
    "tuple_type": phrase("a list in [ ]"),
    "dict_type": phrase("a table"),
    "model_type": phrase("a table"),
    "model_attributes_type": phrase("a table"),
}
_PATTERNS = {
    r"^[a-z0-9-]+$": phrase("lower-case letters, digits and hyphens only"),
    r"^[a-z0-9][a-z0-9_-]*$": phrase("lower-case letters, digits, hyphens and underscores, a letter or digit first"),
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
        found: str = context["message"]
        return found
    if kind == "missing":
        example = examples.get(_general(path))
        return phrase("is missing; add {example}", example=example) if example else phrase("is missing; add it")
    if kind == "extra_forbidden":
        return _unknown_key(root, *map(str, detail["loc"]))
    if kind == "literal_error":
        return is_but_write(shown(value), one_of(context["expected"]))
    if kind == "string_pattern_mismatch":
        return is_but_write(shown(value), _PATTERNS.get(context["pattern"], context["pattern"]))
    if (bound := _bound(kind, context)) is not None:
        return is_but_write(shown(value), bound)
    if kind == "string_too_short":
        return phrase("is empty; write it in full")
    if kind == "string_too_long":
        size, most = len(str(value)), context["max_length"]
        return phrase("has {size} characters; write at most {most}", size=size, most=most)
    return is_but_write(shown(value), _type(kind, path, root))


def is_but_write(value: str, right: str) -> str:
    """What stands there, and what should."""
    return phrase("is {value}; write {right}", value=value, right=right)


def one_of(expected: str) -> str:
    """What there is to choose from, as the models tell it: ``'a', 'b' or 'c'``."""
    choices, either, last = expected.rpartition(" or ")
    return phrase("{choices} or {last}", choices=choices, last=last) if either else expected


def _bound(kind: str, context: Mapping[str, Any]) -> str | None:
    match kind:
        case "greater_than":
            return phrase("more than {limit}", limit=number(context["gt"]))
        case "greater_than_equal":
            return phrase("at least {limit}", limit=number(context["ge"]))
        case "less_than":
            return phrase("less than {limit}", limit=number(context["lt"]))
        case "less_than_equal":
            return phrase("at most {limit}", limit=number(context["le"]))
    return None


def _type(kind: str, path: str, root: type[BaseModel]) -> str:
    sections = root.model_fields
    section, _, rest = path.partition(".")
    if (path in sections and kind == "tuple_type") or (rest.isdigit() and kind.startswith("model")):
        return phrase("a table under {head} for each", head="[[" + section + "]]")
    if path in sections and kind != "string_type":
        return phrase("a table under {head}", head="[" + path + "]")
    return _TYPES.get(kind, phrase("what the manual says of this key"))


def _unknown_key(root: type[BaseModel], *where: str) -> str:
    *parents, key = where
    known = _keys_of(root, parents)
    in_a_file = f"{key}_file"
    if in_a_file in known:
        return phrase(
            "is no key that is known here; secrets stand in a file of their own, write {key}", key=in_a_file
        )
    import difflib  # only for a file with mistakes: the guard that runs needs none of it

    if near := difflib.get_close_matches(key, known, n=1, cutoff=0.6):
        return phrase("is no key that is known here; did you mean {key}?", key=near[0])
    return phrase("is no key that is known here; remove it, or write one of {keys}", keys=", ".join(sorted(known)))


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


def shown(value: Any) -> str:
    """A value as a person wrote it, cut where it is long."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return phrase("a table")
    if isinstance(value, list):
        return phrase("a list")
    text = f'"{value}"' if isinstance(value, str) else str(value)  # TOML dates and times, too
    return text if len(text) <= 60 else text[:56] + '..."'
