"""The command ``status`` of an exchange answers as its topic ``state`` tells."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from appliance.domain.commands import Command
from appliance.exchange.commands.exchange import ExchangeCommands


async def test_status_is_the_picture_with_schema_and_time() -> None:
    none: Any = None
    commands = ExchangeCommands("box", none, lambda: {"name": "box", "ari": "lost"}, none)
    answer = await commands.execute(Command("1", "status", {}, "local"))
    assert {**answer, "at": None} == {"schema": 1, "at": None, "name": "box", "ari": "lost"}
    assert abs((datetime.fromisoformat(answer["at"]) - datetime.now(UTC)).total_seconds()) < 600
