"""Messages on a disk with an outbox beside them, and no Asterisk."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from appliance.domain.times import rfc3339
from appliance.exchange.mailbox.archive import Deliveries, MessageArchive
from appliance.exchange.mailbox.files import FOLDER, MessageFiles
from appliance.exchange.mailbox.store import Message, State, VoicemailStore
from appliance.notify.notice import Channel
from appliance.notify.notice_store import NoticeStore
from appliance.notify.voicemail import Left, file_name, letters_of
from tests.calls.records import CALLER

NOW = datetime(2026, 7, 20, 12, tzinfo=UTC)
DAY = timedelta(days=1)
SOUND = b"RIFF" + bytes(range(256)) * 40


@dataclass
class Place:
    """One exchange's messages. ``room`` is how many kept ones its disk holds."""

    folder: Path
    name: str
    store: VoicemailStore
    outbox: NoticeStore
    archive: MessageArchive
    room: int = 100
    asked: bool = True  # whether the outbox answers

    async def leave(
        self, call: str, ago: timedelta = DAY, state: State = State.HANDED, *, mailed: str = "done", **more: Any
    ) -> Path:
        """A message of a call; ``mailed`` is what became of its letters, one state each, with spaces between."""
        plain = Left(self.name, call, rfc3339(NOW - ago), CALLER, "Desk", "Service", ("a@example.com",), "en", 3.0)
        left = replace(plain, **more)
        path = self.folder / FOLDER / file_name(left, "UTC")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(SOUND)
        if state is State.HANDED:
            states = mailed.split()
            addressed = replace(left, email=tuple(f"{place}@example.com" for place in range(len(states))))
            await self.outbox.add(letters_of(addressed, str(path), "UTC", 0.0), None, 0.0)
            for letter in await self.outbox.waiting(Channel.EMAIL):
                told = states[int(letter.to.partition("@")[0])] if letter.sound == str(path) else "waiting"
                if told != "waiting":
                    await self.outbox.settle(letter, told, "550 nobody" if told == "failed" else "", 1e12)
        await self.store.put(Message(left, 1, state, path.name))
        return path

    async def lose_the_list(self) -> None:
        """As a disk that fails."""
        await self.store._database.run(lambda connection: connection.execute("DROP TABLE message"))

    async def calls(self) -> list[str]:
        """What is listed, newest first."""
        return [one.message.left.call for one in await self.archive.entries()]

    def files(self) -> int:
        """How many there are."""
        return len([*(self.folder / FOLDER).glob("*.wav")])


@asynccontextmanager
async def place(folder: Path, name: str = "box") -> AsyncIterator[Place]:
    """As the exchange puts it together."""
    store, outbox = await VoicemailStore.open(folder / "voicemail.db"), await NoticeStore.open(folder / "notices.db")

    async def full() -> bool:
        return made.files() > made.room

    async def told() -> Deliveries | None:
        return await outbox.deliveries() if made.asked else None

    archive = MessageArchive(store, MessageFiles(folder / "spool", folder / FOLDER), full, days=10)
    made = Place(folder, name, store, outbox, archive)
    archive.deliveries = told
    try:
        yield made
    finally:
        await store.close()
        await outbox.close()
