"""What listening by telephone needs beside the call: recordings, the gate, a place that Asterisk can play from."""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from pathlib import Path

from appliance.exchange.pin_gate import PinGate
from appliance.recordings import entry
from appliance.recordings.book import RecordingsError
from appliance.recordings.entry import Recording, Wanted
from appliance.recordings.keeper import Keeper
from appliance.recordings.reading import for_the_ear
from appliance.roster.models import Person
from appliance.threads import in_daemon_thread

MOST = 500
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ListeningDesk:
    """``folder`` is one that Asterisk reads. ``extension`` is what phones of ours dial to listen."""

    keeper: Keeper
    gate: PinGate
    folder: Path
    extension: str | None = None

    async def of(self, person: Person) -> list[Recording]:
        """What somebody may hear, newest first; nothing, where the list cannot be read."""
        heard_by = None if entry.hears_all(person) else person.id
        try:
            found = await self.keeper.book.find(Wanted(heard_by=heard_by, limit=MOST))
        except RecordingsError as error:
            _log.error("recordings cannot be listened to: %s", error)
            return []
        return [one for one in found if one.state is not entry.State.RECORDING]

    async def playable(self, recording: Recording, name: str) -> str | None:
        """The sound as Asterisk plays it, without its suffix; ``None`` where it is gone. End it with :meth:`drop`."""
        source, target = self.keeper.path(recording), self.folder / f"{name}.sln"
        try:
            await in_daemon_thread(lambda: for_the_ear(source, recording.sides, target), "listen")
        except OSError as error:
            _log.warning("the recording %s cannot be played: %s", recording.name, error)
            return None
        return str(target.with_suffix(""))

    async def drop(self, name: str) -> None:
        """Its copy is needed no more."""
        await in_daemon_thread(lambda: (self.folder / f"{name}.sln").unlink(missing_ok=True), "listen")

    async def sweep(self) -> None:
        """Copies that a crash left."""

        def sweep() -> None:
            for one in self.folder.glob("*.sln"):
                os.unlink(one)

        try:
            await in_daemon_thread(sweep, "listen")
        except OSError as error:
            _log.warning("copies of recordings are not swept away: %s", error)
