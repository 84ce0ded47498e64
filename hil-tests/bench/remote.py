"""The other end of the control socket."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any

from bench.control import MAX_LINE_BYTES
from bench.lab.roles import Heard, Outcome, UnavailableError


class NoBenchError(RuntimeError):
    """No bench is running where one was looked for."""


class RemoteError(RuntimeError):
    """The bench could not do what was asked."""


def run_dir() -> Path:
    """Where ``make run`` of this checkout keeps its files; short, as socket paths end at 108 bytes."""
    checkout = hashlib.sha256(str(Path(__file__).resolve().parents[2]).encode()).hexdigest()[:8]
    base = Path(os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir())
    return base / f"hotline-bench-{os.getuid()}-{checkout}"


def control_socket(directory: Path) -> Path:
    """The control socket of the bench that runs in this directory."""
    return directory / "control"


async def ask(directory: Path, name: str, **arguments: Any) -> Any:
    """Ask a running bench for one thing.

    Raises :class:`NoBenchError`, :class:`bench.lab.roles.UnavailableError` or :class:`RemoteError`.
    """
    try:
        reader, writer = await asyncio.open_unix_connection(control_socket(directory), limit=MAX_LINE_BYTES)
    except (FileNotFoundError, ConnectionRefusedError):
        raise NoBenchError("no bench is running here; start one with: make run") from None
    try:
        writer.write(json.dumps({"do": name, "with": arguments}).encode() + b"\n")
        await writer.drain()
        line = await reader.readline()
    finally:
        writer.close()
    if not line:
        raise NoBenchError("the bench ended in the middle of the answer")
    answer = json.loads(line)
    if answer["ok"]:
        return answer["result"]
    raise (UnavailableError if answer["kind"] == "unavailable" else RemoteError)(answer["error"])


def heard_from_json(said: dict[str, Any]) -> Heard:
    """A call as the control socket tells it."""
    return Heard(**{**said, "outcome": Outcome(said["outcome"])})
