"""Messages with sound and keys, against a real Asterisk: one world, many callers."""

from __future__ import annotations

import asyncio
import wave
from pathlib import Path

import numpy as np
import pytest

from appliance.asterisk.events import AriEvent
from appliance.domain.calls import CallRecord, Outcome
from appliance.exchange import step_mailbox
from appliance.exchange import voicemail as module
from appliance.roster.models import Roster
from bench.phones.behaviour import Behaviour
from tests.exchange.rig import ANNA, HZ, SERVICE, TECH, Rig, Said, rig, until

QUICK = Behaviour(answers_after_s=0.2, tone_after_s=0.1)


async def roster(world: Rig) -> Roster:
    box = {
        "id": "desk",
        "name": "Service desk",
        "email": ["desk@example.com", "boss@example.com"],
        "greeting": await world.own("question", 0.5),
        "prompts": "short",
        "max_s": 4.0,
        "end_silence_s": 1.0,
    }
    short = {
        "mailbox-review": await world.own("question-2", 0.5),
        "mailbox-sent": await world.own("information", 0.4),
    }
    return Roster.model_validate(
        {
            "revision": 1,
            "duty": {"default": "tech-1"},
            "person": [{"id": "tech-1", "name": "T", "mobile": TECH}, {"id": "anna", "name": "A", "mobile": ANNA}],
            "group": [{"id": "anna", "name": "Anna", "members": ["anna"], "screening": "off"}],
            "mailbox": [box],
            "prompts": [{"id": "short", "language": "en", "sounds": short}],
            "line": [{"id": "service", "name": "Service", "open": ["mailbox:desk", "group:anna"]}],
        }
    )


def tone_of(name: int) -> int:
    return (HZ["customer-1"], HZ["customer-2"])[(name - 1) % 2]


def sound(path: str) -> tuple[float, int]:
    """Its seconds and loudest frequency."""
    with wave.open(path) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (8000, 1, 2)
        samples = np.frombuffer(file.readframes(-1), dtype="<i2").astype(float)
    spectrum = np.abs(np.fft.rfft(samples))
    return len(samples) / 8000, round(float(spectrum.argmax()) * 8000 / len(samples))


async def recording(world: Rig, *, tone: bool = True) -> int:
    """A caller who hears the greeting, and from then on speaks."""
    name = world.talkers.dial(SERVICE, tone=tone)
    assert await world.talkers.hears(name, "question", 20)
    await until(lambda: [*(world.asterisk.folder / "spool/recording").glob("hl-message-*")])
    return name


async def over(world: Rig, count: int, *, letters: int) -> CallRecord:
    records = await world.ended(count)
    await until(lambda: len(world.letters) == letters)
    await until(lambda: not [*(world.asterisk.folder / "spool/recording").glob("hl-message-*")])
    await until(lambda: not world.lasting())
    return max(records, key=lambda record: record.arrived_at)


def press(world: Rig, name: int, keys: str) -> None:
    world.talkers.call(name).stream.press(keys)


def heard(world: Rig, name: int) -> list[str]:
    return [one["what"] for one in world.talkers.told(name)["heard"]]


async def test_messages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOOK_EVERY_S", 0.3)
    monkeypatch.setattr(step_mailbox, "WAIT_S", 0.7)
    said = Said(Roster.model_construct())
    async with rig(tmp_path, said, start=False) as world:
        said.roster = await roster(world)
        await world.start()
        world.manners(anna=QUICK)

        # hanging up sends what was said
        name = await recording(world)
        await asyncio.sleep(1.5)
        world.talkers.call(name).hang_up()
        record = await over(world, 1, letters=2)
        assert (record.outcome, record.steps, record.ended_by) == (Outcome.MESSAGE, ("mailbox:desk",), "caller")
        assert record.message_s == pytest.approx(1.5, abs=1.0)
        first, second = world.letters
        assert {first.to, second.to} == {"desk@example.com", "boss@example.com"}
        assert first.subject is not None
        assert record.caller is not None
        assert record.caller in first.subject
        assert "Service desk" in first.text
        assert first.sound == second.sound
        seconds, hz = sound(first.sound or "")
        assert seconds == pytest.approx(record.message_s, abs=0.2)
        assert hz == pytest.approx(tone_of(name), abs=3)

        # '#' ends it, 2 lets it be heard, 1 sends it
        name = await recording(world)
        await asyncio.sleep(1.0)
        press(world, name, "#")
        await until(lambda: "question-2" in heard(world, name))  # what can be done now
        own_tone = "customer-1" if tone_of(name) == HZ["customer-1"] else "customer-2"
        press(world, name, "2")
        await until(lambda: own_tone in heard(world, name))
        await until(lambda: heard(world, name).count("question-2") == 2)
        press(world, name, "1")
        await until(lambda: "information" in heard(world, name))  # that it is sent
        record = await over(world, 2, letters=4)
        assert (record.outcome, record.ended_by) == (Outcome.MESSAGE, "exchange")

        # 3 records it again, and only the new one is sent; keys that mean nothing do no harm
        name = await recording(world)
        await asyncio.sleep(2.5)
        press(world, name, "#")
        await until(lambda: "question-2" in heard(world, name))
        press(world, name, "7930")
        await until(lambda: len([*(tmp_path / "spool/recording").glob("hl-message-*-2.wav")]) == 1)
        await asyncio.sleep(0.6)
        world.talkers.call(name).hang_up()
        record = await over(world, 3, letters=6)
        assert sound(world.letters[-1].sound or "")[0] < 2.0

        # the longest time: told what can be done, and sent for want of a key
        name = await recording(world)
        assert world.hub is not None
        record = await over(world, 4, letters=8)
        assert (record.outcome, record.ended_by) == (Outcome.MESSAGE, "exchange")
        assert record.message_s == pytest.approx(4.0, abs=1.3)  # Asterisk counts whole seconds

        # nothing is said, twice: nothing is sent, and the call goes on
        name = await recording(world, tone=False)
        assert await world.talkers.hears(name, "anna", 30)
        world.talkers.call(name).hang_up()
        record = await over(world, 5, letters=8)
        assert (record.outcome, record.steps) == (Outcome.ANSWERED, ("mailbox:desk", "group:anna"))

        # thousands of keys while it is reviewed
        name = await recording(world)
        await asyncio.sleep(0.8)
        press(world, name, "#")
        await until(lambda: "question-2" in heard(world, name))
        ((id_, session),) = world.hub.reception.sessions.items()
        for number in range(3000):
            key = {"digit": "45*0"[number % 4], "channel": {"id": id_}}
            session.call.inbox.put(AriEvent("ChannelDtmfReceived", id_, key))
        assert (await over(world, 6, letters=10)).outcome is Outcome.MESSAGE

        # the disk is full: said so, and led on
        world.full.set()
        name = world.talkers.dial(SERVICE)
        assert await world.talkers.hears(name, "anna", 20)
        assert "sound" in heard(world, name)
        world.talkers.call(name).hang_up()
        record = await over(world, 7, letters=10)
        assert (record.outcome, record.steps) == (Outcome.ANSWERED, ("mailbox:desk", "group:anna"))
        world.full.clear()

        # the exchange dies while it is recorded, and the caller hangs up before it is back
        name = await recording(world)
        await asyncio.sleep(1.0)
        await world.stop()
        await asyncio.sleep(0.5)
        world.talkers.call(name).hang_up()
        await asyncio.sleep(0.5)
        assert len(world.letters) == 10
        await world.start()
        record = await over(world, 8, letters=12)
        assert sound(world.letters[-1].sound or "")[0] > 1.0

        # the exchange dies while it is recorded, and is back before the caller has ended
        name = await recording(world)
        await asyncio.sleep(0.5)
        await world.stop()
        await asyncio.sleep(0.3)
        await world.start()
        await asyncio.sleep(0.5)
        assert len(world.letters) == 12
        press(world, name, "#")
        await until(lambda: "question-2" in heard(world, name))
        press(world, name, "1")
        record = await over(world, 9, letters=14)
        assert record.outcome is Outcome.MESSAGE

        # Asterisk itself is killed while it is recorded
        name = await recording(world)
        await asyncio.sleep(3.0)
        await world.asterisk.process.kill()
        await world.asterisk.start()
        await until(lambda: len(world.letters) == 16, 40)
        assert sound(world.letters[-1].sound or "")[0] > 0.4


async def test_nothing_is_lost_where_our_disk_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOOK_EVERY_S", 0.3)
    said = Said(Roster.model_construct())
    async with rig(tmp_path, said, start=False) as world:
        said.roster = await roster(world)
        await world.start()
        (tmp_path / "messages").write_text("no folder")
        name = await recording(world)
        await asyncio.sleep(1.0)
        press(world, name, "#")
        await until(lambda: "question-2" in heard(world, name))
        press(world, name, "1")
        await until(world.talkers.call(name).over.is_set)
        await asyncio.sleep(0.5)
        assert world.letters == []
        (tmp_path / "messages").unlink()
        record = await over(world, 1, letters=2)
        assert record.outcome is Outcome.MESSAGE
        assert sound(world.letters[0].sound or "")[0] > 0.8
