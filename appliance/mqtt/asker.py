"""Commands that this service gives to another one: asked over every link there is, answered once.

The one who is asked knows an id that it has had (CONTRACT), so a command goes over each link that is connected or
comes back in time, and the first answer counts. Nobody asks twice for want of a link.
"""

from __future__ import annotations

import asyncio
import json
import math
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from appliance.domain.commands import ErrorCode
from appliance.domain.phrase import number, phrase
from appliance.mqtt import payloads
from appliance.mqtt.wire import Message, Publication

TOKEN_BYTES = 16


class UnreachableError(Exception):
    """Nobody answered in time: no link, no broker, or nobody behind it. The command may have been done all the same;
    under the same id it may be given again."""


@dataclass(slots=True)
class Question:
    """One command on its way. ``deadline`` is monotonic seconds."""

    topic: str
    payload: bytes
    deadline: float
    answer: asyncio.Future[Mapping[str, Any]]
    token: bytes = field(default_factory=lambda: secrets.token_bytes(TOKEN_BYTES))
    refused_by: dict[str, Mapping[str, Any]] = field(default_factory=dict)


class Asker:
    """One for all links of a service; ``reply_topic`` is where each of them listens for answers."""

    def __init__(self, reply_topic: str, links: int) -> None:
        self.reply_topic = reply_topic
        self._links = links
        self._open: dict[bytes, Question] = {}
        self._bell = asyncio.Event()

    async def ask(
        self, topic: str, name: str, args: Mapping[str, Any], id_: str, timeout_s: float
    ) -> Mapping[str, Any]:
        """Give the command and return its response, refused or not. Raises :class:`UnreachableError`."""
        loop = asyncio.get_running_loop()
        payload = payloads.encode({"schema": payloads.SCHEMA, "id": id_, "name": name, "args": dict(args)})
        question = Question(topic, payload, loop.time() + timeout_s, loop.create_future())
        self._open[question.token] = question
        self._bell.set()
        try:
            async with asyncio.timeout(timeout_s):
                return await question.answer
        except TimeoutError:
            for refusal in question.refused_by.values():
                return refusal
            raise UnreachableError(
                phrase("{name} was not answered within {s} s", name=name, s=number(timeout_s))
            ) from None
        finally:
            del self._open[question.token]

    async def beyond(self, asked: Collection[bytes], most: int) -> list[Question]:
        """Wait for commands that a link has not published yet."""
        while not (new := [one for token, one in self._open.items() if token not in asked][:most]):
            self._bell.clear()
            await self._bell.wait()
        return new

    def still_open(self, asked: Collection[bytes]) -> set[bytes]:
        """Those of ``asked`` that nobody has answered yet."""
        return {token for token in asked if token in self._open}

    def publication(self, question: Question) -> Publication:
        """The command as it is sent now; it expires when nobody waits for its answer any more."""
        left_s = question.deadline - asyncio.get_running_loop().time()
        return Publication(
            question.topic,
            question.payload,
            correlation_data=question.token,
            response_topic=self.reply_topic,
            expiry_s=max(1, math.ceil(left_s)),
        )

    def hear(self, link: str, message: Message) -> None:
        """Take what came on the reply topic; what answers nothing is passed over. Never waits."""
        question = self._open.get(message.correlation_data or b"")
        if question is None or question.answer.done():
            return
        try:
            response = json.loads(message.payload)
        except (ValueError, RecursionError):
            return
        if not isinstance(response, dict) or not isinstance(response.get("ok"), bool):
            return
        error = response.get("error")
        if isinstance(error, dict) and error.get("code") == ErrorCode.NOT_ALLOWED:
            question.refused_by[link] = response  # another link may be allowed more
            if len(question.refused_by) < self._links:
                return
        question.answer.set_result(response)
