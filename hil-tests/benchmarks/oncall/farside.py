"""The far side: one real Asterisk that is the operator, its customers and all the phones.

What happens there is read from its log, whose lines carry milliseconds: a call that leaves for the Asterisk under
test, and each phone at the moment it begins to ring. Times are compared with each other only, so one clock serves.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bench.addresses import SIP_PORT
from bench.asterisk.manager import Manager, ManagerError
from bench.asterisk.server import AsteriskServer, Part, Peer
from bench.programs import Program
from benchmarks.oncall.numbers import audio_id

RINGS_S = 0.5  # an answering phone rings so long
LONGEST_CALL_S = 900
SUNG_HZ = 620
MODULES = ("app_verbose.so", "app_audiosocket.so", "res_audiosocket.so", "res_pjsip_rfc3329.so")
_LINE = re.compile(
    r"^\[(?P<at>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3})\] WARNING.*?: BENCH (?P<what>\w+) (?P<who>\S+)", re.M
)


@dataclass(frozen=True, slots=True)
class Seen:
    """One thing that happened at the far side. ``at`` is its clock in seconds; ``who`` is the phone or the call."""

    at: float
    what: str
    who: str


def read_log(text: str) -> list[Seen]:
    """What the far side's log tells, in its order; other lines and a half-written last one are left out."""
    return [
        # its clock has no zone: it is compared with itself
        Seen(datetime.fromisoformat(match["at"]).timestamp(), match["what"], match["who"])
        for match in _LINE.finditer(text[: text.rfind("\n") + 1])
    ]


def far_part(address: str, under_test: str, ears: str) -> Part:
    """The far side's Asterisk. ``under_test`` is what is called, ``ears`` where the ends of calls are heard."""
    dialplan = f"""\
[phones]
exten = _+4207771.,1,Log(WARNING,BENCH rang ${{EXTEN}})
 same = n,Ringing()
 same = n,Wait({LONGEST_CALL_S})
exten = _+4207772.,1,Log(WARNING,BENCH rang ${{EXTEN}})
 same = n,Ringing()
 same = n,Wait({RINGS_S})
 same = n,Answer(,i)
 same = n,AudioSocket({audio_id("+" + "0" * 12)[:-12]}${{EXTEN:1}},{ears})
 same = n,Hangup()
exten = _+4207773.,1,Log(WARNING,BENCH brought ${{CALLERID(num)}})
 same = n,Answer(,i)
 same = n,AudioSocket({audio_id("+" + "0" * 12)[:-12]}${{EXTEN:1}},{ears})
 same = n,Hangup()

[customers]
exten = sing,1,Playtones({SUNG_HZ})
 same = n,Wait({LONGEST_CALL_S})
 same = n,Hangup()
exten = wait,1,Log(WARNING,BENCH called ${{DIALLED}})
 same = n,Dial(PJSIP/under-test/sip:${{DIALLED}}@{under_test}:{SIP_PORT})
 same = n,Hangup()
exten = talk,1,AudioSocket(${{AUDIO}},{ears})
 same = n,Hangup()
"""
    peers = [Peer("under-test", under_test, "phones"), Peer("self", address, "phones")]
    return Part("far-side", address, peers, dialplan, MODULES)


class FarSide:
    """The running far side."""

    def __init__(self, program: Program, address: str, under_test: str, ears: str, run_dir: Path) -> None:
        self.server = AsteriskServer(program, far_part(address, under_test, ears), run_dir)
        self._under_test = under_test

    def mark(self) -> int:
        """A place in its log: what is read from here happened later."""
        return self.server.process.log.stat().st_size

    def seen(self, mark: int) -> list[Seen]:
        """What happened since ``mark``."""
        with self.server.process.log.open("rb") as log:
            log.seek(mark)
            return read_log(log.read().decode(errors="replace"))

    async def seen_until(self, mark: int, enough: Callable[[list[Seen]], bool], timeout_s: float) -> list[Seen]:
        """What happened since ``mark`` once that is ``enough``, or when the time is over."""
        until = time.monotonic() + timeout_s
        while not enough(seen := self.seen(mark)) and time.monotonic() < until:  # noqa: ASYNC110
            await asyncio.sleep(0.02)  # a log tells no event
        return seen

    async def call(self, dialled: str, caller: str) -> None:
        """A customer who dials and waits until :meth:`hang_up`."""
        variables = {"DIALLED": dialled, "CALLER": caller}
        await self.server.manager.originate("Local/held@held/n", "customers", "wait", variables)

    async def talk(self, dialled: str, caller: str, *, through: bool = True) -> None:
        """A customer who dials and, once answered, speaks and listens as an end of the ears.

        Without ``through`` the call does not pass the Asterisk under test: what is left is the far side's own time.
        """
        peer, address = ("under-test", self._under_test) if through else ("self", self.server.address)
        variables = {"AUDIO": audio_id(caller), "CALLER": caller}
        channel = f"PJSIP/{peer}/sip:{dialled}@{address}:{SIP_PORT}"
        await self.server.manager.originate(channel, "customers", "talk", variables)

    async def sing(self, dialled: str, caller: str) -> None:
        """A customer who dials and, once answered, sings one tone until :meth:`end_song`."""
        channel = f"PJSIP/under-test/sip:{dialled}@{self._under_test}:{SIP_PORT}"
        await self.server.manager.originate(channel, "customers", "sing", {"CALLER": caller}, _song(caller))

    async def end_song(self, caller: str) -> None:
        """A customer who sings hangs up."""
        with contextlib.suppress(ManagerError):  # the call is over
            await self.server.manager.action("Hangup", Channel=_song(caller))

    async def end_songs(self) -> None:
        """Everybody who has a call with the Asterisk under test hangs up."""
        with contextlib.suppress(ManagerError):  # nobody is left
            await self.server.manager.action("Hangup", Channel="/^PJSIP\\/under-test-/")

    async def hang_up(self) -> None:
        """Every customer of :meth:`call` hangs up."""
        with contextlib.suppress(ManagerError):  # nobody is left
            await self.server.manager.action("Hangup", Channel="/^Local\\/held/")

    async def channels(self) -> int:
        """How many channels it has."""
        return await active_channels(self.server.manager)


def _song(caller: str) -> str:
    return f"song-{caller}"


async def active_channels(manager: Manager) -> int:
    """How many channels an Asterisk has."""
    said = await manager.command("core show channels count")
    match = re.search(r"(\d+) active channels?", said)
    if match is None:
        raise ValueError(f"no number of channels in {said!r}")
    return int(match[1])
