"""A command passed on to the other exchanges, by the box's, which alone is asked from outside."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any

from appliance.domain.commands import CommandError, ErrorCode
from appliance.domain.phrase import phrase
from appliance.domain.phrase_words import text_of
from appliance.mqtt.links import UnreachableError
from appliance.mqtt.topics import Topics

ASK_WITHIN_S = 10.0
Ask = Callable[[str, str, Mapping[str, Any], str, float], Awaitable[Mapping[str, Any]]]


class Elsewhere:
    """``others`` are the names of the exchanges that can be asked; none, where this is not the box's."""

    def __init__(self, topics: Topics, ask: Ask, others: Callable[[], Collection[str]]) -> None:
        self._topics, self._ask, self._others = topics, ask, others

    async def answers(self, name: str, args: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
        """What each of the others answers, by its name; one that is silent has failed."""
        others = sorted(self._others())
        return dict(
            zip(others, await asyncio.gather(*(self._ask_one(other, name, args) for other in others)), strict=True)
        )

    async def found(self, name: str, args: Mapping[str, Any], key: str) -> tuple[list[Mapping[str, Any]], list[str]]:
        """What the others list under ``key``, each with its ``exchange``, and who of them did not answer."""
        found: list[Mapping[str, Any]] = []
        missing = []
        for other, answer in (await self.answers(name, args)).items():
            result = answer.get("result") if answer.get("ok") is True else None
            listed = result.get(key) if isinstance(result, dict) else None
            if isinstance(listed, list):
                found += [{**one, "exchange": other} for one in listed if isinstance(one, dict)]
            else:
                missing.append(other)
        return found, missing

    async def result(self, exchange: str, name: str, args: Mapping[str, Any]) -> Mapping[str, Any]:
        """What one of them answers. Raises :class:`CommandError`."""
        if exchange not in self._others():
            raise CommandError(
                ErrorCode.BAD_REQUEST, phrase("no exchange is called {exchange} here", exchange=repr(exchange))
            )
        answer = await self._ask_one(exchange, name, args)
        result, error = answer.get("result"), answer.get("error")
        if answer.get("ok") is True and isinstance(result, dict):
            return result
        code, message = (error.get("code"), text_of(error, "message")) if isinstance(error, dict) else (None, "")
        known = ErrorCode(code) if isinstance(code, str) and code in [*ErrorCode] else ErrorCode.FAILED
        raise CommandError(known, message or phrase("{exchange} does not answer", exchange=exchange))

    async def _ask_one(self, exchange: str, name: str, args: Mapping[str, Any]) -> Mapping[str, Any]:
        command, id_ = Topics(self._topics.device_id, exchange).command, f"elsewhere-{secrets.token_hex(8)}"
        try:
            return await self._ask(command, name, args, id_, ASK_WITHIN_S)
        except UnreachableError as error:
            message = phrase("{name}: {reason}", name=exchange, reason=str(error))
            return {"ok": False, "error": {"code": ErrorCode.FAILED, "message": message}}
