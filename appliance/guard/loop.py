"""The guard's loop: observe → decide → reconcile → report. Knows ports only; ``app.py`` plugs the world in."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from appliance.domain.forwarding import Service
from appliance.domain.health import Sample, Target, TargetKind
from appliance.domain.routes import TECHNICIAN
from appliance.guard import brain, selfdoubt
from appliance.guard.brain import Policy, Wishes
from appliance.guard.desk import Desk
from appliance.guard.forwarder import Forwarder
from appliance.guard.ladder import Verdict, judge
from appliance.guard.picture import ActiveRoute, Frame, Moment, active_route, picture
from appliance.guard.ports import JournalPort, ModemPort, Prober
from appliance.guard.reconcile import Settings
from appliance.guard.scribe import Scribe
from appliance.guard.waiting import LONGEST_SLEEP_S, sleep_until
from appliance.guard.watcher import Watcher
from appliance.heartbeat import Heart

ROUTE_KEY = "route"
REPORT_INTERVAL_S = 60.0  # CONTRACT: the state goes out on change and every 60 s
SHORTEST_REST_S = 0.02  # hundreds of parts that fail at once ask for few decisions, not for hundreds
PICTURE_KEY = "state"
BLAME_AFTER = 6  # refusals in a row, over a minute
BLAMED_S = 600.0
BLAMELESS_S = 3600.0


class Guard:
    """Owns the decision. ``report`` takes the state document each time it changed, and every 60 s."""

    def __init__(
        self,
        *,
        policy: Policy,
        settings: Settings,
        frame: Frame,
        probers: Sequence[Prober],
        modem: ModemPort,
        journal: JournalPort,
        journal_health: Callable[[], Mapping[str, Any]],
        desk: Desk,
        scribe: Scribe,
        report: Callable[[dict[str, Any]], None],
        heart: Heart,
        unix: Callable[[], float],
        chance: random.Random,
        forwarding_deadline_s: float = 900.0,
    ) -> None:
        self.policy = policy
        self.desk = desk
        self.modem = modem
        self.frame = frame
        self._journal = journal
        self._journal_health = journal_health
        self._scribe = scribe
        self._report = report
        self._unix = unix
        self._wake = asyncio.Event()
        self._beat = heart.register("decision", 3 * LONGEST_SLEEP_S)
        self.forwarder = Forwarder(
            modem,
            journal,
            scribe,
            settings,
            unix=unix,
            changed=self._wake.set,
            beat=heart.register("forwarding", forwarding_deadline_s),
        )
        watch = policy.watch
        slowest_s = max(watch.downinter_s, watch.inter_s, watch.timeout_s)
        self.watchers = {
            prober.target: Watcher(
                prober,
                timeout_s=watch.timeout_s,
                shortest_s=watch.fastinter_s,
                pace=self._pace_s,
                report=self._observe,
                beat=heart.register(f"probe of {prober.target}", 30 + 2 * slowest_s),
                chance=chance,
            )
            for prober in probers
        }
        self._memory = brain.begin(list(self.watchers), None, 0.0)
        self._active = ActiveRoute(None, None, 0.0)
        self._route_kept: str | None = None
        self._reported: dict[str, Any] = {}
        self._calm: dict[str, Any] = {}  # what was reported last, without its noise
        self._reported_at = float("-inf")
        self._blameless_until = float("-inf")
        self._picture_changed = asyncio.Event()

    async def run(self) -> None:
        """Guard, forever."""
        now = asyncio.get_running_loop().time()
        kept = await self._journal.recall(ROUTE_KEY)
        self._route_kept = kept if isinstance(kept, str) else None
        self._memory = brain.begin(list(self.watchers), self._route_kept, now)
        self._active = ActiveRoute(None, None, now)
        await self.desk.open()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._scribe.run(), name="scribe")
            tasks.create_task(self.forwarder.run(), name="forwarder")
            tasks.create_task(self._watch_modem(), name="modem-watch")
            for target, watcher in self.watchers.items():
                tasks.create_task(watcher.run(), name=f"probe-{target}")
            tasks.create_task(self._decide(), name="decision")
            tasks.create_task(self._keep_picture(), name="picture")

    def state(self) -> dict[str, Any]:
        """The whole picture, now."""
        now = Moment(asyncio.get_running_loop().time(), self._unix())
        table, duty = self.forwarder.memory, self.desk.duty
        return picture(
            self.frame,
            now,
            self._memory,
            table,
            self._active,
            duty,
            self.desk.override,
            self.modem.status,
            self._journal_health(),
        )

    async def decide_now(self) -> None:
        """Decide and report at once: a person waits for the answer."""
        await self._evaluate()
        self._publish()

    def poke(self) -> None:
        """Decide and report soon: something outside the probes has changed."""
        self._wake.set()

    def back_to_automatic(self) -> None:
        """The override ended: choose anew, without waiting for the fail-back hold."""
        self._memory = brain.forget_route(self._memory)
        self.poke()

    async def probe_all(self) -> dict[str, dict[str, Any]]:
        """Probe everything now, and say what came back."""
        samples = await asyncio.gather(*(watcher.fresh() for watcher in self.watchers.values()))
        return {
            str(sample.target): {"ok": sample.ok, "rtt_ms": sample.rtt_ms, "detail": sample.detail}
            for sample in samples
        }

    def _pace_s(self, target: Target) -> float:
        return brain.pace_s(self._memory, target, self.policy, asyncio.get_running_loop().time())

    def _observe(self, sample: Sample, began: float) -> None:
        self._memory, matters = brain.observe(self._memory, sample, began, self.policy)
        if not matters:
            return
        self._wake.set()
        if selfdoubt.wants_references(self._memory.evidence, self._memory.targets):
            for target in self.watchers:
                if target.kind is TargetKind.REFERENCE:
                    self.watchers[target].prod()

    async def _watch_modem(self) -> None:
        while True:
            await self.modem.changed()
            self.forwarder.poke()
            self.poke()

    async def _decide(self) -> None:
        while True:
            self._beat()
            self._wake.clear()
            if await self.desk.expire():
                self._memory = brain.forget_route(self._memory)
            look_again_at = await self._evaluate()
            self._publish()
            await asyncio.sleep(SHORTEST_REST_S)
            await sleep_until(look_again_at, self._wake)

    async def _evaluate(self) -> float | None:
        now = asyncio.get_running_loop().time()
        wishes = Wishes(self.desk.duty.number, self.desk.override)
        self._blame(now)
        self._memory, decision, happened = brain.decide(self._memory, wishes, self.policy, now)
        for type_, data in happened:
            self._scribe.say(type_, data)
        self.forwarder.want(decision.plan, wishes.technician)
        route = decision.choice.route if decision.choice else None
        if route is not None and route != self._route_kept:
            self._route_kept = route
            await self._journal.remember(ROUTE_KEY, route)
        self._active = active_route(self.frame, self.forwarder.memory, self.desk.duty, route, self._active)
        ends = self.desk.next_end()
        times = [decision.look_again_at, now + ends - self._unix() if ends is not None else None]
        return min((at for at in times if at is not None), default=None)

    def _blame(self, now: float) -> None:
        """Leave out a route whose number the network keeps refusing while calls lead to one that fails: the next
        rung may be accepted. If the technician's number is refused as well, no route was to blame."""
        decision = self._memory.decision
        choice = decision.choice if decision is not None else None
        record = self.forwarder.memory.records[Service.CFU]
        if choice is None or self.desk.override is not None or record.goal is None:
            return
        if record.goal.number != choice.number or not self._leads_to_a_dead_end():
            return
        if choice.route != TECHNICIAN and record.attempt >= BLAME_AFTER and now >= self._blameless_until:
            self._memory = brain.undeliverable(self._memory, choice.route, now + BLAMED_S)
        elif choice.route == TECHNICIAN and record.attempt >= 2 and self._memory.ladder.undeliverable:
            self._memory = brain.forget_route(brain.undeliverable(self._memory, None, now))
            self._blameless_until = now + BLAMELESS_S

    def _leads_to_a_dead_end(self) -> bool:
        """Whether the network sends calls to a route that is known to fail."""
        decision = self._memory.decision
        seen = self.forwarder.memory.records[Service.CFU].seen
        return (
            decision is not None
            and seen is not None
            and any(
                route.number == seen.target and judge(route, decision.view)[0] is Verdict.UNMET
                for route in self.policy.rules.routes
            )
        )

    async def _keep_picture(self) -> None:
        """Keep the newest picture in the journal, for a person who asks without a broker."""
        while True:
            await self._picture_changed.wait()
            self._picture_changed.clear()
            await self._journal.remember(PICTURE_KEY, self._reported)

    def _publish(self) -> None:
        now = asyncio.get_running_loop().time()
        state = self.state()
        calm = _without_noise(state)
        changed = calm != self._calm
        if changed:
            self._calm = calm
            self._picture_changed.set()
        if changed or now - self._reported_at >= REPORT_INTERVAL_S:
            self._reported, self._reported_at = state, now
            self._report(state)


def _without_noise(state: Mapping[str, Any]) -> dict[str, Any]:
    """The picture without what changes at each look: times of looking, round-trip times, signal strength."""
    calm = {key: value for key, value in state.items() if key != "at"}
    for kind in ("trunks", "nodes", "local"):
        calm[kind] = {name: (part["health"], part["reason"]) for name, part in state.get(kind, {}).items()}
    calm["modem"] = {key: value for key, value in state["modem"].items() if key != "rssi_dbm"}
    calm["forwarding"] = {key: value for key, value in state["forwarding"].items() if key != "verified_at"}
    calm["route"] = {key: value for key, value in state["route"].items() if key != "since"}
    return calm
