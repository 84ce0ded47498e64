"""``hotline modem``."""

from __future__ import annotations

import json

import pytest

from appliance.domain.commands import CommandError, ErrorCode
from tests.cli.conftest import Box, Hotline
from tests.cli.peer import ScriptedGuard

INFO = {
    "model": "E3372",
    "iccid": None,
    "usable": True,
    "learned": {"class": "none", "number_type": 145},
    "ways": [{"service": "cfu", "way": "AT"}, {"service": "cfb", "way": "MMI"}],
    "names": ["a", "b"],
}


async def test_info_is_laid_out(box: Box, guard: ScriptedGuard, hotline: Hotline) -> None:
    guard.handlers["modem.info"] = lambda _args: INFO
    ran = await hotline("modem", "info", "--config", box.config)
    assert ran.code == 0
    assert ran.out.splitlines() == [
        "model   E3372",
        "iccid   –",  # noqa: RUF001
        "usable  yes",
        "learned",
        "  class        none",
        "  number type  145",
        "ways",
        "  - service  cfu",
        "    way      AT",
        "  - service  cfb",
        "    way      MMI",
        "names",
        "  a",
        "  b",
    ]
    ran = await hotline("modem", "info", "--json", "--config", box.config)
    assert json.loads(ran.out) == INFO


async def test_one_at_command_and_the_lines_as_they_came(box: Box, guard: ScriptedGuard, hotline: Hotline) -> None:
    guard.handlers["modem.at"] = lambda args: {"lines": [f"heard {args['command']}", "OK"]}
    ran = await hotline("modem", "at", "AT+CSQ", "--config", box.config)
    assert (ran.code, ran.out) == (0, "heard AT+CSQ\nOK\n")
    assert guard.heard[0]["properties"]["MessageExpiryInterval"] == 180


@pytest.mark.parametrize("final", ["ERROR", "+CME ERROR: 30", "NO CARRIER"])
async def test_a_final_result_other_than_ok_is_exit_1(
    box: Box, guard: ScriptedGuard, hotline: Hotline, final: str
) -> None:
    guard.handlers["modem.at"] = lambda _args: {"lines": [final]}
    ran = await hotline("modem", "at", "AT+NOPE", "--config", box.config)
    assert (ran.code, ran.out) == (1, f"{final}\n")
    ran = await hotline("modem", "at", "AT+NOPE", "--json", "--config", box.config)
    assert (ran.code, json.loads(ran.out)) == (1, {"lines": [final]})


async def test_a_dangerous_command_is_refused_by_the_guard(box: Box, guard: ScriptedGuard, hotline: Hotline) -> None:
    def refuse(_args: object) -> dict[str, object]:
        raise CommandError(ErrorCode.FAILED, "AT+CPIN could lock the SIM")

    guard.handlers["modem.at"] = refuse
    ran = await hotline("modem", "at", "AT+CPIN=1234", "--config", box.config)
    assert (ran.code, ran.out) == (1, "")
    assert "could lock the SIM" in ran.err


async def test_a_reset_says_how_the_modem_is_afterwards(box: Box, guard: ScriptedGuard, hotline: Hotline) -> None:
    guard.handlers["modem.reset"] = lambda _args: {"modem": guard.state["modem"]}
    ran = await hotline("modem", "reset", "--config", box.config)
    assert ran.code == 0
    assert ran.out.startswith("modem up: E3372, T-Mobile CZ")
    guard.handlers["modem.reset"] = lambda _args: {"modem": {"health": "down", "reason": "it did not come back"}}
    ran = await hotline("modem", "reset", "--config", box.config)
    assert (ran.code, ran.out) == (1, "modem DOWN: it did not come back\n")
