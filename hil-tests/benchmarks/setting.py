"""The configuration that is measured: CONTRACT's defaults, two trunks, two nodes, two references."""

from __future__ import annotations

import tomllib

from appliance.config import Config

TOML = """
[device]
id = "figures"
region = "CZ"
timezone = "Europe/Prague"
[modem]
port = "/dev/null"
service_number = "+420777000100"
[[trunk]]
name = "trunk-a"
sip = "sip:192.0.2.10:5060"
[[trunk]]
name = "trunk-b"
sip = "sip:192.0.2.11:5060"
[[node]]
name = "node-1"
sip = "sip:192.0.2.21:5060"
[[node]]
name = "node-2"
sip = "sip:192.0.2.22:5060"
[[route]]
name = "primary"
number = "+420226000100"
needs = { trunk = "trunk-a", nodes = 1 }
[[route]]
name = "secondary"
number = "+420910000200"
needs = { trunk = "trunk-b", nodes = 1 }
[watchdog]
references = ["udp://192.0.2.1:53", "tcp://192.0.2.2:443"]
[duty]
default = "tech-1"
[[person]]
id = "tech-1"
name = "Technician 1"
mobile = "+420777000111"
"""


def contract_config() -> Config:
    """The configuration, read as the product reads it."""
    return Config.model_validate(tomllib.loads(TOML), context={"region": "CZ"})
