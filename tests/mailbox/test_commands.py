"""Finding and reading messages by command: who may, of which exchange."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from appliance.domain.commands import CommandError
from appliance.exchange.commands.elsewhere import Ask
from appliance.exchange.commands.voicemail import VoicemailCommands
from appliance.exchange.mailbox.store import State
from appliance.mqtt.dispatch import Dispatch
from appliance.mqtt.intake import NEVER_KEPT
from appliance.mqtt.topics import Topics
from appliance.roster.models import Roster
from tests.exchange.two import TwoExchanges
from tests.mailbox.left import DAY, NOW, SOUND, Place, place

PEOPLE: dict[str, dict[str, Any]] = {
    "eva": {"email": "Eva@example.com"},
    "jan": {"email": "jan@example.com"},
    "ole": {},
    "sup": {"roles": ["supervisor"]},
}


class Said:
    """What stands."""

    duty: Any = None
    roster = Roster.model_validate(
        {
            "duty": {"default": "eva"},
            "person": [
                {"id": name, "name": name, "mobile": f"+42077700011{number}", **more}
                for number, (name, more) in enumerate(PEOPLE.items())
            ],
        }
    )


class Two(TwoExchanges):
    """With what callers left at each."""

    def __init__(self, box: Place, node: Place) -> None:
        self.box, self.node = box, node
        super().__init__(self._made)

    def _made(self, name: str, ask: Ask, others: tuple[str, ...]) -> Dispatch:
        of = self.box if name == "box" else self.node
        part = VoicemailCommands(Topics("b", name), of.archive, Said(), ask, lambda: others)
        assert set(part.table.handlers) == part.table.only_looking
        return Dispatch(part.table.handlers)

    async def found(self, **args: Any) -> list[str]:
        return [one["id"] for one in (await self.ask("voicemail.find", **args))["messages"]]


@pytest.fixture
async def two(tmp_path: Path) -> AsyncIterator[Two]:
    async with place(tmp_path / "box") as box, place(tmp_path / "node", "node-1") as node:
        await box.leave("c1", 3 * DAY, email=("eva@EXAMPLE.com", "boss@example.com"))
        await node.leave("n1", 2 * DAY, email=("jan@example.com",), caller="+420601000001", mailed="waiting")
        await box.leave("c2", DAY, email=("desk@example.com",), caller=None, mailed="done failed")
        yield Two(box, node)


async def test_found_in_every_exchange_newest_first(two: Two) -> None:
    whole = await two.ask("voicemail.find")
    assert [(one["id"], one["exchange"], one["mailed"]) for one in whole["messages"]] == [
        ("c2", "box", "refused"),
        ("n1", "node-1", "waiting"),
        ("c1", "box", "taken"),
    ]
    assert (whole["messages"][0]["reason"], whole["missing"]) == ("1@example.com: 550 nobody", [])
    one = whole["messages"][1]
    assert (one["caller"], one["mailbox"], one["line"], one["seconds"]) == ("+420601000001", "Desk", "Service", 3.0)
    assert await two.found(limit=2) == ["c2", "n1"]
    assert await two.found(here=True) == ["c2", "c1"]
    assert await two.found(number="601 000 001") == await two.found(number="00420 601") == ["n1"]
    assert await two.found(number="nobody") == []
    began = (NOW - 2 * DAY).isoformat()
    assert (await two.found(since=began), await two.found(until=began)) == (["c2", "n1"], ["c1"])


async def test_everybody_hears_what_came_to_their_address_and_supervisors_all(two: Two) -> None:
    assert [await two.found(as_=who) for who in PEOPLE] == [["c1"], ["n1"], [], ["c2", "n1", "c1"]]
    for who, id_, exchange, may in (
        ("eva", "c1", "box", True),
        ("eva", "n1", "node-1", False),
        ("jan", "c1", "box", False),
        ("jan", "n1", "node-1", True),
        ("ole", "c2", "box", False),
        ("sup", "n1", "node-1", True),
    ):
        args = {"id": id_, "exchange": exchange, "as": who}
        if may:
            assert (await two.ask("voicemail.read", **args))["last"] is True
        else:
            with pytest.raises(CommandError, match="there is no message") as refused:
                await two.ask("voicemail.read", **args)
            assert refused.value.code == "bad_request"
    for name in ("voicemail.find", "voicemail.read"):
        more = {"id": "c1"} if name == "voicemail.read" else {}
        with pytest.raises(CommandError, match="nobody has the id 'who'"):
            await two.ask(name, as_="who", **more)


@pytest.mark.parametrize(("id_", "exchange"), [("c1", None), ("n1", "node-1")])
async def test_read_in_pieces_it_is_the_file(two: Two, id_: str, exchange: str | None) -> None:
    data, last = b"", False
    while not last:
        where = {"exchange": exchange} if exchange else {}
        answer = await two.ask("voicemail.read", id=id_, offset=len(data), length=4000, **where)
        data += base64.b64decode(answer["data"])
        last = answer["last"]
        assert answer["bytes"] == len(SOUND)
    assert data == SOUND
    assert "voicemail.read" in NEVER_KEPT


async def test_an_exchange_that_is_away_is_named(two: Two) -> None:
    two.reachable = False
    answer = await two.ask("voicemail.find")
    assert (len(answer["messages"]), answer["missing"]) == (2, ["node-1"])
    with pytest.raises(CommandError, match="node-1: no answer"):
        await two.ask("voicemail.read", id="n1", exchange="node-1")
    with pytest.raises(CommandError, match="no exchange is called 'node-9'"):
        await two.ask("voicemail.read", id="n1", exchange="node-9")


async def test_what_cannot_be_read(two: Two) -> None:
    await two.box.leave("c3", DAY, State.TAKING)
    for bad in ("c3", "../../../etc/passwd", "/etc/passwd", "c\0"):
        with pytest.raises(CommandError, match="there is no message"):
            await two.ask("voicemail.read", id=bad)
    path = await two.box.leave("c4")
    path.unlink()
    with pytest.raises(CommandError, match="cannot be read: No such file"):
        await two.ask("voicemail.read", id="c4")
    with pytest.raises(CommandError, match="since: "):
        await two.ask("voicemail.find", since="0001-01-01T00:00:00+14:00")
    for args in ({"id": ""}, {"id": "c1", "offset": -1}, {"id": "c1", "length": 0}, {"id": "c1", "offset": 2**63}):
        with pytest.raises(CommandError) as refused:
            await two.ask("voicemail.read", **args)
        assert refused.value.code == "bad_request"
