"""What the guard's commands make of their arguments."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pytest

from appliance.domain.commands import Command, CommandError
from appliance.guard.agent_commands import AgentSet
from appliance.guard.commands import GuardCommands

SETTLED = ("service", "route", "forwarding", "override", "duty")


class Guard:
    """Remembers what was pinned; nothing follows from it."""

    def __init__(self) -> None:
        self.pinned: list[tuple[str, float | None, str, str]] = []
        self.desk = SimpleNamespace(set_override=self._pin)

    async def _pin(self, *pinned: Any) -> None:
        self.pinned.append(pinned)

    async def decide_now(self) -> None:
        pass

    def state(self) -> Mapping[str, Any]:
        return dict.fromkeys(SETTLED)


async def pinned(**args: Any) -> tuple[str, float | None, str, str]:
    guard, config, none = Guard(), SimpleNamespace(routes=()), None
    commands = GuardCommands(guard, config, none, none, none)  # type: ignore[arg-type]  # the rest is not asked
    await commands.execute(Command("1", "route.set", {"route": "technician", **args}, "office"))
    return guard.pinned[0]


@pytest.mark.parametrize("left_out", [{}, {"minutes": None, "reason": None}])
async def test_what_is_optional_may_be_left_out_or_null(left_out: dict[str, None]) -> None:
    assert await pinned(**left_out) == ("technician", None, "", "office")


async def test_a_reason_stays_on_its_line_and_steers_no_terminal() -> None:
    given = "náhrada ústředny\n2026-11-30 INFO all is well\x1b[2J\u2028\ud800"
    assert (await pinned(reason=given))[2] == "náhrada ústředny 2026-11-30 INFO all is well [2J  "
    word = AgentSet(person="ann", presence="paused", reason="lunch\r\nnow", by="eva\x07")
    assert (word.reason, word.by) == ("lunch  now", "eva ")


async def test_a_reason_has_its_length() -> None:
    assert (await pinned(reason="x" * 500))[2] == "x" * 500
    with pytest.raises(CommandError, match="at most 500"):
        await pinned(reason="x" * 501)
