"""What ``config.show`` tells is the file, and none of its secrets."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from appliance.config import Checked, Config, shown
from appliance.domain.commands import Command
from appliance.guard.commands import GuardCommands

SERVICE_NUMBER = 'service_number = "+420777000100"'
LAST = 'name = "local"\nhost = "127.0.0.1"'
MORE = """
[[trunk]]
name = "trunk-c"
sip = "sip:192.0.2.12;transport=tcp"
register = true
username = "brno-01"
password_file = "/etc/trunk-c"
[[mqtt]]
name = "office"
commands = ["status", "route.set"]
[web]
names = ["box.example"]
[exchange]
rtp_ports = [10000, 10100]
[provisioning]
sim_pin = "9471"
wifi = { ssid = "depot", password = "hunter2 hunter2" }
secrets = { office-password = "swordfish" }
"""


@pytest.fixture
def config(spoil: Callable[..., Checked]) -> Config:
    found = spoil(
        (SERVICE_NUMBER, 'service_number = "777 000 100"\npin_file = "/etc/pin"'),
        ('net = "duty"', 'net = "+420777000112"'),
        (LAST, LAST + MORE),
    )
    assert found.config is not None, found.mistakes
    return found.config


@pytest.fixture
async def answer(config: Config) -> dict[str, Any]:
    commands = GuardCommands(None, config, None, None, None)  # type: ignore[arg-type]  # the rest is not asked
    result = await commands.execute(Command("1", "config.show", {}, "local"))
    told: dict[str, Any] = json.loads(json.dumps(result))["config"]
    return told


async def test_no_secret_of_the_file_is_shown(answer: dict[str, Any]) -> None:
    text = json.dumps(answer)
    assert [secret for secret in ("9471", "hunter2", "swordfish") if secret in text] == []
    assert "/etc/trunk-c" in text


async def test_keys_and_values_are_those_of_the_file(answer: dict[str, Any]) -> None:
    assert answer["modem"]["service_number"] == "+420777000100"
    assert answer["modem"]["pin_file"] == "/etc/pin"
    assert answer["ingress"]["net"] == "+420777000112"
    assert answer["trunk"][2]["sip"] == "sip:192.0.2.12:5060;transport=tcp"
    assert answer["trunk"][2]["register"] is True
    assert answer["route"][0] == {
        "name": "primary",
        "number": "+420226000100",
        "needs": {"trunk": "trunk-a", "nodes": 1, "local": False},
    }
    assert answer["watchdog"]["references"] == ["udp://192.0.2.1:53", "tcp://192.0.2.2:443"]
    assert answer["watchdog"]["outlast"] is None
    assert answer["mqtt"][1]["commands"] == ["status", "route.set"]
    assert answer["person"] == [{"id": "tech-1", "name": "Technician 1", "mobile": "+420777000111"}]


def test_what_is_shown_is_a_configuration_again(config: Config) -> None:
    document = _without_none(shown.document(config))
    again = Config.model_validate(document, context={"region": "CZ"})
    assert again == config.model_copy(update={"provisioning": {}})


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_none(one) for key, one in value.items() if one is not None}
    return [_without_none(one) for one in value] if isinstance(value, list) else value
