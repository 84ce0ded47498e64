"""The outbox against simulated modems of every make and a network with a service centre."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from appliance.notify import message as rules
from appliance.notify import sms_outbox, sms_sender
from appliance.notify.message import State
from appliance.notify.sms_outbox import KeyTakenError, OutboxError
from bench.mobile.personalities import PERSONALITIES
from bench.mobile.tpdu import status_report
from tests.notify.box import EVA, JAN, box

WITHOUT_REPORTS = {"multitech"}


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses a test can wait for."""
    monkeypatch.setattr(rules, "_PAUSES_S", (0.05,))
    monkeypatch.setattr(rules, "DOUBT_WAIT_S", 0.3)
    monkeypatch.setattr(sms_sender, "LINE_LOOK_S", 0.02)


@pytest.mark.parametrize("family", sorted(PERSONALITIES))
async def test_a_message_is_delivered_and_reported_by_every_make_of_modem(family: str, tmp_path: Path) -> None:
    text = "Žluťoučký kůň přijal hovor 😀 " * 4
    async with box(tmp_path, family) as b:
        accepted = await b.outbox.accept(EVA, text, "k1")
        assert accepted.state is State.WAITING
        last = State.SENT if family in WITHOUT_REPORTS else State.DELIVERED
        done = await b.reaches("k1", last)
        assert b.smsc.texts(EVA.e164) == [text]
        assert len(done.parts) == len(b.smsc.taken) == 2
        assert done.text == ""
        assert {one.part.report for one in b.smsc.taken} == {family not in WITHOUT_REPORTS}
        await b.until(lambda: not b.modem.reports.slots and not b.modem.messages.slots)  # taken, then deleted
        await b.until(lambda: b.told(f"sms.{last}"))
        assert [data["to"] for data in b.told("sms.sent")] == ["+420777***111"]
        assert len(b.told("sms.delivered")) == (family not in WITHOUT_REPORTS)
        assert text[:5] not in str(b.events)


async def test_the_same_key_is_sent_once(tmp_path: Path) -> None:
    async with box(tmp_path) as b:
        first = await asyncio.gather(*(b.outbox.accept(EVA, "once", "k") for _ in range(5)))
        assert {one.id for one in first} == {1}
        await b.reaches("k", State.DELIVERED)
        again = await b.outbox.accept(EVA, "once", "k")
        assert (again.id, again.number, again.state) == (1, EVA, State.DELIVERED)
        assert len(b.smsc.taken) == 1


async def test_another_message_under_a_taken_key_is_refused_even_once_the_text_is_erased(tmp_path: Path) -> None:
    async with box(tmp_path) as b:
        found = await asyncio.gather(
            *(b.outbox.accept(EVA, text, "k") for text in ("one", "two")), return_exceptions=True
        )
        assert sorted(isinstance(one, KeyTakenError) for one in found) == [False, True]
        said, other = ("one", "two") if not isinstance(found[0], KeyTakenError) else ("two", "one")
        done = await b.reaches("k", State.DELIVERED)
        assert done.text == ""
        for number, text in ((JAN, said), (EVA, other)):
            with pytest.raises(KeyTakenError, match="message 1's"):
                await b.outbox.accept(number, text, "k")
        network = b.network
    async with box(tmp_path, network=network) as b:
        with pytest.raises(KeyTakenError):
            await b.outbox.accept(EVA, other, "k")
        assert (await b.outbox.accept(EVA, said, "k")).state is State.DELIVERED
        assert len(b.smsc.taken) == 1


async def test_a_database_from_before_digests_is_taken_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as old:
        old.setattr(rules, "digest_of", lambda _key, _text: "")
        async with box(tmp_path) as b:
            await b.outbox.accept(EVA, "one", "k")
            await b.reaches("k", State.DELIVERED)
            network = b.network
    with contextlib.closing(sqlite3.connect(tmp_path / "sms.db")) as connection:
        connection.execute("ALTER TABLE message DROP COLUMN digest")
        connection.execute("DELETE FROM _sqlite_migrations WHERE name LIKE '0002%'")
        connection.commit()
    async with box(tmp_path, network=network) as b:
        assert (await b.outbox.accept(EVA, "one", "k")).state is State.DELIVERED
        with pytest.raises(KeyTakenError):
            await b.outbox.accept(JAN, "one", "k")
        await b.outbox.accept(JAN, "one", "k2")
        await b.reaches("k2", State.DELIVERED)


async def test_what_waits_is_sent_once_the_modem_is_there_and_after_a_restart(tmp_path: Path, hasty: None) -> None:
    async with box(tmp_path) as b:
        await b.until(lambda: b.service.status.usable)
        await b.modem.unplug()
        await b.until(lambda: not b.service.status.usable)
        await b.outbox.accept(EVA, "one", "k1")
        await asyncio.sleep(0.1)
        assert b.smsc.taken == []
        network = b.network
    async with box(tmp_path, network=network) as b:
        await b.outbox.accept(JAN, "two", "k2")
        await b.reaches("k1", State.DELIVERED)
        await b.reaches("k2", State.DELIVERED)
        assert [one.part.text for one in b.smsc.taken] == ["one", "two"]


async def test_a_message_about_a_caller_is_in_use_until_its_text_is_gone(tmp_path: Path) -> None:
    async with box(tmp_path) as b:
        await b.until(lambda: b.service.status.usable)
        await b.modem.unplug()
        await b.until(lambda: not b.service.status.usable)
        await b.outbox.accept(EVA, "Missed call from +420 605 123 456", "k1")
        await b.outbox.accept(JAN, "Missed call from +420 605 123 457", "k2")
        for _ in range(2):
            assert await b.outbox.forget("+420605123456") == (0, 1)
        network = b.network
    async with box(tmp_path, network=network) as b:
        await b.reaches("k1", State.DELIVERED)
        assert await b.outbox.forget("+420605123456") == (0, 0)


@pytest.mark.parametrize("code", [331, 332, 500, 38, 42, 330])
async def test_a_refusal_is_tried_again(code: int, tmp_path: Path, hasty: None) -> None:
    async with box(tmp_path) as b:
        b.smsc.policy.refuse.extend([code] * 4)
        await b.outbox.accept(EVA, "x", "k")
        await b.reaches("k", State.DELIVERED)
        assert len(b.smsc.taken) == 1


async def test_a_refusal_for_good_is_not(tmp_path: Path, hasty: None) -> None:
    async with box(tmp_path) as b:
        b.smsc.policy.refuse.append(1)
        await b.outbox.accept(EVA, "secret", "k")
        failed = await b.reaches("k", State.FAILED)
        assert (failed.code, failed.text) == (1, "")
        await b.until(lambda: b.told("sms.failed"))  # told once it is on disk
        (told,) = b.told("sms.failed")
        assert told["code"] == 1
        assert "secret" not in str(told)


async def test_it_is_given_up_after_the_time_to_keep_trying(tmp_path: Path, hasty: None) -> None:
    async with box(tmp_path, keep_trying_s=2.0) as b:
        await b.until(lambda: b.service.status.usable)
        b.smsc.policy.refuse_every = 331
        await b.outbox.accept(EVA, "x", "k")
        failed = await b.reaches("k", State.FAILED)
        assert "331" in failed.reason
        assert "2 s" in failed.reason


async def test_a_network_that_refuses_reports_gets_the_message_without(tmp_path: Path) -> None:
    async with box(tmp_path) as b:
        b.smsc.policy.refuse_report_requests = 69
        await b.outbox.accept(EVA, "x", "k")
        await b.reaches("k", State.SENT)
        (taken,) = b.smsc.taken
        assert not taken.part.report


async def test_a_receiver_that_is_away_gets_it_later(tmp_path: Path) -> None:
    async with box(tmp_path) as b:
        b.smsc.away.add(EVA.e164)
        await b.outbox.accept(EVA, "x", "k")
        await b.reaches("k", State.SENT)
        b.smsc.back(EVA.e164)
        await b.reaches("k", State.DELIVERED)


async def test_a_network_that_gives_up_is_told(tmp_path: Path) -> None:
    async with box(tmp_path) as b:
        b.smsc.policy.reports = "failed"
        await b.outbox.accept(EVA, "x", "k")
        failed = await b.reaches("k", State.FAILED)
        assert "0x65" in failed.reason


@pytest.mark.parametrize("reports", ["garbage", "foreign", "none"])
async def test_reports_that_say_nothing_leave_it_sent(reports: Any, tmp_path: Path) -> None:
    async with box(tmp_path) as b:
        b.smsc.policy.reports = reports
        await b.outbox.accept(EVA, "x", "k1")
        await b.reaches("k1", State.SENT)
        b.smsc.policy.reports = "delivered"
        b.smsc.policy.national_reports = True
        await b.outbox.accept(EVA, "y", "k2")
        await b.reaches("k2", State.DELIVERED)
        assert (await b.message("k1")).state is State.SENT


async def test_reports_that_came_while_the_guard_was_down_are_fetched(tmp_path: Path) -> None:
    async with box(tmp_path, "ublox-sara") as b:
        b.smsc.away.add(EVA.e164)
        b.smsc.policy.tells_underway = False
        await b.outbox.accept(EVA, "x", "k")
        await b.reaches("k", State.SENT)
        network, reference = b.network, b.smsc.taken[0].reference
    async with box(tmp_path, "ublox-sara", network=network) as b:
        b.modem.reports.add(status_report(reference, EVA.e164, datetime.now(UTC), 0))
        await b.reaches("k", State.DELIVERED)
        await b.until(lambda: not b.modem.reports.slots)


async def test_no_part_begins_while_a_forwarding_is_due(tmp_path: Path, hasty: None) -> None:
    due = [True]
    async with box(tmp_path, forwarding_due=lambda: due[0]) as b:
        await b.until(lambda: b.service.status.usable)
        await b.outbox.accept(EVA, "x" * 300, "k")
        await asyncio.sleep(0.2)
        assert b.smsc.taken == []
        b.smsc.policy.latency_s = 1.0
        due[0] = False
        await b.until(lambda: b.smsc.taken)
        due[0] = True
        await asyncio.sleep(1.5)
        assert len(b.smsc.taken) == 1
        due[0] = False
        await b.reaches("k", State.DELIVERED)
        assert b.smsc.texts(EVA.e164) == ["x" * 300]


async def test_another_command_waits_for_one_part_at_most(tmp_path: Path) -> None:
    async with box(tmp_path) as b:
        b.smsc.policy.latency_s = 0.2
        await b.outbox.accept(EVA, "x" * 1500, "k")
        await b.until(lambda: b.smsc.taken)
        seen = len(b.smsc.taken)
        await b.service.at("AT+CSQ")
        assert len(b.smsc.taken) <= seen + 1
        await b.reaches("k", State.DELIVERED)


async def test_the_hour_is_kept_and_told_once_and_over_a_restart(tmp_path: Path) -> None:
    async with box(tmp_path, per_hour=2) as b:
        for index in range(4):
            await b.outbox.accept(EVA, f"text {index}", f"k{index}")
        await b.reaches("k1", State.DELIVERED)
        await b.until(lambda: b.told("sms.held"))
        await asyncio.sleep(0.1)
        assert len(b.smsc.taken) == 2
        (told,) = b.told("sms.held")
        assert told["per_hour"] == 2
        assert b.outbox.counts() == {"waiting": 2, "sent_this_hour": 2, "per_hour": 2}
        network = b.network
    async with box(tmp_path, per_hour=2, network=network) as b:
        await b.until(lambda: b.told("sms.held"))
        assert len(b.smsc.taken) == 2


async def test_a_crash_before_the_answer_is_told_by_the_report_and_nothing_is_sent_twice(
    tmp_path: Path, hasty: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "DOUBT_WAIT_S", 20.0)
    async with box(tmp_path) as b:
        b.smsc.policy.latency_s, b.smsc.policy.effect_share, b.smsc.policy.report_after_s = 10.0, 0.0, 4.0
        await b.outbox.accept(EVA, "x", "k")
        await b.until(lambda: b.smsc.taken)
        network = b.network
        await b.modem.unplug()
    network.smsc.policy.latency_s = 0.0
    async with box(tmp_path, network=network) as b:
        found = await b.message("k")
        assert found.state is State.MAYBE_SENT
        assert "maybe sent" in found.reason
        await b.until(lambda: b.service.status.usable)
        await b.reaches("k", State.DELIVERED)
        assert len(b.smsc.taken) == 1


async def test_without_a_report_it_is_sent_once_more_and_then_never_again(tmp_path: Path, hasty: None) -> None:
    network = None
    for life in range(3):
        async with box(tmp_path, network=network) as b:
            network = b.network
            b.smsc.policy.reports = "none"
            b.smsc.policy.latency_s, b.smsc.policy.effect_share = 10.0, 0.0
            if life == 0:
                await b.outbox.accept(EVA, "x", "k")
            if life < 2:
                await b.until(lambda expected=life + 1: len(b.smsc.taken) == expected)
                await b.modem.unplug()
                continue
            assert (await b.message("k")).state is State.FAILED
            await b.until(lambda: b.told("sms.failed"))  # told once it is on disk
            (told,) = b.told("sms.failed")
            assert "2 times" in told["reason"]
            assert len(b.smsc.taken) == 2


async def test_a_modem_that_never_answers_a_part_leaves_it_in_doubt(
    tmp_path: Path, hasty: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("appliance.modem.messages.SEND_TIMEOUT_S", 0.3)
    monkeypatch.setattr(rules, "DOUBT_WAIT_S", 3.0)
    async with box(tmp_path) as b:
        b.smsc.policy.swallow = 1
        b.smsc.policy.reports = "none"
        await b.outbox.accept(EVA, "x", "k")
        await b.reaches("k", State.MAYBE_SENT)
        await b.modem.unplug()
        await b.modem.plug()
        await b.reaches("k", State.SENT)
        assert len(b.smsc.taken) == 2


async def test_a_disk_that_refuses_is_told_and_nothing_is_sent(tmp_path: Path) -> None:
    (tmp_path / "sms.db").mkdir()
    async with box(tmp_path) as b:
        with pytest.raises(OutboxError, match="cannot be kept"):
            await b.outbox.accept(EVA, "x", "k")
        assert b.smsc.taken == []


async def test_an_intent_that_cannot_be_written_is_not_acted_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from appliance.notify.sms_store import SmsStore

    for module in (sms_outbox, sms_sender):
        monkeypatch.setattr(module, "DISK_RETRY_S", 0.1)
    refusing = [True]
    save = SmsStore.save

    async def sick(self: SmsStore, messages: Any) -> None:
        if refusing[0]:
            raise sqlite3.OperationalError("database or disk is full")
        await save(self, messages)

    monkeypatch.setattr(SmsStore, "save", sick)
    async with box(tmp_path) as b:
        await b.outbox.accept(EVA, "x", "k")
        await b.until(lambda: b.service.status.usable)
        await asyncio.sleep(0.2)
        assert b.smsc.taken == []
        refusing[0] = False
        await b.reaches("k", State.DELIVERED)


async def test_a_damaged_database_is_put_aside(tmp_path: Path) -> None:
    (tmp_path / "sms.db").write_bytes(b"no database at all" * 500)
    async with box(tmp_path) as b:
        await b.outbox.accept(EVA, "x", "k")
        await b.reaches("k", State.DELIVERED)


async def test_a_box_that_never_sent_has_no_database_and_asks_the_modem_for_nothing(tmp_path: Path) -> None:
    async with box(tmp_path) as b:
        await b.until(lambda: b.service.status.usable)
        assert await b.outbox.newest(10) == []
        assert not [text for _, text in b.modem.commands if "CNMI" in text or "CMGF" in text]
    assert not (tmp_path / "sms.db").exists()


async def test_a_flood_is_refused_before_it_leaves_no_room_for_notices(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hasty: None
) -> None:
    monkeypatch.setattr(sms_outbox, "MOST_WAITING", 5)
    monkeypatch.setattr(sms_outbox, "MOST_WAITING_OF_ONE", 3)
    due = True
    async with box(tmp_path, forwarding_due=lambda: due) as b:
        for number in range(3):
            await b.outbox.accept(EVA, f"flood {number}", f"command {number}")
        with pytest.raises(OutboxError, match="busy: 3 messages under keys that name no source"):
            await b.outbox.accept(EVA, "flood 3", "by-hand")
        assert (await b.outbox.accept(EVA, "flood 0", "command 0")).id == 1
        await b.outbox.accept(JAN, "notice", "box:c1:taken")
        await b.outbox.accept(JAN, "notice", "box:c2:taken")
        with pytest.raises(OutboxError, match="busy: 5 messages wait"):
            await b.outbox.accept(JAN, "notice", "box:c3:taken")
        due = False
        for key in ("command 2", "box:c2:taken"):
            await b.reaches(key, State.DELIVERED)
        assert [one.part.text for one in b.smsc.taken] == ["flood 0", "notice", "flood 1", "notice", "flood 2"]
