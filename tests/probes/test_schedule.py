"""When a question is sent again (RFC 3261 §17.1.2.2, scaled)."""

from __future__ import annotations

from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.probes.schedule import resend_waits


@pytest.mark.parametrize(
    ("timeout_s", "sent_at"),
    [
        (1.0, [0.125, 0.375, 0.625, 0.875]),
        (8.0, [0.5, 1.5, 3.5, 5.5, 7.5]),
        (32.0, [0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]),
    ],
    ids=["a probe's patience", "T1 is never longer than the RFC's", "with the RFC's patience, the RFC's schedule"],
)
def test_the_schedule(timeout_s: float, sent_at: list[float]) -> None:
    assert list(accumulate(resend_waits(timeout_s))) == sent_at


@given(st.floats(0.01, 100))
def test_at_least_four_more_within_the_timeout(timeout_s: float) -> None:
    sent_at = list(accumulate(resend_waits(timeout_s)))
    assert len(sent_at) >= 4
    assert sent_at[-1] < timeout_s
