"""A good file, and a way to spoil one place of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from appliance.config import Checked, examine

GOOD = """\
[device]
id = "brno-01"
region = "CZ"
[modem]
port = "socket://127.0.0.1:4444"
service_number = "+420777000100"
[ingress]
mode = "divert"
net = "duty"
[[trunk]]
name = "trunk-a"
sip = "sip:192.0.2.10:5060"
[[trunk]]
name = "trunk-b"
sip = "sip:192.0.2.11:5060"
[[node]]
name = "node-1"
sip = "sip:192.0.2.21:5060"
[[route]]
name = "primary"
number = "+420226000100"
needs = { trunk = "trunk-a", nodes = 1 }
[[route]]
name = "secondary"
number = "+420910000200"
needs = { trunk = "trunk-b", nodes = 1 }
[watchdog]
inter = 2.0
fastinter = 0.5
references = ["udp://192.0.2.1:53", "tcp://192.0.2.2:443"]
[duty]
default = "tech-1"
[[person]]
id = "tech-1"
name = "Technician 1"
mobile = "+420777000111"
[[mqtt]]
name = "local"
host = "127.0.0.1"
"""

Spoil = Callable[..., Checked]


@pytest.fixture
def spoil(tmp_path: Path) -> Spoil:
    """Examine the good file with each ``old`` replaced by its ``new``; every ``old`` must be there."""

    def examined(*changes: tuple[str, str]) -> Checked:
        text = GOOD
        for old, new in changes:
            assert old in text
            text = text.replace(old, new, 1)
        file = tmp_path / "hotline.toml"
        file.write_text(text)
        return examine(file)

    return examined
