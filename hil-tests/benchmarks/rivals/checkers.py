"""What others ship, as they document it. Where a document leaves a choice open, theirs is the faster reading."""

from __future__ import annotations

from dataclasses import dataclass


def sip_sends_s(gives_up_s: float, most: int | None = None) -> tuple[float, ...]:
    """When a non-INVITE request over UDP is sent within ``gives_up_s`` (RFC 3261 §17.1.2.2: T1 0.5 s, T2 4 s)."""
    sends: list[float] = []
    at, wait = 0.0, 0.5
    while at < gives_up_s and (most is None or len(sends) < most):
        sends.append(at)
        at += wait
        wait = min(2 * wait, 4.0)
    return tuple(sends)


@dataclass(frozen=True, slots=True)
class Checker:
    """A rival's health check of one target; times in seconds.

    A question is sent at ``sends_s`` and given up after ``gives_up_s``; the next one begins ``interval_s`` after the
    last began (``down_interval_s`` after a failed one ended). ``fall`` failures in a row take the target down, at the
    end of the last or, where ``silence_s`` is given, that long after the last answer if it is sooner. It is up again
    after one answer and ``hold_s`` more of answers. ``source`` says where that is written; ``favour`` what was read
    in its favour.
    """

    name: str
    interval_s: float
    sends_s: tuple[float, ...]
    gives_up_s: float
    source: str
    favour: str
    fall: int = 1
    silence_s: float | None = None
    down_interval_s: float | None = None
    hold_s: float = 0.0


# TCP sends again after 1 s, doubling (RFC 6298 §2 and §5.5).
_TCP_SENDS_S = (0.0, 1.0, 3.0, 7.0, 15.0)

RIVALS = (
    Checker(
        "PJSIP qualify",
        interval_s=60.0,
        sends_s=sip_sends_s(3.0),
        gives_up_s=3.0,
        source="Asterisk `pjsip.conf.sample`: `qualify_timeout` 3.0, `timer_t1` 500; `qualify_frequency` is 0 (off), "
        "and 60 where FreePBX turns it on",
        favour="the schedule is kept to the millisecond",
    ),
    Checker(
        "Kamailio dispatcher",
        interval_s=30.0,
        sends_s=sip_sends_s(30.0),
        gives_up_s=30.0,
        source="Kamailio `dispatcher` and `tm` modules: `ds_ping_interval` is 0 (off), 30 in its example; "
        "`ds_probing_threshold` 1, `ds_inactive_threshold` 1, `fr_timer` 30 s",
        favour="`ds_probing_mode` 1 is taken as set; the default probes nothing that is active",
    ),
    Checker(
        "AudioCodes proxy keep-alive",
        interval_s=60.0,
        sends_s=sip_sends_s(60.0, most=7),
        gives_up_s=19.5,
        down_interval_s=10.0,
        source="AudioCodes Mediant user manuals: `ProxyKeepAliveTime` 60 s, `SIPMaxRtx` 7, `SipT1Rtx` 500 ms, "
        "`SipT2Rtx` 4 s, `SuccessDetectionRetries` 1 every 10 s",
        favour="given up one `SipT2Rtx` after the seventh sending",
    ),
    Checker(
        "Cisco SRST, three keepalives",
        interval_s=30.0,
        sends_s=_TCP_SENDS_S,
        gives_up_s=30.0,
        fall=3,
        silence_s=90.0,
        hold_s=120.0,
        source="Cisco Unified SRST 4.0 administrator guide: keepalive 30 s, three times that to discover a failure; "
        "120 s before going back",
        favour="90 s count from the last answer, and yet the third keepalive may take 30 s to be answered; "
        "re-registering (10 to 20 s) takes no time",
    ),
    Checker(
        "Cisco SRST, TCP retries",
        interval_s=30.0,
        sends_s=_TCP_SENDS_S,
        gives_up_s=20.0,
        hold_s=120.0,
        source="Cisco Press, *Cisco Voice Gateways and Gatekeepers*, SRST overview: where the path breaks, TCP "
        "retries for 20 to 25 s after the first keepalive",
        favour="20 s; TCP's retries as RFC 6298 has them",
    ),
    Checker(
        "cron-driven rota",
        interval_s=300.0,
        sends_s=sip_sends_s(32.0),
        gives_up_s=32.0,
        source="no product: a job every five minutes that sends one OPTIONS with `sipsak` (T1 500 ms, 64 T1)",
        favour="the job takes no time itself, and nobody is asleep",
    ),
)

# Not made for telephony and not among those to beat: it shows what a faster switch costs.
FOR_SCALE = Checker(
    "HAProxy TCP check",
    interval_s=2.0,
    sends_s=(0.0, 1.0),
    gives_up_s=2.0,
    fall=3,
    source="HAProxy configuration manual: `inter` 2 s, `fall` 3, `rise` 2; a check may take `inter`",
    favour="up again after one success",
)
