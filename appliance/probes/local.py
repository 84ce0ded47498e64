"""The box's own exchange, asked whether it takes the calls of one trunk.

The exchange answers on a unix socket with one line of JSON:
``{"schema": 1, "ready": true, "why": "", "trunks": {"trunk-b": {"registered": true, "why": ""}}}``.
"""

from __future__ import annotations

import asyncio
import errno
import json
from pathlib import Path
from typing import Any

from appliance.domain.health import Target
from appliance.domain.phrase import phrase
from appliance.probes.prober import Answer, BaseProber
from appliance.probes.words import MissError, no_word

EXCHANGE_SOCKET = "exchange.sock"  # below device.state_dir
MOST_BYTES = 64 * 1024
MOST_WORDS = 200
_NOT_RUNNING = (errno.ENOENT, errno.ECONNREFUSED, errno.ENOTSOCK, errno.EPROTOTYPE)


class LocalProber(BaseProber):
    """Ready, and registered at the trunk that the target is named after: that alone is an answer."""

    def __init__(self, target: Target, socket: Path) -> None:
        super().__init__(target)
        self._socket = socket

    async def close(self) -> None:
        """Nothing is kept between probes."""

    async def _ask(self, timeout_s: float) -> Answer:
        clock = asyncio.get_running_loop().time
        self._late = no_word
        started = clock()
        try:
            reader, writer = await asyncio.open_unix_connection(self._socket, limit=MOST_BYTES)
        except OSError as error:
            if error.errno in _NOT_RUNNING:
                raise MissError(phrase("the exchange does not run on this box")) from None
            raise
        try:
            line = await reader.readline()
        except ValueError:
            raise MissError(phrase("the exchange answers at no end")) from None
        finally:
            writer.close()
        return Answer(True, verdict(line, self._target.name), clock() - started)

    def _start_over(self) -> None:
        """Nothing is kept between probes."""


def verdict(line: bytes, trunk: str) -> str:
    """The words for an exchange that serves ``trunk``. Raises :class:`MissError` with why it does not."""
    try:
        document = json.loads(line)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict) or document.get("schema") != 1:
        if not line:
            raise MissError(phrase("the exchange hung up"))
        raise MissError(phrase("the exchange answers what cannot be understood"))
    if document.get("ready") is not True:
        raise MissError(_words(document.get("why"), phrase("the exchange is not ready")))
    trunks = document.get("trunks")
    entry = trunks.get(trunk) if isinstance(trunks, dict) else None
    if not isinstance(entry, dict):
        raise MissError(phrase("the exchange does not know {trunk}", trunk=trunk))
    if entry.get("registered") is not True:
        why = _words(entry.get("why"), phrase("no reason given"))
        raise MissError(phrase("not registered at {trunk}: {why}", trunk=trunk, why=why))
    return phrase("registered")


def _words(value: Any, otherwise: str) -> str:
    text = value if isinstance(value, str) else ""
    return "".join(char for char in text if char.isprintable())[:MOST_WORDS] or otherwise
