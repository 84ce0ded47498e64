"""Home Assistant finds the box by itself (MQTT device discovery, Home Assistant 2024.11 and later). Pure.

One retained message describes the device and its entities; an empty one deletes them. Buttons go to the ordinary
``command`` topic: a command needs an id of its own each time it is pressed, so the payload is a template that Home
Assistant renders at the press, with the time and a random number in the id.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from appliance.mqtt.topics import Topics

SERVICE_STATES = ("normal", "partial", "total", "isolated", "unknown")
FORWARDING_STATES = ("verified", "pending", "unverified", "disputed")
# "None" is what Home Assistant takes for unknown
HEALTH = "{{{{ {{'up': 'ON', 'down': 'OFF'}}.get({value}, 'None') }}}}"
ONE_PRESS = "'ha-%s-%s' | format(now().timestamp() | int, range(1000000000) | random)"


@dataclass(frozen=True, slots=True)
class Button:
    """An entity that gives a command. ``args`` is a Jinja literal."""

    key: str
    label: str
    icon: str
    command: str
    args: str = "{}"
    category: str | None = None


BUTTONS = (
    Button("to_technician", "Calls to technician", "mdi:phone-forward", "route.set", "{'route': 'technician'}"),
    Button("automatic", "Automatic routing", "mdi:phone-sync", "route.auto"),
    Button("probe", "Probe now", "mdi:radar", "probe.run", category="diagnostic"),
    Button("verify", "Verify forwarding", "mdi:phone-check", "forwarding.verify", category="diagnostic"),
    Button("modem_reset", "Reset modem", "mdi:restart", "modem.reset", category="config"),
)


def config_topic(prefix: str, device_id: str) -> str:
    """Where the device is announced."""
    return f"{prefix}/device/hotline_{device_id}/config"


def birth_topic(prefix: str) -> str:
    """Where Home Assistant says that it has come up, and wants everything announced again."""
    return f"{prefix}/status"


def device_config(
    topics: Topics, version: str, state: Mapping[str, Any], names: Iterable[str], allows: Callable[[str], bool]
) -> dict[str, Any]:
    """The announcement. ``state`` tells which trunks and nodes there are, ``names`` which commands."""
    unique = f"hotline_{topics.device_id}"
    known = set(names)
    components: dict[str, dict[str, Any]] = {}
    components.update(_sensors())
    components.update(_modem())
    for part, word in (("trunks", "Trunk"), ("nodes", "Node"), ("local", "Own exchange at")):
        for name in state.get(part) or {}:
            components[f"{part}_{name}"] = _connectivity(f"{word} {name}", f"value_json.{part}['{name}'].health")
    for button in BUTTONS:
        if button.command in known and allows(button.command):
            components[button.key] = _button(button, topics)
    for key, component in components.items():
        component["unique_id"] = f"{unique}_{key}"
    return {
        "device": {
            "identifiers": [unique],
            "name": f"Hotline {topics.device_id}",
            "manufacturer": "Hotline",
            "model": "Service line appliance",
            "sw_version": version,
        },
        "origin": {"name": "Hotline", "sw_version": version},
        "availability_topic": topics.availability,
        "state_topic": topics.state,
        "qos": 1,
        "components": components,
    }


def _sensors() -> dict[str, dict[str, Any]]:
    return {
        "service": _sensor("Service", "value_json.service", "mdi:phone-in-talk", options=SERVICE_STATES),
        "route": _sensor("Active route", "value_json.route.active", "mdi:call-split"),
        "route_reason": _sensor("Reason of the route", "value_json.route.reason[:255]", "mdi:comment-question"),
        "forwarding": _sensor(
            "Forwarding", "value_json.forwarding.status", "mdi:phone-forward-outline", options=FORWARDING_STATES
        ),
        "duty": _sensor("On duty", "value_json.duty.person or value_json.duty.number", "mdi:account-hard-hat"),
    }


def _modem() -> dict[str, dict[str, Any]]:
    signal = _sensor("Signal", "value_json.modem.rssi_dbm", None)
    signal.update(
        device_class="signal_strength",
        unit_of_measurement="dBm",
        state_class="measurement",
        entity_category="diagnostic",
    )
    operator = _sensor("Mobile operator", "value_json.modem.operator", "mdi:radio-tower")
    operator["entity_category"] = "diagnostic"
    return {
        "modem": _connectivity("Modem", "value_json.modem.health"),
        "modem_signal": signal,
        "modem_operator": operator,
    }


def _sensor(name: str, value: str, icon: str | None, options: Iterable[str] = ()) -> dict[str, Any]:
    sensor: dict[str, Any] = {"platform": "sensor", "name": name, "value_template": f"{{{{ {value} }}}}"}
    if icon is not None:
        sensor["icon"] = icon
    if chosen := list(options):
        sensor.update(device_class="enum", options=chosen)
    return sensor


def _connectivity(name: str, value: str) -> dict[str, Any]:
    return {
        "platform": "binary_sensor",
        "name": name,
        "device_class": "connectivity",
        "value_template": HEALTH.format(value=value),
    }


def _button(button: Button, topics: Topics) -> dict[str, Any]:
    command = f"{{'schema': 1, 'id': {ONE_PRESS}, 'name': '{button.command}', 'args': {button.args}}}"
    entity: dict[str, Any] = {
        "platform": "button",
        "name": button.label,
        "icon": button.icon,
        "command_topic": topics.command,
        "command_template": f"{{{{ {command} | to_json }}}}",
        "qos": 1,
        "retain": False,
    }
    if button.category is not None:
        entity["entity_category"] = button.category
    return entity
