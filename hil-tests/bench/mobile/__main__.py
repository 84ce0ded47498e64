"""``python -m bench.mobile``: one simulated modem on its own, to poke with a terminal."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import signal
from pathlib import Path

from bench.mobile.control import ControlServer
from bench.mobile.modem import SimulatedModem
from bench.mobile.network import MobileNetwork
from bench.mobile.operator import OperatorPolicy
from bench.mobile.personalities import PERSONALITIES
from bench.mobile.ports import Port, PtyPort, TcpPort
from bench.mobile.subscriber import Sim, Subscriber
from bench.mobile.switches import Switches


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.mobile", description=__doc__)
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--port", type=int, default=0, help="TCP port on 127.0.0.1; 0 takes a free one")
    where.add_argument("--pty", type=Path, help="a pseudo-terminal under this symbolic link instead")
    parser.add_argument("--personality", choices=sorted(PERSONALITIES), default="generic")
    parser.add_argument("--msisdn", default="+420777000100", help="the SIM's number, E.164")
    parser.add_argument("--pin", help="the SIM asks for this PIN")
    parser.add_argument("--no-sim", action="store_true", help="there is no SIM in the modem")
    parser.add_argument("--latency", type=float, default=3.0, help="seconds the network takes for AT+CCFC")
    parser.add_argument("--boot", action="store_true", help="boot first instead of being up for long")
    parser.add_argument("--control", type=Path, help="unix socket for switches, one JSON object a line")
    return parser


async def run(options: argparse.Namespace) -> None:
    """Run until SIGINT or SIGTERM."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    network = MobileNetwork(operator=OperatorPolicy(latency_s=options.latency))
    network.add(Subscriber(options.msisdn, Sim(pin=options.pin)))
    port: Port = PtyPort(options.pty) if options.pty else TcpPort(options.port)
    make = PERSONALITIES[options.personality]
    async with contextlib.AsyncExitStack() as stack:
        modem = SimulatedModem(network, options.msisdn, port, make, booted=not options.boot)
        await stack.enter_async_context(modem)
        if options.control:
            await stack.enter_async_context(ControlServer(options.control, Switches(modem)))
        if options.no_sim:
            modem.change_sim(None)
        print(f"{make.manufacturer} {make.model} with {options.msisdn} at {port.address}", flush=True)
        await stop.wait()


if __name__ == "__main__":
    asyncio.run(run(arguments().parse_args()))
