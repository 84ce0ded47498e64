"""The types of the keys of ``hotline.toml``: what a value may be, and the words for what is wrong with one."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, Strict, ValidationInfo
from pydantic_core import PydanticCustomError

from appliance.config.values import directory, host, mail_address, network, one_line, path, serial_port, source, wrong
from appliance.domain import phone
from appliance.domain.endpoints import ReferenceEndpoint, SipEndpoint, is_loopback, parse_reference, parse_sip
from appliance.domain.phone import PhoneNumber
from appliance.domain.phrase import phrase
from appliance.domain.routes import TECHNICIAN

# TOML has types of its own: "3" is no 3 and true is no 1, so nothing is converted behind the writer's back
Whole = Annotated[int, Strict()]
Flag = Annotated[bool, Strict()]
Real = Annotated[float, Strict(), Field(allow_inf_nan=False)]
Seconds = Annotated[Real, Field(gt=0, le=86_400)]
Pace = Annotated[Real, Field(ge=0.05, le=86_400)]  # seconds between two probes; quicker ones are a flood
HeaderPin = Annotated[Whole, Field(ge=2, le=27)]  # 0 and 1 belong to the identification of an expansion board
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$", max_length=64)]
Host = Annotated[str, Field(min_length=1, max_length=255), AfterValidator(host)]
File = Annotated[Path, BeforeValidator(path)]  # or a directory that no other program's file names
Directory = Annotated[Path, AfterValidator(directory)]
_HOST_PORT = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):(?P<port>[0-9]{1,5})\Z")


def _number(value: Any, info: ValidationInfo) -> PhoneNumber:
    if not isinstance(value, str):
        raise wrong(phrase('is {value}; write a phone number in quotes, as "+420777000111"', value=repr(value)))
    region = (info.context or {}).get("region")
    try:
        return phone.destination(value, region)
    except phone.NotANumber as error:
        raise wrong(phrase('{why}; write it as E.164, such as "+420777000111"', why=str(error))) from None


def _sip(value: Any) -> SipEndpoint:
    if not isinstance(value, str):
        raise wrong(phrase('is {value}; write a SIP URI in quotes, as "sip:192.0.2.10:5060"', value=repr(value)))
    try:
        return parse_sip(value)
    except ValueError as error:
        raise wrong(phrase("{value} {why}", value=repr(value), why=str(error))) from None


def _reference(value: Any) -> ReferenceEndpoint:
    if not isinstance(value, str):
        raise wrong(phrase('is {value}; write a reference in quotes, as "udp://192.0.2.1:53"', value=repr(value)))
    try:
        return parse_reference(value)
    except ValueError as error:
        raise wrong(phrase("{value} {why}", value=repr(value), why=str(error))) from None


def _timezone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        raise wrong(
            phrase('{name} is no time zone of the IANA list; write one such as "Europe/Prague"', name=repr(value))
        ) from None
    return value


def _region(value: str) -> str:
    import phonenumbers

    if value not in phonenumbers.SUPPORTED_REGIONS:
        raise wrong(
            phrase(
                '{value} is no ISO 3166 country code with a telephone network; write one such as "CZ"',
                value=repr(value),
            )
        )
    return value


def _no_reply_time(value: int) -> int:
    if value not in range(5, 31, 5):
        raise wrong(phrase("is {value}; networks take 5, 10, 15, 20, 25 or 30 seconds (3GPP TS 22.082)", value=value))
    return value


def _net(value: Any, info: ValidationInfo) -> PhoneNumber | Literal["duty", "off"]:
    if value in ("duty", "off"):
        return value  # type: ignore[no-any-return]
    try:
        return _number(value, info)
    except PydanticCustomError:
        raise wrong(phrase('is {value}; write "duty", "off" or a number as E.164', value=repr(value))) from None


def _commands(value: Any) -> Literal["all", "none"] | tuple[str, ...]:
    if value in ("all", "none"):
        return value  # type: ignore[no-any-return]
    if isinstance(value, list) and all(isinstance(name, str) for name in value):
        return tuple(value)
    raise wrong(
        phrase(
            'is {value}; write "all", "none" or a list of commands such as ["status", "probe.run"]', value=repr(value)
        )
    )


def _http_url(value: str) -> str:
    try:
        url = urlsplit(value)
        usable = url.scheme in ("http", "https") and bool(url.hostname) and url.port != 0
    except ValueError:  # a port or an IPv6 address that is none
        usable = False
    if not usable or not value.isprintable() or " " in value:
        raise wrong(
            phrase('{value} is no http or https URL; write one such as "http://127.0.0.1:8088"', value=repr(value))
        )
    return value


def _own_http_url(value: str) -> str:
    url = urlsplit(_http_url(value))
    if url.scheme != "http" or url.path.strip("/") or not is_loopback(url.hostname or ""):
        raise wrong(
            phrase(
                "{value} is not http on loopback; whoever reaches it commands every call, write one such as "
                '"http://127.0.0.1:8088"',
                value=repr(value),
            )
        )
    if url.username is not None or url.query or url.fragment:
        raise wrong(
            phrase(
                'has more than scheme, host and port; the password is made by itself, write "http://127.0.0.1:8088"'
            )
        )
    return value


def _own_listen(value: str) -> str:
    if not is_loopback(_listen(value).rpartition(":")[0].strip("[]")):
        raise wrong(
            phrase(
                "{value} is not on loopback; whoever reaches it commands every call, write one such as "
                '"127.0.0.1:5038"',
                value=repr(value),
            )
        )
    return value


def _listen(value: str) -> str:
    match = _HOST_PORT.match(value)
    if match is None or not 1 <= int(match["port"]) <= 65535:
        raise wrong(
            phrase(
                '{value} is no address and port; write HOST:PORT such as "127.0.0.1:8080" or "[::1]:8080"',
                value=repr(value),
            )
        )
    return value


def _route_name(value: str) -> str:
    if value == TECHNICIAN:
        raise wrong(phrase("{value} is the implied last route; give this one another name", value=repr(value)))
    return value


Number = Annotated[PhoneNumber, BeforeValidator(_number)]
Sip = Annotated[SipEndpoint, BeforeValidator(_sip)]
Reference = Annotated[ReferenceEndpoint, BeforeValidator(_reference)]
Net = Annotated[Any, BeforeValidator(_net)]  # "duty", "off" or a PhoneNumber
NoReplyTime = Annotated[Whole, AfterValidator(_no_reply_time)]
RouteName = Annotated[Name, AfterValidator(_route_name)]
Region = Annotated[str, AfterValidator(_region)]
Timezone = Annotated[str, AfterValidator(_timezone)]
Commands = Annotated[Any, BeforeValidator(_commands)]  # "all", "none" or a tuple of names
Listen = Annotated[str, AfterValidator(_listen)]
OwnListen = Annotated[str, AfterValidator(_own_listen)]
OwnHttpUrl = Annotated[str, AfterValidator(_own_http_url)]
Source = Annotated[str, Field(min_length=1, max_length=255), AfterValidator(source)]
Network = Annotated[str, Field(min_length=1, max_length=255), AfterValidator(network)]
MailAddress = Annotated[str, AfterValidator(mail_address)]
SerialPort = Annotated[str, Field(min_length=1), AfterValidator(serial_port)]
Username = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(one_line)]
MailUsername = Annotated[str, Field(min_length=1, max_length=320), AfterValidator(one_line)]
Port = Annotated[Whole, Field(ge=1, le=65_535)]
RtpPort = Annotated[Whole, Field(ge=1024, le=65_534)]
