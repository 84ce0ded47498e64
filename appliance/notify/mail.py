"""An e-mail as it goes over the wire (RFC 5322, RFC 3834). Pure.

Addresses and subject come from people and networks: what could end a header or an address is refused or was taken out
before (:mod:`.harmless`), and the standard library's policy refuses it once more.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP

# RFC 5321 §4.1.2 without quoted strings and literals, which nobody's address here needs
_LOCAL = re.compile(r"[^\s\x00-\x20\x7f<>()\[\]\\,;:@\"]{1,64}\Z")
_DOMAIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,253}[A-Za-z0-9])?\Z")
NAME = "Hotline"


class AddressError(ValueError):
    """No e-mail address that mail could be sent to."""


@dataclass(frozen=True, slots=True)
class Sound:
    """A WAV file that comes with a mail."""

    name: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail to one receiver. ``key`` makes the Message-ID: the same mail sent twice is the same message."""

    key: str
    sender: str
    to: str
    subject: str
    text: str
    at: datetime
    language: str
    sound: Sound | None = None


def address(text: str) -> str:
    """The address with its domain in ASCII. Raises :class:`AddressError`."""
    local, at, domain = text.rpartition("@")
    try:
        ascii_domain = domain.encode("idna").decode("ascii")
    except UnicodeError:
        ascii_domain = ""
    if not at or not _LOCAL.match(local) or not _DOMAIN.match(ascii_domain) or local.startswith("-"):
        raise AddressError(f"{text!r} is no e-mail address")
    return f"{local}@{ascii_domain}"


def needs_utf8(*addresses: str) -> bool:
    """Whether the server must know SMTPUTF8 (RFC 6531)."""
    return not all(one.isascii() for one in addresses)


def composed(mail: Mail) -> bytes:
    """The whole message, lines ended by CR LF. Raises :class:`AddressError`."""
    sender, receiver = address(mail.sender), address(mail.to)
    utf8 = needs_utf8(sender, receiver)
    message = EmailMessage(policy=SMTP.clone(utf8=True) if utf8 else SMTP)
    domain = sender.rpartition("@")[2]
    message["From"] = Address(NAME, *sender.rsplit("@", 1))
    message["To"] = Address("", *receiver.rsplit("@", 1))
    message["Subject"] = mail.subject
    message["Date"] = mail.at
    message["Message-ID"] = f"<{hashlib.sha256(mail.key.encode()).hexdigest()[:40]}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.text.strip("\n") + "\n", cte="base64" if not mail.text.isascii() else "7bit")
    message["Content-Language"] = mail.language
    if mail.sound is not None:
        message.add_attachment(mail.sound.content, maintype="audio", subtype="wav", filename=mail.sound.name)
    return message.as_bytes()
