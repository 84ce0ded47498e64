"""The guard as the command line reaches it: over the broker of the configuration's first link, with MQTT 5."""

from __future__ import annotations

import asyncio
import json
import re
import secrets
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import aiomqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from appliance.cli.exits import CliError, Exit
from appliance.cli.text import _
from appliance.config import Config
from appliance.config.models import Mqtt

_ERRNO = re.compile(r"^\[Errno -?\d+\] ")
OFFLINE_GRACE_S = 1.0  # a guard just starting replaces its own will within this time


@dataclass(frozen=True, slots=True)
class Topics:
    """The topics of one box (CONTRACT, "MQTT")."""

    device_id: str

    def __getitem__(self, name: str) -> str:
        return f"hotline/{self.device_id}/{name}"


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
    """The broker cannot be reached, or was lost; the text says where and why."""


def link_of(config: Config) -> Mqtt:
    """The link the command line uses: the first."""
    return config.mqtt[0]


def address(config: Config) -> str:
    """Where the broker of the command line is."""
    link = link_of(config)
    return f"{link.host}:{link.port}"


def client(link: Mqtt, timeout_s: float, *, keepalive_s: int = 60) -> aiomqtt.Client:
    """An MQTT 5 client for the link. Raises :class:`CliError` where a file of the link cannot be read."""
    try:
        password = link.password_file.read_text(encoding="utf-8").rstrip("\r\n") if link.password_file else None
        context = _tls(link) if link.tls else None
    except (OSError, ssl.SSLError) as error:
        raise CliError(Exit.USAGE, _("link {name}: {error}").format(name=link.name, error=error)) from None
    return aiomqtt.Client(
        link.host,
        link.port,
        identifier=f"hotline-cli-{secrets.token_hex(6)}",
        protocol=aiomqtt.ProtocolVersion.V5,
        username=link.username,
        password=password,
        tls_context=context,
        timeout=timeout_s,
        keepalive=keepalive_s,
    )


def _tls(link: Mqtt) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=link.ca_file)
    if link.cert_file:
        context.load_cert_chain(link.cert_file, link.key_file)
    return context


def why(link: Mqtt, error: Exception) -> str:
    """Where the broker should be, and why it is not heard."""
    cause = error.__cause__ or error
    reason = _ERRNO.sub("", str(cause)) or type(cause).__name__
    return f"{link.host}:{link.port}, {reason}"


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
    id: str = field(default_factory=lambda: f"cli-{secrets.token_hex(8)}")


async def ask(config: Config, request: Request) -> Answer:
    """Send one command and wait for its answer. Raises :class:`BrokerGoneError`.

    The retained state and availability are taken along: they tell what was last known, and that a guard whose will
    has been published need not be waited for.
    """
    link, topics = link_of(config), Topics(config.device.id)
    answer = Answer()
    try:
        async with asyncio.timeout(request.timeout_s), client(link, request.timeout_s) as broker:
            reply_to = topics[f"response/{request.id}"]
            for topic in (reply_to, topics["state"], topics["availability"]):
                await broker.subscribe(topic, qos=1)
            await broker.publish(
                topics["command"], _payload(request), qos=1, properties=_properties(request, reply_to)
            )
            await _collect(broker, topics, reply_to, request, answer)
    except aiomqtt.MqttError as error:
        raise BrokerGoneError(_("the broker cannot be reached at {why}").format(why=why(link, error))) from None
    except TimeoutError:
        pass
    return answer


async def _collect(broker: aiomqtt.Client, topics: Topics, reply_to: str, request: Request, answer: Answer) -> None:
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(None) as patience:
        async for message in broker.messages:
            topic = message.topic.value
            if topic == topics["availability"]:
                answer.offline = message.payload == b"offline"
                patience.reschedule(loop.time() + OFFLINE_GRACE_S if answer.offline else None)
            elif topic == topics["state"]:
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
