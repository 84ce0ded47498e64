"""From the call log to the phones and the mailboxes: the real log, the real modem stack, a real mail server."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from appliance.calls.log import CallLog
from appliance.config.models import Smtp
from appliance.domain.calls import CallRecord
from appliance.domain.commands import Command, CommandError
from appliance.guard.sms_commands import SmsCommands, SmsSend
from appliance.notify import notices as module
from appliance.notify.notice import Notice
from appliance.notify.notice_store import Delivery
from appliance.notify.notices import Notices
from appliance.notify.policy import notices_for
from appliance.notify.smtp import Mailer
from appliance.notify.voicemail import Left, file_name, letters_of
from tests.notify.box import box
from tests.notify.mailserver import Habits, mail_server
from tests.notify.test_policy import ENDED, EVA, JAN, MISSED, OLE, ROSTER
from tests.prompts.sound import tone

CALLER = "+420601123456"


def fresh(record: CallRecord) -> CallRecord:
    """The record as if it had happened just now."""
    shift = datetime.now(UTC) - datetime.fromisoformat("2026-07-14T12:00:00+00:00")

    def moved(at: str | None) -> str | None:
        return None if at is None else (datetime.fromisoformat(at) + shift).isoformat()

    return replace(
        record,
        arrived_at=moved(record.arrived_at) or "",
        answered_at=moved(record.answered_at),
        ended_at=moved(record.ended_at),
    )


def think(record: CallRecord) -> tuple[Notice, ...]:
    return notices_for(record, ROSTER, datetime.now(UTC), timezone="Europe/Prague", region="CZ", duty="eva")


class Guard:
    """A guard that takes messages, with the habits of a broker: answers get lost, commands come twice."""

    def __init__(self) -> None:
        self.asked: list[Mapping[str, Any]] = []
        self.taken: dict[str, str] = {}
        self.answers: list[Mapping[str, Any] | Exception] = []

    async def command(self, name: str, args: Mapping[str, Any], id_: str, timeout_s: float) -> Mapping[str, Any]:
        assert name == "sms.send"
        self.asked.append({**args, "id": id_})
        if self.answers:
            answer = self.answers.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer
        self.taken[args["key"]] = args["to"]
        return {"id": id_, "ok": True, "result": {}}


class RealGuard:
    """The guard's own commands."""

    def __init__(self, commands: SmsCommands) -> None:
        self._commands = commands

    async def command(self, name: str, args: Mapping[str, Any], id_: str, timeout_s: float) -> Mapping[str, Any]:
        try:
            result = await self._commands.send(SmsSend.model_validate(dict(args)), Command(id_, name, args, "test"))
        except CommandError as error:
            return {"ok": False, "error": {"code": str(error.code), "message": error.message}}
        return {"ok": True, "result": result}


@contextlib.asynccontextmanager
async def running(
    folder: Path, guard: Any, mail_port: int | None = None, thinking: Callable[[CallRecord], Any] = think
) -> AsyncIterator[tuple[CallLog, Notices]]:
    log = await CallLog.open(folder / "calls.db", "box")
    mailer = None
    if mail_port is not None:
        mailer = Mailer(Smtp(host="127.0.0.1", port=mail_port, tls="none", sender="hotline@example.com"))
    notices = await Notices.open(folder / "notices.db", log, thinking, guard, mailer, exchange="box")
    task = asyncio.create_task(notices.run())
    try:
        yield log, notices
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await notices.aclose()
        await log.close()


async def until(true: Callable[[], Any]) -> None:
    async with asyncio.timeout(60):
        while not true():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def settled(folder: Path, **counts: int) -> None:
    """Wait until so many letters are in these states, and none in another."""

    def states() -> dict[str, int]:
        with contextlib.closing(sqlite3.connect(folder / "notices.db")) as connection:
            return dict(connection.execute("SELECT state, count(*) FROM letter GROUP BY state").fetchall())

    async with asyncio.timeout(60):
        while await asyncio.to_thread(states) != counts:  # noqa: ASYNC110
            await asyncio.sleep(0.02)


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PAUSES_S", (0.05,))
    monkeypatch.setattr(module, "LOOK_EVERY_S", 0.2)


async def test_phones_and_mailboxes_hear_of_a_taken_and_of_a_missed_call(tmp_path: Path) -> None:
    async with mail_server() as (habits, port), box(tmp_path) as b:
        config: Any = type("C", (), {})()
        config.device, config.modem = type("D", (), {"region": "CZ"}), type("M", (), {"service_number": None})
        guard = RealGuard(SmsCommands(b.outbox, config))
        async with running(tmp_path, guard, port) as (log, _):
            await log.put(fresh(replace(ENDED, ended_at=None, outcome=None)))
            await log.put(fresh(ENDED))
            await b.until(lambda: len(b.smsc.taken) == 2)
            assert b.smsc.texts(EVA) == [f"Jan má hovor od {CALLER}. Service"]
            assert b.smsc.texts(CALLER) == [f"Puhuit: Jan, puh. {JAN}. Service"]
            await log.put(fresh(MISSED))
            await settled(tmp_path, done=9)
            await b.until(lambda: len(b.smsc.texts(EVA)) == 2 and b.smsc.texts(OLE))
            assert b.smsc.texts(EVA)[1].startswith(f"Zmeškaný hovor {CALLER}, Service, ")
            assert b.smsc.texts(OLE)[0].startswith(f"Missed call from {CALLER}")
        assert sorted(to for _, (to,) in habits.envelopes) == [
            "Office@example.org",
            "eva@example.org",
            "jan@example.org",
        ]
        czech = next(mail for mail in habits.mails if mail["To"] == "eva@example.org")
        assert czech["Subject"] == f"Zmeškaný hovor {CALLER} (Service)"
        assert "Čekání:   1:05" in czech.get_content()


async def test_a_record_that_changes_is_told_once(tmp_path: Path) -> None:
    guard = Guard()
    async with running(tmp_path, guard) as (log, _):
        for waited_s in (10.0, 20.0, 30.0):
            await log.put(fresh(replace(ENDED, waited_s=waited_s)))
            await asyncio.sleep(0.05)
        await settled(tmp_path, done=2)
    assert sorted(guard.taken.values()) == [CALLER, EVA]
    assert len(guard.asked) == 2


async def test_calls_of_another_exchange_are_others_to_tell_of(tmp_path: Path) -> None:
    guard = Guard()
    async with running(tmp_path, guard) as (log, _):
        await log.put(fresh(replace(ENDED, exchange="node-1")))
        await log.put(fresh(replace(ENDED, id="c9")))
        await settled(tmp_path, done=2)
    assert {key.split(":")[0] for key in guard.taken} == {"box"}


async def test_a_guard_that_is_away_gets_everything_later_under_the_same_keys(tmp_path: Path) -> None:
    guard = Guard()
    guard.answers = [
        ConnectionError("no link"),
        TimeoutError(),
        {
            "ok": False,
            "error": {"code": "failed", "message": "the box was restarted while it carried this command out"},
        },
        {"ok": False, "error": {"code": "expired", "message": "too late"}},
    ]
    async with running(tmp_path, guard) as (log, notices):
        await log.put(fresh(ENDED))
        await until(lambda: notices.trouble)
        await settled(tmp_path, done=2)
        await until(lambda: notices.trouble == {})  # taken back once it is on disk
    assert sorted(guard.taken.values()) == [CALLER, EVA]
    assert len({one["id"] for one in guard.asked}) == len(guard.asked) == 6


@pytest.mark.parametrize("code", ["bad_request", "conflict"])
async def test_what_the_guard_refuses_for_good_does_not_hold_up_the_rest(code: str, tmp_path: Path) -> None:
    guard = Guard()
    guard.answers = [{"ok": False, "error": {"code": code, "message": "premium rate"}}]
    async with running(tmp_path, guard) as (log, _):
        await log.put(fresh(ENDED))
        await settled(tmp_path, done=1, failed=1)
    assert len(guard.asked) == 2


async def test_mail_outlasts_a_server_that_dies_refuses_and_comes_back(tmp_path: Path) -> None:
    habits = Habits(drop_after_data=1, drop_in_greeting=2, once_rcpt=["450 greylisted"], once_data=["550 spam"])
    async with mail_server(habits) as (_, port), running(tmp_path, Guard(), port) as (log, _notices):
        await log.put(fresh(replace(MISSED, group=None, steps=("group:all",))))
        await settled(tmp_path, done=6, failed=1)
    ids = [mail["Message-ID"] for mail in habits.mails]
    assert len(ids) - len(set(ids)) == 1  # the one whose answer was lost; mailboxes know it by its Message-ID


async def test_without_a_mail_server_mails_are_given_up_and_messages_are_not(tmp_path: Path) -> None:
    guard = Guard()
    async with running(tmp_path, guard) as (log, _):
        await log.put(fresh(MISSED))
        await settled(tmp_path, done=4, failed=3)


async def test_nothing_is_lost_or_doubled_over_restarts(tmp_path: Path) -> None:
    """The exchange is stopped at every moment of its work, thirty calls long."""
    guard = Guard()
    for index in range(30):
        async with running(tmp_path, guard) as (log, _):
            await log.put(fresh(replace(ENDED, id=f"c{index}")))
            await asyncio.sleep(0.0007 * index)
    async with running(tmp_path, guard):
        await settled(tmp_path, done=60)
    assert len(guard.taken) == 60


async def test_a_call_log_that_begins_anew_is_read_from_its_start(tmp_path: Path) -> None:
    guard = Guard()
    async with running(tmp_path, guard) as (log, _):
        for index in range(5):
            await log.put(fresh(replace(ENDED, id=f"a{index}")))
        await settled(tmp_path, done=10)
    for name in ("calls.db", "calls.db-wal", "calls.db-shm"):
        (tmp_path / name).unlink(missing_ok=True)
    async with running(tmp_path, guard) as (log, _):
        await log.put(fresh(replace(ENDED, id="b")))
        await settled(tmp_path, done=12)


async def test_a_call_that_nobody_can_think_about_does_not_keep_others_from_it(tmp_path: Path) -> None:
    def thinking(record: CallRecord) -> tuple[Notice, ...]:
        if record.id == "bad":
            raise ZeroDivisionError
        return think(record)

    guard = Guard()
    async with running(tmp_path, guard, thinking=thinking) as (log, _):
        await log.put(fresh(replace(ENDED, id="bad")))
        await log.put(fresh(replace(ENDED, id="good")))
        await settled(tmp_path, done=2)


async def test_a_disk_that_refuses_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from appliance.notify.notice_store import NoticeStore

    sick = [3]
    add = NoticeStore.add

    async def failing(self: NoticeStore, *args: Any) -> int:
        if sick[0]:
            sick[0] -= 1
            raise sqlite3.OperationalError("database or disk is full")
        return await add(self, *args)

    monkeypatch.setattr(NoticeStore, "add", failing)
    async with running(tmp_path, Guard()) as (log, _):
        await log.put(fresh(ENDED))
        await settled(tmp_path, done=2)
    assert sick == [0]


async def test_it_is_given_up_after_a_day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "KEEP_TRYING_S", 0.3)
    guard = Guard()
    guard.answers = [ConnectionError("no link")] * 100
    async with running(tmp_path, guard) as (log, _):
        await log.put(fresh(ENDED))
        await settled(tmp_path, failed=2)


async def test_texts_are_erased_once_they_are_handed_over(tmp_path: Path) -> None:
    async with running(tmp_path, Guard()) as (log, _):
        await log.put(fresh(MISSED))
        await settled(tmp_path, done=4, failed=3)
    with contextlib.closing(sqlite3.connect(tmp_path / "notices.db")) as connection:
        assert connection.execute("SELECT DISTINCT text, subject FROM letter").fetchall() == [("", None)]


LEFT = Left(
    "box",
    "c1",
    "2026-07-14T12:00:05.000Z",
    CALLER,
    "Service desk",
    "Service",
    ("a@example.com", "b@example.com"),
    "cs",
    65.2,
)


def spoken(folder: Path) -> Path:
    file = folder / file_name(LEFT, "Europe/Prague")
    file.write_bytes(tone())
    return file


async def test_a_message_goes_out_with_its_sound_and_what_became_of_it_is_known(tmp_path: Path) -> None:
    file = spoken(tmp_path)
    async with mail_server() as (habits, port), running(tmp_path, Guard(), port) as (_, notices):
        for _ in range(3):  # handed over again after crashes
            await notices.keep([*letters_of(LEFT, str(file), "Europe/Prague", time.time())])
        await settled(tmp_path, done=2)
        assert await notices.deliveries() == {str(file): [Delivery(to, "done") for to in LEFT.email]}
    assert file.exists()  # for whoever listens
    assert sorted(mail["To"] for mail in habits.mails) == ["a@example.com", "b@example.com"]
    mail = habits.mails[0]
    assert mail["Subject"] == f"Zpráva od {CALLER} (Service desk, 1:05)"
    body = mail.get_body(("plain",))
    assert body is not None
    assert "2026-07-14 14:00" in body.get_content()
    (attached,) = mail.iter_attachments()
    assert attached.get_content_type() == "audio/wav"
    assert attached.get_filename() == file.name == f"2026-07-14-140005-{CALLER[1:]}-{file.stem[-6:]}.wav"
    assert attached.get_payload(decode=True) == tone()


async def test_a_message_waits_for_its_server_however_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "KEEP_TRYING_S", 0.0)
    file = spoken(tmp_path)
    async with running(tmp_path, Guard()) as (_, notices):  # no server at all
        await notices.keep([*letters_of(LEFT, str(file), "UTC", time.time())])
        await until(lambda: notices.trouble)
        await settled(tmp_path, waiting=2)
    async with mail_server(Habits(once_data=["451 later", "421 away"])) as (habits, port):
        async with running(tmp_path, Guard(), port):
            await settled(tmp_path, done=2)
        assert len(habits.mails) == 2


async def test_a_message_that_is_refused_for_good_keeps_its_file(tmp_path: Path) -> None:
    file = spoken(tmp_path)
    habits = Habits(once_rcpt=["550 nobody"])
    async with mail_server(habits) as (_, port), running(tmp_path, Guard(), port) as (_, notices):
        await notices.keep([*letters_of(LEFT, str(file), "UTC", time.time())])
        await settled(tmp_path, done=1, failed=1)
        (told,) = (await notices.deliveries()).values()
    assert sorted((one.state, "550" in one.reason) for one in told) == [("done", False), ("failed", True)]
    assert len(habits.mails) == 1


async def test_a_message_whose_file_is_lost_is_told_all_the_same(tmp_path: Path) -> None:
    async with mail_server() as (habits, port), running(tmp_path, Guard(), port) as (_, notices):
        await notices.keep([*letters_of(LEFT, str(tmp_path / "gone.wav"), "UTC", time.time())])
        await settled(tmp_path, done=2)
    assert [*habits.mails[0].iter_attachments()] == []
