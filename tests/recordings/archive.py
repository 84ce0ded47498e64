"""An archive on disk with recordings in it, and no Asterisk."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from appliance.calls.log import CallLog
from appliance.config import Config, examine
from appliance.domain.calls import CallRecord
from appliance.domain.times import rfc3339
from appliance.exchange.archive import Archive
from appliance.recordings import names, wav
from appliance.recordings.entry import Recording, State
from tests.calls.records import answered
from tests.cli.conftest import make_box
from tests.exchange.rig import Mind

SECOND = 8000


def config_of(folder: Path, extra: str = "") -> Config:
    folder.mkdir(parents=True, exist_ok=True)
    box = make_box(folder, 1)
    with box.config.open("a") as file:
        file.write(extra)
    config = examine(box.config).config
    assert config is not None
    return config


class Kept:
    """The archive with its log, and every event it told."""

    def __init__(self, config: Config, log: CallLog) -> None:
        self.events: list[tuple[str, dict[str, Any]]] = []
        self.log = log
        self.archive = Archive(config, log, self._append, Mind())

    async def _append(self, type_: str, data: Mapping[str, Any]) -> None:
        self.events.append((type_, dict(data)))

    async def add(
        self, call: str, ago: timedelta = timedelta(), days: float = 90, seconds: float = 1, **more: Any
    ) -> Recording:
        """A recording of a call that is over; ``more`` is its record's."""
        name, began = names.name_of(call), datetime.now(UTC) - ago
        frames = int(seconds * SECOND)
        record: CallRecord = replace(answered(call), recording=name, **more)
        made = Recording(
            name,
            call,
            rfc3339(began),
            1,
            rfc3339(began + timedelta(days=days)),
            State.WHOLE,
            "",
            frames,
            record,
        )
        await self.archive.book.begin(made)
        path = self.archive.keeper.path(made)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(wav.head(1, 2 * frames) + bytes(2 * frames))
        return made

    def files(self) -> list[str]:
        return sorted(path.name for path in self.archive.keeper.folder.rglob("*.wav"))


@asynccontextmanager
async def kept(folder: Path, name: str = "box", extra: str = "") -> AsyncIterator[Kept]:
    config = config_of(folder, f'[exchange]\nname = "{name}"\n{extra}')
    log = await CallLog.open(config.device.state_dir / "exchange" / "calls.db", name, patience_s=30)
    made = Kept(config, log)
    try:
        yield made
    finally:
        await made.archive.book.close()
        await log.close()
