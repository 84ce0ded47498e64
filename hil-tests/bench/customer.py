"""Customers: calls through the telephone network, each told by what was heard."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from bench.asterisk.agi import Answer
from bench.asterisk.manager import ManagerError
from bench.asterisk.server import AsteriskServer
from bench.exchange import Leg
from bench.hearing import read_recording, tones_heard, who_by_tones
from bench.lab.roles import Heard, Outcome
from bench.tones import Tones

LISTEN_S = 1.2
PATIENCE_S = 15.0  # for what the telephone network itself takes beyond ringing and listening
BUSY, NO_ANSWER, REJECTED = 17, 19, 21  # Q.850 causes

REDIRECTING_REASONS = {"cfu": "cfu", "cfb": "cfb", "cfnry": "cfnr", "cfnrc": "unavailable"}  # Asterisk's names
OUTCOMES = {
    "ANSWER": Outcome.ANSWERED,
    "BUSY": Outcome.BUSY,
    "NOANSWER": Outcome.NO_ANSWER,
    "CANCEL": Outcome.NO_ANSWER,
}


@dataclass(slots=True)
class _Call:
    ring_timeout_s: float
    dialled: float
    over: asyncio.Future[None]
    leg: Leg | None = None
    status: Sequence[str] = field(default_factory=tuple)
    ended_at: float = 0.0


class Customers:
    """Places calls. Its three scripts are served to the telephone network's dialplan over FastAGI."""

    def __init__(self, tones: Tones, run_dir: Path, find_leg: Callable[[str], Leg]) -> None:
        self._tones = tones
        self._run_dir = run_dir
        self._find_leg = find_leg
        self._numbers = itertools.count(1)
        self._calls: dict[str, _Call] = {}

    async def dial(self, network: AsteriskServer, number: str, ring_timeout_s: float = 40.0) -> Heard:
        """Dial, listen, hang up."""
        name = str(next(self._numbers))
        call = _Call(ring_timeout_s, time.monotonic(), asyncio.get_running_loop().create_future())
        self._calls[name] = call
        recording = self._run_dir / f"call-{name}"
        variables = {"__CALL": name, "__RECORDING": str(recording), "CALLER": f"+4206000{int(name) % 100000:05d}"}
        try:
            async with asyncio.timeout(ring_timeout_s + LISTEN_S + PATIENCE_S):
                await network.manager.originate("Local/listen@handset/n", "exchange", number, variables)
                await call.over
        except (TimeoutError, ManagerError, OSError):
            return Heard(None, None, Outcome.UNREACHABLE, time.monotonic() - call.dialled)
        finally:
            del self._calls[name]
        heard = _outcome(call)
        if heard.outcome is not Outcome.ANSWERED:
            return heard
        who, via = await asyncio.to_thread(self._listen, recording.with_suffix(".wav"))
        return replace(heard, who=who, via=via)

    async def route(self, arguments: Sequence[str]) -> Answer:
        """Script ``route CALL NUMBER``: where the call goes."""
        call = self._calls.get(arguments[0])
        if call is None:
            return {"LEG": "", "CAUSE": "1"}
        leg = call.leg = self._find_leg(arguments[1])
        return {
            "LEG": leg.dial or "",
            "CAUSE": str(leg.cause),
            "WAIT_S": str(leg.rings_before_s),
            "RING_S": str(max(1, round(call.ring_timeout_s - leg.rings_before_s))),
            "LISTEN_MS": str(round(LISTEN_S * 1000)),
            "DIVERTED_FROM": arguments[1] if leg.reason else "",
            "DIVERTED_WHY": REDIRECTING_REASONS.get(leg.reason, ""),
        }

    async def ended(self, arguments: Sequence[str]) -> Answer:
        """Script ``ended CALL DIALSTATUS CAUSE DIALED_MS ANSWERED_MS``."""
        if call := self._calls.get(arguments[0]):
            call.status = arguments[1:]
            call.ended_at = time.time()
        return {}

    async def hung_up(self, arguments: Sequence[str]) -> Answer:
        """Script ``hung_up CALL``: the recording is complete."""
        if (call := self._calls.get(arguments[0])) and not call.over.done():
            call.over.set_result(None)
        return {}

    def _listen(self, recording: Path) -> tuple[str | None, str | None]:
        try:
            samples, rate_hz = read_recording(recording)
        except FileNotFoundError:  # not one frame of audio came: Asterisk makes no file then
            return None, None
        known = [*self._tones.answerers.values(), *self._tones.trunks.values()]
        heard = tones_heard(samples, known, rate_hz)
        return who_by_tones(heard, self._tones.answerers, self._tones.trunks)


def _outcome(call: _Call) -> Heard:
    """The call as the dialplan told its end, without what was heard."""
    took_s = time.monotonic() - call.dialled
    leg = call.leg
    diverted_to = leg.number if leg and leg.reason else None
    if leg is not None and leg.dial is None:
        outcome = {BUSY: Outcome.BUSY, NO_ANSWER: Outcome.NO_ANSWER}.get(leg.cause, Outcome.UNREACHABLE)
        return Heard(None, None, outcome, took_s, cause=leg.cause, diverted_to=diverted_to)
    status, cause, dialled_ms, answered_ms = (*call.status, *[""] * 4)[:4]
    outcome = OUTCOMES.get(status, Outcome.UNREACHABLE)
    cause_code = int(cause) if cause.isdigit() and int(cause) else None
    if outcome is Outcome.ANSWERED:
        answered_s = int(answered_ms or 0) / 1000
        ring_s = (leg.rings_before_s if leg else 0.0) + int(dialled_ms or 0) / 1000 - answered_s
        return Heard(None, None, outcome, ring_s, call.ended_at - answered_s, cause_code, diverted_to)
    if cause_code == REJECTED:
        outcome = Outcome.REJECTED
    return Heard(None, None, outcome, took_s, None, cause_code, diverted_to)
