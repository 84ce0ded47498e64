"""``hotline calls``: a table for people, JSON for programs."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from appliance.calls.codec import from_mapping
from appliance.calls.log import CallLog
from appliance.calls.schema import calls_file
from appliance.domain.calls import Outcome
from appliance.exchange import standing
from appliance.guard import rosterbook
from appliance.journal import Journal, records
from tests.calls.records import answered, arrived
from tests.cli.conftest import Box, Hotline

TECH = {"id": "tech-1"}


async def keep(box: Box) -> None:
    log = await CallLog.open(calls_file(box.state_dir), "box")
    await log.put(answered("c1", answered_by="tech-1"))
    at = "2026-07-14T03:00:00.000Z"
    await log.put(
        arrived(
            "c2", caller=None, arrived_at=at, line="service", outcome=Outcome.ABANDONED, ended_at=at, waited_s=42.0
        )
    )
    await log.put(arrived("c3", caller="\x1b[2J", arrived_at="2026-07-14T04:00:00.000Z"))
    await log.close()


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")  # whatever the terminal is that the tests are run from


async def test_a_table_in_the_zone_of_the_box_newest_last(lonely_box: Box, hotline: Hotline) -> None:
    await keep(lonely_box)
    ran = await hotline("calls", "--config", lonely_box.config)
    assert (ran.code, ran.err) == (0, "")
    rows = [re.split(r" {2,}", line) for line in ran.out.splitlines()]
    assert rows == [
        ["arrived", "caller", "line", "outcome", "who", "waited", "talked", "id"],
        ["2026-07-14 04:00:00", "+420605123456", "service", "answered", "Technician 1", "9.5 s", "1 min", "c1"],
        ["2026-07-14 05:00:00", "hidden", "service", "MISSED: hung up", "42 s", "c2"],
        ["2026-07-14 06:00:00", "?[2J", "under way", "c3"],
    ]


async def test_a_phones_screen_gets_blocks(
    lonely_box: Box, hotline: Hotline, monkeypatch: pytest.MonkeyPatch
) -> None:
    await keep(lonely_box)
    monkeypatch.setenv("COLUMNS", "44")
    ran = await hotline("calls", "--person", "eva", "--config", lonely_box.config)
    assert ran.out.splitlines() == [
        "2026-07-14 04:00:00  +420605123456  service",
        "    answered, Technician 1, waited 9.5 s,",
        "    talked 1 min",
        "    c1",
    ]
    assert max(map(len, ran.out.splitlines())) <= 44


async def test_json_is_one_record_a_line_in_utc(lonely_box: Box, hotline: Hotline) -> None:
    await keep(lonely_box)
    ran = await hotline("calls", "--json", "--number", "777 000 112", "--config", lonely_box.config)
    documents = [json.loads(line) for line in ran.out.splitlines()]
    assert [(document["schema"], document["arrived_at"]) for document in documents] == [
        (1, "2026-07-14T02:00:00.000Z")
    ]
    assert from_mapping(documents[0]) == answered("c1", answered_by="tech-1")


@pytest.mark.parametrize(
    ("words", "ids"),
    [
        (("--since", "2026-07-14T02:30:00Z"), ["c2", "c3"]),
        (("--until", "2026-07-14T05:00:00"), ["c1"]),
        (("--outcome", "abandoned"), ["c2"]),
        (("--line", "service"), ["c1", "c2"]),
        (("--limit", "1"), ["c3"]),
        (("--number", "158"), []),
    ],
)
async def test_calls_are_found(lonely_box: Box, hotline: Hotline, words: tuple[str, ...], ids: list[str]) -> None:
    await keep(lonely_box)
    ran = await hotline("calls", "--json", *words, "--config", lonely_box.config)
    assert (ran.code, [json.loads(line)["id"] for line in ran.out.splitlines()]) == (0, ids)


async def test_one_call_with_all_that_was_tried(lonely_box: Box, hotline: Hotline) -> None:
    await keep(lonely_box)
    ran = await hotline("calls", "show", "c1", "--config", lonely_box.config)
    assert ran.code == 0
    assert ran.out.splitlines() == [
        "c1  answered",
        "arrived     2026-07-14 04:00:00  at box",
        "caller      +420605123456 → +420777000100",
        "line        service (closed)",
        "answered    2026-07-14 04:00:09  Technician 1",
        "ended       2026-07-14 04:01:09 by caller",
        "            waited 9.5 s, talked 1 min, last phone rang after 2.5 s",
        "tried       play:hello → group:ops",
        "rang        04:00:01  jan +420777000112 via trunk-a, rang after 2.0 s, picked up after 4.0 s, "
        "screening: machine (1240 ms), an answering machine (cause 16)",
        "rang        04:00:01  eva +420777000111 via trunk-b, rang after 2.5 s, picked up after 8.0 s, "
        "screening: human (480 ms), talked (cause 16)",
    ]
    for words in (("calls", "show", "c1", "--json"), ("calls", "--json", "show", "c1")):
        ran = await hotline(*words, "--config", lonely_box.config)
        assert from_mapping(json.loads(ran.out)) == answered("c1", answered_by="tech-1")


async def test_a_call_that_is_not_there(lonely_box: Box, hotline: Hotline) -> None:
    await keep(lonely_box)
    ran = await hotline("calls", "show", "c9", "--config", lonely_box.config)
    assert (ran.code, ran.out, ran.err) == (1, "", "hotline: there is no call 'c9' in the log\n")


async def test_an_exchange_that_never_ran(lonely_box: Box, hotline: Hotline) -> None:
    ran = await hotline("calls", "--config", lonely_box.config)
    assert (ran.code, ran.out) == (3, "")
    assert "no exchange has run here yet" in ran.err


async def test_no_calls_are_said_to_be_none(lonely_box: Box, hotline: Hotline) -> None:
    await (await CallLog.open(calls_file(lonely_box.state_dir), "box")).close()
    assert (await hotline("calls", "--config", lonely_box.config)).out == "no call has come in yet\n"
    assert (await hotline("calls", "--line", "x", "--config", lonely_box.config)).out == "no such call\n"
    assert (await hotline("calls", "--line", "x", "--json", "--config", lonely_box.config)).out == ""


@pytest.mark.parametrize("words", [("--since", "soon"), ("--number", "me"), ("--outcome", "fine"), ("--limit", "0")])
async def test_wrong_usage(lonely_box: Box, hotline: Hotline, words: tuple[str, ...]) -> None:
    ran = await hotline("calls", *words, "--config", lonely_box.config)
    assert (ran.code, ran.out) == (2, "")
    assert words[1] in ran.err


async def test_a_damaged_log_says_so(lonely_box: Box, hotline: Hotline) -> None:
    path = calls_file(lonely_box.state_dir)
    path.parent.mkdir()
    path.write_bytes(b"no database, but long enough to be looked at" * 100)
    ran = await hotline("calls", "--config", lonely_box.config)
    assert (ran.code, ran.out) == (3, "")
    assert "the call log cannot be read" in ran.err


async def test_one_endless_caller_does_not_widen_every_row(lonely_box: Box, hotline: Hotline) -> None:
    log = await CallLog.open(calls_file(lonely_box.state_dir), "box")
    await log.put(arrived("c1", caller="9" * 500, line="l" * 500))
    await log.put(arrived("c2"))
    await log.close()
    ran = await hotline("calls", "--config", lonely_box.config)
    assert max(map(len, ran.out.splitlines())) < 150
    assert "9" * 31 + "…" in ran.out


async def test_all_calls_may_be_asked_for_by_any_number(lonely_box: Box, hotline: Hotline) -> None:
    await keep(lonely_box)
    ran = await hotline("calls", "--limit", "9" * 30, "--config", lonely_box.config)
    assert (ran.code, ran.err, len(ran.out.splitlines())) == (0, "", 4)


async def test_an_unknown_outcome_names_the_known_ones(lonely_box: Box, hotline: Hotline) -> None:
    ran = await hotline("calls", "--outcome", "lost", "--config", lonely_box.config)
    assert ran.code == 2
    assert "(choose from 'answered', 'abandoned'," in ran.err


async def who(box: Box, hotline: Hotline) -> str:
    ran = await hotline("calls", "--limit", "9", "--config", box.config)
    assert (ran.code, ran.err) == (0, "")
    shown = await hotline("calls", "show", "c1", "--config", box.config)
    name = re.split(r" {2,}", ran.out.splitlines()[1])[4]
    assert f"answered    2026-07-14 04:00:09  {name}\n" in shown.out
    return name


async def remember(folder: Path, key: str, value: Any) -> None:
    journal = await Journal.open(folder, boot_id="b", now=lambda: datetime.now(UTC))
    await journal.remember(key, value)
    await journal.close()


async def test_people_have_the_names_of_the_standing_roster(lonely_box: Box, hotline: Hotline) -> None:
    await keep(lonely_box)
    assert await who(lonely_box, hotline) == "Technician 1"
    await remember(
        lonely_box.state_dir / "exchange", "exchange-roster", {"roster": {"person": [TECH | {"name": "Ex"}]}}
    )
    assert await who(lonely_box, hotline) == "Ex"
    await remember(lonely_box.state_dir, "roster", {"roster": {"person": [TECH | {"name": "Eva"}]}})
    assert await who(lonely_box, hotline) == "Eva"
    for odd in (5, {"roster": 5}, {"roster": {"person": 5}}, {"roster": {"person": [5, {"id": "tech-1"}]}}):
        await remember(lonely_box.state_dir, "roster", odd)
        assert await who(lonely_box, hotline) == "Ex"
    (lonely_box.state_dir / "exchange/journal.db").write_bytes(b"damaged" * 1000)
    assert await who(lonely_box, hotline) == "Technician 1"


def test_an_exchange_keeps_the_roster_where_the_names_are_looked_for() -> None:
    assert records.HEARD_ROSTER_KEY == standing.ROSTER_KEY
    assert records.ROSTER_KEY == rosterbook.ROSTER_KEY
