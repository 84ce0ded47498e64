"""Every reason that the guard's decision gives can be said in every language: over any faults in any order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.domain.events import Event
from appliance.domain.health import Sample, Target, TargetKind
from appliance.domain.modem import ModemStatus
from appliance.domain.phrase import Phrase, phrase
from appliance.domain.phrase_words import text_of, with_words
from appliance.domain.routes import TECHNICIAN, Duty, Override, Route
from appliance.guard import brain
from appliance.guard.brain import Policy, Wishes
from appliance.guard.ladder import Rules
from appliance.guard.picture import ActiveRoute, Frame, Moment, picture
from appliance.guard.reconcile import Memory as Table
from bench.virtual.journal import VirtualJournal
from bench.virtual.world import LOCAL_ROUTE, ROUTES, TECH_1, WATCH, VirtualWorld
from bench.virtual_time import run
from tests.guard.test_virtual_faults import strike
from tests.phrases.spoken import templates, unspoken

LADDER: tuple[Route, ...] = (*ROUTES, LOCAL_ROUTE)
TARGETS = (
    *(Target(TargetKind.TRUNK, f"trunk-{one}") for one in "ab"),
    *(Target(TargetKind.NODE, f"node-{one}") for one in "12"),
    Target(TargetKind.LOCAL, "trunk-b"),
    *(Target(TargetKind.REFERENCE, f"udp://192.0.2.{one}:53") for one in "12"),
)
DETAILS = (phrase("no answer in {s} s", s=1.0), phrase("connection refused"), "200")
POLICIES = [
    Policy(Rules(routes, 120.0, 11.0, strict), WATCH, "divert", "duty", 20)
    for routes in (LADDER, ROUTES, ())
    for strict in (True, False)
]
OVERRIDES = (
    None,
    Override("primary", 0.0, None, "works on the line", "web"),
    Override("secondary", 0.0, None, "", "local"),
    Override(TECHNICIAN, 0.0, 5.0, "", "local"),
)
steps = st.lists(
    st.tuples(
        st.sets(st.sampled_from(TARGETS)),  # these are silent
        st.sampled_from(DETAILS),
        st.sampled_from([0.5, 2.0, 15.0, 130.0]),  # seconds until then
        st.integers(1, 6),  # rounds of probes
        st.sampled_from(OVERRIDES),
        st.none() | st.sampled_from(["primary", "secondary", "local"]),  # the network refuses its number
    ),
    min_size=1,
    max_size=6,
)


def reasons(document: Any) -> list[str]:
    """All that stands under ``reason``, however deep, but for what a person wrote or the modem has not said."""
    if isinstance(document, Mapping):
        inner = [one for key, value in document.items() if key != "override" for one in reasons(value)]
        found = document.get("reason")
        return [*inner, found] if isinstance(found, str) and found else inner
    return [one for value in document for one in reasons(value)] if isinstance(document, list) else []


@settings(max_examples=150)
@given(st.sampled_from(POLICIES), steps, st.none() | st.sampled_from(["primary", TECHNICIAN]))
def test_no_reason_of_a_decision_is_a_bare_text(policy: Policy, story: list[Any], before: str | None) -> None:
    now = 0.0
    memory = brain.begin(TARGETS, before, now)
    frame = Frame("boot", "0", LADDER, "divert", 900.0)
    given_reasons: list[str] = []
    for silent, detail, pause_s, rounds, override, refused in story:
        now += pause_s
        if refused is not None:
            memory = brain.undeliverable(memory, refused, now + 30)
        for _ in range(rounds):
            now += 0.5
            for target in TARGETS:
                ok = target not in silent
                sample = Sample(target, now, ok, 1.0 if ok else None, "200" if ok else detail)
                memory, _matters = brain.observe(memory, sample, now - 0.4, policy)
            memory, decision, happened = brain.decide(memory, Wishes(TECH_1, override), policy, now)
            given_reasons += [text for _, data in happened for text in reasons(data)]
            given_reasons += [decision.choice.reason] if decision.choice is not None else []
            told = picture(
                frame,
                Moment(now, now),
                memory,
                Table(),
                ActiveRoute(None, None, 0.0),
                Duty("tech-1", TECH_1),
                override,
                ModemStatus(),
                {"ok": True, "reason": ""},
            )
            given_reasons += reasons(told)
    assert given_reasons
    for text in given_reasons:
        assert isinstance(text, Phrase), text
        assert unspoken(text) == []
        read = text_of(with_words({"reason": text}), "reason")
        assert list(templates(read)) == list(templates(text)) or not text.values


class HeardJournal(VirtualJournal):
    """Keeps what was told as it was told."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[tuple[str, Mapping[str, Any]]] = []

    async def append(self, type_: str, data: Mapping[str, Any]) -> Event:
        self.told.append((str(type_), data))
        return await super().append(type_, data)


@pytest.mark.parametrize("seed", range(3))
def test_a_guard_that_meets_faults_tells_each_why_in_every_language(seed: int) -> None:
    heard = HeardJournal()

    async def story() -> None:
        world = VirtualWorld(seed=seed)
        world.journal = heard
        async with world:
            await world.after(30)
            for fault in ("trunk-a", "refuse", "trunk-b", "node-1", "uplink", "lie", "wipe", "stranger", "node-2"):
                await strike(world, fault, on=True)
                await world.after(40)
                await world.guard.desk.set_override("secondary", 0.2, "", "local")
                await world.after(20)
                await strike(world, fault, on=False)
                await world.after(150)
            assert await world.guard.desk.follow_roster("local") is False

    run(story())
    whys = [
        (type_, data[key])
        for type_, data in heard.told
        for key in ("reason", "why")
        if data.get(key) and type_ not in ("override.set", "modem.down")
    ]
    assert {type_ for type_, _ in whys} >= {
        "health.changed",
        "route.decided",
        "forwarding.requested",
        "override.ended",
        "isolation.began",
        "isolation.ended",
    }
    for type_, why in whys:
        assert isinstance(why, Phrase), (type_, why)
        assert unspoken(why) == []
    done = [
        data["message"] for type_, data in heard.told if type_ == "forwarding.failed" and data["kind"] == "not_done"
    ]
    assert done
    assert all(isinstance(one, Phrase) for one in done)


@pytest.mark.parametrize("local_route", [False, True])
def test_a_guard_at_rest_tells_no_byte_more(local_route: bool) -> None:
    """Nor after an outage that is over."""

    async def story() -> None:
        async with VirtualWorld(local_route=local_route) as world:
            await world.after(120)
            assert with_words(world.reports[-1]) is world.reports[-1]
            await strike(world, "trunk-a", on=True)
            await world.after(60)
            assert "reason_words" in with_words(world.reports[-1])["route"]
            await strike(world, "trunk-a", on=False)
            await world.after(600)
            assert world.rings() == "primary"
            assert with_words(world.reports[-1]) is world.reports[-1]

    run(story())
