from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from appliance.domain.forwarding import Service
from appliance.modem.ccfc import TimeField
from appliance.modem.learned import LearnedWays, SimKey
from appliance.modem.quirks import GENERIC, quirks_for
from appliance.modem.ways import Operation, Trusted, Via, Way, erasures, interrogations, registrations

KEY = SimKey("8942010000000000017", "1.0")


async def eventually(is_there: Callable[[], bool]) -> None:
    for _ in range(5000):
        if is_there():
            return
        await asyncio.sleep(0.001)


async def test_what_was_learned_is_saved_by_itself_and_found_again(tmp_path: Path) -> None:
    path = tmp_path / "state" / "learned.json"
    learned = LearnedWays(path)
    saving = asyncio.create_task(learned.keep_saved())
    learned.keep(KEY, Service.CFNRY, Operation.REGISTER, Way(class_=1, time_field=TimeField.AFTER_CLASS))
    await eventually(path.exists)
    saving.cancel()
    again = LearnedWays(path)
    await again.load()
    way = Way(class_=1, time_field=TimeField.AFTER_CLASS)
    assert again.trusted(KEY, Service.CFNRY, Operation.REGISTER) == Trusted(way)
    assert again.trusted(KEY, Service.CFU, Operation.REGISTER) == Trusted(None, (way,))
    assert again.trusted(KEY, Service.CFU, Operation.ERASE) == Trusted()
    assert again.trusted(SimKey(KEY.iccid, "2.0"), Service.CFNRY, Operation.REGISTER) == Trusted()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[]",
        b'{"schema": 2, "sims": {}}',
        b'{"schema": 1, "sims": {"a": 3}}',
        b'{"schema": 1, "sims": {"a": {"cfu.register": {"via": "pigeon"}}}}',
        b'{"schema": 1, "sims": {"a": {"cfu.erase": {"via": "at", "class": "1", "number_type": 145, "time": ""}}}}',
    ],
)
async def test_a_damaged_file_means_to_start_over(
    tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "learned.json"
    path.write_bytes(content)
    learned = LearnedWays(path)
    await learned.load()
    assert "learned anew" in caplog.text
    learned.keep(KEY, Service.CFU, Operation.ERASE, Way())
    await learned.save()
    assert list(json.loads(path.read_bytes())["sims"]) == [str(KEY)]


async def test_a_disk_that_refuses_is_told_and_memory_goes_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("")
    learned = LearnedWays(tmp_path / "file" / "learned.json")
    learned.keep(KEY, Service.CFU, Operation.ERASE, Way())
    await learned.save()
    assert "in memory only" in caplog.text
    assert learned.trusted(KEY, Service.CFU, Operation.ERASE).own == Way()


def test_without_a_sim_nothing_is_kept(tmp_path: Path) -> None:
    learned = LearnedWays(tmp_path / "learned.json")
    learned.keep(None, Service.CFU, Operation.ERASE, Way())
    assert learned.describe(None) == {}


def test_a_way_that_the_table_does_not_know_any_more_is_not_brought_back() -> None:
    strange = Way(class_=99)
    assert strange not in registrations(Service.CFU, GENERIC, Trusted(strange))
    assert registrations(Service.CFU, GENERIC, Trusted(Way(Via.MMI, 1)))[0] == Way(Via.MMI, 1)


@pytest.mark.parametrize("model", ["", "SIM800", "huawei E3372", "TC35"])
@pytest.mark.parametrize("service", list(Service))
def test_ways_are_distinct_and_end_in_mmi(model: str, service: Service) -> None:
    quirks = quirks_for("", model)
    for ways in (registrations(service, quirks), erasures(quirks), interrogations(quirks)):
        assert len(set(ways)) == len(ways)
        assert ways[0].via is Via.AT
        assert any(way.via is Via.MMI for way in ways)
    assert registrations(service, quirks)[2].via is Via.MMI


@pytest.mark.parametrize(
    "way",
    [Way(), Way(class_=255, number_type=129), Way(Via.MMI), Way(class_=1, time_field=TimeField.OMITTED)],
)
def test_a_way_survives_json(way: Way) -> None:
    assert Way.from_json(json.loads(json.dumps(way.as_json()))) == way
    assert str(way)
