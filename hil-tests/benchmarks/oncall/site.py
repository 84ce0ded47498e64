"""Everything of the on-call figures, started and taken down: far side, Asterisk under test, broker, exchange."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiomqtt

from bench.addresses import claim_subnet
from bench.broker import MQTT_PORT, Broker
from bench.processes import Process
from bench.programs import find_program
from benchmarks.oncall.farside import FarSide, active_channels
from benchmarks.oncall.others import Look
from benchmarks.oncall.setting import DEVICE_ID, UNPACED_CPS, Places, config_text, roster_document
from benchmarks.oncall.undertest import UnderTest, custom_files
from benchmarks.rest.procfs import Usage, usage

READY_WITHIN_S = 30.0
QUIET_WITHIN_S = 40.0
NO_EARS = "127.0.0.1:1"
HOSTS = {"far-side": 2, "under-test": 21, "broker": 31}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the site is for: these numbers of phones that ring together, so many that are answered.

    ``roster`` is another one than these ask for; ``more`` is added to Asterisk's files, by their names.
    """

    counts: Sequence[int] = ()
    answering: int = 0
    ears: str = NO_EARS
    ring_s: float = 60.0
    exchange: bool = True
    roster: Mapping[str, Any] | None = None
    more: Mapping[str, str] = field(default_factory=dict)


class Site:
    """The parts. The exchange runs between :meth:`start_exchange` and :meth:`stop_exchange`."""

    def __init__(self, folder: Path, places: Places, far_side: FarSide, under_test: UnderTest) -> None:
        self.folder = folder
        self.far_side = far_side
        self.under_test = under_test
        self.config_file = folder / "hotline.toml"
        self._places = places
        self._exchange = Process("exchange", self._argv("exchange"), folder / "exchange.log", folder)

    def configure(self, cps: float) -> None:
        """Write the configuration; a running exchange keeps its own."""
        self.config_file.write_text(config_text(self._places, cps))

    async def start_exchange(self, cps: float = UNPACED_CPS) -> None:
        """Start the exchange with this pacing; return once it takes calls."""
        self.configure(cps)
        await self._exchange.start()
        async with asyncio.timeout(READY_WITHIN_S):
            while "hotline" not in await self.under_test.manager.command("ari show apps"):
                if self._exchange.pid is None:
                    raise self._exchange.died()
                await asyncio.sleep(0.1)
        await asyncio.sleep(
            1.0
        )  # the retained roster is on its way; what rings without it is told by the first round

    async def stop_exchange(self) -> None:
        """Stop it."""
        await self._exchange.stop()

    def usage(self) -> tuple[Usage, Usage | None]:
        """What the Asterisk under test and the exchange, if it runs, have used so far."""
        pid = self._exchange.pid
        return usage(self.under_test.pid), usage(pid) if pid is not None else None

    def look(self) -> Look:
        """What others than this site's processes have used of the machine so far."""
        pids = [self.under_test.pid, self.far_side.server.process.pid, self._exchange.pid]
        ours_s = sum(usage(pid).cpu_s for pid in pids if pid is not None)
        return Look.now(ours_s + time.process_time())

    def exchange_log(self) -> str:
        """The exchange's last words."""
        return self._exchange.log_tail()

    async def quiet(self, channels: int = 0) -> None:
        """Return once no more channels than these are left in either Asterisk. Raises ``TimeoutError``."""
        async with asyncio.timeout(QUIET_WITHIN_S):
            for manager in (self.far_side.server.manager, self.under_test.manager):
                while await active_channels(manager) > channels:  # noqa: ASYNC110 - Asterisk tells no event for this
                    await asyncio.sleep(0.05)

    async def calls(self, since: datetime) -> list[dict[str, Any]]:
        """The call log's rows since then, as the product's own command tells them."""
        argv = self._argv("calls", "--json", "--since", since.isoformat(), "--limit", "1000")
        asked = await asyncio.create_subprocess_exec(
            *argv, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        said, error = await asked.communicate()
        if asked.returncode:
            raise RuntimeError(f"hotline calls ended with {asked.returncode}: {error.decode()}")
        return [json.loads(line) for line in said.decode().splitlines() if line.startswith("{")]

    def recording(self, name: str) -> Path | None:
        """The file of a recording by its name, Asterisk's own or the exchange's; ``None``: there is none."""
        found = [path for path in self.folder.rglob("*.wav") if path.stem == Path(name).stem]
        return found[0] if found else None

    def _argv(self, command: str, *more: str) -> list[str]:
        return [sys.executable, "-m", "appliance", command, "--config", str(self.config_file), *more]


@asynccontextmanager
async def site(wanted: Wanted) -> AsyncIterator[Site]:
    """A site that is up, without its exchange; all its processes end with the block."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hotline-oncall-")))
        subnet = claim_subnet()
        stack.callback(subnet.release)
        hosts = {name: subnet.host(number) for name, number in HOSTS.items()}
        program = find_program("asterisk")
        asterisk = folder / "under-test"
        modules = program.library_dir() / "asterisk/modules"
        places = Places(
            hosts["under-test"],
            hosts["far-side"],
            hosts["broker"],
            folder / "state",
            asterisk,
            modules,
            program.root / "usr/share/asterisk",
        )
        far_side = FarSide(program, hosts["far-side"], hosts["under-test"], wanted.ears, folder)
        under_test = UnderTest(program, hosts["under-test"], asterisk)
        made = Site(folder, places, far_side, under_test)
        made.configure(UNPACED_CPS)
        if wanted.exchange:
            roster = wanted.roster or roster_document(wanted.counts, wanted.answering, wanted.ring_s)
            await _broker(stack, hosts["broker"], folder, roster)
        stack.push_async_callback(far_side.server.stop)
        stack.push_async_callback(under_test.stop)
        stack.push_async_callback(made.stop_exchange)
        custom = custom_files(wanted.counts, wanted.answering, under_test.recordings, under_test.secret)
        custom |= {name: custom.get(name, "") + text for name, text in wanted.more.items()}
        await far_side.server.start()
        await under_test.start(made.config_file, custom)
        yield made


async def _broker(stack: AsyncExitStack, address: str, folder: Path, roster: Mapping[str, Any]) -> None:
    """A broker that holds the roster, as the guard would have told it."""
    broker = Broker(find_program("mosquitto"), address, folder)
    stack.push_async_callback(broker.process.stop)
    await broker.start()
    document = {"schema": 1, "revision": 1, "at": datetime.now(UTC).isoformat(), "roster": {**roster, "revision": 1}}
    async with aiomqtt.Client(address, MQTT_PORT, protocol=aiomqtt.ProtocolVersion.V5) as client:
        await client.publish(f"hotline/{DEVICE_ID}/roster", json.dumps(document), qos=1, retain=True)
