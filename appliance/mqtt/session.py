"""What is done over one connection: say that we are here, report, deliver, listen and answer.

Ends only by an exception: the connection is lost, or the service ends.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

from paho.mqtt.client import topic_matches_sub

from appliance.config.models import Mqtt
from appliance.domain.events import Event
from appliance.mqtt import discovery, payloads
from appliance.mqtt.board import StateBoard
from appliance.mqtt.box import Box
from appliance.mqtt.mailbox import Mailbox
from appliance.mqtt.refusals import Refusals
from appliance.mqtt.topics import Topics
from appliance.mqtt.wire import WINDOW, LostError, Message, Publication, RefusedError, Wire

PACKET_OVERHEAD = 64  # fixed header, topic length, packet id and properties of a PUBLISH
FAREWELL_S = 1.0  # the service must be gone two seconds after SIGTERM
MOST_HEARD_BYTES = 4 * 1024 * 1024  # of what others say; a roster of a thousand people has a quarter of one

_log = logging.getLogger(__name__)


class Session:
    """One connection of one link."""

    def __init__(self, box: Box, link: Mqtt, mailbox: Mailbox, refusals: Refusals) -> None:
        self._box, self._link, self._mailbox, self._refusals = box, link, mailbox, refusals
        self._topics = box.topics
        announces = box.discovery and link.discovery_prefix
        self._birth = discovery.birth_topic(link.discovery_prefix) if announces else None
        self._reborn = asyncio.Event()
        self._wire: Wire

    def receive(self, message: Message) -> None:
        """Sort what arrives; never waits."""
        if message.topic == self._topics.command:
            self._mailbox.put(message)
        elif message.topic == self._birth and message.payload == payloads.ONLINE and not message.retained:
            self._reborn.set()
        elif len(message.payload) > MOST_HEARD_BYTES:
            _log.warning("link %s: passed over %d bytes on %s", self._link.name, len(message.payload), message.topic)
        elif message.topic == self._box.asker.reply_topic:
            self._box.asker.hear(self._link.name, message)
        else:
            self._tell_listeners(message)

    def _tell_listeners(self, message: Message) -> None:
        for topic_filter, listener in self._box.listen.items():
            if topic_matches_sub(topic_filter, message.topic):
                try:
                    listener(message.topic, message.payload)
                except Exception:  # anything may stand on a topic; the next message is another one
                    _log.exception("link %s: what came on %s failed its listener", self._link.name, message.topic)

    async def run(self, wire: Wire, connected: Callable[[], None]) -> None:
        """Serve over ``wire``; ``connected`` is called once everything is set up. Raises :class:`LostError`."""
        self._wire = wire
        await wire.connect()
        try:
            backlog_end = self._box.journal.last_id
            await wire.listen(self._filters())
            await self._say(self._availability(payloads.ONLINE))
            connected()
            await self._serve(backlog_end)
        except asyncio.CancelledError:
            with suppress(TimeoutError, LostError, RefusedError):
                async with asyncio.timeout(FAREWELL_S):
                    await wire.send(self._availability(payloads.OFFLINE))
                    await wire.goodbye()
            raise

    def _filters(self) -> list[str]:
        filters = [self._topics.command, *self._box.listen]
        if self._birth:
            filters.append(self._birth)
        if self._box.asks:
            filters.append(self._box.asker.reply_topic)
        return filters

    async def _serve(self, backlog_end: int) -> None:
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._wire.lost())
                tasks.create_task(self._report_state())
                tasks.create_task(self._deliver_events(backlog_end))
                tasks.create_task(self._deliver_answers())
                for topic, board in self._box.retained.items():
                    tasks.create_task(self._keep_told(topic, board))
                if self._box.asks:
                    tasks.create_task(self._ask())
                if self._birth:
                    tasks.create_task(self._announce(self._link.discovery_prefix))
        except* LostError as group:
            raise _first(group) from None

    async def _say(self, publication: Publication) -> bool:
        """Send, unless the topic rests; whether it was taken. A refusal is told of in the log, no more."""
        topic = publication.topic
        if self._rests_s(topic):
            return False
        try:
            await self._wire.send(publication)
        except RefusedError as error:
            self._refused(topic, error)
            return False
        self._refusals.taken(topic)
        return True

    def _rests_s(self, topic: str) -> float:
        return self._refusals.wait_s(topic, asyncio.get_running_loop().time())

    def _refused(self, topic: str, error: RefusedError) -> None:
        _log.error("link %s: the broker refuses %s: %s", self._link.name, topic, error)
        self._refusals.refused(topic, asyncio.get_running_loop().time())

    async def _report_state(self) -> None:
        board, pace = self._box.board, self._box.pace
        version = await board.changed(0)
        while True:
            version = board.version
            document = payloads.state(board.newest or {}, datetime.now(UTC))
            await self._say(Publication(self._topics.state, payloads.encode(document), retain=True))
            await asyncio.sleep(pace.state_gap_s)
            with suppress(TimeoutError):
                async with asyncio.timeout(pace.state_every_s - pace.state_gap_s):
                    await board.changed(version)

    async def _keep_told(self, topic: str, board: StateBoard) -> None:
        version = 0
        while True:
            version = await board.changed(version)
            payload, most = payloads.encode(board.newest or {}), self._wire.largest_packet
            if most is not None and len(payload) + len(topic) + PACKET_OVERHEAD > most:
                _log.error(
                    "link %s: %s has %d bytes; its broker takes %d", self._link.name, topic, len(payload), most
                )
            elif not await self._say(Publication(topic, payload, retain=True)):
                version = 0  # again after the rest, changed or not
            await asyncio.sleep(max(self._box.pace.state_gap_s, self._rests_s(topic)))

    async def _ask(self) -> None:
        asker, asked = self._box.asker, set[bytes]()
        while True:
            questions = await asker.beyond(asked, WINDOW)
            asked = asker.still_open(asked) | {question.token for question in questions}
            try:
                await self._wire.send(*map(asker.publication, questions))
            except RefusedError as error:
                _log.error("link %s: the broker refuses a command of ours: %s", self._link.name, error)

    async def _deliver_events(self, backlog_end: int) -> None:
        journal, pace, name = self._box.journal, self._box.pace, self._link.name
        cursor = await journal.cursor(name)
        while True:
            await asyncio.sleep(self._rests_s(self._topics.event))
            await journal.wait_beyond(cursor)
            events = await journal.after(cursor, limit=WINDOW)
            if not events:
                await asyncio.sleep(pace.unreadable_pause_s)  # the disk does not let us read what is there
                continue
            try:
                await self._wire.send(*(self._event(event, event.id <= backlog_end) for event in events))
            except RefusedError as error:
                self._refused(self._topics.event, error)
                continue
            self._refusals.taken(self._topics.event)
            cursor = events[-1].id
            await journal.advance(name, cursor)

    async def _deliver_answers(self) -> None:
        while True:
            answers = await self._mailbox.answers(WINDOW)
            try:
                await self._wire.send(*answers)
            except RefusedError as error:
                _log.error("link %s: the broker refuses a response: %s", self._link.name, error)
            self._mailbox.sent(answers)

    async def _announce(self, prefix: str) -> None:
        board, box = self._box.board, self._box
        topic, told = discovery.config_topic(prefix, box.topics.device_id), b""
        version = await board.changed(0)
        while True:
            document = discovery.device_config(
                self._topics, box.version, board.newest or {}, box.handler.names, self._link.allows
            )
            payload = payloads.encode(document)
            if payload != told and not self._rests_s(topic):
                self._refusals.offered(topic)
                told = payload if await self._say(Publication(topic, payload, retain=True)) else b""
            if await self._reborn_before_change(version, self._rests_s(topic) or None):
                await asyncio.sleep(random.uniform(0, box.pace.announce_jitter_s))
                told = b""
            version = board.version

    async def _reborn_before_change(self, version: int, most_s: float | None) -> bool:
        """Wait for Home Assistant to come up anew (``True``), for the picture to change, or so long."""
        waits = [asyncio.ensure_future(self._reborn.wait()), asyncio.ensure_future(self._box.board.changed(version))]
        try:
            await asyncio.wait(waits, timeout=most_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        reborn = self._reborn.is_set()
        self._reborn.clear()
        return reborn

    def _event(self, event: Event, backlog: bool) -> Publication:
        payload = payloads.encode(payloads.event(event, backlog=backlog))
        most = self._wire.largest_packet
        if most is not None and len(payload) + len(self._topics.event) + PACKET_OVERHEAD > most:
            payload = payloads.encode(payloads.shortened(event, len(payload), backlog=backlog))
        return Publication(self._topics.event, payload)

    def _availability(self, word: bytes) -> Publication:
        return Publication(self._topics.availability, word, retain=True)


def _first(group: BaseExceptionGroup[LostError]) -> LostError:
    for error in group.exceptions:
        return _first(error) if isinstance(error, BaseExceptionGroup) else error
    return LostError("the connection is lost")


def will(topics: Topics) -> Publication:
    """What the broker says in our stead when we are gone without a word."""
    return Publication(topics.availability, payloads.OFFLINE, retain=True)
