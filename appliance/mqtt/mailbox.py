"""A link's commands and answers, waiting: bounded in number and bytes, and outliving the connection."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable

from appliance.domain.commands import ErrorCode
from appliance.mqtt import payloads, request
from appliance.mqtt.intake import Intake, Response
from appliance.mqtt.topics import Topics
from appliance.mqtt.wire import Message, Publication

MOST_WAITING = 2_000
MOST_WAITING_BYTES = 4 * 1024 * 1024
MOST_ANSWERS = 4_000
MOST_SLOW = 8
PATIENCE_S = 0.5

_log = logging.getLogger(__name__)


class Mailbox:
    """Commands are carried out in the order they came; what is too much is answered "busy".

    One that takes longer than :data:`PATIENCE_S` (a restart of the modem takes a minute) goes on beside the next:
    "calls to the technician, now" must not wait behind it.
    """

    def __init__(self, link: str, topics: Topics, allows: Callable[[str], bool], intake: Intake) -> None:
        self._link, self._topics, self._allows, self._intake = link, topics, allows, intake
        self._waiting: deque[Message] = deque()
        self._waiting_bytes = 0
        self._answers: deque[Publication] = deque()
        self._arrived, self._answered = asyncio.Event(), asyncio.Event()

    def put(self, message: Message) -> None:
        """Take a message from the command topic; never waits."""
        if message.retained:
            # a command stands for its moment; the broker gives a retained one to every new connection
            _log.warning("link %s: ignored a retained command on %s", self._link, message.topic)
            return
        oversized = len(message.payload) > request.MOST_BYTES
        if not oversized and len(self._waiting) < MOST_WAITING and self._waiting_bytes < MOST_WAITING_BYTES:
            self._waiting.append(message)
            self._waiting_bytes += len(message.payload)
            self._arrived.set()
            return
        # answered here and now, so that large or countless payloads cannot pile up
        command = request.read(message.payload, self._link)
        if isinstance(command, request.Refusal):
            self._answer(message, payloads.failure(command.id, command.error))
            return
        busy = payloads.refusal(command.id, ErrorCode.FAILED, "busy: too many commands are waiting; ask again later")
        self._answer(message, busy)

    async def work(self) -> None:
        """Carry out what comes, for ever."""
        slow: set[asyncio.Task[None]] = set()
        async with asyncio.TaskGroup() as tasks:
            while True:
                while not self._waiting:
                    self._arrived.clear()
                    await self._arrived.wait()
                message = self._waiting.popleft()
                self._waiting_bytes -= len(message.payload)
                task = tasks.create_task(self._deal_with(message))
                await asyncio.wait({task}, timeout=PATIENCE_S)
                slow = {one for one in (*slow, task) if not one.done()}
                if len(slow) >= MOST_SLOW:
                    await asyncio.wait(slow, return_when=asyncio.FIRST_COMPLETED)

    async def _deal_with(self, message: Message) -> None:
        response = await self._intake.answer(message.payload, message.deadline, self._link, self._allows)
        self._answer(message, response)

    async def answers(self, most: int) -> list[Publication]:
        """Wait for answers; they stay until :meth:`sent`."""
        while not self._answers:
            self._answered.clear()
            await self._answered.wait()
        return [self._answers[place] for place in range(min(most, len(self._answers)))]

    def sent(self, answers: list[Publication]) -> None:
        """These need not be sent again."""
        for answer in answers:
            if self._answers and self._answers[0] is answer:
                self._answers.popleft()

    def _answer(self, message: Message, response: Response) -> None:
        topic = message.response_topic
        if topic is None or not self._topics.may_answer_on(topic):
            topic = self._topics.response
        self._answers.append(Publication(topic, payloads.encode(response), correlation_data=message.correlation_data))
        if len(self._answers) > MOST_ANSWERS:
            self._answers.popleft()
            _log.warning("link %s: gave up an answer that could not be delivered", self._link)
        self._answered.set()
