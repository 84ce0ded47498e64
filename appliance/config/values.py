"""Single values that end up in somebody else's file or protocol: an Asterisk file, a SIP URI, a mail header. Pure.

What could break out of its line there is a mistake here, where its place can be named.
"""

from __future__ import annotations

import ipaddress
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic_core import PydanticCustomError, PydanticKnownError

from appliance.domain.hosts import is_host
from appliance.domain.phrase import phrase

_MAIL_ADDRESS = re.compile(r'[^@\s<>",;:\\()\[\]]{1,64}@[^@\s<>",;:\\()]{1,255}\Z')


def wrong(message: str) -> PydanticCustomError:
    """An error whose text reaches the person as it is."""
    return PydanticCustomError("hotline", "{message}", {"message": message})


def one_line(value: str) -> str:
    """A text without control characters, and without space at its ends, which files and people lose."""
    if not value.isprintable() or value != value.strip():
        raise wrong(
            phrase("is {value}; write printable characters on one line, with no space at the ends", value=repr(value))
        )
    return value


def host(value: str) -> str:
    """An IP address or a name of the DNS, without a port."""
    if not is_host(value):
        raise wrong(
            phrase(
                '{value} is no host; write a name such as "mail.example.com" or an IP address, and no port',
                value=repr(value),
            )
        )
    return value


def source(value: str) -> str:
    """Where a trunk's calls come from: an address, a network, or a host name."""
    if is_host(value):
        return value
    try:
        network = None if "%" in value else ipaddress.ip_network(value, strict=False)
    except ValueError:
        network = None
    if network is None:
        raise wrong(
            phrase(
                '{value} is no address; write an IP address, a network such as "192.0.2.128/25", or a host name',
                value=repr(value),
            )
        )
    if network.prefixlen == 0:
        raise wrong(
            phrase(
                "{value} is everybody; calls are let in by their address, write those of the operator",
                value=repr(value),
            )
        )
    return value


def network(value: str) -> str:
    """An IP address or a network."""
    try:
        ipaddress.ip_network(value, strict=False)
    except ValueError:
        raise wrong(
            phrase(
                '{value} is no address; write an IP address or a network such as "192.0.2.128/25"', value=repr(value)
            )
        ) from None
    return value


def mail_address(value: str) -> str:
    """The bare address, without a name."""
    if not value.isprintable() or not _MAIL_ADDRESS.match(value):
        raise wrong(
            phrase('is {value}; write an address and nothing else, such as "hotline@example.com"', value=repr(value))
        )
    return value


def path(value: Any) -> Any:
    """What is to be a path, before it is made one: empty it would be the working directory, and no system call takes
    a NUL."""
    if value == "":
        raise PydanticKnownError("string_too_short", {"min_length": 1})
    return one_line(value) if isinstance(value, str) else value


def serial_port(value: str) -> str:
    """What pyserial opens. Whether a device is there only the guard sees; a socket's address is judged here."""
    one_line(value)
    if value.startswith("socket://"):
        try:
            parts = urlsplit(value)
            usable = bool(parts.hostname and parts.port)
        except ValueError:  # a port or an IPv6 address that is none
            usable = False
        if not usable:
            raise wrong(phrase("{port} is no socket address; write socket://HOST:PORT", port=repr(value)))
    return value


def directory(value: Path) -> Path:
    """A directory that a line of asterisk.conf can hold; ``;`` would begin a comment there."""
    text = str(value)
    if not value.is_absolute() or not text.isprintable() or ";" in text:
        raise wrong(
            phrase('is {text}; write a whole path from / on, in printable characters without ";"', text=repr(text))
        )
    return value
