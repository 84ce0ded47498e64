"""The box's own exchange is on this side of the uplink: it says nothing about the uplink, and nothing excuses it."""

from __future__ import annotations

from appliance.domain.health import Health, Sample, Target, TargetKind
from appliance.guard import selfdoubt
from appliance.guard.health import TargetState, WatchSettings, initial, observe
from appliance.guard.selfdoubt import Evidence

WATCH = WatchSettings(inter_s=2.0, fastinter_s=0.5, downinter_s=5.0, timeout_s=1.0, fall=3, rise=5, half_life_s=60.0)
TRUNK, NODE = Target(TargetKind.TRUNK, "trunk-b"), Target(TargetKind.NODE, "node-1")
LOCAL, REFERENCE = Target(TargetKind.LOCAL, "trunk-b"), Target(TargetKind.REFERENCE, "ref-1")
ALL = (TRUNK, NODE, LOCAL, REFERENCE)


class Watch:
    """Feeds probes and keeps what is believed."""

    def __init__(self) -> None:
        self.evidence = Evidence()
        self.targets: dict[Target, TargetState] = {target: initial(target, 0.0) for target in ALL}

    def probe(self, target: Target, at: float, *, ok: bool) -> list[Target]:
        """A probe that came back at ``at``, a second after it went out; whose samples are believed now."""
        sample = Sample(target, at, ok, 1.0 if ok else None, "registered" if ok else "no answer")
        self.evidence, believed = selfdoubt.sift(self.evidence, sample, at - 1.0, WATCH.timeout_s, self.targets)
        for one in believed:
            self.targets[one.target] = observe(self.targets[one.target], one, WATCH)
        return [one.target for one in believed]


def test_an_answer_of_the_own_exchange_does_not_speak_against_a_trunk() -> None:
    watch = Watch()
    for target in ALL:
        watch.probe(target, 1.0, ok=True)
    watch.probe(REFERENCE, 3.0, ok=False)
    assert watch.probe(TRUNK, 10.0, ok=False) == []
    assert watch.probe(LOCAL, 10.0, ok=True) == [LOCAL]
    assert watch.probe(LOCAL, 10.5, ok=True) == [LOCAL]
    assert watch.probe(TRUNK, 11.0, ok=False) == []
    assert watch.probe(NODE, 11.0, ok=True) == [TRUNK, NODE]


def test_a_miss_of_the_own_exchange_is_believed_with_no_witness_at_all() -> None:
    watch = Watch()
    for target in ALL:
        watch.probe(target, 1.0, ok=True)
    for at in (10.0, 11.0, 12.0):
        assert watch.probe(LOCAL, at, ok=False) == [LOCAL]
    assert watch.targets[LOCAL].health is Health.DOWN


def test_the_own_exchange_neither_isolates_nor_hides_isolation() -> None:
    watch = Watch()
    for target in ALL:
        watch.probe(target, 1.0, ok=True)
    for at in (10.0, 11.0, 12.0):
        for target in (TRUNK, NODE, REFERENCE):
            watch.probe(target, at, ok=False)
        watch.probe(LOCAL, at, ok=True)
    view = selfdoubt.look(watch.targets, watch.evidence, WATCH, 11.0, 13.0)
    assert view.isolated
    assert view.local["trunk-b"].health is Health.UNKNOWN
    assert selfdoubt.look(watch.targets, watch.evidence, WATCH, 11.0, 21.0).isolation_lasts
    # the exchange falls silent much later: the isolation has lasted all the same
    watch.probe(LOCAL, 20.5, ok=False)
    assert selfdoubt.look(watch.targets, watch.evidence, WATCH, 11.0, 21.0).isolation_lasts


def test_its_silence_asks_nothing_of_the_references_and_is_waited_out_like_any() -> None:
    watch = Watch()
    for target in ALL:
        watch.probe(target, 1.0, ok=True)
    for at in (10.0, 11.0, 12.0):
        watch.probe(LOCAL, at, ok=False)
    assert not selfdoubt.wants_references(watch.evidence, watch.targets)
    assert selfdoubt.look(watch.targets, watch.evidence, WATCH, 11.0, 19.0).local["trunk-b"].passing
    assert not selfdoubt.look(watch.targets, watch.evidence, WATCH, 11.0, 20.5).local["trunk-b"].passing
