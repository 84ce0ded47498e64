"""``hotline prompts``, against an exchange and a guard on a real broker."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from appliance.domain.commands import CommandError, ErrorCode
from tests.cli.conftest import Box, Hotline
from tests.cli.peer import ScriptedGuard, scripted_guard
from tests.prompts.sound import tone
from tests.roster.made import document

SOUND = "own/queue-next-0123456789ab"


class Sounds:
    """Takes, tells and gives sounds as an exchange does, without converting them."""

    def __init__(self) -> None:
        self.uploads: dict[str, bytes] = {}
        self.kept: dict[str, bytes] = {}
        self.clipped = False

    def put(self, args: Mapping[str, Any]) -> Mapping[str, Any]:
        data = self.uploads.get(args["upload"], b"")
        if args["offset"] != len(data):
            raise CommandError(ErrorCode.CONFLICT, f"the next piece begins at {len(data)}")
        data += base64.b64decode(args["data"])
        self.uploads[args["upload"]] = data
        if len(data) < args["total"]:
            return {"upload": args["upload"], "next": len(data)}
        if not data.startswith(b"RIFF"):
            raise CommandError(ErrorCode.BAD_REQUEST, "it is no sound file that is known here")
        sound = f"own/{args['name']}-0123456789ab"
        self.kept[sound] = data
        return {"sound": sound, "seconds": 2.5, "peak_db": -9.0, "clipped": self.clipped}

    def list(self, args: Mapping[str, Any]) -> Mapping[str, Any]:
        sounds = [{"sound": one, "seconds": 2.5, "bytes": 1, "used": ["queue desk"]} for one in self.kept]
        return {"sounds": sounds, "missing": ["own/gone-0123456789ab"]}

    def get(self, args: Mapping[str, Any]) -> Mapping[str, Any]:
        data = self.kept[args["sound"]][args["offset"] : args["offset"] + 100_000]
        last = args["offset"] + len(data) == len(self.kept[args["sound"]])
        return {"data": base64.b64encode(data).decode(), "bytes": 1, "last": last}

    def remove(self, args: Mapping[str, Any]) -> Mapping[str, Any]:
        if self.kept.pop(args["sound"], None) is None:
            raise CommandError(ErrorCode.CONFLICT, "it is used by queue desk; change the roster first")
        return args


@pytest.fixture
async def sounds(box: Box) -> AsyncIterator[Sounds]:
    made = Sounds()
    async with scripted_guard(box.port, f"{box.device}/exchange/box") as exchange:
        for name in ("put", "list", "get", "remove"):
            exchange.handlers[f"prompt.{name}"] = getattr(made, name)
        yield made


@pytest.fixture
def standing(guard: ScriptedGuard) -> dict[str, Any]:
    """The roster that the guard has; it takes another one of the same revision."""
    kept = document(revision=7, prompts=[{"id": "house", "language": "en", "sounds": {"pin-wrong": "custom/wait"}}])

    def set_(args: Mapping[str, Any]) -> Mapping[str, Any]:
        if args["revision"] != kept["revision"]:
            raise CommandError(ErrorCode.CONFLICT, "somebody changed it")
        kept.clear()
        kept.update({**args["roster"], "revision": args["revision"] + 1})
        return {"revision": kept["revision"]}

    guard.handlers["roster.get"] = lambda args: {"roster": kept}
    guard.handlers["roster.set"] = set_
    return kept


def file_of(tmp_path: Path, data: bytes) -> str:
    (tmp_path / "next.wav").write_bytes(data)
    return str(tmp_path / "next.wav")


async def test_a_sound_is_imported_and_a_set_uses_it(
    box: Box, sounds: Sounds, standing: dict[str, Any], hotline: Hotline, tmp_path: Path
) -> None:
    data = tone(30.0)  # three pieces
    file = file_of(tmp_path, data)
    ran = await hotline("prompts", "import", "queue-next", file, "--set", "house", "--config", box.config)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines() == [f"{SOUND}: 2.5 s", "revision 8 stands"]
    assert sounds.kept == {SOUND: data}
    (house,) = standing["prompts"]
    assert house["sounds"] == {"pin-wrong": "custom/wait", "queue-next": SOUND}
    ran = await hotline("prompts", "remove", "queue-next", "--set", "house", "--config", box.config)
    assert (ran.code, standing["prompts"][0]["sounds"]) == (0, {"pin-wrong": "custom/wait"})
    ran = await hotline("prompts", "remove", "queue-next", "--set", "house", "--config", box.config)
    assert ran.code == 1


async def test_a_new_set_needs_its_language(
    box: Box, sounds: Sounds, standing: dict[str, Any], hotline: Hotline, tmp_path: Path
) -> None:
    words = ("prompts", "import", "queue-next", file_of(tmp_path, tone()), "--set", "czech", "--config", box.config)
    ran = await hotline(*words)
    assert ran.code == 2
    assert "--language" in ran.err
    ran = await hotline(*words, "--language", "cs")
    assert ran.code == 0
    assert standing["prompts"][1] == {"id": "czech", "language": "cs", "sounds": {"queue-next": SOUND}}


async def test_what_is_no_sound_is_refused(
    box: Box, sounds: Sounds, standing: dict[str, Any], hotline: Hotline, tmp_path: Path
) -> None:
    before = json.dumps(standing)
    file = file_of(tmp_path, b"<html>")
    ran = await hotline("prompts", "import", "queue-next", file, "--set", "house", "--config", box.config)
    assert ran.code == 1
    assert "no sound file" in ran.err
    for name, path, words in (
        ("queue-nxt", file, "no prompt is called queue-nxt"),
        ("queue-next", str(tmp_path / "gone"), "No such file"),
        ("queue-next", file_of(tmp_path, b""), "is empty"),
    ):
        ran = await hotline("prompts", "import", name, path, "--set", "house", "--config", box.config)
        assert ran.code == 2
        assert words in ran.err
    assert json.dumps(standing) == before


async def test_a_loud_one_is_taken_and_said(box: Box, sounds: Sounds, hotline: Hotline, tmp_path: Path) -> None:
    sounds.clipped = True
    ran = await hotline("prompts", "import", "welcome", file_of(tmp_path, tone()), "--config", box.config)
    assert ran.code == 0
    assert "too loud" in ran.err


async def test_listed_exported_removed(box: Box, sounds: Sounds, hotline: Hotline, tmp_path: Path) -> None:
    assert (await hotline("prompts", "list", "--config", box.config)).out == "no sounds of your own\n"
    sounds.kept[SOUND] = tone(20.0)
    ran = await hotline("prompts", "list", "--config", box.config)
    assert ran.out == f"{SOUND}  2.5 s  queue desk\n"
    assert "own/gone-0123456789ab is named by the roster" in ran.err
    ran = await hotline("prompts", "list", "--json", "--config", box.config)
    assert json.loads(ran.out)["missing"] == ["own/gone-0123456789ab"]
    target = tmp_path / "out.wav"
    ran = await hotline("prompts", "export", SOUND, str(target), "--config", box.config)
    assert (ran.code, target.read_bytes()) == (0, tone(20.0))
    assert (await hotline("prompts", "remove", SOUND, "--config", box.config)).code == 0
    ran = await hotline("prompts", "remove", SOUND, "--config", box.config)
    assert ran.code == 1
    assert "is used by" in ran.err


async def test_what_is_said(box: Box, hotline: Hotline) -> None:
    ran = await hotline("prompts", "names", "--language", "cs")
    assert ["queue-next", "Jste další na řadě."] in [line.split(maxsplit=1) for line in ran.out.splitlines()]
    assert json.loads((await hotline("prompts", "names", "--json")).out)["goodbye"] == "Goodbye."
    ran = await hotline("prompts", "say", "queue-wait", "minutes=62", "--language", "uk")
    assert ran.out == "Орієнтовний час очікування: одна година дві хвилини.\n"
    ran = await hotline(
        "prompts", "say", "callback-number", "number=+420777000111", "--language", "cs", "--config", box.config
    )
    assert ran.out == "Zavoláme vám na číslo sedm sedm sedm, nula nula nula, jedna jedna jedna.\n"


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("names", "--language", "xx"), "no texts in xx"),
        (("say", "no-such"), "no prompt is called no-such"),
        (("say", "queue-position"), "queue-position takes position=3"),
        (("say", "queue-position", "position=x"), "invalid literal"),
        (("say", "queue-position", "position=-1"), "only whole numbers"),
    ],
)
async def test_wrong_words(hotline: Hotline, words: tuple[str, ...], why: str) -> None:
    ran = await hotline("prompts", *words)
    assert ran.code == 2
    assert why in ran.err
