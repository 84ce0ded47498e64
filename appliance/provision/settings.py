"""What a box is told about itself beside the service: name, network, keys. Pure.

It comes from ``[provisioning]`` of ``hotline.toml``, or from ``custom.toml`` as the Raspberry Pi Imager writes it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Interface
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    StrictBool,
    StrictStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from appliance.config import toml
from appliance.config.load import one_line
from appliance.config.places import line_of, lines_of_keys
from appliance.config.values import wrong
from appliance.config.wording import is_but_write, place, wording
from appliance.domain.phrase import phrase

KEY = re.compile(r"(ssh-(ed25519|rsa)|ecdsa-sha2-nistp(256|384|521)|sk-\S+) [A-Za-z0-9+/]+=*( [^\r\n]*)?")
SECRET, NOT_SHOWN = frozenset({"sim_pin", "secrets"}), "…"
SECRET_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?")
LONGEST_SECRET = 1024
LONGEST_SSID = 32
HOSTNAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
TABLES_OF_IMAGER = frozenset({"config_version", "system", "user", "ssh", "wlan", "locale"})


def _hostname(value: str) -> str:
    if not HOSTNAME.fullmatch(value.lower()):
        raise wrong(phrase("a host name has a-z, 0-9 and -, 63 at most"))
    return value.lower()


def _key(value: str) -> str:
    if not KEY.fullmatch(value.strip()):
        raise wrong(phrase("is no public key of ssh; write a line as in ~/.ssh/id_ed25519.pub"))
    return value.strip()


def _wifi_name(value: str) -> str:
    if not 0 < len(value.encode()) <= LONGEST_SSID:
        raise wrong(
            phrase("a Wi-Fi name has 1 to {most} bytes; a letter beyond a to z takes two or more", most=LONGEST_SSID)
        )
    return value


def _wifi_password(value: str) -> str:
    if not (8 <= len(value.encode()) <= 63 and value.isprintable()) and not re.fullmatch(r"[0-9a-f]{64}", value):
        raise wrong(phrase("a Wi-Fi password has 8 to 63 characters, a prepared key 64 of 0-9 and a-f"))
    return value


def _country(value: str) -> str:
    if not re.fullmatch(r"[A-Z]{2}", value):
        raise wrong(phrase('a country is two capital letters, as "CZ"'))
    return value


def _interface(value: str) -> str:
    try:
        if "/" in value and _is_a_machine_s(own := IPv4Interface(value)):
            return str(own)
    except ValueError:
        pass
    raise wrong(phrase('{value} is no address with its prefix; write it as "192.0.2.5/24"', value=repr(value)))


def _is_a_machine_s(own: IPv4Interface) -> bool:
    """Not the network itself, nor what means everybody in it, nor what no card can have."""
    ends = (own.network.network_address, own.network.broadcast_address) if own.network.prefixlen < 31 else ()
    return own.ip not in ends and not (own.is_loopback or own.is_multicast or own.is_unspecified)


def _address(value: str) -> str:
    try:
        return str(IPv4Address(value))
    except ValueError:
        raise wrong(phrase('{value} is no address; write it as "192.0.2.1"', value=repr(value))) from None


def _pin(value: str) -> str:
    if not re.fullmatch(r"[0-9]{4,8}", value):
        raise wrong(phrase("a PIN has 4 to 8 digits"))
    return value


def _secret_name(value: str) -> str:
    if not SECRET_NAME.fullmatch(value):
        raise wrong(phrase("the name of a secret has a-z, 0-9 and -, 64 at most"))
    return value


def _secret(value: str) -> str:
    if not (0 < len(value) <= LONGEST_SECRET and value.isprintable() and value == value.strip()):
        raise wrong(
            phrase("a secret is one line of {most} characters at most, with no blanks around it", most=LONGEST_SECRET)
        )
    return value


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Wifi(_Part):
    """A wireless network; no ``password`` for an open one."""

    ssid: Annotated[StrictStr, AfterValidator(_wifi_name)]
    password: Annotated[StrictStr, AfterValidator(_wifi_password)] | None = None
    country: Annotated[StrictStr, AfterValidator(_country)] | None = None
    hidden: StrictBool = False


class Ethernet(_Part):
    """Fixed addresses; without this part the network's DHCP is asked."""

    address: Annotated[StrictStr, AfterValidator(_interface)]
    gateway: Annotated[StrictStr, AfterValidator(_address)] | None = None
    dns: tuple[Annotated[StrictStr, AfterValidator(_address)], ...] = ()

    @field_validator("gateway")
    @classmethod
    def _reached(cls, value: str | None, info: ValidationInfo) -> str | None:
        address = info.data.get("address")  # none where it is wrong itself
        if value is not None and address is not None:
            own = IPv4Interface(address)
            if IPv4Address(value) not in own.network or IPv4Address(value) == own.ip:
                # networkd would leave the card without any way out
                raise wrong(
                    phrase("{value} is no other machine in the network of {address}", value=value, address=address)
                )
        return value


class Settings(_Part):
    """``[provisioning]``. ``secrets`` become files of these names, for the configuration's ``…_file`` keys."""

    hostname: Annotated[StrictStr, AfterValidator(_hostname)] | None = None
    ssh_keys: tuple[Annotated[StrictStr, AfterValidator(_key)], ...] = ()
    wifi: Wifi | None = None
    ethernet: Ethernet | None = None
    sim_pin: Annotated[StrictStr, AfterValidator(_pin)] | None = None
    secrets: Mapping[Annotated[str, AfterValidator(_secret_name)], Annotated[StrictStr, AfterValidator(_secret)]] = {}


@dataclass(frozen=True, slots=True)
class Wrong:
    """One mistake in a file, by its line where it has one."""

    file: str
    path: str
    message: str
    line: int | None

    def __str__(self) -> str:
        where = f"{self.file}: line {self.line}: " if self.line else f"{self.file}: "
        return one_line(where + (f"{self.path}: " if self.path else "") + self.message)


def of_hotline(text: str, file: str) -> tuple[Settings, list[Wrong]]:
    """``[provisioning]`` of a ``hotline.toml`` that is TOML."""
    return _checked(tomllib.loads(text).get("provisioning", {}), text, file, "provisioning.", {})


def of_imager(text: str, file: str) -> tuple[Settings, list[Wrong]]:
    """A ``custom.toml``: its keys for Wi-Fi, host name and ssh; a user's password is never taken."""
    try:
        document = toml.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        at = re.search(r"line (\d+)", str(error))
        return Settings(), [Wrong(file, "", f"this is no TOML: {error}", int(at[1]) if at else None)]
    lines = lines_of_keys(text)
    mistakes = [
        Wrong(file, name, "the Raspberry Pi Imager has no such table", line_of(name, lines))
        for name in sorted(document.keys() - TABLES_OF_IMAGER)
    ]
    mistakes += [
        Wrong(file, name, is_but_write(NOT_SHOWN, phrase("a table")), line_of(name, lines))  # it may be a password
        for name in ("system", "ssh", "wlan")
        if not isinstance(document.get(name, {}), Mapping)
    ]
    system, ssh, wlan = (_table(document, name) for name in ("system", "ssh", "wlan"))
    told: dict[str, Any] = {}
    if "hostname" in system:
        told["hostname"] = system["hostname"]
    if ssh.get("enabled") is False:
        told["ssh_keys"] = []  # also where there was a key before
    elif "authorized_keys" in ssh:
        told["ssh_keys"] = ssh["authorized_keys"]
    if ssh.get("enabled") and not ssh.get("authorized_keys"):
        path = "ssh.enabled"
        mistakes.append(
            Wrong(file, path, "ssh is opened by a key only: name it in ssh.authorized_keys", line_of(path, lines))
        )
    if wlan:
        told["wifi"] = {key: wlan[key] for key in ("ssid", "password", "country", "hidden") if key in wlan}
    names = {"hostname": "system.hostname", "ssh_keys": "ssh.authorized_keys", "wifi": "wlan"}
    settings, more = _checked(told, text, file, "", names)
    return settings, mistakes + more


def merged(base: Settings, over: Settings) -> Settings:
    """What either says; ``over`` wins."""
    return Settings.model_validate(base.model_dump(exclude_unset=True) | over.model_dump(exclude_unset=True))


def _table(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = document.get(name)
    return found if isinstance(found, Mapping) else {}


def _checked(
    told: object, text: str, file: str, prefix: str, names: Mapping[str, str]
) -> tuple[Settings, list[Wrong]]:
    try:
        return Settings.model_validate(told), []
    except ValidationError as error:
        lines, mistakes = lines_of_keys(text), []
        for one in error.errors():
            first, *rest = place(one).split(".")
            path = ".".join([prefix + names.get(first, first), *rest]).strip(".")
            if first in SECRET or (first == "wifi" and rest in ([], ["password"])):
                one["input"] = NOT_SHOWN  # the words are told on screens, in the journal and on a page
            if one["type"] != "extra_forbidden":
                one["loc"] = ("", *one["loc"])  # no section of the file: its form is told, and no [[ssh_keys]]
            mistakes.append(Wrong(file, path, wording(one, Settings, {}), line_of(path, lines)))
        return Settings(), mistakes
