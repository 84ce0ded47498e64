"""The roster's owner over a real journal: seeded once, changed by command, undone, no worse for any fault."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from appliance.domain.commands import CommandError, ErrorCode
from appliance.domain.people import Person
from appliance.domain.phone import PhoneNumber
from appliance.guard.desk import Desk
from appliance.guard.rosterbook import KEPT_BEFORE
from appliance.guard.rosterdesk import Origin, RosterDesk
from appliance.journal import Journal
from appliance.mqtt.board import StateBoard
from tests.roster.made import SERVICE_NUMBER, document, person

FILE_PEOPLE = tuple(
    Person(id_, id_.title(), PhoneNumber(f"+42077700011{n}")) for n, id_ in enumerate(("tech-1", "tech-2"))
)
MONDAY_NOON = datetime(2026, 3, 2, 11, tzinfo=UTC).timestamp()


class World:
    """A guard's roster and duty on a state directory, with a clock that stands until it is moved."""

    def __init__(self, state_dir: Path) -> None:
        self.state_dir = state_dir
        self.unix = MONDAY_NOON
        self.said: list[tuple[str, Mapping[str, Any]]] = []
        self.board = StateBoard()
        self.journal: Journal
        self.roster: RosterDesk
        self.desk: Desk

    @asynccontextmanager
    async def started(self) -> AsyncIterator[World]:
        self.said.clear()
        self.board = StateBoard()
        self.journal = await Journal.open(
            self.state_dir, boot_id="b", now=lambda: datetime.fromtimestamp(self.unix, UTC)
        )
        await self.journal.seed_people(FILE_PEOPLE)

        def say(type_: str, data: Mapping[str, Any]) -> None:
            self.said.append((str(type_), data))

        origin = Origin(
            self.journal.people,
            FILE_PEOPLE,
            "tech-1",
            "Europe/Prague",
            SERVICE_NUMBER,
            frozenset({"trunk-a", "phones"}),
        )
        self.roster = RosterDesk(self.journal, say, self.board, origin, lambda: self.unix)
        await self.roster.open()
        self.desk = Desk(
            self.journal,
            say,
            people=self.roster.people,
            fallback_people={one.id: one for one in FILE_PEOPLE},
            default="tech-1",
            region="CZ",
            unix=lambda: self.unix,
            duty_at=self.roster.duty_at,
        )
        await self.desk.open()

        async def follow(by: str) -> None:
            await self.desk.refresh(by)

        self.roster.changed = follow
        try:
            yield self
        finally:
            await self.journal.close()

    async def refused(self, code: ErrorCode, words: str, wish: Any) -> None:
        before = self.roster.get(secrets=True) if self.roster._stands_in is None else None
        with pytest.raises(CommandError, match=words) as caught:
            await wish
        assert caught.value.code is code
        if before is not None:
            assert self.roster.get(secrets=True) == before

    async def later(self, seconds: float) -> None:
        """Time passes, for the loop too: this is no jump of the clock."""
        self.unix += seconds
        self.desk._clock_offset = None
        await self.desk.expire()

    def duty(self) -> tuple[str | None, str]:
        return self.desk.duty.person, self.desk.duty.number.e164

    def events(self, type_: str) -> list[Mapping[str, Any]]:
        return [data for said, data in self.said if said == type_]


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def alter(state_dir: Path, sql: str, *values: Any) -> None:
    with closing(sqlite3.connect(state_dir / "journal.db")) as connection:
        assert connection.execute(sql, values).rowcount
        connection.commit()


async def test_the_first_start_seeds_it_from_the_file_and_later_ones_do_not(world: World) -> None:
    async with world.started():
        told = world.board.newest
        assert told is not None
        assert (told["schema"], told["revision"]) == (1, 1)
        assert [one["id"] for one in told["roster"]["person"]] == ["tech-1", "tech-2"]
        assert world.duty() == ("tech-1", "+420777000110")
        await world.roster.set(document(), None, "ops")
    async with world.started():
        assert [one.id for one in world.roster.roster.person] == ["ann", "bob", "eva"]
        assert world.duty() == ("ann", "+420777000111")
        assert world.events("roster.changed") == []
        assert world.board.newest is not None
        assert world.board.newest["revision"] == 2


async def test_people_of_an_older_journal_are_taken_over(world: World) -> None:
    journal = await Journal.open(world.state_dir, boot_id="a", now=lambda: datetime.now(UTC))
    await journal.keep_people([Person("old", "Old Hand", PhoneNumber("+420777000999"))])
    await journal.close()
    async with world.started():
        assert await world.roster.people() == {"old": Person("old", "Old Hand", PhoneNumber("+420777000999"))}
        assert world.duty() == ("old", "+420777000999")  # the file's default is nobody there


async def test_a_change_is_whole_or_not_at_all(world: World) -> None:
    async with world.started():
        wrong = document(person=[person("ann", 100), person("bob", 2, ring=["sip"])], duty={"default": "zoe"})
        with pytest.raises(CommandError) as caught:
            await world.roster.set(wrong, None, "ops")
        assert caught.value.code is ErrorCode.BAD_REQUEST
        assert caught.value.message.splitlines() == [
            "roster: duty.default: nobody has the id 'zoe'; there is 'ann', 'bob'",
            f"roster: person.0.mobile: is the service number {SERVICE_NUMBER} itself, so calls would go in a circle; "
            "write the number where the person is reached",
            "roster: person.1.ring: names a SIP phone that there is none of; add sip, or leave it out of ring",
        ]
        assert world.roster.roster.revision == 1
        assert world.events("roster.changed")[1:] == []
        done = await world.roster.set(document(), 1, "ops")
        assert (done["revision"], done["durable"]) == (2, True)
        assert world.events("roster.changed")[-1]["by"] == "ops"
        assert "person ann: added" in world.events("roster.changed")[-1]["what"]


@pytest.mark.parametrize("account", ["trunk-a", "phones"])
async def test_an_account_called_as_the_exchange_calls_something_else_is_refused(world: World, account: str) -> None:
    async with world.started():
        people = [person("ann", 1, sip=account, sip_password="x" * 8), person("bob", 2)]
        wish = world.roster.set(document(person=people), None, "ops")
        await world.refused(ErrorCode.BAD_REQUEST, f"person.0.sip: '{account}' is what the exchange calls", wish)


async def test_a_revision_that_is_over_is_a_conflict_but_a_night_switch_is_none(world: World) -> None:
    async with world.started():
        await world.roster.set(document(), 1, "ops")
        await world.refused(ErrorCode.CONFLICT, "revision 2", world.roster.set(document(), 1, "other"))
        await world.refused(ErrorCode.CONFLICT, "export it again", world.roster.set(document(), 3, "other"))
        await world.roster.switch("service", "closed", None, "ops")
        assert world.roster.roster.revision == 3
        renamed = document(group=[{"id": "ops", "name": "Ops", "members": ["ann", "bob"]}])
        assert (await world.roster.set(renamed, 2, "ops"))["revision"] == 4
        assert world.roster.roster.line[0].mode is not None  # the switch outlasts the change
        assert (await world.roster.set(renamed, None, "ops"))["revision"] == 5


async def test_of_two_at_once_one_has_a_conflict(world: World) -> None:
    async with world.started():
        both = (world.roster.set(document(), 1, "one"), world.roster.set(document(), 1, "two"))
        first, second = await asyncio.gather(*both, return_exceptions=True)
        assert isinstance(first, dict)
        assert isinstance(second, CommandError)
        assert second.code is ErrorCode.CONFLICT


async def test_secrets_are_for_those_who_ask_for_them_and_are_kept_without(world: World) -> None:
    async with world.started():
        people = [person("ann", 1, sip="ann", sip_password="tajneheslo", pin="4711"), person("bob", 2)]
        await world.roster.set(document(person=people), None, "ops")
        shown = world.roster.get(secrets=False)
        assert "tajneheslo" not in str(shown)
        assert "scrypt" not in str(shown)
        assert "4711" not in str(world.roster.get(secrets=True))
        whole = world.roster.roster
        await world.roster.set(shown["roster"], shown["revision"], "ops")
        assert world.roster.roster.person == whole.person
        assert "tajneheslo" not in str(world.said)
    kept = (world.state_dir / "journal.db").read_bytes()
    assert b"4711" not in kept


async def test_each_change_can_be_undone_and_then_the_one_before(world: World) -> None:
    async with world.started():
        seeded = world.roster.roster
        for n in range(3):
            await world.roster.set(document(duty={"default": ("ann", "bob", "eva")[n]}), None, "ops")
        await world.roster.switch("service", "closed", None, "ops")
    async with world.started():  # as well after a restart
        for expected in ("bob", "ann"):
            await world.roster.undo("ops")
            assert world.roster.roster.duty.default == expected
            assert world.roster.roster.line[0].mode is not None
        assert world.duty()[0] == "ann"
        undone = await world.roster.undo("ops")
        assert world.roster.roster.person == seeded.person
        assert undone["revision"] == 8
        assert world.events("roster.changed")[-1]["what"].startswith("undone: ")
        await world.refused(ErrorCode.CONFLICT, "no roster before", world.roster.undo("ops"))
        await world.roster.set(document(), 8, "ops")
        await world.roster.undo("ops")
        assert world.roster.roster.person == seeded.person


async def test_a_check_tells_what_would_change_and_every_mistake_and_does_nothing(world: World) -> None:
    async with world.started():
        people = [person("ann", 1, sip="ann", sip_password="tajneheslo"), person("bob", 2), person("eva", 3)]
        await world.roster.set(document(person=people), None, "ops")
        stood, said = world.roster.roster, list(world.said)
        shown = world.roster.get(secrets=False)["roster"]
        ann, *others = shown["person"]
        renamed = {**shown, "person": [{**ann, "name": "Ann B."}, *others, person("ivo", 4)]}
        found = await world.roster.check(renamed, stood.revision)
        assert found["changes"] == ["person ivo: added", "person ann: name changed"]
        assert (found["mistakes"], found["revision"]) == ([], stood.revision)
        wrong = {**shown, "person": [{**ann, "mobile": "x", "ring": ["sip", "sip"]}, *others]}
        mistakes = (await world.roster.check(wrong, None))["mistakes"]
        assert {one["path"] for one in mistakes} == {"person.0.mobile", "person.0.ring"}
        await world.refused(ErrorCode.CONFLICT, "export it again", world.roster.check(shown, stood.revision - 1))
        assert (world.roster.roster, world.said) == (stood, said)


async def test_twenty_changes_can_be_undone(world: World) -> None:
    async with world.started():
        for n in range(KEPT_BEFORE + 5):
            await world.roster.set(
                document(group=[{"id": "ops", "name": f"n{n}", "members": ["ann", "bob"]}]), None, "o"
            )
        for n in reversed(range(4, KEPT_BEFORE + 4)):
            await world.roster.undo("ops")
            assert world.roster.roster.group[0].name == f"n{n}"
        await world.refused(ErrorCode.CONFLICT, "no roster before", world.roster.undo("ops"))


async def test_a_power_cut_between_the_two_writes_leaves_what_stood(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with world.started():
        await world.roster.set(document(), None, "ops")
        stood = world.roster.roster

        async def cut(_: Any) -> bool:
            raise asyncio.CancelledError

        monkeypatch.setattr(world.roster._book, "write", cut)
        with pytest.raises(asyncio.CancelledError):
            await world.roster.set(document(duty={"default": "eva"}), None, "ops")
        assert world.roster.roster == stood
    async with world.started():
        assert world.roster.roster == stood
        await world.roster.undo("ops")
        assert [one.id for one in world.roster.roster.person] == ["tech-1", "tech-2"]


@pytest.mark.parametrize(
    "kept", ["5", "[]", '{"roster": {"duty": 5}}', '{"roster": null}', '{"past": -1, "depth": "x"}']
)
async def test_where_it_cannot_be_used_the_files_people_stand_in_and_nothing_is_overwritten(
    world: World, kept: str
) -> None:
    async with world.started():
        await world.roster.set(document(), None, "ops")
    alter(world.state_dir, "UPDATE memory SET value = ? WHERE key = 'roster'", kept)
    async with world.started():
        assert world.duty() == ("tech-1", "+420777000110")
        assert sorted(await world.roster.people()) == ["tech-1", "tech-2"]
        assert world.board.newest is None  # exchanges keep the last good one
        assert "stands in" in world.events("roster.changed")[0]["what"]
        await world.refused(ErrorCode.FAILED, "roster.set", _as_awaitable(world.roster.get, secrets=True))
        await world.refused(ErrorCode.FAILED, "cannot be read", world.roster.switch("*", "closed", None, "ops"))
        assert await world.journal.recall("roster") == json.loads(kept)
        await world.roster.set(document(), 999, "ops")
        assert world.duty()[0] == "ann"
        assert world.board.newest is not None


async def _as_awaitable(job: Any, **keys: Any) -> Any:
    return job(**keys)


async def test_a_roster_that_cannot_be_used_can_be_undone(world: World) -> None:
    async with world.started():
        await world.roster.set(document(), None, "ops")
        await world.roster.set(document(duty={"default": "bob"}), None, "ops")
        kept = await world.journal.recall("roster")
    kept["roster"]["duty"] = {"default": 5}
    alter(world.state_dir, "UPDATE memory SET value = ? WHERE key = 'roster'", json.dumps(kept))
    async with world.started():
        assert world.duty()[0] == "tech-1"
        done = await world.roster.undo("ops")
        assert done["revision"] == 4
        assert world.duty()[0] == "ann"


async def test_a_journal_that_heals_is_not_overwritten_by_a_seed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with world.started():
        await world.roster.set(document(), None, "ops")
        kept = await world.journal.recall("roster")
        real = world.journal.recall

        async def nothing(*_: Any) -> None:
            return None

        monkeypatch.setattr(world.journal, "recall", nothing)
        origin = Origin(nothing, FILE_PEOPLE, "tech-1", "Europe/Prague", SERVICE_NUMBER)
        sick = RosterDesk(world.journal, lambda *_: None, StateBoard(), origin, lambda: world.unix)
        await sick.open()
        assert [one.id for one in sick.roster.person] == ["tech-1", "tech-2"]
        monkeypatch.setattr(world.journal, "recall", real)
        running = asyncio.create_task(sick.run())
        async with asyncio.timeout(20):
            while sick.roster.person[0].id != "ann":  # noqa: ASYNC110  (it has no bell for others)
                await asyncio.sleep(0.01)
        running.cancel()
        await asyncio.wait({running})
        assert await real("roster") == kept


async def test_a_night_switch_ends_by_itself(world: World) -> None:
    async with world.started():
        running = asyncio.create_task(world.roster.run())
        done = await world.roster.switch("*", "closed", 10, "ops")
        assert done["lines"]["service"]["until"] == "2026-03-02T11:10:00Z"
        await asyncio.sleep(0)
        world.unix += 600
        world.roster._turned.set()
        async with asyncio.timeout(20):
            while world.roster.roster.line[0].mode is not None:  # noqa: ASYNC110  (it has no bell for others)
                await asyncio.sleep(0.01)
        running.cancel()
        await asyncio.wait({running})
        assert [(one["situation"], one["by"]) for one in world.events("line.mode")] == [
            ("closed", "ops"),
            ("auto", "the clock"),
        ]
        assert world.board.newest is not None
        assert "mode" not in world.board.newest["roster"]["line"][0]
        await world.refused(ErrorCode.BAD_REQUEST, "no line 'x'", world.roster.switch("x", "open", None, "ops"))


WEEK = [
    {"person": "ann", "days": ["mon"], "start": "08:00", "end": "13:00"},
    {"person": "bob", "days": ["mon"], "start": "13:00", "end": "20:00"},
]
PLANNED = document(duty={"default": "eva", "rota": "r"}, rota=[{"id": "r", "week": WEEK}])


async def test_duty_follows_the_rota_and_a_person_stands_above_it(world: World) -> None:
    async with world.started():
        await world.roster.set(PLANNED, None, "ops")  # 12:00 in Prague
        assert world.duty()[0] == "ann"
        assert world.desk.duty.until == MONDAY_NOON + 3600 == world.desk.next_end()
        await world.later(3600)
        assert world.duty()[0] == "bob"
        await world.desk.set_duty("ann", 60, "ops")
        await world.later(3599)
        assert world.duty()[0] == "ann"
        await world.later(1)
        assert world.duty()[0] == "bob"
        await world.desk.set_duty("ann", None, "ops")
        await world.later(86_400 * 3)
        assert world.duty() == ("ann", "+420777000111")
    async with world.started():
        assert world.duty()[0] == "ann"  # until changed
        assert await world.desk.follow_roster("ops")
        assert not await world.desk.follow_roster("ops")
        assert world.duty()[0] == "eva"
    async with world.started():
        assert world.duty()[0] == "eva"
        assert world.desk.next_end() is not None


async def test_who_changed_duty_is_told(world: World) -> None:
    async with world.started():
        await world.roster.set(PLANNED, None, "ops")
        world.unix = MONDAY_NOON + 3600
        await world.desk.expire()
        await world.desk.expire()
        told = [(one["person"], one["by"]) for one in world.events("duty.changed")]
        assert told == [("ann", "the roster"), ("bob", "the rota")]


async def test_a_corrected_mobile_moves_duty_at_once_and_who_is_gone_has_none(world: World) -> None:
    async with world.started():
        await world.roster.set(document(), None, "ops")
        await world.desk.set_duty("bob", None, "ops")
        moved = document(person=[person("ann", 111), person("bob", 555), person("eva", 113)])
        await world.roster.set(moved, None, "ops")
        assert world.duty() == ("bob", "+420777000555")
        assert world.events("duty.changed")[-1]["by"] == "the roster"
        gone = document(
            person=[person("ann", 111), person("eva", 113)],
            group=[{"id": "ops", "name": "O", "members": ["ann", "eva"]}],
        )
        await world.roster.set(gone, None, "ops")
        assert world.duty() == ("ann", "+420777000111")


async def test_a_duty_kept_by_an_older_guard_is_a_persons_only_where_it_differs(world: World) -> None:
    for person_, expected in (("tech-1", "ann"), ("bob", "bob")):
        async with world.started():
            await world.roster.set(PLANNED, None, "ops")
            old = {"lasting": {"person": person_, "number": "+420777000110", "until": None}, "temporary": None}
            await world.journal.remember("duty", old)
            people = {**await world.roster.people(), "tech-1": FILE_PEOPLE[0]}

            async def known(everybody: Mapping[str, Person] = people) -> Mapping[str, Person]:
                return everybody

            world.desk._people_source = known
            await world.desk.open()
            assert world.duty()[0] == expected


async def test_the_rota_is_looked_at_only_when_it_can_have_changed(world: World) -> None:
    looks = 0
    async with world.started():
        await world.roster.set(PLANNED, None, "ops")
        real = world.roster.duty_at

        def counted(unix: float) -> tuple[str, float | None]:
            nonlocal looks
            looks += 1
            return real(unix)

        world.desk._duty_at = counted
        for _ in range(100):
            world.unix += 1
            await world.desk.expire()
        assert looks == 0
        world.unix -= 7200  # the clock was set back
        await world.desk.expire()
        assert looks == 1
