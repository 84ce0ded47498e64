"""Other people's programs, beside the calls."""

from __future__ import annotations

import os

from appliance.prompts.programs import NICENESS, run

UNTIL_BEHIND = f'until [ "$(nice)" -ge {NICENESS} ]; do sleep 0.01; done; nice'


async def test_a_program_runs_behind_the_calls_and_never_before_its_caller() -> None:
    said = await run(["sh", "-c", UNTIL_BEHIND], b"", timeout_s=20, most_bytes=100)
    assert int(said) == max(NICENESS, os.getpriority(os.PRIO_PROCESS, 0))
