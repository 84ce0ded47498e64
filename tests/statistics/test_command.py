"""The command ``stats`` of the exchange."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from appliance.calls.log import CallLog
from appliance.calls.schema import calls_file
from appliance.config import examine
from appliance.domain.commands import Command, CommandError
from appliance.exchange.commands.exchange import ExchangeCommands
from appliance.exchange.commands.stats import StatsCommands
from tests.calls.records import answered
from tests.cli.conftest import make_box

DAY = {"since": "2026-07-14T00:00:00Z", "until": "2026-07-15T00:00:00Z"}


async def ask(folder: Path, **args: Any) -> Any:
    box = make_box(folder, 1)
    log = await CallLog.open(calls_file(box.state_dir), "box", patience_s=30)
    await log.put(answered("c1"))
    await log.put(answered("c2", exchange="node-1"))  # collected
    config = examine(box.config).config
    assert config is not None
    commands = ExchangeCommands("box", log, dict, lambda _: False, StatsCommands(config).table)
    assert "stats" in commands.only_looking
    try:
        return await commands.execute(Command("1", "stats", args, "local"))
    finally:
        await log.close()


async def test_it_answers_of_every_exchange_beside_the_writer(tmp_path: Path) -> None:
    found = await ask(tmp_path, **DAY, by="person", service_level_s=9.5)
    assert (found["total"]["offered"], found["total"]["service_level"]) == (2, 1.0)
    assert [(one["person"], one["rung"], one["took"]) for one in found["people"]] == [("eva", 2, 2), ("jan", 2, 0)]


@pytest.mark.parametrize(
    ("args", "told"),
    [
        ({"since": "2026-07-14T00:00:00"}, "since: "),  # no zone
        ({"since": "0001-01-01T00:00:00+14:00"}, "since: "),  # before the calendar begins in UTC
        ({"until": "9999-12-31T23:59:59-14:00"}, "until: "),
        ({"since": DAY["until"], "until": DAY["since"]}, "since: must be earlier than until"),
        ({"by": "moon"}, "by: "),
        ({"service_level_s": "inf"}, "service_level_s: "),
        ({"short_abandon_s": -1}, "short_abandon_s: "),
        ({"colour": 1}, "colour: "),
    ],
    ids=str,
)
async def test_nonsense_is_refused(tmp_path: Path, args: dict[str, Any], told: str) -> None:
    with pytest.raises(CommandError) as refused:
        await ask(tmp_path, **args)
    assert refused.value.code == "bad_request"
    assert refused.value.message.startswith(told)
