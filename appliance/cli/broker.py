"""The guard, or an exchange, as the command line reaches it: over the first link of the configuration, by MQTT 5."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiomqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from appliance.cli.exits import CliError, Exit
from appliance.config import Config
from appliance.config.models import Mqtt
from appliance.mqtt import credentials
from appliance.mqtt.dial import AT_ONCE, dial
from appliance.mqtt.topics import Topics
from appliance.translation import _

_ERRNO = re.compile(r"^\[Errno -?\d+\] ")
OFFLINE_GRACE_S = 1.0  # a guard just starting replaces its own will within this time


@dataclass(slots=True)
class Answer:
    """What came of one command; ``document`` is ``None`` where the guard did not answer in time."""

    document: Mapping[str, Any] | None = None
    state: Mapping[str, Any] | None = None
    offline: bool = False

    @property
    def answered(self) -> bool:
        """Whether the guard answered at all."""
        return self.document is not None


class BrokerGoneError(Exception):
    """The broker cannot be reached, or was lost; ``why`` says where it should be, and what went wrong."""

    def __init__(self, why: str) -> None:
        super().__init__(_("the broker cannot be reached at {why}").format(why=why))
        self.why = why


def link_of(config: Config) -> Mqtt:
    """The link the command line uses: the first."""
    return config.mqtt[0]


def address(config: Config) -> str:
    """Where the broker of the command line is."""
    link = link_of(config)
    return f"{link.host}:{link.port}"


@asynccontextmanager
async def connected(config: Config, timeout_s: float, *, keepalive_s: int = 60) -> AsyncIterator[aiomqtt.Client]:
    """An MQTT 5 session on the link.

    Raises :class:`BrokerGoneError` when it cannot be had within ``timeout_s`` or is lost in the block, and
    :class:`CliError` where a file of the link cannot be used.
    """
    link = link_of(config)
    try:
        known = credentials.broker(link, Topics(config.device.id))
    except credentials.CredentialsError as error:
        raise CliError(Exit.USAGE, _("link {name}: {error}").format(name=link.name, error=error)) from None
    try:
        # aiomqtt connects in a thread that cannot be given up: ask first whether anybody is there
        async with asyncio.timeout(timeout_s):
            (await dial(known.host, known.port)).close()
    except TimeoutError:
        raise BrokerGoneError(_("{where}, no answer").format(where=address(config))) from None
    except OSError as error:
        raise BrokerGoneError(_why(config, error)) from None
    client = aiomqtt.Client(
        known.host,
        known.port,
        # never the guard's own client id: the broker would end the guard's session for ours
        identifier=f"hotline-cli-{secrets.token_hex(6)}",
        protocol=aiomqtt.ProtocolVersion.V5,
        username=known.username,
        password=known.password,
        tls_context=known.tls,
        timeout=timeout_s,
        keepalive=keepalive_s,
        socket_options=[AT_ONCE],
    )
    try:
        async with client:
            yield client
    except aiomqtt.MqttError as error:
        raise BrokerGoneError(_why(config, error)) from None


def _why(config: Config, error: Exception) -> str:
    cause = error.__cause__ or error
    if isinstance(cause, ConnectionError) and cause.errno:
        reason = os.strerror(cause.errno)  # asyncio puts the address once more into its own text
    else:
        reason = _ERRNO.sub("", str(cause)) or type(cause).__name__
    return f"{address(config)}, {reason}"


def read_json(payload: Any) -> Mapping[str, Any] | None:
    """A JSON object, or ``None``: whatever else stands on a topic is no word of the guard's."""
    try:
        document = json.loads(payload)
    except (ValueError, TypeError):
        return None
    return document if isinstance(document, dict) else None


@dataclass(frozen=True, slots=True)
class Request:
    """One command on its way; ``id`` is also its correlation data."""

    name: str
    args: Mapping[str, Any]
    timeout_s: float
    exchange: str | None = None  # to whom: the exchange so called, or the guard
    id: str = field(default_factory=lambda: f"cli-{secrets.token_hex(8)}")


async def ask(config: Config, request: Request) -> Answer:
    """Send one command and wait for its answer. Raises :class:`BrokerGoneError`.

    The retained state and availability are taken along: they tell what was last known, and that a service whose will
    has been published need not be waited for.
    """
    topics = Topics(config.device.id, request.exchange)
    reply_to, answer = f"{topics.response}/{request.id}", Answer()
    async with connected(config, request.timeout_s) as client:
        for topic in (reply_to, topics.state, topics.availability):
            await client.subscribe(topic, qos=1)
        await client.publish(topics.command, _payload(request), qos=1, properties=_properties(request, reply_to))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(request.timeout_s):
                await _collect(client, topics, reply_to, request, answer)
    return answer


async def _collect(broker: aiomqtt.Client, topics: Topics, reply_to: str, request: Request, answer: Answer) -> None:
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(None) as patience:
        async for message in broker.messages:
            topic = message.topic.value
            if topic == topics.availability:
                answer.offline = message.payload == b"offline"
                patience.reschedule(loop.time() + OFFLINE_GRACE_S if answer.offline else None)
            elif topic == topics.state:
                answer.state = read_json(message.payload) or answer.state
            elif topic == reply_to and (document := read_json(message.payload)):
                correlation = getattr(message.properties, "CorrelationData", None)
                if request.id in (document.get("id"), (correlation or b"").decode("utf-8", "replace")):
                    answer.document = document
                    return


def _payload(request: Request) -> str:
    return json.dumps({"schema": 1, "id": request.id, "name": request.name, "args": dict(request.args)})


def _properties(request: Request, reply_to: str) -> Properties:
    properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
    properties.ResponseTopic = reply_to
    properties.CorrelationData = request.id.encode()
    # nobody waits any longer than this, so nobody may act any later: a route pinned an hour late would be a trap
    properties.MessageExpiryInterval = max(1, round(request.timeout_s))
    return properties
