"""Finding and reading recordings by command: who may, of which exchange."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from appliance.domain.calls import LegResult
from appliance.domain.commands import CommandError
from appliance.exchange.commands.elsewhere import Ask
from appliance.exchange.commands.exchange import ExchangeCommands
from appliance.exchange.commands.recordings import RecordingsCommands
from appliance.mqtt.topics import Topics
from appliance.recordings.entry import State
from appliance.roster.models import Roster
from tests.calls.records import answered
from tests.exchange.two import TwoExchanges
from tests.recordings.archive import Kept, kept

PEOPLE = {"eva": ["agent"], "jan": ["agent"], "sup": ["supervisor"], "adm": ["administrator"]}


class Said:
    """What stands."""

    duty: Any = None
    roster = Roster.model_validate(
        {
            "duty": {"default": "eva"},
            "person": [
                {"id": name, "name": name, "mobile": f"+42077700011{place}", "roles": roles}
                for place, (name, roles) in enumerate(PEOPLE.items())
            ],
        }
    )


class Two(TwoExchanges):
    """With what was recorded at each."""

    def __init__(self, box: Kept, node: Kept) -> None:
        self.box, self.node = box, node
        super().__init__(self._made)

    def _made(self, name: str, ask: Ask, others: tuple[str, ...]) -> ExchangeCommands:
        of = self.box if name == "box" else self.node
        part = RecordingsCommands(Topics("b", name), "CZ", of.archive, Said(), ask, lambda: others)
        return ExchangeCommands(name, of.log, dict, lambda _: False, part.table)

    async def found(self, **args: Any) -> list[str]:
        return [one["call"] for one in (await self.ask("recordings.find", **args))["recordings"]]


@pytest.fixture
async def two(tmp_path: Path) -> AsyncIterator[Two]:
    async with kept(tmp_path / "box") as box, kept(tmp_path / "node", "node-1") as node:
        day = timedelta(days=1)
        await box.add("c1", 3 * day)
        await node.add("c2", 2 * day, line="sales", queue="hot", answered_number="+420777000999")
        transferred = answered().legs
        await box.add("c3", day, answered_by="jan", legs=(transferred[0].__class__(**_talked(transferred[0])),))
        yield Two(box, node)


def _talked(leg: Any) -> dict[str, Any]:
    return {**{name: getattr(leg, name) for name in leg.__dataclass_fields__}, "result": LegResult.TALKED}


async def test_found_in_every_exchange_newest_first(two: Two) -> None:
    whole = await two.ask("recordings.find")
    assert [(one["call"], one["exchange"]) for one in whole["recordings"]] == [
        ("c3", "box"),
        ("c2", "node-1"),
        ("c1", "box"),
    ]
    assert whole["missing"] == []
    assert await two.found(limit=2) == ["c3", "c2"]
    assert await two.found(here=True) == ["c3", "c1"]
    assert await two.found(line="sales") == await two.found(queue="hot") == ["c2"]
    assert await two.found(number="777 000 999") == ["c2"]
    assert await two.found(number="+420605123456") == ["c3", "c2", "c1"]  # whoever called
    assert await two.found(person="jan") == ["c3"]  # eva was rung in the others, and he too, but he talked in this
    first = whole["recordings"][2]["began_at"]
    assert await two.found(until=first) == []
    assert await two.found(since=first) == ["c3", "c2", "c1"]
    assert whole["recordings"][1]["people"] == ["eva"]
    assert (
        whole["recordings"][1] | {"caller": "+420605123456", "seconds": 1.0, "state": "whole"}
        == whole["recordings"][1]
    )


async def test_everybody_hears_their_own_and_supervisors_all(two: Two) -> None:
    assert await two.found(as_="jan") == ["c3"]
    assert await two.found(as_="eva") == ["c2", "c1"]
    assert await two.found(as_="eva", person="jan") == []
    for boss in ("sup", "adm"):
        assert await two.found(as_=boss) == ["c3", "c2", "c1"]
    with pytest.raises(CommandError, match="nobody has the id 'who'"):
        await two.found(as_="who")
    for who, call, exchange, may in (
        ("jan", "c1", "box", False),
        ("eva", "c1", "box", True),
        ("jan", "c2", "node-1", False),
        ("eva", "c2", "node-1", True),
        ("sup", "c2", "node-1", True),
    ):
        args = {"id": f"hl-{call}.wav", "exchange": exchange, "as": who}
        if may:
            assert (await two.ask("recording.read", **args))["last"] is True
        else:
            with pytest.raises(CommandError, match="there is no recording") as refused:
                await two.ask("recording.read", **args)
            assert refused.value.code == "bad_request"


@pytest.mark.parametrize(("call", "exchange"), [("c1", None), ("c2", "node-1")])
async def test_read_in_pieces_it_is_the_file(two: Two, call: str, exchange: str | None) -> None:
    data, last = b"", False
    while not last:
        args: dict[str, Any] = {"id": f"hl-{call}.wav", "offset": len(data), "length": 5000}
        answer = await two.ask("recording.read", **args, **({"exchange": exchange} if exchange else {}))
        data += base64.b64decode(answer["data"])
        last = answer["last"]
        assert answer["bytes"] == 44 + 16_000
    (path,) = (two.node if exchange else two.box).archive.keeper.folder.rglob(f"hl-{call}.wav")
    assert data == path.read_bytes()
    beyond = await two.ask("recording.read", id="hl-c1.wav", offset=10**9)
    assert (beyond["data"], beyond["last"]) == ("", True)


async def test_an_exchange_that_is_away_is_named(two: Two) -> None:
    two.reachable = False
    answer = await two.ask("recordings.find")
    assert (len(answer["recordings"]), answer["missing"]) == (2, ["node-1"])
    with pytest.raises(CommandError, match="node-1: no answer"):
        await two.ask("recording.read", id="hl-c2.wav", exchange="node-1")
    with pytest.raises(CommandError, match="no exchange is called 'node-9'"):
        await two.ask("recording.read", id="hl-c2.wav", exchange="node-9")


async def test_what_cannot_be_read(two: Two) -> None:
    book = two.box.archive.book
    await book.change("hl-c1.wav", State.RECORDING)
    with pytest.raises(CommandError, match="still being recorded") as refused:
        await two.ask("recording.read", id="hl-c1.wav")
    assert refused.value.code == "conflict"
    await book.change("hl-c1.wav", State.ERASING, "", 8000)
    assert await two.found(here=True) == ["c3"]
    for bad in ("hl-c1.wav", "hl-none.wav", "../../../etc/passwd", "/etc/passwd", "", "hl-\0.wav"):
        with pytest.raises(CommandError, match="there is no recording"):
            await two.ask("recording.read", id=bad)
    (path,) = two.box.archive.keeper.folder.rglob("hl-c3.wav")
    path.unlink()
    with pytest.raises(CommandError, match="cannot be read: No such file") as refused:
        await two.ask("recording.read", id="hl-c3.wav")
    assert refused.value.code == "failed"
    for args in ({"offset": -1}, {"length": 0}, {"length": 10**9}):
        with pytest.raises(CommandError) as refused:
            await two.ask("recording.read", id="hl-c3.wav", **args)
        assert refused.value.code == "bad_request"


@pytest.mark.parametrize("offset", [2**63, 10**30, -1, "here", 1.5])
async def test_a_place_that_no_file_has_is_refused(two: Two, offset: Any) -> None:
    with pytest.raises(CommandError, match="offset") as refused:
        await two.ask("recording.read", id="hl-c1.wav", offset=offset)
    assert refused.value.code == "bad_request"


async def test_beyond_the_end_there_is_nothing(two: Two) -> None:
    answer = await two.ask("recording.read", id="hl-c1.wav", offset=2**63 - 1)
    assert (answer["data"], answer["last"]) == ("", True)
