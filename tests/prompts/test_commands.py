"""The user's own sounds by command: in pieces, judged, listed, fetched, removed, and on every exchange."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from appliance.domain.commands import Command, CommandError, ErrorCode
from appliance.exchange.commands.exchange import ExchangeCommands
from appliance.exchange.commands.prompts import MOST_UPLOADS, PromptCommands
from appliance.exchange.sound_pusher import SoundPusher
from appliance.mqtt.links import UnreachableError
from appliance.mqtt.topics import Topics
from appliance.prompts import waves
from appliance.prompts.default_sound import DefaultSounds
from appliance.prompts.library import Library
from appliance.prompts.own import OwnSounds
from appliance.prompts.phrases import languages, texts
from appliance.prompts.voice import Voice
from appliance.roster.models import Roster
from tests.prompts.sound import tone
from tests.roster.made import roster


@dataclass
class Said:
    roster: Roster


@dataclass
class Desk:
    """An exchange as far as its sounds."""

    own: OwnSounds
    said: Said
    commands: ExchangeCommands
    kept: list[int] = field(default_factory=list)

    async def do(self, command: str, /, **args: Any) -> Mapping[str, Any]:
        return await self.commands.execute(Command("c1", command, args, "test"))

    async def put(self, data: bytes, piece: int = 50_000, **args: Any) -> Mapping[str, Any]:
        answer: Mapping[str, Any] = {}
        for offset in range(0, len(data), piece):
            coded = base64.b64encode(data[offset : offset + piece]).decode()
            answer = await self.do(
                "prompt.put", **{"upload": "u1", "offset": offset, "total": len(data), "data": coded, **args}
            )
        return answer


async def desk(folder: Path) -> Desk:
    own = OwnSounds(folder)
    await own.open()
    said, kept = Said(roster()), list[int]()
    voice = Voice(folder / "spoken")
    await voice.open()
    library = Library(folder / "asterisk", own)
    library.look(languages())
    speaking: Any = type("S", (), {"own": own, "default": DefaultSounds(library, voice)})()
    table = PromptCommands(speaking, said, lambda: kept.append(1)).table
    nobody: Any = None
    return Desk(own, said, ExchangeCommands("box", nobody, dict, lambda _: False, table), kept)


async def refused(one: Desk, command: str, /, **args: Any) -> tuple[ErrorCode, str]:
    with pytest.raises(CommandError) as caught:
        await one.do(command, **args)
    return caught.value.code, caught.value.message


@pytest.mark.usefixtures("programs_there")
async def test_a_file_goes_in_in_pieces_and_comes_out_whole(tmp_path: Path) -> None:
    one = await desk(tmp_path)
    answer = await one.put(tone(2.0, rate=44100), name="welcome")
    sound = answer["sound"]
    assert sound.startswith("own/welcome-")
    assert answer["seconds"] == pytest.approx(2.0, abs=0.05)
    assert one.kept == [1]
    (listed,) = (await one.do("prompt.list"))["sounds"]
    assert listed | {"bytes": 0} == {"sound": sound, "seconds": 2.0, "bytes": 0, "used": []}
    data = b""
    while True:
        piece = await one.do("prompt.get", sound=sound, offset=len(data), length=10_000)
        data += base64.b64decode(piece["data"])
        if piece["last"]:
            break
    assert data == await one.own.read(sound, 0, 10**6)
    again = await one.put(tone(2.0, rate=44100), name="welcome")
    assert again["sound"] == sound
    await one.do("prompt.remove", sound=sound)
    assert (await one.do("prompt.list"))["sounds"] == []


async def whole(one: Desk, **which: str) -> bytes:
    data = b""
    while True:
        piece = await one.do("prompt.get", **which, offset=len(data), length=10_000)
        data += base64.b64decode(piece["data"])
        if piece["last"]:
            return data


@pytest.mark.usefixtures("programs_there")
@pytest.mark.parametrize("language", ["en", "cs"])
async def test_every_prompt_is_heard_as_it_comes(tmp_path: Path, language: str) -> None:
    one = await desk(tmp_path)
    for prompt in ("goodbye", "queue-position", "queue-wait", "callback-number"):
        sound = await whole(one, prompt=prompt, language=language)
        assert len(waves.pcm_in(sound)) > 8000, prompt
    assert await refused(one, "prompt.get", prompt="no-prompt", language=language) == (
        ErrorCode.BAD_REQUEST,
        f"there is no prompt no-prompt in '{language}'",
    )
    assert (await refused(one, "prompt.get", prompt="goodbye", language="../cs"))[0] is ErrorCode.BAD_REQUEST
    assert (await refused(one, "prompt.get"))[0] is ErrorCode.BAD_REQUEST
    assert (await refused(one, "prompt.get", prompt="goodbye", sound="own/x-1"))[0] is ErrorCode.BAD_REQUEST


@pytest.mark.usefixtures("programs_there")
async def test_what_asterisk_has_recorded_is_heard_as_recorded(tmp_path: Path) -> None:
    prompt, names = next(
        (prompt, names) for prompt, names in texts("en").recorded.items() if not any("{" in name for name in names)
    )
    for name in names:
        file = tmp_path / "asterisk/en" / f"{name}.wav"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(tone(1.0, rate=8000))
    one = await desk(tmp_path)
    sound = await whole(one, prompt=prompt, language="en")
    assert len(waves.pcm_in(sound)) == pytest.approx(16_000 * len(names), abs=400)


async def test_where_nothing_speaks_that_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    one = await desk(tmp_path)
    code, why = await refused(one, "prompt.get", prompt="goodbye", language="cs")
    assert (code, "espeak" in why) == (ErrorCode.FAILED, True)


@pytest.mark.usefixtures("programs_there")
async def test_a_sound_that_is_used_stays(tmp_path: Path) -> None:
    one = await desk(tmp_path)
    sound = (await one.put(tone(), name="next"))["sound"]
    sets = [{"id": "own", "language": "cs", "sounds": {"queue-next": sound, "pin-wrong": "own/gone-0123456789ab"}}]
    line = {"id": "service", "name": "Service", "open": [f"play:{sound}"], "greeting": sound}
    one.said.roster = roster(prompts=sets, line=[line])
    listed = await one.do("prompt.list")
    assert listed["sounds"][0]["used"] == ["line service", "line service", "prompts own, queue-next"]
    assert listed["missing"] == ["own/gone-0123456789ab"]
    code, message = await refused(one, "prompt.remove", sound=sound)
    assert code is ErrorCode.CONFLICT
    assert "prompts own, queue-next" in message


async def test_what_is_wrong_is_told(tmp_path: Path) -> None:
    one = await desk(tmp_path)
    good = {"upload": "u", "name": "x", "total": 4, "data": base64.b64encode(b"RIFF").decode()}
    for changes, words in (
        ({"data": "%%%"}, "base64"),
        ({"total": 0}, "total"),
        ({"total": 10**9}, "total"),
        ({"name": None}, "give name, or sound"),
        ({"sound": "own/x-0123456789ab"}, "give name, or sound"),
        ({"name": "../x"}, "no name"),
        ({"upload": "a b"}, "upload"),
        ({"offset": -1}, "offset"),
        ({"more": 1}, "more"),
        ({"total": 3}, "more than the 3 bytes"),
        ({"data": "A" * 400_000}, "data"),
        ({}, "no sound file"),
    ):
        code, message = await refused(one, "prompt.put", **{**good, **changes})
        assert code is ErrorCode.BAD_REQUEST, changes
        assert words in message, (changes, message)
    for name in ("prompt.get", "prompt.remove"):
        assert "there is no sound" in (await refused(one, name, sound="own/x-0123456789ab"))[1]
        await refused(one, name, sound="../../etc/passwd")
    assert one.own.sizes == {}


async def test_pieces_may_come_twice_but_not_from_nowhere(tmp_path: Path) -> None:
    one = await desk(tmp_path)
    piece = base64.b64encode(b"x" * 10).decode()
    assert await one.do("prompt.put", upload="u", name="x", total=30, data=piece) == {"upload": "u", "next": 10}
    assert (await one.do("prompt.put", upload="u", name="x", total=30, data=piece))["next"] == 10
    assert (await refused(one, "prompt.put", upload="u", name="x", total=30, data=piece, offset=20))[
        0
    ] is ErrorCode.CONFLICT
    for number in range(MOST_UPLOADS - 1):
        await one.do("prompt.put", upload=f"more-{number}", name="x", total=30, data=piece)
    assert (await refused(one, "prompt.put", upload="one-too-many", name="x", total=30, data=piece))[
        0
    ] is ErrorCode.CONFLICT


async def test_a_converted_sound_must_be_what_its_name_says(tmp_path: Path) -> None:
    one, other = await desk(tmp_path / "a"), await desk(tmp_path / "b")
    sound = await one.own.keep("welcome", tone())
    assert (await other.put(tone(), sound=sound))["sound"] == sound
    assert await other.own.read(sound, 0, 10**6) == tone()
    await other.own.remove(sound)
    with pytest.raises(CommandError, match="another sound"):
        await other.put(tone(hz=500), sound=sound)
    with pytest.raises(CommandError, match="no WAV"):
        await other.put(b"x" * 100, sound=sound)
    assert other.own.sizes == {}


async def test_the_box_gives_the_others_what_they_lack(tmp_path: Path) -> None:
    box, node = await desk(tmp_path / "box"), await desk(tmp_path / "node")
    sound = await box.own.keep("welcome", tone(10.0))
    asked: list[str] = []
    away = True

    async def ask(topic: str, name: str, args: Mapping[str, Any], id_: str, timeout_s: float) -> Mapping[str, Any]:
        asked.append(topic)
        if away:
            raise UnreachableError("nobody")
        try:
            return {"ok": True, "result": await node.do(name, **args)}
        except CommandError as error:
            return {"ok": False, "error": {"code": error.code, "message": error.message}}

    pusher = SoundPusher(Topics("b1", "box"), box.own, ask)
    running = asyncio.create_task(pusher.run())
    try:
        for payload in (b"{", b"[]", b"{}", b'{"prompts": 1}', b'{"prompts": {"missing": [1, "../x"]}}'):
            pusher.hear("hotline/b1/exchange/node-1/state", payload)
        lacks = json.dumps({"prompts": {"missing": [sound, "own/unknown-0123456789ab"]}}).encode()
        pusher.hear("hotline/b1/exchange/box/state", lacks)  # its own
        await asyncio.sleep(0.05)
        assert asked == []
        pusher.hear("hotline/b1/exchange/node-1/state", lacks)
        async with asyncio.timeout(60):
            while not asked:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        assert asked == ["hotline/b1/exchange/node-1/command"]
        away = False
        pusher.poke()
        async with asyncio.timeout(60):
            while not node.own.has(sound):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        assert await node.own.read(sound, 0, 10**6) == tone(10.0)
    finally:
        running.cancel()
        await asyncio.wait({running})
