"""The box's own log has every call of the service: it asks the other exchanges for what it has not had."""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Any, Protocol

from appliance.calls import codec
from appliance.calls.health import CallLogError
from appliance.calls.queries import Row
from appliance.mqtt.links import UnreachableError
from appliance.mqtt.topics import Topics

ASK_WITHIN_S = 15.0
LOOK_EVERY_S = 60.0
BOX = "box"
_log = logging.getLogger(__name__)
Ask = Callable[[str, str, Mapping[str, Any], str, float], Awaitable[Mapping[str, Any]]]


class CollectingLog(Protocol):
    """The call log as it is filled."""

    async def collect(self, exchange: str, rows: Sequence[Row]) -> None:
        """Take over rows of another exchange."""

    async def collected(self, exchange: str) -> int:
        """How far it has been read."""


class Collector:
    """Hears from the states of the others how far their logs are."""

    def __init__(self, topics: Topics, log: CollectingLog, ask: Ask) -> None:
        self._topics, self._log, self._ask = topics, log, ask
        self._known: dict[str, int] = {}
        self._news = asyncio.Event()

    @property
    def topic_filter(self) -> str:
        """The states of all exchanges of the box."""
        return f"{self._topics.device_prefix}exchange/+/state"

    @property
    def others(self) -> Collection[str]:
        """The exchanges that have told of themselves."""
        return self._known.keys()

    def hear(self, topic: str, payload: bytes) -> None:
        """Another exchange's state."""
        name = topic.removeprefix(f"{self._topics.device_prefix}exchange/").partition("/")[0]
        if name == self._topics.exchange:
            return
        try:
            document = json.loads(payload)
            seq = document["log"]["seq"]
        except (ValueError, KeyError, TypeError, RecursionError):
            return
        if isinstance(seq, int) and self._known.get(name) != seq:
            self._known[name] = seq
            self._news.set()

    async def run(self) -> None:
        """Collect, for ever."""
        while True:
            try:
                async with asyncio.timeout(LOOK_EVERY_S):
                    await self._news.wait()
            except TimeoutError:
                pass
            self._news.clear()
            for name in [*self._known]:
                try:
                    await self._collect(name)
                except (UnreachableError, CallLogError) as error:
                    _log.warning("calls of %s are not collected: %s", name, error)
                except Exception as error:  # whatever one answers must not cost the others
                    _log.warning("calls of %s are not collected: what it answers is no log: %r", name, error)

    async def _collect(self, name: str) -> None:
        seq = await self._log.collected(name)
        command = Topics(self._topics.device_id, name).command
        while seq < self._known[name]:
            response = await self._ask(
                command, "calls.after", {"seq": seq}, f"collect-{secrets.token_hex(8)}", ASK_WITHIN_S
            )
            if not response.get("ok"):
                raise ValueError(str(response.get("error")))
            result = response["result"]
            rows = [Row(int(row["seq"]), codec.from_mapping(row["call"])) for row in result["rows"]]
            if rows:
                await self._log.collect(name, rows)
            if int(result["next"]) <= seq:
                return
            seq = int(result["next"])
