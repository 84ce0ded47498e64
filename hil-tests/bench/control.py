"""The bench's control socket: another terminal, or the test suite, steers a running world through it.

One JSON object a line over a unix socket: ``{"do": NAME, "with": {...}}`` is answered by ``{"ok": true, "result":
...}`` or ``{"ok": false, "error": TEXT, "kind": "unavailable" | "failed"}``.
"""

from __future__ import annotations

import asyncio
import base64
import dataclasses
import json
import os
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Self

from bench.board_control import BoardControl
from bench.faults import WorldFaults
from bench.lab.roles import UnavailableError
from bench.mobile.switches import SwitchError
from bench.plan import SERVICE_NUMBER
from bench.world import World

MAX_LINE_BYTES = 4_000_000
LONGEST_WAIT_S = 30.0
# a unix socket refuses at once who comes while its queue is full, and asyncio takes that refusal for a connection
MOST_UNACCEPTED = 1024

Arguments = Mapping[str, Any]


class Control:
    """What can be asked of a world."""

    def __init__(self, world: World, faults: WorldFaults) -> None:
        self._world = world
        self._faults = faults
        self._methods: dict[str, Callable[[Arguments], Awaitable[Any]]] = {
            "status": self._status,
            "state": self._state,
            "events": self._events,
            "command": self._command,
            "call": self._call,
            "break": self._break,
            "mend": self._mend,
            "guard": self._guard,
            "modem": self._modem,
            "log": self._log,
            "exchange.states": self._exchange_states,
        }
        if world.switchboard:
            self._methods |= BoardControl(world.switchboard).methods

    async def answer(self, line: bytes) -> dict[str, Any]:
        """The answer to one request, whatever it is."""
        try:
            request = json.loads(line)
            method = self._methods.get(request["do"])
            if method is None:
                raise UnavailableError(f"{request['do']!r} is none of {', '.join(self._methods)}")
            return {"ok": True, "result": await method(request.get("with") or {})}
        except UnavailableError as error:
            return {"ok": False, "kind": "unavailable", "error": str(error)}
        except (
            SwitchError,
            LookupError,
            TypeError,
            ValueError,
            OSError,
            RuntimeError,
            StopIteration,
            ExceptionGroup,
        ) as error:
            return {"ok": False, "kind": "failed", "error": f"{type(error).__name__}: {error}"}

    async def _status(self, arguments: Arguments) -> Any:
        del arguments
        world = self._world
        return {
            "state": world.observer.state,
            "broken": dict(self._faults.broken()),
            "parts": list(self._faults.parts),
            "dead": world.dead(),
            "run_dir": str(world.run_dir),
            "config": str(world.config_file),
            "configs": {name: str(file) for name, file in world.switchboard.configs.items()}
            if world.switchboard
            else {},
            "pids": {process.name: process.pid for process in world.processes()},
        }

    async def _state(self, arguments: Arguments) -> Any:
        observer = self._world.observer
        if (seen := arguments.get("seen")) is not None:
            await observer.change_after(seen, min(arguments.get("timeout_s", LONGEST_WAIT_S), LONGEST_WAIT_S))
        return {"changes": observer.changes, "available": observer.available, "state": observer.state}

    async def _events(self, arguments: Arguments) -> Any:
        return [event for event in self._world.observer.events if event["id"] > arguments.get("since_id", 0)]

    async def _command(self, arguments: Arguments) -> Any:
        payload = base64.b64decode(arguments["payload"])
        return await self._world.observer.command(
            payload, arguments["timeout_s"], arguments.get("expiry_s"), arguments.get("exchange")
        )

    async def _exchange_states(self, arguments: Arguments) -> Any:
        del arguments
        observer = self._world.observer
        return {"states": observer.exchanges, "roster": observer.roster, "events": observer.exchange_events}

    async def _call(self, arguments: Arguments) -> Any:
        number = arguments.get("number") or SERVICE_NUMBER
        heard = await self._world.dial(number, arguments.get("ring_timeout_s", 40.0))
        return dataclasses.asdict(heard)

    async def _break(self, arguments: Arguments) -> Any:
        await self._faults.break_(arguments["part"], arguments.get("how", "kill"), **arguments.get("options", {}))

    async def _mend(self, arguments: Arguments) -> Any:
        if part := arguments.get("part"):
            await self._faults.mend(part)
        else:
            await self._faults.mend_all()

    async def _guard(self, arguments: Arguments) -> Any:
        guard = self._world.guard
        began = time.monotonic()
        match arguments["action"]:
            case "start":
                await guard.start()
            case "stop":
                await guard.stop(grace_s=30.0)
            case "kill":
                await guard.kill()
            case "configure":
                self._world.configure(arguments["watchdog"])
            case action:
                raise UnavailableError(f"{action!r} is none of start, stop, kill, configure")
        took_s = time.monotonic() - began
        if guard.pid is None:
            self._world.observer.forget()
        return {"took_s": took_s, "returncode": guard.returncode}

    async def _modem(self, arguments: Arguments) -> Any:
        return await self._world.switches.call(arguments["switch"], arguments.get("with", {}))

    async def _log(self, arguments: Arguments) -> Any:
        lines = arguments.get("lines", 40)
        return {process.name: process.log_tail(lines) for process in self._world.processes()}


class ControlServer:
    """Serves a :class:`Control` on a unix socket that only its owner may use. Use as ``async with``."""

    def __init__(self, path: Path, control: Control) -> None:
        self.path = path
        self._control = control
        self._server: asyncio.Server | None = None
        self._clients: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        await asyncio.to_thread(self.path.unlink, missing_ok=True)
        self._server = await asyncio.start_unix_server(
            self._accept, self.path, limit=MAX_LINE_BYTES, backlog=MOST_UNACCEPTED
        )
        os.chmod(self.path, 0o600)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in list(self._clients):
            task.cancel()
        await asyncio.gather(*self._clients, return_exceptions=True)
        await asyncio.to_thread(self.path.unlink, missing_ok=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer), name="control client")
        self._clients.add(task)
        task.add_done_callback(self._clients.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                writer.write(json.dumps(await self._control.answer(line), default=str).encode() + b"\n")
                await writer.drain()
        except (ConnectionError, ValueError):  # ValueError: a line beyond the limit
            return
        finally:
            writer.close()
