"""People who can be on duty."""

from __future__ import annotations

from dataclasses import dataclass

from appliance.domain.phone import PhoneNumber


@dataclass(frozen=True, slots=True)
class Person:
    """One line of the roster. ``id`` names the person in commands; ``mobile`` is where they are reached."""

    id: str
    name: str
    mobile: PhoneNumber
