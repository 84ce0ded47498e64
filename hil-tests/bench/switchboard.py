"""The telephone side of a world with exchanges: their Asterisks and processes, telephones, customers, mail."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from bench.addresses import SIP_PORT
from bench.asterisk.agi import Answer
from bench.asterisk.product import ExchangeAsterisk
from bench.customer import REDIRECTING_REASONS
from bench.exchange import Leg
from bench.exchange_plan import (
    CUSTOMER_HZ,
    KNOWN_HZ,
    MUSIC_HZ,
    PROMPT_HZ,
    SMTP_PORT,
    TELEPHONES,
    address_of,
    exchange_names,
    exchange_sections,
    node_config,
)
from bench.lab.roles import Heard, Outcome
from bench.mailbox import Mailbox
from bench.outgoing import OutgoingCalls
from bench.phones.handsets import Handsets
from bench.phones.sounds import Sounds, make_share
from bench.phones.talkers import Talkers
from bench.plan import BOX, BOX_PASSWORD, Plan
from bench.processes import Process
from bench.programs import Program, find_program
from bench.shims import keep_what_is_spoken, make_shims, with_shims
from bench.wire import Wire

PEOPLE_LISTEN_S = 0.3
ON_HOOK_S = 2.0
LOOK_S = 0.25


class Switchboard:
    """``asterisks`` and ``exchanges`` are by the exchange's name."""

    def __init__(
        self, plan: Plan, run_dir: Path, box_config: Path, find_leg: Callable[[str], Leg], seed: int
    ) -> None:
        self.plan = plan
        self.run_dir = run_dir
        self.outgoing = OutgoingCalls()
        self.mailbox = Mailbox()
        self._find_leg = find_leg
        self._asterisk = find_program("asterisk")
        self._sounds = Sounds(find_program("espeak-ng"), run_dir / "sounds")
        self.handsets = Handsets(self._sounds, TELEPHONES, KNOWN_HZ, self.outgoing.manners)
        self.talkers = Talkers(self.handsets.agent, (plan.network, SIP_PORT), CUSTOMER_HZ, KNOWN_HZ)
        self.configs = {name: run_dir / f"{name}.toml" for name in plan.nodes} | {BOX: box_config}
        self.password_file = run_dir / "trunk-b.password"
        self.asterisks = {
            name: ExchangeAsterisk(self._asterisk, name, address_of(plan, name), run_dir, self.configs[name])
            for name in exchange_names(plan)
        }
        self.exchanges = {
            name: Process(
                f"exchange@{name}",
                [sys.executable, "-m", "appliance", "exchange", "--config", str(self.configs[name])],
                run_dir / f"exchange@{name}.log",
                run_dir,
                {"PATH": with_shims(run_dir / "bin", os.environ["PATH"])},
            )
            for name in exchange_names(plan)
        }
        self.wires = {
            f"{node}>{trunk}": Wire(
                f"{node}>{trunk}",
                (plan.seen_from_node(node, trunk), SIP_PORT),
                (plan.trunks[trunk], SIP_PORT),
                plan.nodes[node],
                seed,
            )
            for node in plan.nodes
            for trunk in plan.trunks
        }

    async def prepare(self) -> None:
        """Write what the Asterisks read, and start what they need."""
        self.password_file.write_text(BOX_PASSWORD + "\n")
        for node in self.plan.nodes:
            state_dir = self.run_dir / "state" / node
            self.configs[node].write_text(node_config(self.plan, node, state_dir, self.sections(node)))
        await asyncio.to_thread(make_share, self.run_dir / "share", self._asterisk.root, dict(PROMPT_HZ), MUSIC_HZ)
        await asyncio.to_thread(make_shims, self.run_dir / "bin")
        for name in self.asterisks:
            await asyncio.to_thread(keep_what_is_spoken, self.run_dir / name / "prompts")
        for name in self.asterisks:  # a new world has no calls of an older one
            await asyncio.to_thread(shutil.rmtree, self.run_dir / name / "lib", True)
        await self._sounds.make()
        await self.handsets.agent.start(self.plan.phones, SIP_PORT)
        await self.mailbox.start(self.plan.mail, SMTP_PORT)

    def sections(self, name: str) -> str:
        """``[exchange]`` and what belongs to it."""
        return exchange_sections(self.plan, name, self.run_dir, _modules(self._asterisk))

    async def start_exchanges(self) -> None:
        """Start their processes; the Asterisks run already."""
        await asyncio.gather(*(process.start() for process in self.exchanges.values()))

    async def close(self) -> None:
        """Take everything down but the Asterisks."""
        await asyncio.gather(*(process.stop() for process in self.exchanges.values()))
        await self.handsets.agent.close()
        self.mailbox.close()

    async def connect(self, arguments: Sequence[str]) -> Answer:
        """Script ``connect NUMBER``: where a talking customer's call goes."""
        leg = self._find_leg(arguments[0])
        return {
            "LEG": leg.dial or "",
            "CAUSE": str(leg.cause),
            "WAIT_S": str(leg.rings_before_s),
            "DIVERTED_FROM": arguments[0] if leg.reason else "",
            "DIVERTED_WHY": REDIRECTING_REASONS.get(leg.reason, ""),
        }

    async def dial(self, number: str, patience_s: float) -> Heard:
        """A customer dials and waits until a person is heard, then hangs up."""
        began = time.time()
        name = self.talkers.dial(number)
        call = self.talkers.call(name)
        people = frozenset(TELEPHONES.values())
        while time.time() - began < patience_s and not call.over.is_set():
            await asyncio.sleep(LOOK_S)
            for one in self.talkers.told(name)["heard"]:
                if one["what"] in people and one["end"] - one["start"] >= PEOPLE_LISTEN_S:
                    call.hang_up()
                    await self._on_hook(one["what"])
                    return self._heard(one["what"], began, one["start"])
        call.hang_up()
        took_s = time.time() - began
        if call.answered_at:
            return Heard(None, None, Outcome.ANSWERED, call.answered_at - began, call.answered_at, call.cause)
        outcome = {486: Outcome.BUSY, 603: Outcome.REJECTED, 403: Outcome.REJECTED}.get(call.status or 0)
        if outcome is None:
            outcome = Outcome.UNREACHABLE if call.ended_by == "refused" else Outcome.NO_ANSWER
        return Heard(None, None, outcome, took_s, None, call.cause)

    async def _on_hook(self, who: str) -> None:
        """Until their telephone has heard of it: who breaks something then breaks no call."""
        with contextlib.suppress(TimeoutError, LookupError):
            await asyncio.wait_for(self.handsets.lasting(who).over.wait(), ON_HOOK_S)

    def _heard(self, who: str, began: float, at: float) -> Heard:
        records = [one for one in self.handsets.records(began) if one["who"] == who and one["answered_at"]]
        via = records[-1]["via"] if records else None
        answered_at = records[-1]["answered_at"] if records else at
        number = self.handsets.number_of(who)
        by = [one["by"] for one in self.outgoing.records(began) if one["number"] == number]
        exchange = by[-1] if by else None
        return Heard(who, via, Outcome.ANSWERED, answered_at - began, answered_at, exchange=exchange)


def _modules(program: Program) -> Path:
    modules = program.library_dir() / "asterisk/modules"
    return modules if modules.exists() else program.root / "usr/lib/asterisk/modules"
