"""Agents' words at the guard, over a real journal; and at an exchange that reaches the guard late."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from appliance.domain.commands import CommandError
from appliance.domain.times import rfc3339
from appliance.exchange.presences import KeptPresences
from appliance.guard.agentdesk import AgentDesk
from appliance.journal import Journal
from appliance.mqtt.board import StateBoard
from appliance.mqtt.links import UnreachableError
from appliance.queueing.presence import ALL, Presence, Word, presence_of
from tests.exchange.rig import until
from tests.roster.made import roster

NOW = datetime(2026, 3, 2, 11, tzinfo=UTC)
ROSTER = roster(queue=[{"id": "desk", "name": "Desk", "agents": ["ann", "bob"]}])
IN, PAUSED, OUT = Presence


class Guard:
    """A guard's desk on a journal, which exchanges may reach or not."""

    def __init__(self, journal: Journal) -> None:
        self.board, self.said, self.reachable = StateBoard(), [], True
        self.desk = AgentDesk(
            journal, lambda type_, data: self.said.append(dict(data)), self.board, lambda: ROSTER, NOW.timestamp
        )

    async def set(self, person: str, presence: Presence, **keys: Any) -> Mapping[str, Any]:
        given = {"queue": None, "minutes": None, "reason": None, "at": None, "by": "test", **keys}
        return await self.desk.set(person, presence, **given)

    async def command(self, name: str, args: Mapping[str, Any], id_: str, timeout_s: float) -> Mapping[str, Any]:
        assert name == "agent.set"
        if not self.reachable:
            raise UnreachableError("nobody")
        given = {key: value for key, value in args.items() if key not in ("person", "presence")}
        try:
            return {"ok": True, "result": await self.set(args["person"], Presence(args["presence"]), **given)}
        except CommandError as error:
            return {"ok": False, "error": {"message": error.message}}

    @property
    def told(self) -> bytes:
        return json.dumps(self.board.newest).encode()


def now(presences: KeptPresences, person: str, queue: str = "desk") -> Presence:
    return presence_of(presences.words, person, queue, IN, NOW)


async def opened(tmp_path: Path) -> Journal:
    return await Journal.open(tmp_path, boot_id="b", now=lambda: NOW)


async def test_a_word_is_kept_told_and_recorded_once(tmp_path: Path) -> None:
    journal = await opened(tmp_path)
    guard = Guard(journal)
    await guard.desk.open()
    answer = await guard.set("ann", PAUSED, minutes=15.0, reason="lunch")
    assert answer == {
        "person": "ann",
        "queue": None,
        "presence": "paused",
        "until": rfc3339(NOW + timedelta(minutes=15)),
        "durable": True,
    }
    await guard.set("bob", OUT, queue="desk")
    # said before, heard later: it changes nothing, and what stands is answered
    late = await guard.set("ann", IN, at=rfc3339(NOW - timedelta(hours=1)))
    assert late["presence"] == "paused"
    assert [(one["person"], one["presence"]) for one in guard.said] == [("ann", "paused"), ("bob", "out")]
    await journal.close()
    journal = await opened(tmp_path)
    again = Guard(journal)
    await again.desk.open()
    assert again.desk.list() == guard.desk.list()
    assert again.board.newest == guard.board.newest
    await journal.close()


@pytest.mark.parametrize(
    ("person", "presence", "keys", "words"),
    [
        ("zoe", OUT, {}, "nobody has the id 'zoe'"),
        ("ann", OUT, {"queue": "x"}, "there is no queue 'x'; there is desk"),
        ("ann", OUT, {"minutes": 5.0}, "minutes are for a pause"),
        ("ann", OUT, {"at": "noon"}, "is no time"),
        ("ann", OUT, {"at": "2026-03-02T11:00:00"}, "has no time zone"),
    ],
)
async def test_what_cannot_be_is_refused(
    tmp_path: Path, person: str, presence: Presence, keys: dict[str, Any], words: str
) -> None:
    journal = await opened(tmp_path)
    guard = Guard(journal)
    with pytest.raises(CommandError) as error:
        await guard.set(person, presence, **keys)
    assert words in error.value.message
    assert guard.desk.list() == {"agents": {}}
    await journal.close()


async def test_a_clock_that_is_ahead_does_not_stand_against_all_that_follows(tmp_path: Path) -> None:
    journal = await opened(tmp_path)
    guard = Guard(journal)
    await guard.set("ann", OUT, at=rfc3339(NOW + timedelta(days=1)))
    assert (await guard.set("ann", IN, at=rfc3339(NOW + timedelta(seconds=1))))["presence"] == "in"
    await journal.close()


async def test_an_exchange_without_a_broker_goes_on_and_tells_later(tmp_path: Path) -> None:
    journal, at_guard = await opened(tmp_path / "exchange"), await opened(tmp_path / "guard")
    guard = Guard(at_guard)
    guard.reachable = False
    presences = await KeptPresences.open(journal)
    await presences.say("ann", Word(OUT, NOW - timedelta(minutes=5), "phone"))
    await presences.say("bob", Word(PAUSED, NOW, "phone"), "desk")
    assert (now(presences, "ann"), now(presences, "bob"), now(presences, "bob", "night")) == (OUT, PAUSED, IN)
    # killed and started again: what was said is there, and still to be told
    await journal.close()
    journal = await opened(tmp_path / "exchange")
    presences = await KeptPresences.open(journal)
    assert (now(presences, "ann"), now(presences, "bob")) == (OUT, PAUSED)
    guard.reachable = True
    telling = asyncio.create_task(presences.run(guard))
    await until(lambda: len(guard.said) == 2)
    telling.cancel()
    other = KeptPresences(journal)
    other.hear("", guard.told)
    assert (now(other, "ann"), now(other, "bob")) == (OUT, PAUSED)
    # the guard's newer word wins here too; garbage changes nothing
    await guard.set("ann", IN)
    presences.hear("", guard.told)
    for garbage in (b"", b"[]", b"{", b'{"agents": 5}', b"[" * 100_000):
        presences.hear("", garbage)
    assert now(presences, "ann") is IN
    await journal.close()
    await at_guard.close()


def test_words_are_all_three() -> None:
    assert (IN, PAUSED, OUT, ALL) == (Presence.IN, Presence.PAUSED, Presence.OUT, "*")
