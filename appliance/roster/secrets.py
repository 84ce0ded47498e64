"""A roster without what nobody needs to see, and what was left out so put back. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from appliance.roster.models import Roster, to_document
from appliance.roster.pins import is_pin

LEFT_OUT = ("sip_password", "pin_hash", "pin")


def without_secrets(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document for eyes: SIP passwords and PINs are left out."""
    people = [
        {key: value for key, value in person.items() if key not in LEFT_OUT} for person in document.get("person", ())
    ]
    return {**document, "person": people}


def with_kept_secrets(document: Mapping[str, Any], standing: Roster) -> dict[str, Any]:
    """A new document in which people who are without a PIN or an account's password keep the one they had.

    PINs given anew are compared, which takes its time: keep it off the event loop.
    """
    listed = document.get("person")
    if not isinstance(listed, list):
        return dict(document)
    had = {person["id"]: person for person in to_document(standing)["person"]}
    return {**document, "person": [_kept(person, had) for person in listed]}


def _kept(person: Any, had: Mapping[str, Mapping[str, Any]]) -> Any:
    if not isinstance(person, Mapping) or not isinstance(person.get("id"), str):
        return person
    old = had.get(person["id"], {})
    kept = dict(person)
    if isinstance(kept.get("pin"), str) and is_pin(kept["pin"], old.get("pin_hash", "")):
        del kept["pin"]  # the same as before, so nothing has changed
    if "pin" not in kept and "pin_hash" not in kept and "pin_hash" in old:
        kept["pin_hash"] = old["pin_hash"]
    account = kept.get("sip")
    if "sip_password" not in kept and isinstance(account, str) and ":" not in account and "sip_password" in old:
        kept["sip_password"] = old["sip_password"]
    return kept
