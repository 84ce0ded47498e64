"""What all probers owe the guard's loop."""

from __future__ import annotations

import pytest

from appliance.probes.prober import Answer, BaseProber
from tests.probes.peers import TRUNK


class Broken(BaseProber):
    """A prober with a mistake in it."""

    started_over = 0

    async def close(self) -> None: ...

    async def _ask(self, timeout_s: float) -> Answer:
        raise KeyError("of all things")

    def _start_over(self) -> None:
        self.started_over += 1


async def test_a_mistake_of_ours_is_a_miss_and_told_loudly(caplog: pytest.LogCaptureFixture) -> None:
    prober = Broken(TRUNK)
    sample = await prober.probe(1.0)
    assert (sample.target, sample.ok, sample.detail) == (TRUNK, False, "the probe itself failed: KeyError")
    assert prober.started_over == 1
    assert "probe of trunk trunk-a failed" in caplog.text
