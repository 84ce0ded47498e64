"""The user's own sounds on all exchanges: the box's gives each of the others what its state says it lacks.

A sound's name tells its content, and a roster names it: so an exchange that has the roster knows what it lacks, and
nothing else must be kept in step. Until a sound has come, calls there hear what they heard before there was one.
"""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import secrets
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from appliance.exchange.commands.prompts import PIECE_BYTES, PUT
from appliance.mqtt.links import UnreachableError
from appliance.mqtt.topics import Topics
from appliance.prompts.own import OwnSounds, is_own

ASK_WITHIN_S = 20.0
AGAIN_AFTER_S = 30.0
_log = logging.getLogger(__name__)
Ask = Callable[[str, str, Mapping[str, Any], str, float], Awaitable[Mapping[str, Any]]]


class SoundPusher:
    """Hears the others' states; :meth:`run` gives them what they lack."""

    def __init__(self, topics: Topics, own: OwnSounds, ask: Ask) -> None:
        self._topics, self._own, self._ask = topics, own, ask
        self._lacking: dict[str, frozenset[str]] = {}
        self._news = asyncio.Event()

    def hear(self, topic: str, payload: bytes) -> None:
        """Another exchange's state."""
        name = topic.removeprefix(f"{self._topics.device_prefix}exchange/").partition("/")[0]
        try:
            missing = json.loads(payload)["prompts"]["missing"]
        except (ValueError, KeyError, TypeError, RecursionError):
            missing = []
        if not isinstance(missing, list) or name == self._topics.exchange:
            return
        lacking = frozenset(sound for sound in missing if isinstance(sound, str) and is_own(sound))
        if lacking != self._lacking.get(name, frozenset()):
            self._lacking[name] = lacking
            self._news.set()

    def poke(self) -> None:
        """There may be a sound now that others lack."""
        self._news.set()

    async def run(self) -> None:
        """Give, for ever."""
        while True:
            wait_s = None if await self._give_all() else AGAIN_AFTER_S
            try:
                async with asyncio.timeout(wait_s):
                    await self._news.wait()
            except TimeoutError:
                pass
            self._news.clear()

    async def _give_all(self) -> bool:
        """``False`` where somebody did not take what they lack."""
        whole = True
        for exchange, lacking in [*self._lacking.items()]:
            for sound in sorted(lacking):
                if not self._own.has(sound):
                    continue
                try:
                    await self._give(exchange, sound)
                    self._lacking[exchange] = self._lacking[exchange] - {sound}
                    _log.info("%s has %s now", exchange, sound)
                except (UnreachableError, OSError, LookupError, ValueError) as error:
                    _log.warning("%s does not have %s: %s", exchange, sound, error)
                    whole = False
                    break
        return whole

    async def _give(self, exchange: str, sound: str) -> None:
        command = Topics(self._topics.device_id, exchange).command
        upload, total, offset = secrets.token_hex(8), self._own.sizes[sound], 0
        while offset < total:
            piece = await self._own.read(sound, offset, PIECE_BYTES)
            args = {
                "upload": upload,
                "sound": sound,
                "offset": offset,
                "total": total,
                "data": base64.b64encode(piece).decode(),
            }
            answer = await self._ask(command, PUT, args, f"sound-{secrets.token_hex(8)}", ASK_WITHIN_S)
            if answer.get("ok") is not True or not piece:
                raise ValueError(str(answer.get("error")))
            offset += len(piece)
