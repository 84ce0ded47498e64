"""One MQTT 5 connection: aiomqtt's client, with what an appliance needs beyond it.

The only file that touches aiomqtt's inside (hence ``aiomqtt<3``). What it adds, and why:

- the connection is made by :func:`.dial.dial` and can be given up at any moment; aiomqtt's own blocks a thread
- a publication ends when it is acknowledged, *refused* (aiomqtt drops the reason code, so that what a broker's access
  list threw away would count as delivered) or the connection is lost (aiomqtt waits for its full timeout)
- messages reach their consumer as they are read, stamped with the earliest moment they can have arrived: a process
  that was stopped must not take a command for fresh that waited in the socket
- :meth:`drop` leaves no socket, reader or task behind, also half-way through connecting; and sends no DISCONNECT, so
  that the broker publishes the will
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

import aiomqtt
import paho.mqtt.client as paho
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from appliance.mqtt.dial import dial

CONNECT_S = 10.0
ACKNOWLEDGE_S = 10.0
KEEPALIVE_S = 30
WINDOW = 8  # unacknowledged messages; below the smallest Receive Maximum that brokers ship with (10, HiveMQ)
TICK_S = 1.0
STALL_S = 1.0  # a gap between ticks beyond this means that the process did not run
DRAIN_S = 1.0  # what is read for so long afterwards may have waited in the socket all the while

_log = logging.getLogger(__name__)
_paho_log = logging.getLogger(f"{__name__}.paho")
_paho_log.setLevel(logging.ERROR)  # it warns of every lost connection; the link says that once, in better words


class LostError(Exception):
    """The connection could not be made, or is gone; the text says why."""


class RefusedError(Exception):
    """The broker acknowledged a publication with a failure (MQTT 5 §3.4.2.1)."""


@dataclass(frozen=True, slots=True)
class Message:
    """What arrived. ``deadline`` is monotonic seconds, from Message Expiry and the earliest possible arrival."""

    topic: str
    payload: bytes
    retained: bool
    deadline: float | None = None
    response_topic: str | None = None
    correlation_data: bytes | None = None


@dataclass(frozen=True, slots=True)
class Publication:
    """What is to be sent, always with QoS 1."""

    topic: str
    payload: bytes
    retain: bool = False
    correlation_data: bytes | None = None
    response_topic: str | None = None
    expiry_s: int | None = None


@dataclass(frozen=True, slots=True)
class Broker:
    """Where to connect, and as whom."""

    host: str
    port: int
    client_id: str
    username: str | None
    password: str | None
    tls: ssl.SSLContext | None
    session_expiry_s: int


class Wire(aiomqtt.Client):
    """Use it once: :meth:`connect`, then :meth:`goodbye` or not, and :meth:`drop` in any case."""

    def __init__(self, broker: Broker, will: Publication, receive: Callable[[Message], None]) -> None:
        properties = _properties(PacketTypes.CONNECT)
        properties.SessionExpiryInterval = broker.session_expiry_s
        super().__init__(
            broker.host,
            broker.port,
            identifier=broker.client_id,
            username=broker.username,
            password=broker.password,
            protocol=aiomqtt.ProtocolVersion.V5,
            will=aiomqtt.Will(will.topic, will.payload, qos=1, retain=will.retain),
            clean_start=False,
            properties=properties,
            keepalive=KEEPALIVE_S,
            timeout=CONNECT_S,
            max_inflight_messages=WINDOW,
            logger=_paho_log,
        )
        self._receive = receive
        self._acknowledgements: dict[int, asyncio.Future[None]] = {}
        self._tls = broker.tls
        self._ticked_at = self._loop.time()
        self._stalled_from = self._drained_at = float("-inf")
        self.largest_packet: int | None = None

    async def connect(self) -> None:
        """Connect. Raises :class:`LostError`."""
        try:
            async with asyncio.timeout(CONNECT_S):
                sock = await dial(self._hostname, self._port, self._tls)
                self._client._create_socket_connection = lambda: sock  # type: ignore[method-assign]
                self._client_connect()
                await self._connected
        except TimeoutError:
            raise LostError(f"no answer within {CONNECT_S:g} s") from None
        except (aiomqtt.MqttError, OSError, ValueError) as error:
            raise LostError(_words(error)) from error

    async def listen(self, topics: Collection[str]) -> None:
        """Subscribe with QoS 1 to all of them, without hearing our own words. Raises :class:`LostError`."""
        options = SubscribeOptions(qos=1, noLocal=True)
        try:
            granted = await self.subscribe([(topic, options) for topic in topics])
        except aiomqtt.MqttError as error:
            raise LostError(_words(error)) from error
        for topic, code in zip(topics, granted, strict=True):
            if isinstance(code, ReasonCode) and code.is_failure:
                _log.error("the broker refuses a subscription to %s: %s", topic, code)

    def post(self, publication: Publication) -> asyncio.Future[None]:
        """Send; the future ends with the acknowledgement, or raises :class:`RefusedError`. Raises as :meth:`send`."""
        info = self._client.publish(
            publication.topic, publication.payload, qos=1, retain=publication.retain, properties=_of(publication)
        )
        if info.rc != paho.MQTT_ERR_SUCCESS:
            raise LostError(paho.error_string(info.rc))
        future: asyncio.Future[None] = self._loop.create_future()
        self._acknowledgements[info.mid] = future
        return future

    async def send(self, *publications: Publication) -> None:
        """Send in order and wait until all are acknowledged.

        Raises :class:`LostError`, or :class:`RefusedError` if the broker refused one; the others may have been taken.
        """
        futures = [self.post(publication) for publication in publications]
        try:
            _, pending = await asyncio.wait(futures, timeout=ACKNOWLEDGE_S)
            if pending:
                raise LostError(f"no acknowledgement within {ACKNOWLEDGE_S:g} s")
            for future in futures:
                future.result()
        finally:
            for future in futures:
                if not future.cancel() and not future.cancelled():
                    future.exception()  # looked at, so that asyncio does not report it

    async def lost(self) -> None:
        """Wait until the connection is gone, and raise :class:`LostError`."""
        try:
            await asyncio.shield(self._disconnected)
        except aiomqtt.MqttError as error:
            raise LostError(_words(error)) from error
        raise LostError("the broker closed the connection")

    async def goodbye(self) -> None:
        """Part in good order: the broker keeps the will to itself."""
        if self._client.disconnect() == paho.MQTT_ERR_SUCCESS:
            await asyncio.wait({self._disconnected})

    def drop(self) -> None:
        """Let go of everything."""
        self._client._reset_sockets()
        for future in self._acknowledgements.values():
            future.cancel()
        self._acknowledgements.clear()
        if self._disconnected.done() and not self._disconnected.cancelled():
            self._disconnected.exception()

    async def _misc_loop(self) -> None:
        while self._client.loop_misc() == paho.MQTT_ERR_SUCCESS:
            self._tick()
            await asyncio.sleep(TICK_S)

    def _tick(self) -> None:
        now = self._loop.time()
        if now - self._ticked_at > TICK_S + STALL_S:
            self._stalled_from, self._drained_at = self._ticked_at, now + DRAIN_S
        self._ticked_at = now

    def _earliest_arrival(self) -> float:
        now = self._loop.time()
        if now - self._ticked_at > TICK_S + STALL_S:
            return self._ticked_at
        return self._stalled_from if now < self._drained_at else now

    def _on_connect(
        self,
        client: paho.Client,
        userdata: Any,
        flags: paho.ConnectFlags,
        reason_code: ReasonCode,
        properties: Properties | None = None,
    ) -> None:
        self.largest_packet = getattr(properties, "MaximumPacketSize", None)
        super()._on_connect(client, userdata, flags, reason_code, properties)

    def _on_disconnect(
        self,
        client: paho.Client,
        userdata: Any,
        flags: paho.DisconnectFlags,
        reason_code: ReasonCode,
        properties: Properties | None = None,
    ) -> None:
        if not self._connected.done():
            self._connected.set_exception(aiomqtt.MqttError("the broker closed the connection without an answer"))
        super()._on_disconnect(client, userdata, flags, reason_code, properties)

    def _on_message(self, client: paho.Client, userdata: Any, message: paho.MQTTMessage) -> None:
        properties = message.properties
        expiry_s = getattr(properties, "MessageExpiryInterval", None)
        self._receive(
            Message(
                message.topic,
                bytes(message.payload),
                bool(message.retain),
                None if expiry_s is None else self._earliest_arrival() + expiry_s,
                getattr(properties, "ResponseTopic", None),
                getattr(properties, "CorrelationData", None),
            )
        )

    def _on_publish(
        self, client: paho.Client, userdata: Any, mid: int, reason_code: ReasonCode, properties: Properties
    ) -> None:
        future = self._acknowledgements.pop(mid, None)
        if future is None or future.done():
            return
        if reason_code.is_failure:
            future.set_exception(RefusedError(str(reason_code)))
        else:
            future.set_result(None)


def _properties(packet_type: int) -> Properties:
    return Properties(packet_type)  # type: ignore[no-untyped-call]


def _of(publication: Publication) -> Properties | None:
    told = {
        "CorrelationData": publication.correlation_data,
        "ResponseTopic": publication.response_topic,
        "MessageExpiryInterval": publication.expiry_s,
    }
    given = {name: value for name, value in told.items() if value is not None}
    if not given:
        return None
    properties = _properties(PacketTypes.PUBLISH)
    for name, value in given.items():
        setattr(properties, name, value)
    return properties


def _words(error: BaseException) -> str:
    cause = error.__cause__ or error
    return (cause.strerror if isinstance(cause, OSError) else None) or str(cause) or type(cause).__name__
