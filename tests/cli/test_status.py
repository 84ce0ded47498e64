"""``hotline status``: from the guard, else as the broker kept it, else from the journal."""

from __future__ import annotations

import json

from tests.cli.conftest import Box, Hotline
from tests.cli.peer import ScriptedGuard, scripted_guard, state_document
from tests.cli.story import Story


async def test_the_guard_is_asked_with_a_reply_address_and_a_deadline(
    box: Box, guard: ScriptedGuard, hotline: Hotline
) -> None:
    ran = await hotline("status", "--config", box.config)
    assert (ran.code, ran.err) == (0, "")
    (command,) = guard.heard
    assert command["schema"] == 1
    assert command["name"] == "status"
    assert command["args"] == {}
    properties = command["properties"]
    assert properties["MessageExpiryInterval"] == 3
    assert bytes.fromhex(properties["CorrelationData"]).decode() == command["id"]


async def test_the_situation_comes_first_and_the_way_of_a_call_second(
    box: Box, guard: ScriptedGuard, hotline: Hotline
) -> None:
    ran = await hotline("status", "--config", box.config)
    lines = ran.out.splitlines()
    assert lines[0] == f"{box.device}  NORMAL: callers reach the best route"
    assert lines[2] == "Calls       customer → mobile network → trunk-a ✔ → node-1 ✔"
    assert lines[3].startswith("Route       primary (+420226000100)  since ")
    for words in (
        "because trunk trunk-a and 2 nodes are up",
        "verified by the network at ",
        "CFU +420226000100   CFB/CFNRy/CFNRc +420777000111",
        "On duty     Technician 1 +420777000111",
        "node-2   ✖ DOWN",
        "3 misses",
        "References  2 of 2 answer",
        "E3372, T-Mobile CZ, −71 dBm, registered: home, SIM ready",  # noqa: RUF001
    ):
        assert words in ran.out


async def test_json_is_the_state_document(box: Box, guard: ScriptedGuard, hotline: Hotline) -> None:
    ran = await hotline("status", "--json", "--config", box.config)
    assert json.loads(ran.out) == guard.state | {"source": "guard"}


async def test_an_override_and_a_change_under_way_are_said(box: Box, guard: ScriptedGuard, hotline: Hotline) -> None:
    guard.state["override"] = {"route": "technician", "until": None, "reason": "works", "by": "anna"}
    guard.state["route"]["desired"] = "technician"
    guard.state["forwarding"]["status"] = "pending"
    ran = await hotline("status", "--config", box.config)
    assert "technician PINNED by anna, until taken back" in ran.out
    assert "technician is wanted, the network does not do it yet" in ran.out
    assert "change under way" in ran.out


async def test_with_the_modem_away_nothing_is_called_under_way(
    box: Box, guard: ScriptedGuard, hotline: Hotline
) -> None:
    guard.state["route"]["desired"] = "technician"
    guard.state["forwarding"]["status"] = "unverified"
    guard.state["modem"] = {"health": "down", "reason": "the port is gone"}
    ran = await hotline("status", "--config", box.config)
    assert "NOT VERIFIED" in ran.out
    assert "under way" not in ran.out
    assert "the port is gone" in ran.out


async def test_a_silent_guard_leaves_the_retained_state_and_exit_3(
    box: Box, guard: ScriptedGuard, hotline: Hotline
) -> None:
    guard.silent = True
    ran = await hotline("status", "--config", box.config, "--timeout", "1.8")
    assert ran.code == 3
    assert "the guard did not answer within 1.8 s" in ran.err
    assert "as the broker kept it; the guard was not asked" in ran.out
    assert "primary (+420226000100)" in ran.out


async def test_a_guard_that_left_is_not_waited_for(box: Box, hotline: Hotline) -> None:
    async with scripted_guard(box.port, box.device):
        pass
    ran = await hotline("status", "--config", box.config, "--timeout", "50")
    assert ran.code == 3
    assert "the guard is offline" in ran.err


async def test_without_a_broker_the_journal_is_read_and_said_so(lonely_box: Box, hotline: Hotline) -> None:
    story = Story(lonely_box.state_dir)
    story.normal()
    story.trunk_a_dies()
    ran = await hotline("status", "--config", lonely_box.config)
    assert ran.code == 3
    assert f"the broker cannot be reached at 127.0.0.1:{lonely_box.port}, Connection refused" in ran.err
    assert "from the journal; the guard was not asked" in ran.out
    assert "customer → mobile network → trunk-b ? → node-1 ✔ or node-2" not in ran.out
    assert "secondary (+420910000200)" in ran.out
    assert "On duty     Technician 1 +420777000111" in ran.out
    ran = await hotline("status", "--json", "--config", lonely_box.config)
    document = json.loads(ran.out)
    assert document["source"] == "journal"
    assert document["route"]["active"] == "secondary"
    assert document["trunks"]["trunk-a"]["health"] == "down"


async def test_without_a_broker_the_document_the_guard_kept_is_shown_as_of_its_time(
    lonely_box: Box, hotline: Hotline
) -> None:
    story = Story(lonely_box.state_dir)
    story.normal()
    story.tell("boot", version="0.1.0")  # everything stays up, so nothing is decided again
    kept = state_document(at="2026-07-14T02:05:00.000Z")
    story.keep_state(kept)
    ran = await hotline("status", "--config", lonely_box.config)
    assert ran.code == 3
    assert "as of 2026-07-14 04:05:00 (" in ran.out
    assert "from the journal; the guard was not asked" in ran.out
    assert "NORMAL: callers reach the best route" in ran.out
    assert "UNKNOWN" not in ran.out
    ran = await hotline("status", "--json", "--config", lonely_box.config)
    assert json.loads(ran.out) == kept | {"source": "journal"}


async def test_without_broker_and_journal_there_is_one_clear_end(lonely_box: Box, hotline: Hotline) -> None:
    ran = await hotline("status", "--config", lonely_box.config)
    assert ran.code == 3
    assert ran.out == ""
    assert "the broker cannot be reached at" in ran.err
    assert "there is no journal in" in ran.err
    assert "Traceback" not in ran.err
