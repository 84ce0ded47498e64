"""What brokers tell of roster and duty: the younger word counts, garbage none."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from appliance.config import Config, load
from appliance.exchange.standing import DUTY_KEY, ROSTER_KEY, KeptStanding
from appliance.journal.journal import Journal
from appliance.roster.models import to_document
from bench.addresses import Subnet, claim_subnet
from tests.asterisk.world import toml
from tests.exchange.rig import BORIS, CYRIL, TECH, roster

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def config(folder: Path, subnet: Subnet) -> Config:
    file = folder / "hotline.toml"
    file.write_text(toml(subnet, folder))
    return load(file)


class World:
    def __init__(self, config: Config, journal: Journal) -> None:
        self._config, self._journal = config, journal
        self.now = NOW

    async def open(self) -> KeptStanding:
        return await KeptStanding.open(self._config, self._journal, lambda: self.now)

    async def _has_kept(self, made: KeptStanding) -> bool:
        kept = await self._journal.recall(ROSTER_KEY)
        at = kept["at"] if isinstance(kept, dict) else None
        return (at, await self._journal.recall(DUTY_KEY)) == (made._roster_at, made._duty_text)

    @asynccontextmanager
    async def standing(self) -> AsyncIterator[KeptStanding]:
        """It keeps what it has heard before it goes."""
        made = await self.open()
        task = asyncio.create_task(made.run())
        try:
            yield made
            async with asyncio.timeout(90):
                while not await self._has_kept(made):  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
        finally:
            task.cancel()
            await asyncio.wait({task})


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    subnet = claim_subnet()
    journal = await Journal.open(tmp_path / "state", boot_id="boot", now=lambda: NOW)
    yield World(config(tmp_path, subnet), journal)
    await journal.close()
    subnet.release()


def told(at: str, revision: int, **changes: Any) -> bytes:
    document = to_document(roster()) | {"revision": revision} | changes
    return json.dumps({"schema": 1, "revision": revision, "at": at, "roster": document}).encode()


def state(duty: Any, at: str | None = None) -> bytes:
    return json.dumps({"schema": 1, "duty": duty} | ({"at": at} if at else {})).encode()


GARBAGE = [
    b"",
    b"\xff\xfe\x00",
    b"null",
    b"[]",
    b"[" * 100_000,
    b'{"roster": null, "duty": null}',
    b'{"at": 7, "roster": [], "duty": 7}',
    b'{"at": "2026-11-22T11:59:00Z", "roster": {"revision": 9}}',
    b'{"at": "2026-11-22T11:59:00Z", "duty": {}}',
    b'{"duty": {"person": 5, "number": null, "until": null}}',
    b'{"duty": {"person": null, "number": "sip:evil@example.com", "until": null}}',
    b'{"duty": {"person": null, "number": "+420777000113\\r\\nAction: Originate", "until": null}}',
    b'{"duty": {"person": "boris", "number": null, "until": "2026-11-22T23:00:00"}}',  # no zone
    b'{"duty": {"person": "boris", "number": null, "until": "soon"}}',
    told("2026-11-22T11:59:30Z", 9, person=[]),
    told("2026-11-22T11:59:30Z", 9, duty={"default": "nobody"}),
    told("2026-11-22T11:59:30Z", 9)[:-9],
]


@pytest.mark.parametrize("payload", GARBAGE, ids=range(len(GARBAGE)))
async def test_garbage_changes_nothing_now_or_after_a_restart(world: World, payload: bytes) -> None:
    async with world.standing() as standing:
        standing.hear_roster("", told("2026-11-22T10:00:00Z", 3))
        standing.hear_state("", state({"person": "cyril", "number": CYRIL, "until": None}))
        standing.hear_roster("", payload)
        standing.hear_state("", payload)
        assert standing.roster.revision == 3
        assert standing.technician == CYRIL
    after = await world.open()
    assert (after.roster.revision, after.technician) == (3, CYRIL)


async def test_the_younger_roster_counts_unless_its_time_has_not_come(world: World) -> None:
    async with world.standing() as standing:
        standing.hear_roster("", told("2026-11-22T10:00:00Z", 7))
        standing.hear_roster("", told("2026-11-22T09:00:00Z", 6))  # another broker's, from before
        assert standing.roster.revision == 7
        standing.hear_roster("", told("2036-01-01T00:00:00Z", 8))  # the guard's clock was wrong
        standing.hear_roster("", told("2026-11-22T10:05:00Z", 9))  # and was set right
        assert standing.roster.revision == 9


async def test_a_revision_that_comes_again_counts_and_so_does_a_change_by_a_clock_that_was_behind(
    world: World,
) -> None:
    async with world.standing() as standing:
        standing.hear_roster("", told("2026-11-22T08:00:00Z", 7))
        again = told("2026-11-22T09:00:00Z", 7, duty={"default": "boris"})  # the disk had refused, and the power went
        standing.hear_roster("", again)
        assert standing.roster.duty.default == "boris"
        standing.hear_roster("", told("2026-11-22T10:00:00Z", 1))  # the journal was lost: it begins anew
        assert standing.roster.revision == 1
        standing.hear_roster("", told("2026-11-22T09:30:00Z", 2))  # after a boot, before any time server was reached
        assert standing.roster.revision == 2
        standing.hear_roster("", again[:-1])
        standing.hear_roster("", told("2026-11-22T09:10:00Z", 2, duty={"default": "boris"}))
        assert standing.roster.duty.default != "boris"


async def test_an_old_word_about_duty_from_another_broker_is_not_heard(world: World) -> None:
    async with world.standing() as standing:
        standing.hear_roster("", told("2026-11-22T10:00:00Z", 1))
        cyril = {"person": "cyril", "number": CYRIL, "until": None}
        standing.hear_state("", state(cyril, "2026-11-22T10:00:00Z"))
        standing.hear_state("", state(cyril, "2026-11-22T11:00:00Z"))
        boris = {"person": "boris", "number": BORIS, "until": None}
        standing.hear_state("", state(boris, "2026-11-22T10:30:00Z"))
        assert standing.technician == CYRIL
        standing.hear_state("", state(boris, "2026-11-22T11:00:01Z"))
        assert standing.technician == BORIS
    async with world.standing() as standing:
        standing.hear_state("", state(cyril, "2026-11-22T10:59:00Z"))
        assert standing.technician == BORIS


async def test_before_any_word_the_file_counts(world: World) -> None:
    standing = await world.open()
    assert standing.technician == TECH
