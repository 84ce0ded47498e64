"""One line for every event."""

from __future__ import annotations

from datetime import UTC
from typing import Any

import pytest

from appliance.domain.events import EventType
from appliance.situation.wording import Tone, sentence, tone

CME30 = {"service": "cfnrc", "number": "+420777000111", "kind": "refused", "message": "no network", "code": 30}


@pytest.mark.parametrize(
    ("type_", "data", "line"),
    [
        (
            "health.changed",
            {"part": "trunk a", "to": "down", "reason": "3 misses"},
            "trunk a is DOWN: 3 misses",
        ),
        ("health.changed", {"part": "trunk a", "to": "up"}, "trunk a is up"),
        (
            "route.decided",
            {"to": "primary", "number": "+420226000100", "reason": "all is well"},
            "decided: primary (+420226000100): all is well",
        ),
        (
            "forwarding.requested",
            {"service": "cfu", "number": "+420226000100", "attempt": 1, "why": "drift"},
            "asked for: CFU to +420226000100, try 2: drift",
        ),
        ("forwarding.requested", {"service": "cfb", "number": None, "attempt": 0}, "asked for: CFB off"),
        (
            "forwarding.verified",
            {"service": "cfnry", "number": "+420777000111", "took_s": 3.12},
            "verified: CFNRy is +420777000111 after 3.1 s",
        ),
        ("forwarding.verified", {"service": "cfu", "number": None}, "verified: CFU is off"),
        (
            "forwarding.verified",
            {"service": "cfb", "number": None, "quiescent": True},
            "CFB is armed, the network hides it while CFU stands",
        ),
        ("forwarding.failed", CME30, "CFNRc +420777000111 FAILED: no network (CME 30)"),
        (
            "forwarding.disputed",
            {"service": "cfu", "wanted": "+420226000100", "seen": None},
            "CFU stands at nothing, +420226000100 was wanted: DISPUTED",
        ),
        (
            "override.set",
            {"route": "technician", "until": "2026-07-14T04:00:00Z", "reason": "works", "by": "anna"},
            "technician pinned by anna until 2026-07-14 04:00: works",
        ),
        (
            "override.ended",
            {"route": "technician", "why": "its time is over"},
            "technician is no longer pinned: its time is over",
        ),
        (
            "duty.changed",
            {"person": "tech-2", "number": "+420777000222", "until": 1784001600.0, "by": "anna"},
            "on duty: tech-2 +420777000222 until 2026-07-14 04:00 (by anna)",
        ),
        ("modem.recovery", {"rung": "reopen", "ok": False}, "modem recovery, reopen: it did NOT help"),
        (
            "command",
            {"name": "route.set", "link": "local", "ok": False, "code": "conflict"},
            "command route.set by local: REFUSED (conflict)",
        ),
        ("call.answered", {"by": "anna", "legs": [1]}, "call.answered: by=anna"),
    ],
)
def test_an_event_reads_as_a_sentence(type_: str, data: dict[str, Any], line: str) -> None:
    assert sentence(type_, data, UTC) == line


@pytest.mark.parametrize("type_", list(EventType))
def test_every_type_of_the_guard_has_words_even_without_data(type_: EventType) -> None:
    line = sentence(type_, {}, UTC)
    assert line
    assert line != type_  # the bare name is for types of a later release


def test_tones_follow_what_happened() -> None:
    assert tone("health.changed", {"to": "down"}) is Tone.BAD
    assert tone("health.changed", {"to": "up"}) is Tone.GOOD
    assert tone("health.changed", {"to": "unknown"}) is Tone.DOUBT
    assert tone("command", {"ok": False}) is Tone.BAD
    assert tone("command", {"ok": True}) is Tone.PLAIN
    assert tone("from.a.later.release", {}) is Tone.PLAIN
