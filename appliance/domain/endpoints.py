"""Network endpoints as the configuration spells them."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from appliance.domain.hosts import is_host
from appliance.domain.phrase import phrase


class Transport(StrEnum):
    """SIP transports (RFC 3261 §18; TLS is SIP over TLS over TCP)."""

    UDP = "udp"
    TCP = "tcp"
    TLS = "tls"


@dataclass(frozen=True, slots=True)
class SipEndpoint:
    """Where SIP OPTIONS go."""

    host: str
    port: int
    transport: Transport

    @property
    def uri_host(self) -> str:
        """The host as a URI holds it: IPv6 in brackets (RFC 3261 §25.1)."""
        return f"[{self.host}]" if ":" in self.host else self.host

    @property
    def place(self) -> str:
        """What follows the ``@`` in a URI."""
        return f"{self.uri_host}:{self.port};transport={self.transport}"

    def __str__(self) -> str:
        return f"sip:{self.place}"


def is_loopback(host: str) -> bool:
    """Whether ``host`` is this machine itself, by an address or as ``localhost``."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class ReferenceKind(StrEnum):
    """How a reference outside the cluster is asked: a DNS query, a TCP connect, an ICMP echo."""

    UDP = "udp"
    TCP = "tcp"
    ICMP = "icmp"


@dataclass(frozen=True, slots=True)
class ReferenceEndpoint:
    """Something independent of the cluster; ``port`` is 0 for ICMP."""

    kind: ReferenceKind
    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.kind}://{host}" + (f":{self.port}" if self.port else "")


_SIP = re.compile(
    r"^(?P<scheme>sips?):(?:[^@\s;]+@)?(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::(?P<port>\d{1,5}))?(?P<params>(?:;[^\s]*)?)$"
)


def parse_sip(text: str) -> SipEndpoint:
    """Read ``sip:HOST[:PORT][;transport=udp|tcp|tls]``; the port defaults to 5060, or 5061 for TLS.

    Raises ``ValueError`` with what would be right.
    """
    match = _SIP.match(text)
    if match is None:
        raise ValueError(phrase("is no SIP URI; write sip:HOST:PORT, or sip:HOST:PORT;transport=tcp"))
    params = dict(part.partition("=")[::2] for part in match["params"].split(";") if part)
    if unknown := set(params) - {"transport"}:
        raise ValueError(
            phrase("has the parameter {name}; only ;transport=udp, tcp or tls is read", name=repr(sorted(unknown)[0]))
        )
    name = params.get("transport", "tls" if match["scheme"] == "sips" else "udp").lower()
    if name not in list(Transport):
        raise ValueError(phrase("has the transport {name}; write udp, tcp or tls", name=repr(name)))
    transport = Transport(name)
    port = int(match["port"] or (5061 if transport is Transport.TLS else 5060))
    if not 0 < port < 65536:
        raise ValueError(phrase("has the port {port}; ports are 1 to 65535", port=str(port)))
    return SipEndpoint(_host(match["host"].strip("[]")), port, transport)


def parse_reference(text: str) -> ReferenceEndpoint:
    """Read ``udp://HOST:53``, ``tcp://HOST:PORT`` or ``icmp://HOST``. Raises ``ValueError``."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise ValueError(
            phrase("is no reference ({why}); write udp://HOST:53, tcp://HOST:PORT or icmp://HOST", why=str(error))
        ) from None
    if parts.scheme not in list(ReferenceKind) or not parts.hostname or parts.path not in ("", "/"):
        raise ValueError(phrase("is no reference; write udp://HOST:53, tcp://HOST:PORT or icmp://HOST"))
    kind, host = ReferenceKind(parts.scheme), _host(parts.hostname)
    if kind is ReferenceKind.ICMP:
        return ReferenceEndpoint(kind, host, 0)
    if not port:
        if kind is ReferenceKind.TCP:
            raise ValueError(phrase("has no port; write tcp://HOST:PORT"))
        port = 53
    return ReferenceEndpoint(kind, host, port)


def _host(text: str) -> str:
    if not is_host(text):
        raise ValueError(phrase("names the host {name}, which is neither an address nor a name", name=repr(text)))
    return text
