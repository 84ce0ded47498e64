"""Commands that steer: what is sent, what is said, how they end."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from appliance.domain.commands import CommandError, ErrorCode
from tests.cli.conftest import Box, Hotline, make_box
from tests.cli.peer import ScriptedGuard, state_document


def refuse(code: ErrorCode, message: str) -> object:
    def handler(_args: object) -> dict[str, object]:
        raise CommandError(code, message)

    return handler


def answer(**changes: object) -> dict[str, object]:
    document = state_document(**changes)
    return {key: document[key] for key in ("service", "route", "forwarding", "override", "duty")}


async def test_a_route_is_pinned_with_its_end_and_reason(box: Box, guard: ScriptedGuard, hotline: Hotline) -> None:
    override = {"route": "technician", "until": "2099-01-01T12:00:00Z", "reason": "works", "by": "local"}
    guard.handlers["route.set"] = lambda _args: answer(override=override)
    ran = await hotline("route", "set", "technician", "--minutes", "30", "--reason", "works", "--config", box.config)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == "technician is pinned until 2099-01-01 13:00:00\n"
    assert guard.heard[0]["args"] == {"route": "technician", "minutes": 30, "reason": "works"}


async def test_what_is_not_given_is_not_sent(box: Box, guard: ScriptedGuard, hotline: Hotline) -> None:
    override = {"route": "secondary", "until": None, "reason": "", "by": "local"}
    route = state_document()["route"] | {"desired": "secondary"}
    guard.handlers["route.set"] = lambda _args: answer(override=override, route=route)
    ran = await hotline("--config", box.config, "route", "set", "secondary")
    assert guard.heard[0]["args"] == {"route": "secondary"}
    assert ran.out.startswith("secondary is pinned until hotline route auto; the network is being told")


async def test_the_ladder_chooses_again(box: Box, guard: ScriptedGuard, hotline: Hotline) -> None:
    guard.handlers["route.auto"] = lambda _args: answer()
    ran = await hotline("route", "auto", "--config", box.config)
    assert (ran.code, ran.out) == (0, "the ladder chooses: primary\n")
    assert (guard.heard[0]["name"], guard.heard[0]["args"]) == ("route.auto", {})


@pytest.mark.parametrize(
    ("who", "args"),
    [
        ("tech-1", {"person": "tech-1"}),
        ("tech-777000222", {"person": "tech-777000222"}),  # of the roster, perhaps: the guard judges
        ("+420 777 000 222", {"number": "+420777000222"}),
        ("777000222", {"number": "+420777000222"}),
        ("777/000-222", {"number": "+420777000222"}),
    ],
)
async def test_duty_goes_to_a_person_or_a_number(
    box: Box, guard: ScriptedGuard, hotline: Hotline, who: str, args: dict[str, str]
) -> None:
    guard.handlers["duty.set"] = lambda _args: answer()
    ran = await hotline("duty", "set", who, "--minutes", "1.5", "--config", box.config)
    assert ran.code == 0
    assert guard.heard[0]["args"] == args | {"minutes": 1.5}
    assert ran.out == "on duty: Technician 1 +420777000111\n"


async def test_a_number_that_is_none_is_wrong_usage(box: Box, guard: ScriptedGuard, hotline: Hotline) -> None:
    ran = await hotline("duty", "set", "12", "--config", box.config)
    assert ran.code == 2
    assert "12" in ran.err
    assert guard.heard == []


async def test_probes_are_told_part_by_part_and_a_miss_is_exit_1(
    box: Box, guard: ScriptedGuard, hotline: Hotline
) -> None:
    targets = {
        "trunk trunk-a": {"ok": True, "rtt_ms": 12.34, "detail": "200"},
        "node node-1": {"ok": False, "rtt_ms": None, "detail": "no answer in 1.0 s"},
    }
    guard.handlers["probe.run"] = lambda _args: {"targets": targets}
    ran = await hotline("probe", "--config", box.config)
    assert ran.code == 1
    assert ran.out == "trunk trunk-a  ✔ answers  12.3 ms  200\nnode node-1    ✖ NO ANSWER  no answer in 1.0 s\n"
    del targets["node node-1"]
    ran = await hotline("probe", "--json", "--config", box.config)
    assert (ran.code, json.loads(ran.out)) == (0, {"targets": targets})


@pytest.mark.parametrize("code", [ErrorCode.CONFLICT, ErrorCode.BAD_REQUEST, ErrorCode.NOT_ALLOWED, ErrorCode.FAILED])
async def test_a_refusal_is_one_line_and_exit_1(
    box: Box, guard: ScriptedGuard, hotline: Hotline, code: ErrorCode
) -> None:
    guard.handlers["route.set"] = refuse(code, "there is no route 'x'; there is primary")  # type: ignore[assignment]
    ran = await hotline("route", "set", "x", "--config", box.config)
    assert ran.code == 1
    assert ran.out == ""
    assert ran.err == f"hotline: route.set was not done: there is no route 'x'; there is primary ({code})\n"


async def test_a_guard_that_knows_less_says_so(box: Box, guard: ScriptedGuard, hotline: Hotline) -> None:
    ran = await hotline("probe", "--config", box.config)
    assert ran.code == 1
    assert "there is no command 'probe.run' (unknown_command)" in ran.err


async def test_no_answer_is_exit_3(box: Box, guard: ScriptedGuard, hotline: Hotline) -> None:
    guard.silent = True
    ran = await hotline("route", "auto", "--timeout", "1.8", "--config", box.config)
    assert (ran.code, ran.out) == (3, "")
    assert ran.err == "hotline: the guard did not answer within 1.8 s; see systemctl status hotline-guard\n"


async def test_no_broker_is_exit_3(lonely_box: Box, hotline: Hotline) -> None:
    ran = await hotline("route", "auto", "--config", lonely_box.config)
    assert (ran.code, ran.out) == (3, "")
    where = f"127.0.0.1:{lonely_box.port}"
    assert ran.err == f"hotline: the broker cannot be reached at {where}, Connection refused\n"


async def test_what_takes_long_says_what_is_waited_for(box: Box, guard: ScriptedGuard, hotline: Hotline) -> None:
    guard.silent = True
    ran = await hotline("route", "auto", "--timeout", "4", "--config", box.config)
    assert ran.err.startswith("waiting for the guard to carry out route.auto …\n")


async def test_every_command_has_an_id_and_a_reply_address_of_its_own(
    box: Box, guard: ScriptedGuard, hotline: Hotline
) -> None:
    guard.handlers["route.auto"] = lambda _args: answer()
    first = await hotline("route", "auto", "--config", box.config)
    second = await hotline("route", "auto", "--config", box.config)
    assert (first.code, second.code) == (0, 0)
    assert guard.heard[0]["id"] != guard.heard[1]["id"]
    assert guard.heard[0]["properties"]["ResponseTopic"] != guard.heard[1]["properties"]["ResponseTopic"]


async def test_a_broker_that_takes_the_call_and_says_nothing_is_exit_3(tmp_path: Path, hotline: Hotline) -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        box = make_box(tmp_path, deaf.getsockname()[1])
        ran = await hotline("route", "auto", "--timeout", "0.6", "--config", box.config)
    assert (ran.code, ran.out) == (3, "")
    assert f"the broker cannot be reached at 127.0.0.1:{box.port}" in ran.err


async def test_a_link_whose_password_cannot_be_read_is_a_wrong_configuration(box: Box, hotline: Hotline) -> None:
    text = box.config.read_text() + 'username = "u"\npassword_file = "/nowhere/password"\n'
    box.config.write_text(text)
    ran = await hotline("route", "auto", "--config", box.config)
    assert ran.code == 2
    assert "link local: password_file /nowhere/password: No such file or directory" in ran.err
