"""The guard's own roster desk behind the pages: what it refuses is refused, and what it takes is told to them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from appliance.domain.commands import Command, CommandError
from appliance.domain.people import Person
from appliance.domain.phone import PhoneNumber
from appliance.guard.roster_commands import By, RosterCheck, RosterCommands, RosterSet
from appliance.guard.rosterdesk import Origin, RosterDesk
from appliance.journal import Journal
from appliance.mqtt import payloads
from appliance.mqtt.board import StateBoard
from tests.roster.made import SERVICE_NUMBER
from tests.web.house import House

HANDLERS = {"roster.check": RosterCheck, "roster.set": RosterSet, "roster.undo": By}


async def settled() -> None:
    """Nothing else hangs on it here."""


@dataclass
class RosterGuard:
    """Answers the roster's commands; keeps what it was asked, as it came."""

    place: House
    desk: RosterDesk
    commands: RosterCommands
    said: list[asyncio.Task[Any]]
    asked: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)

    async def ask(
        self, topic: str, name: str, args: Mapping[str, Any], id_: str, timeout_s: float
    ) -> Mapping[str, Any]:
        sent = json.loads(json.dumps(args))
        self.asked.append((name, sent))
        command = Command(id_, name, sent, link="local")
        handler = {"check": self.commands.check, "set": self.commands.set, "undo": self.commands.undo}
        try:
            found = HANDLERS[name].model_validate(sent)
            result = await handler[name.partition(".")[2]](found, command)  # type: ignore[operator]
        except CommandError as error:
            return _over_the_wire(payloads.failure(id_, error))
        self.tell()
        return _over_the_wire(payloads.success(id_, result))

    async def kept(self) -> None:
        """Return once the journal has what was done: a command is answered before that."""
        await asyncio.gather(*self.said)

    def tell(self) -> None:
        """The retained message, secrets and all, as the pages hear it."""
        self.place.desk.box._hear_roster("", json.dumps(self.desk.get(secrets=True)).encode())

    async def stands(self, roster: Mapping[str, Any]) -> None:
        """Let a roster stand, as somebody else's command would."""
        await self.desk.set(roster, None, "ops")
        self.tell()


def _over_the_wire(response: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(payloads.encode(response))
    return found


@asynccontextmanager
async def roster_guard(place: House, folder: Path) -> AsyncIterator[RosterGuard]:
    """A roster desk over a journal of its own in the state directory of the pages."""
    journal = await Journal.open(folder, boot_id="b", now=lambda: datetime.now(UTC))
    people = (Person("tech-1", "Technician 1", PhoneNumber("+420777000111")),)
    await journal.seed_people(people)

    said: list[asyncio.Task[Any]] = []

    def say(type_: str, data: Mapping[str, Any]) -> None:
        said.append(asyncio.create_task(journal.append(type_, data)))

    origin = Origin(journal.people, people, "tech-1", "Europe/Prague", SERVICE_NUMBER)
    desk = RosterDesk(journal, say, StateBoard(), origin, lambda: datetime.now(UTC).timestamp())
    try:
        await desk.open()
        guard = RosterGuard(place, desk, RosterCommands(desk, settled), said)
        place.desk.box.ask_over(guard)
        guard.tell()
        yield guard
    finally:
        await asyncio.gather(*said)
        await journal.close()
