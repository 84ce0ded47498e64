"""S12: every command, and everything that is no command."""

from __future__ import annotations

import asyncio
import uuid

import pytest

from bench.lab.roles import Box, Carrier, Customer


async def test_status_is_the_whole_picture(box: Box) -> None:
    answer = await box.command("status")
    assert answer["ok"]
    assert {"service", "route", "forwarding", "duty", "trunks", "nodes", "modem"} <= set(answer["result"])


async def test_a_route_is_pinned_for_a_time_and_released(box: Box, customer: Customer) -> None:
    answer = await box.command("route.set", {"route": "technician", "minutes": 30, "reason": "storm"})
    assert answer["ok"], answer
    state = await box.wait_for_route("technician")
    assert state["override"]["reason"] == "storm"
    assert (await customer.dial()).who == f"technician:{state['duty']['person']}"
    assert (await box.command("route.auto"))["ok"]
    state = await box.wait_for_route("primary")
    assert state["override"] is None


async def test_duty_changes_by_person_and_by_number(box: Box, carrier: Carrier) -> None:
    before = (await box.state())["duty"]
    try:
        assert (await box.command("duty.set", {"person": "tech-2"}))["ok"]
        state = await box.wait_for(
            lambda state: state["duty"]["person"] == "tech-2" and state["forwarding"]["status"] == "verified",
            "tech-2 on duty, net verified",
        )
        assert (await carrier.table())["cfnrc"] == state["duty"]["number"]
        answer = await box.command("duty.set", {"number": "777 000 333", "minutes": 5})
        assert answer["result"]["duty"]["number"] == "+420777000333"
        assert answer["result"]["duty"]["until"] is not None
    finally:
        await box.command("duty.set", {"person": before["person"]})


@pytest.mark.hotline(inter=2.0, fastinter=2.0, downinter=2.0, timeout=8.0)  # nothing is slow, the machine may be
async def test_probe_verify_reset_and_show(box: Box) -> None:
    probed = await box.command("probe.run")
    assert probed["ok"]
    assert all(one["ok"] for one in probed["result"]["targets"].values())
    assert (await box.command("forwarding.verify"))["result"]["forwarding"]["status"] == "verified"
    shown = await box.command("config.show")
    assert shown["result"]["config"]["device"]["region"] == "CZ"
    assert (await box.command("modem.reset"))["ok"]
    await box.wait_for_route("primary", timeout_s=60)


async def test_the_same_id_does_nothing_twice(box: Box) -> None:
    since = await box.last_event_id()
    id_ = str(uuid.uuid4())
    first = await box.command("route.set", {"route": "technician", "minutes": 1}, id_=id_)
    again = await box.command("route.set", {"route": "secondary"}, id_=id_)
    assert again == first
    await box.command("route.auto")
    await box.wait_for_event("override.ended", since_id=since)
    assert len([one for one in await box.events(since) if one["type"] == "override.set"]) == 1
    await box.wait_for_route("primary")


@pytest.mark.parametrize(
    ("name", "args", "code"),
    [
        ("route.set", {"route": "nowhere"}, "bad_request"),
        ("route.set", {"route": 7}, "bad_request"),
        ("route.set", {"route": "technician", "minutes": -1}, "bad_request"),
        ("route.set", {"route": "technician", "colour": "red"}, "bad_request"),
        ("duty.set", {}, "bad_request"),
        ("duty.set", {"person": "nobody"}, "bad_request"),
        ("duty.set", {"number": "12"}, "bad_request"),
        ("duty.set", {"number": "+420777000100"}, "bad_request"),
        ("duty.set", {"number": "+420906123456"}, "bad_request"),  # a premium-rate number
        ("status", {"verbose": True}, "bad_request"),
        ("make.coffee", {}, "unknown_command"),
    ],
)
async def test_a_wrong_command_gets_its_error(box: Box, name: str, args: dict[str, object], code: str) -> None:
    answer = await box.command(name, args)
    assert not answer["ok"]
    assert answer["error"]["code"] == code
    assert len(answer["error"]["message"]) > 10


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"{",
        b"\xff\xfe\x00",
        b"[]",
        b"null",
        b'{"schema": 1}',
        b'{"schema": 2, "id": "x", "name": "status", "args": {}}',
        b'{"schema": 1, "id": 5, "name": "status", "args": {}}',
        b'{"schema": 1, "id": "x1", "name": "status", "args": []}',
        b'{"schema": 1, "id": "x2", "name": null}',
        b'{"schema": 1, "id": "x3", "id": "x4", "name": "status", "args": {}}',
        b'{"schema": 1, "id": "x5", "name": "status", "args": {"x": ' + b"9" * 5000 + b"}}",
        b"[" * 100_000,
        b'{"schema": 1, "id": "big", "name": "status", "args": {"x": "' + b"x" * 1_000_000 + b'"}}',
    ],
    ids=lambda payload: f"{payload[:24]!r}-{len(payload)}",
)
async def test_what_is_no_command_gets_an_error_and_disturbs_nothing(box: Box, payload: bytes) -> None:
    answer = await box.raw_command(payload)
    assert answer is not None
    assert not answer["ok"]
    assert answer["error"]["code"] == "bad_request"
    assert (await box.command("status"))["ok"]


async def test_a_flood_of_a_thousand_is_answered_and_the_guard_goes_on(box: Box) -> None:
    answers = await asyncio.gather(*(box.command("status") for _ in range(1000)))
    assert all(answer["ok"] or answer["error"]["code"] in ("conflict", "failed") for answer in answers)
    done = [answer for answer in answers if answer["ok"]]
    assert done
    assert {"service", "route", "forwarding", "duty"} <= set(done[-1]["result"])
    await box.wait_for(lambda state: state["service"] == "normal", "service normal")
