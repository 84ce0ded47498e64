"""The phones' SIP accounts of the roster, pushed into Asterisk at run time.

Level-triggered: what should be there is compared with what was pushed, and only the difference is written. Asterisk
keeps the accounts in memory, so a restart of it forgets them all: :meth:`Accounts.forget` then, and push again. Where
a phone is registered, Asterisk keeps in its own database over restarts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from appliance.asterisk.pjsip import account_settings, reserved_names
from appliance.config import Config
from appliance.roster.models import Person, Roster

_PATH = "asterisk/config/dynamic/res_pjsip"
_PHONES_PER_ACCOUNT = 4
_KINDS = ("auth", "aor", "endpoint")  # an endpoint last: it must not be there before what guards it


class Pusher(Protocol):
    """The part of the ARI client that is needed; ``path`` is below ``/ari/``."""

    async def get(self, path: str, /) -> Any:
        """GET; the document. Raises where Asterisk refuses or is away."""

    async def put(self, path: str, body: Mapping[str, Any], /) -> Any:
        """PUT with a JSON body. Raises where Asterisk refuses or is away."""

    async def delete(self, path: str, /) -> Any:
        """DELETE; what is not there is done. Raises where Asterisk refuses or is away."""


@dataclass(frozen=True, slots=True)
class Account:
    """What a phone registers under. ``name`` is the user part of its address and its user for digest."""

    name: str
    password: str = field(repr=False)
    caller_id: str = ""


def wanted(roster: Roster, reserved: frozenset[str]) -> tuple[dict[str, Account], tuple[str, ...]]:
    """The accounts by name, and why some people have none although they name one."""
    accounts: dict[str, Account] = {}
    refused: list[str] = []
    for person in roster.person:
        if person.sip is None or person.sip.startswith(("sip:", "sips:")):
            continue
        if person.sip in reserved:
            refused.append(f"{person.id}: {person.sip!r} is the name of a trunk or node; choose another account")
        elif person.sip in accounts:
            refused.append(f"{person.id}: {person.sip!r} is somebody else's account; choose another")
        elif not person.sip_password:
            refused.append(f"{person.id}: the account {person.sip!r} has no password; set sip_password")
        else:
            accounts[person.sip] = Account(person.sip, person.sip_password, _caller_id(person))
    return accounts, tuple(refused)


def _caller_id(person: Person) -> str:
    name = "".join(char for char in person.name if char.isprintable() and char not in '"<>\\;')
    return f'"{name}" <{person.extension or person.mobile}>'


class Accounts:
    """Keeps Asterisk's accounts the same as the roster's."""

    def __init__(self, config: Config, ari: Pusher) -> None:
        self._settings = account_settings(config)
        self._reserved = reserved_names(config)
        self._ari = ari
        self._pushed: dict[str, Account | None] | None = None  # of an account None: half written, or by another run

    def forget(self) -> None:
        """Asterisk may have started anew: what is there has to be asked for."""
        self._pushed = None

    async def sync(self, roster: Roster) -> tuple[str, ...]:
        """Push the difference; also why some people get no account. What fails is raised, and tried again by the
        next call."""
        accounts, refused = wanted(roster, self._reserved)
        if self._pushed is None:
            self._pushed = dict.fromkeys(await self._there())
        pushed = self._pushed
        for name in [name for name in pushed if name not in accounts]:
            pushed[name] = None
            for kind in reversed(_KINDS):
                await self._ari.delete(f"{_PATH}/{kind}/{name}")
            del pushed[name]
        for name, account in accounts.items():
            if pushed.get(name) == account:
                continue
            if name in pushed:  # Asterisk cannot change an endpoint, only make one
                await self._ari.delete(f"{_PATH}/endpoint/{name}")
            pushed[name] = None
            for kind in _KINDS:
                await self._ari.put(f"{_PATH}/{kind}/{name}", _fields(self._object(kind, account)))
            pushed[name] = account
        return refused

    async def _there(self) -> list[str]:
        """The accounts that Asterisk has, from an earlier run of the exchange."""
        found = await self._ari.get("endpoints/PJSIP")
        names = [one.get("resource") for one in found if isinstance(one, dict)] if isinstance(found, list) else []
        return [name for name in names if isinstance(name, str) and name not in self._reserved]

    def _object(self, kind: str, account: Account) -> Iterable[tuple[str, str]]:
        match kind:
            case "auth":
                return {"auth_type": "userpass", "username": account.name, "password": account.password}.items()
            case "aor":
                settings = {
                    "max_contacts": str(_PHONES_PER_ACCOUNT),
                    "remove_existing": "yes",  # the newest phones count, not those that were never signed off
                    "remove_unavailable": "yes",
                    "qualify_frequency": "30",
                    "minimum_expiration": "60",
                    "maximum_expiration": "3600",
                    "support_path": "no",
                }
                return settings.items()
            case _:
                settings = {
                    **self._settings,
                    "identify_by": "username,auth_username",
                    "auth": account.name,
                    "aors": account.name,
                    "callerid": account.caller_id,
                }
                return settings.items()


def _fields(settings: Iterable[tuple[str, str]]) -> dict[str, Any]:
    return {"fields": [{"attribute": key, "value": value} for key, value in settings]}
