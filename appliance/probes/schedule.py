"""When a question over UDP is sent again within one probe. Pure."""

from __future__ import annotations

from collections.abc import Iterator

T1_S = 0.5
T2_S = 4.0


def resend_waits(timeout_s: float) -> Iterator[float]:
    """Seconds between one sending and the next, until ``timeout_s`` is used up.

    The schedule of a non-INVITE client transaction (RFC 3261 §17.1.2.2): T1, doubling up to T2 = 8 T1. The RFC's T1
    of 0.5 s is meant for 32 s of patience; a probe has about one, so T1 is at most an eighth and T2 at most a quarter
    of the timeout. A probe of 1 s so goes out at 0, 0.125, 0.375, 0.625 and 0.875 s: on a link that loses 30 % each
    way it then stays unanswered once in 29 times instead of every other time.
    """
    wait, longest = min(T1_S, timeout_s / 8), min(T2_S, timeout_s / 4)
    elapsed = wait
    while elapsed < timeout_s:
        yield wait
        wait = min(2 * wait, longest)
        elapsed += wait
