"""Home Assistant's view of the box: the templates are rendered as Home Assistant renders them, by Jinja."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from appliance.mqtt import discovery, request
from appliance.mqtt.topics import Topics
from tests.mqtt.broker import Broker
from tests.mqtt.conftest import STATE, Box, link_to, operator_at

jinja2 = pytest.importorskip("jinja2")

STATE_SEEN: dict[str, Any] = {
    "service": "partial",
    "route": {"active": "primary", "reason": "trunk-b is down"},
    "forwarding": {"status": "verified"},
    "duty": {"person": None, "number": "+420777000111"},
    "trunks": {"trunk-a": {"health": "up"}, "trunk-b": {"health": "down"}},
    "nodes": {"node-1": {"health": "unknown"}},
    "modem": {"health": "up", "rssi_dbm": -71, "operator": None},
}
NAMES = ("status", "route.set", "route.auto", "probe.run", "forwarding.verify", "modem.reset")


def rendered(template: str) -> str:
    environment = jinja2.Environment()
    environment.filters["to_json"] = json.dumps
    environment.globals["now"] = lambda: datetime(2026, 3, 1, tzinfo=UTC)
    return str(environment.from_string(template).render(value_json=STATE_SEEN))


def config(allows: Any = lambda _: True) -> dict[str, Any]:
    return discovery.device_config(Topics("box-1"), "1.2.3", STATE_SEEN, NAMES, allows)


def test_every_entity_shows_what_the_state_says() -> None:
    shown = {
        key: rendered(entity["value_template"])
        for key, entity in config()["components"].items()
        if "value_template" in entity
    }
    assert shown == {
        "service": "partial",
        "route": "primary",
        "route_reason": "trunk-b is down",
        "forwarding": "verified",
        "duty": "+420777000111",
        "modem": "ON",
        "modem_signal": "-71",
        "modem_operator": "None",
        "trunks_trunk-a": "ON",
        "trunks_trunk-b": "OFF",
        "nodes_node-1": "None",
    }


def test_every_press_of_a_button_is_a_command_of_its_own() -> None:
    buttons = [entity for entity in config()["components"].values() if entity["platform"] == "button"]
    assert len(buttons) == len(discovery.BUTTONS)
    for button in buttons:
        assert button["command_topic"] == "hotline/box-1/command"
        presses = [request.read(rendered(button["command_template"]).encode(), "local") for _ in range(2)]
        assert all(hasattr(press, "name") and press.name in NAMES for press in presses)
        assert presses[0].id != presses[1].id
    technician = request.read(rendered(config()["components"]["to_technician"]["command_template"]).encode(), "l")
    assert (technician.name, technician.args) == ("route.set", {"route": "technician"})  # type: ignore[union-attr]


def test_a_link_that_may_not_command_shows_no_buttons() -> None:
    entities = config(lambda name: name == "probe.run")["components"]
    assert [key for key, entity in entities.items() if entity["platform"] == "button"] == ["probe"]


def test_the_device_is_described_as_home_assistant_wants_it() -> None:
    made = config()
    assert made["availability_topic"] == "hotline/box-1/availability"
    assert made["state_topic"] == "hotline/box-1/state"
    assert made["device"]["identifiers"] == ["hotline_box-1"]
    unique = [entity["unique_id"] for entity in made["components"].values()]
    assert len(unique) == len(set(unique))
    assert discovery.config_topic("homeassistant", "box-1") == "homeassistant/device/hotline_box-1/config"


async def test_the_box_is_announced_again_when_home_assistant_or_a_part_is_new(broker: Broker, box: Box) -> None:
    topic = "homeassistant/device/hotline_box-1/config"

    def announced(count: int) -> bool:
        return sum(str(message.topic) == topic for message in operator.heard) == count

    async with operator_at(broker, "homeassistant/#") as operator, box.linked(link_to(broker)):
        await operator.until(lambda: announced(1))
        await operator.publish("homeassistant/status", "online")
        await operator.until(lambda: announced(2))
        box.board.publish({**STATE, "service": "total"})  # nothing new to announce
        box.board.publish({**STATE, "nodes": {"node-1": {"health": "up"}, "node-2": {"health": "up"}}})
        await operator.until(lambda: announced(3))
        last = json.loads(operator.heard[-1].payload)
        assert "nodes_node-2" in last["components"]
    async with operator_at(broker, topic) as late:
        await late.until(lambda: late.heard)
        assert late.heard[0].retain


async def test_a_link_without_a_prefix_announces_nothing(broker: Broker, box: Box) -> None:
    async with operator_at(broker, "#") as operator, box.linked(link_to(broker, discovery_prefix="")):
        await operator.until(lambda: operator.on("state"))
        await operator.publish("homeassistant/status", "online")
        event = await box.journal.append("boot", {})
        await operator.until(lambda: [one["id"] for one in operator.on("event")] == [event.id])
        assert not [message for message in operator.heard if str(message.topic).endswith("/config")]
