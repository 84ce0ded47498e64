"""Times as they leave the box: RFC 3339 in UTC, always of the same width so that text order is time order."""

from __future__ import annotations

from datetime import UTC, datetime


def rfc3339(moment: datetime) -> str:
    """``2026-03-01T12:00:00.000Z``. ``moment`` must know its zone; raises ``ValueError`` where it does not."""
    if moment.tzinfo is None:
        raise ValueError("a time without a zone cannot be told in UTC")
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def wall_time(unix: float) -> str:
    """Unix seconds as :func:`rfc3339` tells them."""
    return rfc3339(datetime.fromtimestamp(unix, UTC))
