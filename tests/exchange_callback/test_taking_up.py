"""What happens in the very moment in which a call is taken up, in virtual time."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bench.virtual.telephones import NEVER, Manner
from tests.exchange_callback.virtual import ANNA, BORIS, CALLER, SERVICE, exchange, play, quiet

DOWN_S, RINGS_S = 4.0, 10.0
INSTANTS_MS = range(-4, 60, 2)  # from before the new exchange begins until well after it has taken everything up


async def rings_when_killed(folder: Path, ms: int, what: str) -> tuple[list[str], float]:
    """A phone rings, the exchange is killed and started again, and so long after its start something happens. With
    whom the caller talked, and how long the phone went on ringing."""
    async with exchange(folder) as world:
        world.telephones.usual |= {ANNA: Manner(answers_after_s=RINGS_S if what == "answer" else None), BORIS: NEVER}
        loop = asyncio.get_running_loop()
        world.asterisk.call_in("1.1", CALLER, SERVICE)
        await asyncio.sleep(4)
        (ring,) = world.telephones.of(ANNA)
        assert ring.rang_at is not None
        at = ring.rang_at + RINGS_S
        await asyncio.sleep(at - ms / 1000 - DOWN_S - loop.time())
        world.kill()
        if what == "leave":
            loop.call_at(at, world.asterisk.hang_up, "1.1")
        assert await world.until(lambda: loop.time() > at + 5, 60, down_s=DOWN_S)
        rung = (ring.ended_at or loop.time()) - at
        world.asterisk.hang_up("1.1")
        await quiet(world)
        return ring.with_, rung


@pytest.mark.parametrize("what", ["answer", "leave"])
def test_nothing_that_happens_while_calls_are_taken_up_is_missed(tmp_path: Path, what: str) -> None:
    for ms in INSTANTS_MS:
        folder = tmp_path / str(ms)
        folder.mkdir()
        with_, rung_s = play(lambda folder=folder, ms=ms: rings_when_killed(folder, ms, what))
        if what == "answer":
            assert with_ == [CALLER], f"{ms} ms after the start"
        else:
            assert rung_s < 1.0, f"{ms} ms after the start: the phone of a caller who has gone rings on"
