"""``python -m bench run`` and ``serve``: a world that stands until it is told to go."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from pathlib import Path

from bench.control import Control, ControlServer
from bench.faults import WorldFaults
from bench.plan import WEB_PASSWORD
from bench.processes import ProcessDied
from bench.remote import NoBenchError, ask, control_socket
from bench.world import Options, World

HINTS = "make call | make break PART=trunk-a | make mend PART=trunk-a"
PEOPLE = "make call rings who has duty, over an exchange. hotline roster and hotline calls work with the file below."


async def run(options: Options, *, view: bool, plain: bool) -> int:
    """Run a world until SIGINT or SIGTERM. With ``view`` the box's own live view is shown."""
    assert options.run_dir is not None
    await _refuse_second(options.run_dir)
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    if view:
        nodes = "two nodes and the box with an exchange each" if options.exchange else "two nodes"
        print(f"Starting the telephone network, two trunks, {nodes}, a broker, a modem and the guard ...", flush=True)
    starting = asyncio.create_task(_stand(options, stop, view=view, plain=plain))
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait((starting, stopped), return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    if not starting.done():
        starting.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        try:
            await starting
        except (ProcessDied, ExceptionGroup) as error:
            print(f"The bench could not start: {_words(error)}", file=sys.stderr)
            return 1
    if view:
        print("Stopped; nothing is left running.", flush=True)
    return 0


async def _stand(options: Options, stop: asyncio.Event, *, view: bool, plain: bool) -> None:
    assert options.run_dir is not None
    async with World(options) as world:
        faults = WorldFaults(world)
        control = Control(world, faults)
        async with ControlServer(control_socket(options.run_dir), control):
            if not view:
                print(f"ready {options.run_dir}", flush=True)
                await stop.wait()
                return
            print(f"Logs are in {options.run_dir}. Ctrl-C ends it all. From another terminal:\n  {HINTS}", flush=True)
            print(f"Parts: {' '.join(faults.parts)}", flush=True)
            if world.switchboard:
                print(f"{PEOPLE}\n  {world.config_file}", flush=True)
            if world.options.web:
                print(f"Pages: {world.pages}/  sign in as admin with: {WEB_PASSWORD}", flush=True)
            await _show(world, plain=plain)


async def _show(world: World, *, plain: bool) -> None:
    """The box's own view, as a child on this terminal; once it ends, so does the bench."""
    command = [
        sys.executable,
        "-m",
        "appliance",
        "--config",
        str(world.config_file),
        "watch",
        "--footer",
        f"{HINTS}   Ctrl-C ends the bench",
    ]
    child = await asyncio.create_subprocess_exec(
        "setpriv", "--pdeathsig", "KILL", "--", *command, *(["--plain"] if plain else [])
    )
    try:
        await child.wait()
    finally:
        if child.returncode is None:
            child.terminate()
            await child.wait()


async def _refuse_second(directory: Path) -> None:
    with contextlib.suppress(NoBenchError):
        await ask(directory, "status")
        raise SystemExit(f"A bench is running already in {directory}; end it first (Ctrl-C in its terminal).")


def _words(error: BaseException) -> str:
    if isinstance(error, BaseExceptionGroup):
        return "; ".join(_words(inner) for inner in error.exceptions)
    return str(error) or type(error).__name__
