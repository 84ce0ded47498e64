"""Mistakes about people and their phones."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from appliance.domain.phrase import phrase
from appliance.roster.findings import Finding, Parts
from appliance.roster.models import Person
from appliance.roster.pins import is_hash

RESERVED = ("duty",)  # a member of this name is whoever has duty


def people(parts: Parts, service_number: str | None, taken: Collection[str] = ()) -> Iterator[Finding]:
    """Each person by itself, and phones that two of them claim. ``taken``: names that no account may have."""
    accounts: dict[str, str] = {}
    for path, person in parts.person:
        if person.id in RESERVED:
            duty = phrase("{id} means whoever has duty; give the person another id", id=repr(person.id))
            yield Finding(f"{path}.id", duty)
        if service_number is not None and person.mobile == service_number:
            yield Finding(
                f"{path}.mobile",
                phrase(
                    "is the service number {number} itself, so calls would go in a circle; "
                    "write the number where the person is reached",
                    number=service_number,
                ),
            )
        yield from _phones(path, person)
        account = account_of(person)
        if account is not None:
            if account in accounts:
                yield Finding(
                    f"{path}.sip",
                    phrase(
                        "{account} is also {person}'s; give each their own account",
                        account=repr(account),
                        person=accounts[account],
                    ),
                )
            accounts.setdefault(account, f"{person.id}")
            if account in taken:
                yield Finding(
                    f"{path}.sip",
                    phrase(
                        "{account} is what the exchange calls a trunk, a node or all phones; "
                        "give the account another name",
                        account=repr(account),
                    ),
                )


def _phones(path: str, person: Person) -> Iterator[Finding]:
    if not person.ring:
        none = phrase('is empty, so no phone of theirs rings; write ["mobile"], ["sip"] or both')
        yield Finding(f"{path}.ring", none)
    if len(set(person.ring)) < len(person.ring):
        yield Finding(f"{path}.ring", phrase("names a phone twice; name each once"))
    if "sip" in person.ring and person.sip is None:
        missing = phrase("names a SIP phone that there is none of; add sip, or leave it out of ring")
        yield Finding(f"{path}.ring", missing)
    if account_of(person) is not None and person.sip_password is None:
        open_to_all = phrase("is an account without a password, so no phone could register; add sip_password")
        yield Finding(f"{path}.sip", open_to_all)
    if person.sip_password is not None and account_of(person) is None:
        nobodys = phrase('is given without an account; write sip = "NAME", or remove it')
        yield Finding(f"{path}.sip_password", nobodys)
    if person.pin_hash is not None and not is_hash(person.pin_hash):
        foreign = phrase("is none that was made here; write pin with the digits, and remove it")
        yield Finding(f"{path}.pin_hash", foreign)


def account_of(person: Person) -> str | None:
    """The account under which a phone of theirs registers; ``None`` where it is called by its SIP URI."""
    return person.sip if person.sip is not None and not person.sip.startswith(("sip:", "sips:")) else None


def extensions(parts: Parts) -> Iterator[Finding]:
    """Extensions are dialled: one number leads to one person, group, queue, menu or mailbox."""
    seen: dict[str, str] = {}
    entries = [*parts.person, *parts.group, *parts.queue, *parts.menu, *parts.mailbox]
    for path, entry in entries:
        if entry.extension is None:
            continue
        if entry.extension in seen:
            yield Finding(
                f"{path}.extension",
                phrase(
                    "{extension} is also {id}'s; give each its own",
                    extension=entry.extension,
                    id=seen[entry.extension],
                ),
            )
        seen.setdefault(entry.extension, entry.id)
