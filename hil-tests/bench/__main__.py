"""``python -m bench``: run the simulated bench, break it, mend it, call through it."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from pathlib import Path

from bench.faults import WAYS
from bench.lab.roles import UnavailableError
from bench.mobile.personalities import PERSONALITIES
from bench.profiles import PROFILES
from bench.programs import MissingProgram
from bench.remote import NoBenchError, RemoteError, ask, heard_from_json, run_dir
from bench.running import run
from bench.tour import tour
from bench.world import Options


def parser() -> argparse.ArgumentParser:
    """The command line."""
    main = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    main.add_argument("--run-dir", type=Path, help="where the bench keeps its files (default: one a checkout)")
    commands = main.add_subparsers(dest="command", required=True)
    for name, words in (("run", "run a world and show it live"), ("serve", "run a world without a view")):
        command = commands.add_parser(name, help=words)
        command.add_argument("--profile", choices=sorted(PROFILES), default="demo" if name == "run" else "quick")
        command.add_argument("--personality", choices=sorted(PERSONALITIES), default="generic", help="kind of modem")
        command.add_argument("--ccfc-seconds", type=float, help="what the mobile network takes for one AT+CCFC")
        command.add_argument("--watchdog", type=json.loads, default={}, help="keys of [watchdog] as a JSON object")
        command.add_argument("--seed", type=int, default=0, help="of the packets that get lost")
        command.add_argument("--pin", help="PIN of the SIM")
        command.add_argument("--no-guard", action="store_true", help="leave the guard out")
        command.add_argument(
            "--exchange",
            action=argparse.BooleanOptionalAction,
            default=name == "run",
            help="real exchanges on the nodes and the box, instead of nodes that only answer",
        )
        command.add_argument(
            "--local-route", action="store_true", help="the box's own number as a route of the ladder"
        )
        command.add_argument(
            "--web", action=argparse.BooleanOptionalAction, default=name == "run", help="the pages, over HTTPS"
        )
        command.add_argument("--plain", action="store_true", help="plain lines instead of the live screen")
    commands.add_parser("tour", help="an outage and its end, without hands")
    call = commands.add_parser("call", help="dial the service number and tell who answered")
    call.add_argument("number", nargs="?", help="another number to dial")
    for name, words in (("break", "break a part"), ("mend", "mend a part, or everything")):
        command = commands.add_parser(name, help=words)
        command.add_argument("part", nargs=None if name == "break" else "?")
        if name == "break":
            command.add_argument("--how", choices=WAYS, default="kill")
            command.add_argument("--percent", type=float, help="packets lost each way, with --how lose")
            command.add_argument("--seconds", type=float, help="added each way, with --how delay")
    commands.add_parser("status", help="what runs, and what is broken")
    return main


async def main(arguments: argparse.Namespace) -> int:
    """Do one command; its exit code."""
    directory = arguments.run_dir or run_dir()
    match arguments.command:
        case "run" | "serve":
            options = Options(
                arguments.profile,
                arguments.personality,
                arguments.pin,
                arguments.watchdog,
                directory,
                arguments.seed,
                not arguments.no_guard,
                arguments.ccfc_seconds,
                arguments.exchange,
                arguments.local_route,
                arguments.web,
            )
            return await run(options, view=arguments.command == "run", plain=arguments.plain)
        case "tour":
            return await tour(lambda line: print(line, flush=True))
        case "call":
            heard = heard_from_json(await ask(directory, "call", number=arguments.number))
            print(heard)
            return 0 if heard.reached_a_human else 1
        case "break":
            given = {"percent": arguments.percent, "seconds": arguments.seconds}
            options_given = {name: value for name, value in given.items() if value is not None}
            await ask(directory, "break", part=arguments.part, how=arguments.how, options=options_given)
            print(f"{arguments.part}: {arguments.how}")
        case "mend":
            await ask(directory, "mend", part=arguments.part)
            print(f"{arguments.part or 'everything'}: mended")
        case "status":
            print(json.dumps(await ask(directory, "status"), indent=2))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(asyncio.run(main(parser().parse_args())))
    except (NoBenchError, RemoteError, UnavailableError, MissingProgram) as error:
        sys.exit(f"bench: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
