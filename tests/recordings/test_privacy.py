"""Everything of one caller, told and erased: in two exchanges and the guard, twice, and after a crash."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from appliance.calls import codec
from appliance.calls.queries import CallQuery
from appliance.domain.calls import Leg, LegResult
from appliance.domain.commands import Command, CommandError
from appliance.exchange.commands.exchange import ExchangeCommands
from appliance.exchange.commands.privacy import JournalHolder, PrivacyCommands
from appliance.exchange.commands.privacy_holders import CallbackHolder, VoicemailHolder
from appliance.exchange.mailbox.files import FOLDER
from appliance.exchange.mailbox.store import Message, VoicemailStore
from appliance.exchange.mailbox.store import State as Step
from appliance.journal.journal import Journal
from appliance.mqtt.links import UnreachableError
from appliance.mqtt.topics import Topics
from appliance.notify.notice import Channel
from appliance.notify.notice_privacy import NoticeHolder
from appliance.notify.notice_store import Letter, NoticeStore
from appliance.notify.voicemail import Left, file_name, letters_of
from appliance.recordings.entry import State
from appliance.recordings.privacy import RecordingsHolder
from tests.calls.records import CALLER, answered, arrived
from tests.recordings.archive import Kept, kept

OTHER = "+420605999999"
DIGITS = CALLER[1:]


class Place:
    """One exchange with all its stores."""

    def __init__(self, name: str, of: Kept, folder: Path, journal: Journal) -> None:
        self.name, self.of, self.journal, self.folder = name, of, journal, folder
        self.notices = folder / "notices.db"
        self.others: dict[str, Any] = {}
        part = PrivacyCommands(
            Topics("b", name),
            "CZ",
            (
                RecordingsHolder(of.archive.keeper, name),
                CallbackHolder(folder / "callbacks.db"),
                VoicemailHolder(folder / "voicemail.db"),
                NoticeHolder(self.notices),
                JournalHolder(journal),
                of.log,
            ),
            journal,
            self._ask,
            lambda: [one for one in self.others if one != "guard"],
            box=name == "box",
        )
        self.commands = ExchangeCommands(name, of.log, dict, lambda _: False, part.table)

    async def _ask(
        self, topic: str, name: str, args: Mapping[str, Any], id_: str, timeout_s: float
    ) -> Mapping[str, Any]:
        place = topic.removeprefix("hotline/b/").removesuffix("command").strip("/").removeprefix("exchange/")
        other = self.others.get(place or "guard")
        if other is None:
            raise UnreachableError("no answer")
        result = await other(Command(id_, name, dict(args), "local"))
        return {"ok": True, "result": json.loads(json.dumps(dict(result)))}

    async def ask(self, name: str, number: str = CALLER) -> Any:
        return await self.commands.execute(Command("1", name, {"number": number}, "local"))

    async def fill(self, prefix: str) -> None:
        """A caller who called twice, was recorded, is told of; and somebody else."""
        await self.of.log.put(answered(f"{prefix}1", self.name, recording=f"hl-{prefix}1.wav"))
        await self.of.log.put(answered(f"{prefix}2", self.name, caller=OTHER))
        await self.of.add(f"{prefix}1", timedelta(days=1))
        await self.of.add(f"{prefix}2", timedelta(days=1), caller=OTHER)
        store = await NoticeStore.open(self.notices)
        letters = [
            Letter(f"{prefix}{n}", Channel.SMS, to, "en", None, text, "2026-07-14T02:00:00.000Z", 1.0)
            for n, (to, text) in enumerate(
                (
                    (CALLER, "Eva took it"),
                    ("+420777000111", f"missed: {CALLER}"),
                    (OTHER, "Eva took it"),
                )
            )
        ]
        await store.add(letters, 1, 1.0)
        await store.close()
        for caller in (CALLER, OTHER):
            await self.journal.append("call", codec.to_mapping(answered(f"{prefix}1", self.name, caller=caller)))
        await self.journal.keep_response("old", {"ok": True, "result": {"calls": [{"caller": CALLER}]}})

    def bytes(self) -> bytes:
        """Everything on disk, with what is in the logs of the databases put in its place."""
        for path in [*self.folder.rglob("*.db")]:
            with sqlite3.connect(path) as connection:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            connection.close()
        return b"".join(path.read_bytes() for path in sorted(self.folder.rglob("*")) if path.is_file())


@asynccontextmanager
async def place(folder: Path, name: str) -> AsyncIterator[Place]:
    async with kept(folder, name) as made:
        where = folder / "state/exchange"
        journal = await Journal.open(where, boot_id="b", now=lambda: datetime.now(UTC))
        try:
            yield Place(name, made, where, journal)
        finally:
            await journal.close()


@pytest.fixture
async def box(tmp_path: Path) -> AsyncIterator[Place]:
    async with place(tmp_path / "box", "box") as box, place(tmp_path / "node", "node-1") as node:
        await box.fill("c")
        await node.fill("n")

        async def guard(command: Command) -> Mapping[str, Any]:
            if command.name == "privacy.export":
                return {"found": {"guard": {"sms": [{"to": CALLER, "text": "hello"}]}}}
            return {"erased": {"guard": {"sms": 1}}, "in_use": 1}

        box.others = {"guard": guard, "node-1": node.commands.execute}
        yield box


async def test_everything_of_everywhere_is_told(box: Place) -> None:
    answer = await box.ask("privacy.export", "605 123 456")
    assert (answer["number"], answer["missing"]) == (CALLER, [])
    found = answer["found"]
    assert sorted(found) == ["box", "guard", "node-1"]
    for name, prefix in (("box", "c"), ("node-1", "n")):
        assert [one["id"] for one in found[name]["calls"]] == [f"{prefix}1"]
        assert [one["id"] for one in found[name]["recordings"]] == [f"hl-{prefix}1.wav"]
        assert [one["text"] for one in found[name]["notices"]] == ["Eva took it", f"missed: {CALLER}"]
    assert found["guard"]["sms"][0]["text"] == "hello"
    assert OTHER not in json.dumps(answer)
    assert len(json.dumps(await box.ask("privacy.export", "+420605000001"))) < 400


async def test_erased_everywhere_and_nothing_is_left_on_the_disk(box: Place) -> None:
    assert DIGITS.encode() in box.bytes()
    answer = await box.ask("privacy.erase")
    counts = {"recordings": 1, "callbacks": 0, "messages": 0, "notices": 2, "events": 1, "calls": 1}
    assert answer == {
        "erased": {"box": counts, "node-1": counts, "guard": {"sms": 1}},
        "in_use": 1,
        "missing": [],
    }
    assert DIGITS.encode() not in box.bytes()
    assert OTHER[1:].encode() in box.bytes()
    assert box.of.files() == ["hl-c2.wav"]
    first = next(one for one in await box.of.log.find(CallQuery()) if one.id == "c1")
    assert (first.caller, first.recording, first.outcome, first.talked_s) == (None, None, "answered", 59.5)
    told = [(event.type, event.data) for event in await box.journal.events() if event.type != "call"]
    assert told == [("privacy.erased", {"erased": counts, "in_use": 0, "by": "local"})]
    assert [type_ for type_, _ in box.of.events] == ["recording.erased"]
    assert await box.journal.first_response("old") is None
    again = await box.ask("privacy.erase")
    assert again["erased"]["box"] == dict.fromkeys(counts, 0)


async def test_who_was_called_back_is_in_no_leg_either(box: Place) -> None:
    own = Leg(None, CALLER, "trunk-a", "2026-07-14T02:00:10.000Z", result=LegResult.TALKED, connected=CALLER)
    found = answered("cb-3f0a91c2d7e4", "box", callback="cb-3f0a91c2d7e4")
    record = replace(found, legs=(*found.legs, own))
    await box.of.log.put(record)
    await box.journal.append("call", codec.to_mapping(record))
    await box.journal.append("call", {"caller": CALLER, "legs": [{"number": CALLER}], "of": "a version to come"})
    answer = await box.ask("privacy.erase")
    assert (answer["erased"]["box"]["calls"], answer["erased"]["box"]["events"]) == (2, 3)
    assert DIGITS.encode() not in box.bytes()
    (kept_call,) = [one for one in await box.of.log.find(CallQuery()) if one.callback is not None]
    assert [(leg.person, leg.number) for leg in kept_call.legs] == [
        ("jan", "+420777000112"),
        ("eva", "+420777000111"),
        (None, ""),
    ]
    assert [event.data["legs"][2]["result"] for event in await box.journal.events() if "callback" in event.data] == [
        "talked"
    ]


async def test_who_does_not_answer_is_told_and_done_the_next_time(box: Place) -> None:
    node = box.others["node-1"]
    box.others["node-1"] = None
    answer = await box.ask("privacy.erase")
    assert answer["missing"] == ["node-1"]
    assert (await box.ask("privacy.export"))["missing"] == ["node-1"]
    box.others["node-1"] = node
    answer = await box.ask("privacy.erase")
    assert (answer["missing"], answer["erased"]["node-1"]["calls"]) == ([], 1)


async def test_what_is_in_use_is_told_and_left(box: Place) -> None:
    await box.of.log.put(arrived("c9", "box"))
    await box.of.archive.book.change("hl-c1.wav", State.RECORDING)
    answer = await box.ask("privacy.erase")
    assert answer["in_use"] == 3  # the call, the recording, the guard's message
    assert "hl-c1.wav" in box.of.files()
    await box.of.archive.book.change("hl-c1.wav", State.WHOLE, "", 8000)
    await box.of.log.put(arrived("c9", "box", ended_at="2026-07-14T02:00:05.000Z"))
    answer = await box.ask("privacy.erase")
    assert (answer["erased"]["box"]["calls"], answer["erased"]["box"]["recordings"], answer["in_use"]) == (1, 1, 1)


@pytest.mark.parametrize("store", ["recordings", "notices", "events", "calls"])
async def test_a_crash_between_two_stores_is_made_good_by_asking_again(
    box: Place, monkeypatch: pytest.MonkeyPatch, store: str
) -> None:
    holders = box.commands._handlers["privacy.erase"][1].__self__._holders  # type: ignore[attr-defined]
    broken = next(one for one in holders if one.kind == store)

    async def die(digits: str) -> Any:
        raise RuntimeError("power")

    with monkeypatch.context() as crash:
        crash.setattr(type(broken), "erase", lambda _self, digits: die(digits))
        with pytest.raises(RuntimeError):
            await box.ask("privacy.erase")
    await box.ask("privacy.erase")
    assert DIGITS.encode() not in box.bytes()


async def test_messages_on_their_way_are_in_use_and_gone_with_their_sound_once_they_are_letters(box: Place) -> None:
    left = Left("box", "c1", "2026-07-14T02:00:00.000Z", CALLER, "Desk", "service", ("a@example.com",), "en", 3.0)
    store = await VoicemailStore.open(box.folder / "voicemail.db")
    await store.put(Message(left))
    found = (await box.ask("privacy.export"))["found"]["box"]["messages"]
    assert [(one["mailbox"], one["state"]) for one in found] == [("Desk", "taking")]
    assert (await box.ask("privacy.erase"))["in_use"] == 2  # and the guard's
    await store.put(Message(left, 1, Step.HANDED, "left.wav"))
    kept_file = box.folder / FOLDER / "left.wav"
    kept_file.parent.mkdir()
    kept_file.write_bytes(b"RIFF")
    notices = await NoticeStore.open(box.notices)
    await notices.add(letters_of(left, f"/x/{file_name(left, 'UTC')}", "UTC", 1.0), 2, 1.0)
    for letter in await notices.waiting(Channel.EMAIL):
        await notices.settle(letter, "done", "", 2.0)
    await notices.close()
    found = (await box.ask("privacy.export"))["found"]["box"]["messages"]
    assert [(one["id"], one["exchange"], one["state"]) for one in found] == [("c1", "box", "handed")]
    answer = await box.ask("privacy.erase")
    assert (answer["erased"]["box"]["messages"], answer["erased"]["box"]["notices"], answer["in_use"]) == (1, 1, 1)
    assert (kept_file.exists(), await store.get("c1")) == (False, None)
    await store.close()
    assert DIGITS.encode() not in box.bytes()
    sound = box.folder / "message.wav"
    sound.write_bytes(b"RIFF")
    notices = await NoticeStore.open(box.notices)
    letter = Letter(
        "v", Channel.EMAIL, "a@example.com", "en", "A message", f"from {CALLER}", left.began_at, 1.0, sound=str(sound)
    )
    await notices.add([letter], 2, 1.0)
    await notices.close()
    assert [one["sound"] for one in (await box.ask("privacy.export"))["found"]["box"]["notices"]] == ["UklGRg=="]
    assert (await box.ask("privacy.erase"))["erased"]["box"]["notices"] == 1
    assert not sound.exists()


@pytest.mark.parametrize("number", ["", "x", "12", "+"])
async def test_what_is_no_number_is_refused(box: Place, number: str) -> None:
    with pytest.raises(CommandError) as refused:
        await box.ask("privacy.erase", number)
    assert refused.value.code == "bad_request"
