"""What may stand where a host is named."""

from __future__ import annotations

import ipaddress
import re

LONGEST_NAME = 253  # RFC 1035 §2.3.4, without the root's dot
_HOST_NAME = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)(\.(?!-)[A-Za-z0-9_-]{1,63}(?<!-))*\.?\Z", re.ASCII)


def is_host(value: str) -> bool:
    """Whether this is an address or could be a name of the DNS. What has only digits and dots must be an address."""
    try:
        ipaddress.ip_address(value)
    except ValueError:
        numeric = not re.search(r"[A-Za-z-]", value)
        return not numeric and len(value) <= LONGEST_NAME and _HOST_NAME.match(value) is not None
    return "%" not in value  # a zone means nothing to another machine (RFC 4007 §6)
