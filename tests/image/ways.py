"""The ways out of the emulated box: a modem's data link beside its cable, somebody outside who is reached by either,
and who looks, from inside, which way it goes while nobody can log in.
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import groupby

from bench.addresses import free_port
from tests.image.machine import Machine
from tests.image.monitor import Monitor

# Only a route by default leads there. It is an address of this machine's own loopback (RFC 5737 gives it to nobody):
# QEMU's network reaches what its host reaches.
OUTSIDE = "198.51.100.1"
HERE = "here"
# Its network holds that of the cable, of which it answers nothing: what the box wants from its trunks, which QEMU has
# at 10.0.2.2, must not leave this machine by the modem.
MODEM = ipaddress.ip_network("10.0.0.0/14")
MODEM_ADDRESS = "10.0.3.15"
ETHERNET_ADDRESS = "10.0.2.15"  # as QEMU gives it
OF_A_FACTORY = "0c:5b:8f:27:9a:64"  # such an address makes a name of it, as most modems' do
LOOK = """
import json, socket, sys, time
while True:
    source = said = ""
    try:
        with socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=5) as one:
            source, said = one.getsockname()[0], one.recv(20).decode()
    except OSError:
        pass
    print(json.dumps({"at": time.monotonic(), "source": source if said == sys.argv[3] else ""}), flush=True)
    time.sleep(2)
"""
SEEN, WATCHER = "/run/ways.json", "/run/ways.pid"


class ModemLink:
    """A modem that shows itself as a network card on USB: ``card`` is for QEMU's command line, and is not plugged in
    yet."""

    def __init__(self, *inside: int) -> None:
        """``inside`` are ports of the box that somebody in the modem's network tries."""
        self._ports = {port: free_port() for port in inside}
        forwards = "".join(f",hostfwd=tcp:127.0.0.1:{here}-:{port}" for port, here in self._ports.items())
        places = f"net={MODEM},host=10.0.3.2,dns=10.0.3.3,dhcpstart={MODEM_ADDRESS}"
        netdev = f"user,id=link,{places}{forwards}"
        self.card = ["-netdev", netdev]

    async def plug(self, box: Machine) -> None:
        """Into the running box, for good."""
        # QEMU's card has the numbers of a gadget, too, which another driver takes if it is there first
        await box.do("modprobe cdc_ether")
        async with Monitor(box.monitor) as monitor:
            await monitor.do("device_add", driver="usb-net", id="link", netdev="link", mac=OF_A_FACTORY, bus="usb.0")

    def port(self, inside: int) -> int:
        """Where the modem's network has a port of the box, on 127.0.0.1."""
        return self._ports[inside]


@asynccontextmanager
async def outside() -> AsyncIterator[int]:
    """Somebody at ``OUTSIDE`` who says ``HERE``; the port."""
    await _loopback("replace")
    try:

        async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(HERE.encode())
            await writer.drain()
            writer.close()

        async with await asyncio.start_server(answer, OUTSIDE) as server:
            yield server.sockets[0].getsockname()[1]
    finally:
        await _loopback("delete")


async def _loopback(verb: str) -> None:
    process = await asyncio.create_subprocess_exec("ip", "address", verb, f"{OUTSIDE}/32", "dev", "lo")
    assert await process.wait() == 0, f"the loopback's address cannot be changed: {verb}"


@dataclass(frozen=True, slots=True)
class Look:
    """Seconds since the start, and the address that the box spoke from; none where nobody answered."""

    at: float
    source: str


async def watch(box: Machine, port: int) -> None:
    """Look every few seconds, until :func:`seen`."""
    who = f"setsid python3 -I -c '{LOOK}' {OUTSIDE} {port} {HERE} >{SEEN} 2>&1 </dev/null &"
    await box.do(f"{who} echo $! >{WATCHER}")
    await box.until(f"test $(wc -l <{SEEN}) -gt 1")


async def seen(box: Machine) -> list[Look]:
    """Every look since :func:`watch`."""
    text = await box.do(f"kill $(cat {WATCHER}); cat {SEEN}")
    return [Look(**json.loads(line)) for line in text.splitlines()]


def taken(looks: list[Look], names: Mapping[str, str]) -> list[tuple[str, float]]:
    """The ways that were taken, one after the other, by ``names`` of their addresses; each with the seconds for which
    nobody answered before it. Pure."""
    found = []
    last = looks[0].at
    for source, group in groupby((one for one in looks if one.source), key=lambda one: one.source):
        one = list(group)
        found.append((names.get(source, source), one[0].at - last))
        last = one[-1].at
    return found
