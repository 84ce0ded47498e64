"""What is wrong with a roster, and where; and the roster in parts, so that one mistake does not hide another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from appliance.domain.phrase import Phrase, phrase
from appliance.roster.destinations import Mailbox, Menu, PromptSet, Queue
from appliance.roster.models import Duty, Group, Line, OpeningHours, Person, Roster, Rota

Entry = TypeVar("Entry", bound=BaseModel)
MOST_LISTED = 12
SECTIONS: Mapping[str, type[BaseModel]] = {
    "person": Person,
    "group": Group,
    "queue": Queue,
    "menu": Menu,
    "mailbox": Mailbox,
    "line": Line,
    "hours": OpeningHours,
    "rota": Rota,
    "prompts": PromptSet,
}
# for keys that cannot be read and must be there; nothing is found against them
STAND_INS: Mapping[str, Any] = {
    "id": "-",
    "name": "-",
    "mobile": "+12015550123",
    "members": ("duty",),
    "agents": ("duty",),
    "sound": "none",
    "email": ("nobody@example.com",),
    "language": "en",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """A mistake or a doubt: where (``group.0.members.1``), and what is wrong and would be right."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message


@dataclass(frozen=True, slots=True)
class Section(Generic[Entry]):
    """The entries of one kind that can be read, with their places; and the ids of all, of broken ones too."""

    entries: tuple[tuple[str, Entry], ...]
    ids: tuple[tuple[str, str], ...]

    def __iter__(self) -> Iterator[tuple[str, Entry]]:
        return iter(self.entries)

    def __contains__(self, id_: str) -> bool:
        return any(known == id_ for _, known in self.ids)

    @property
    def listing(self) -> str:
        """The ids there are, for a message."""
        names = [repr(id_) for _, id_ in self.ids]
        if not names:
            return phrase("nothing yet")
        shown, more = ", ".join(names[:MOST_LISTED]), len(names) - MOST_LISTED
        return phrase("{names} and {n} more", names=shown, n=more) if more > 0 else shown


def unknown(kind: str, id_: str, section: Section[Any]) -> Phrase:
    """That there is no entry of this id, and which there are."""
    id_, listing = repr(id_), section.listing
    match kind:
        case "person":
            return phrase("nobody has the id {id}; there is {listing}", id=id_, listing=listing)
        case "group":
            return phrase("no group has the id {id}; there is {listing}", id=id_, listing=listing)
        case "queue":
            return phrase("no queue has the id {id}; there is {listing}", id=id_, listing=listing)
        case "menu":
            return phrase("no menu has the id {id}; there is {listing}", id=id_, listing=listing)
        case "mailbox":
            return phrase("no mailbox has the id {id}; there is {listing}", id=id_, listing=listing)
        case "rota":
            return phrase("no rota has the id {id}; there is {listing}", id=id_, listing=listing)
        case "hours":
            return phrase("no hours have the id {id}; there is {listing}", id=id_, listing=listing)
        case "prompts":
            return phrase("no prompts have the id {id}; there is {listing}", id=id_, listing=listing)
    raise ValueError(f"{kind!r} is no section")


@dataclass(frozen=True, slots=True)
class Parts:
    """A roster as far as it can be read."""

    duty: Duty | None
    person: Section[Person]
    group: Section[Group]
    queue: Section[Queue]
    menu: Section[Menu]
    mailbox: Section[Mailbox]
    line: Section[Line]
    hours: Section[OpeningHours]
    rota: Section[Rota]
    prompts: Section[PromptSet]


def parts_of(roster: Roster) -> Parts:
    """A whole roster in parts."""

    def section(name: str) -> Any:
        entries = tuple((f"{name}.{place}", entry) for place, entry in enumerate(getattr(roster, name)))
        return Section(entries, tuple((path, entry.id) for path, entry in entries))

    return Parts(roster.duty, *(section(name) for name in SECTIONS))


def parts_from(document: Mapping[str, Any]) -> Parts:
    """What can be read of a document that is no roster as a whole."""

    def section(name: str, model: type[BaseModel]) -> Any:
        found = document.get(name)
        listed = found if isinstance(found, (list, tuple)) else []
        tables = [(f"{name}.{place}", table) for place, table in enumerate(listed) if isinstance(table, Mapping)]
        ids = tuple((path, table["id"]) for path, table in tables if isinstance(table.get("id"), str))
        read = ((path, _read(model, table)) for path, table in tables)
        return Section(tuple((path, entry) for path, entry in read if entry is not None), ids)

    return Parts(_read(Duty, document.get("duty")), *(section(name, model) for name, model in SECTIONS.items()))


def _read(model: type[Entry], table: Any) -> Entry | None:
    """The entry; where keys of it are wrong, the rest of it, so that their mistakes are found in the same run."""
    try:
        return model.model_validate(table)
    except ValidationError as error:
        wrong = {str(detail["loc"][0]) for detail in error.errors() if detail["loc"]}
    if not isinstance(table, Mapping) or model is Duty:
        return None
    needed = {
        key: STAND_INS[key] for key, info in model.model_fields.items() if info.is_required() and key in STAND_INS
    }
    right = {key: value for key, value in table.items() if key not in wrong}
    try:
        entry = model.model_validate({**needed, **right})
    except ValidationError:
        return None
    return entry.model_copy(update={"id": table["id"]}) if isinstance(table.get("id"), str) else entry
