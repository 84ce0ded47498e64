"""Messages with sound and keys, against a real Asterisk: one world, many callers."""

from __future__ import annotations

import asyncio
import os
import subprocess
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest

from appliance.domain.calls import CallRecord, Outcome
from appliance.exchange.mailbox import voicemail as module
from appliance.exchange.steps import mailbox as step_mailbox
from appliance.notify.notice_store import Letter
from appliance.roster.models import Roster
from bench.phones.behaviour import Behaviour
from tests.exchange.callers import called, flood, press, record_of
from tests.exchange.rig import ANNA, HZ, SERVICE, TECH, Rig, Said, rig, until
from tests.exchange_recording.talks import fill

QUICK = Behaviour(answers_after_s=0.2, tone_after_s=0.1)


MAX_S = 8.0  # longer than anything that a slow machine has to get done while somebody speaks
# a queue whose agent nobody has the time to reach
SHORT = {"max_wait_s": 2.0, "overflow": "mailbox:desk", "say_position": False, "say_wait": False}


async def roster(world: Rig) -> Roster:
    box = {
        "id": "desk",
        "name": "Service desk",
        "email": ["desk@example.com", "boss@example.com"],
        "greeting": await world.own("question", 0.5),
        "prompts": "short",
        "max_s": MAX_S,
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
            "queue": [{"id": "short", "name": "Short", "agents": ["anna"], **SHORT}],
            "mailbox": [box],
            "prompts": [{"id": "short", "language": "en", "sounds": short}],
            "line": [{"id": "service", "name": "Service", "open": ["mailbox:desk", "group:anna"]}],
        }
    )


@asynccontextmanager
async def mailbox_world(folder: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Rig]:
    monkeypatch.setattr(module, "LOOK_EVERY_S", 0.3)
    monkeypatch.setattr(step_mailbox, "WAIT_S", 3.0)
    said = Said(Roster.model_construct())
    async with rig(folder, said, start=False) as world:
        said.roster = await roster(world)
        await world.start()
        world.manners(anna=QUICK)
        yield world


def heard(world: Rig, name: int) -> list[str]:
    return [one["what"] for one in world.talkers.told(name)["heard"]]


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
    assert await world.talkers.hears(name, "question", 90)
    await until(lambda: takes(world, name))
    return name


def takes(world: Rig, name: int) -> list[str]:
    """The files Asterisk has of a caller's message, by number of the take."""
    assert world.hub is not None
    calls = [one.call.id for one in world.hub.reception.sessions.values() if one.call.record.caller == called(name)]
    folder = world.asterisk.folder / "spool/recording"
    return sorted(file.stem for call in calls for file in folder.glob(f"hl-message-{call}-*"))


def letters(world: Rig, name: int) -> list[Letter]:
    return [letter for letter in world.letters if called(name) in (letter.subject or "")]


async def sent(world: Rig, name: int) -> CallRecord:
    """The call's record once its message is at the outbox, which every receiver of the mailbox gets."""
    await until(lambda: len(letters(world, name)) == 2, 90)
    assert {letter.to for letter in letters(world, name)} == {"desk@example.com", "boss@example.com"}
    return await record_of(world, name)


def message(world: Rig, name: int) -> tuple[float, int]:
    return sound(letters(world, name)[0].sound or "")


async def kept(world: Rig, name: int) -> None:
    """It stays for whoever listens, after the outbox has its letters."""
    (letter, _other) = letters(world, name)
    found = [one.message for one in await world.voicemail.archive.entries()]
    (mine,) = [one for one in found if str(world.voicemail.archive.path(one)) == letter.sound]
    await until(lambda: not takes(world, name))
    assert (mine.left.caller, mine.left.mailbox) == (called(name), "Service desk")


async def _hangs_up(world: Rig) -> None:
    name = await recording(world)
    await asyncio.sleep(1.5)
    world.talkers.call(name).hang_up()
    record = await sent(world, name)
    assert (record.outcome, record.steps, record.ended_by) == (Outcome.MESSAGE, ("mailbox:desk",), "caller")
    assert record.message_s is not None
    assert "Service desk" in letters(world, name)[0].text
    seconds, hz = message(world, name)
    assert 1.0 < seconds < MAX_S
    assert seconds == pytest.approx(record.message_s, abs=0.2)
    assert hz == pytest.approx(tone_of(name), abs=3)
    await kept(world, name)


async def _listens_and_sends(world: Rig) -> None:
    """'#' ends it, 2 lets it be heard, 1 sends it."""
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
    record = await sent(world, name)
    assert (record.outcome, record.ended_by) == (Outcome.MESSAGE, "exchange")


async def _records_again(world: Rig) -> None:
    """3 records it again, and only the new one is sent; keys that mean nothing do no harm."""
    name = await recording(world)
    await asyncio.sleep(3.0)
    press(world, name, "#")
    await until(lambda: "question-2" in heard(world, name))
    press(world, name, "7930")
    await until(lambda: any(take.endswith("-2") for take in takes(world, name)))
    await asyncio.sleep(0.6)
    world.talkers.call(name).hang_up()
    await sent(world, name)
    assert message(world, name)[0] < 2.9


async def _speaks_too_long(world: Rig) -> None:
    """Told so, and sent for want of a key."""
    name = await recording(world)
    record = await sent(world, name)
    assert (record.outcome, record.ended_by) == (Outcome.MESSAGE, "exchange")
    assert record.message_s == pytest.approx(MAX_S, abs=1.5)  # Asterisk counts whole seconds
    assert "sound" in heard(world, name)


async def _says_nothing(world: Rig) -> None:
    """Twice: nothing is sent, and the call goes on."""
    name = await recording(world, tone=False)
    assert await world.talkers.hears(name, "anna", 90)
    world.talkers.call(name).hang_up()
    record = await record_of(world, name)
    assert (record.outcome, record.steps) == (Outcome.ANSWERED, ("mailbox:desk", "group:anna"))
    assert letters(world, name) == []


async def _presses_thousands_of_keys(world: Rig) -> None:
    name = await recording(world)
    await asyncio.sleep(0.8)
    press(world, name, "#")
    await until(lambda: "question-2" in heard(world, name))
    flood(world, name, "45*0", 3000)
    assert (await sent(world, name)).outcome is Outcome.MESSAGE


async def test_messages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with mailbox_world(tmp_path, monkeypatch) as world:
        async with asyncio.TaskGroup() as callers:
            for caller in (
                _hangs_up,
                _listens_and_sends,
                _records_again,
                _speaks_too_long,
                _says_nothing,
                _presses_thousands_of_keys,
            ):
                callers.create_task(caller(world))

        # the disk is full: said so, and led on
        world.full.set()
        name = world.talkers.dial(SERVICE)
        assert await world.talkers.hears(name, "anna", 90)
        assert "sound" in heard(world, name)
        world.talkers.call(name).hang_up()
        record = await record_of(world, name)
        assert (record.outcome, record.steps) == (Outcome.ANSWERED, ("mailbox:desk", "group:anna"))
        world.full.clear()

        # nobody answered in a queue for as long as anybody waits there: it overflows to the mailbox
        queue_first = world.said.roster.line[0].model_copy(update={"open": ("queue:short",)})
        world.said.roster = world.said.roster.model_copy(update={"line": (queue_first,)})
        world.manners(anna=Behaviour(answers_after_s=None))
        name = await recording(world)
        assert "music" in heard(world, name)
        await asyncio.sleep(1.0)
        world.talkers.call(name).hang_up()
        record = await sent(world, name)
        assert (record.outcome, record.steps) == (Outcome.MESSAGE, ("queue:short", "mailbox:desk"))
        assert (record.queue, record.queue_left) == ("short", "waited")
        world.said.roster = await roster(world)
        world.manners(anna=QUICK)

        # the exchange dies: one caller hangs up before it is back, another speaks on
        gone, stays = await asyncio.gather(recording(world), recording(world))
        await asyncio.sleep(0.5)
        await world.stop()
        await asyncio.sleep(0.5)
        world.talkers.call(gone).hang_up()
        await asyncio.sleep(0.3)
        assert letters(world, gone) == []
        await world.start()
        await sent(world, gone)
        assert message(world, gone)[0] > 0.8
        assert letters(world, stays) == []
        press(world, stays, "#")
        await until(lambda: "question-2" in heard(world, stays))
        press(world, stays, "1")
        assert (await sent(world, stays)).outcome is Outcome.MESSAGE

        # Asterisk itself is killed while it is recorded
        name = await recording(world)
        await asyncio.sleep(3.0)
        await world.asterisk.process.kill()
        await world.asterisk.start()
        await sent(world, name)
        assert message(world, name)[0] > 0.4
        await until(lambda: not [*(world.asterisk.folder / "spool/recording").glob("hl-message-*")])


async def test_nothing_is_lost_where_a_disk_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with mailbox_world(tmp_path, monkeypatch) as world:
        # ours, when it is to be kept
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
        assert (await sent(world, name)).outcome is Outcome.MESSAGE
        assert message(world, name)[0] > 0.8

        # Asterisk's, when it is to record: said so, and led on
        spool = tmp_path / "spool/recording"
        spool.rename(tmp_path / "elsewhere")
        spool.write_text("no folder")
        name = world.talkers.dial(SERVICE)
        assert await world.talkers.hears(name, "anna", 90)
        world.talkers.call(name).hang_up()
        record = await record_of(world, name)
        assert (record.outcome, record.steps) == (Outcome.ANSWERED, ("mailbox:desk", "group:anna"))


def mount(disk: Path) -> None:
    """A small file system. Blocks."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(disk)], check=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may make a small file system")
async def test_a_disk_that_fills_up_in_the_middle_of_a_message_loses_nothing_of_what_came_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with mailbox_world(tmp_path, monkeypatch) as world:
        disk = tmp_path / "spool/recording"
        await asyncio.to_thread(mount, disk)
        try:
            (disk / "kept").mkdir()
            (tmp_path / "messages").symlink_to(disk / "kept")
            stays, leaves = await asyncio.gather(recording(world), recording(world))
            await asyncio.sleep(3.0)  # Asterisk writes every two seconds
            fill(disk / "filler")
            await asyncio.sleep(0.5)
            world.talkers.call(leaves).hang_up()
            await until(world.talkers.call(stays).over.is_set)  # told so, or led on: never silence for ever
            await asyncio.sleep(0.5)
            assert world.letters == []
            (disk / "filler").unlink()
            for name in (stays, leaves):
                await sent(world, name)
                assert message(world, name)[0] > 1.0
                assert message(world, name)[1] == pytest.approx(tone_of(name), abs=3)
        finally:
            await asyncio.to_thread(subprocess.run, ["umount", "--lazy", str(disk)], check=True)
