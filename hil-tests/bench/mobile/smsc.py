"""The service centre: takes short messages from modems, gives them to their receivers, and reports."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from bench.mobile import tpdu

DELIVERED, UNDERWAY, GAVE_UP = 0x00, 0x30, 0x65  # TP-ST; 0x65: no response from the receiver, and no more tries
RESOURCES, NETWORK_TIMEOUT = 47, 332


class MessageRefusedError(Exception):
    """The network does not take the message; ``code`` is the +CMS ERROR."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


@dataclass(slots=True)
class SmsPolicy:
    """How the network treats messages: switches for any time.

    latency_s: seconds until a modem hears that its part was taken; ``effect_share``: the part of them after which
        it was (a modem that loses power before that takes the part with it).
    refuse: +CMS ERROR codes for the next parts; refuse_every: for all of them until ``None``.
    refuse_report_requests: the code for parts that ask for a report.
    swallow: so many parts are taken and never answered; the modem waits until its own timer ends.
    reports: what comes back of a part that asked for it; ``garbage`` is a damaged PDU, ``foreign`` one for a
        message of somebody else. ``report_after_s`` from taking to report.
    tells_underway: a receiver that is away makes an interim report.
    national_reports: the receiver's number in reports has no prefix.
    """

    latency_s: float = 0.0
    effect_share: float = 0.5
    refuse: deque[int] = field(default_factory=deque)
    refuse_every: int | None = None
    refuse_report_requests: int | None = None
    swallow: int = 0
    reports: Literal["delivered", "failed", "none", "garbage", "foreign"] = "delivered"
    report_after_s: float = 0.0
    tells_underway: bool = True
    national_reports: bool = False


@dataclass(frozen=True, slots=True)
class Taken:
    """One part in the service centre."""

    at: float
    sender: str
    reference: int
    part: tpdu.Submitted


class ServiceCentre:
    """One operator's. ``away`` are the receivers that cannot be reached now."""

    def __init__(self, clock: Callable[[], float], national: Callable[[str], str]) -> None:
        self.policy = SmsPolicy()
        self.taken: list[Taken] = []
        self.away: set[str] = set()
        self._clock, self._national = clock, national
        self._delivered: dict[str, list[Taken]] = {}
        self._held: list[Taken] = []
        self._reports: dict[str, list[str]] = {}
        self._modems: dict[str, Callable[[str], bool]] = {}

    async def submit(self, sender: str, tpdu_hex: str, reference: int) -> None:
        """Take one part. Raises :class:`MessageRefusedError`, ``ValueError`` for a TPDU that is none."""
        part = tpdu.read_submit(tpdu_hex)
        policy = self.policy
        await asyncio.sleep(policy.latency_s * policy.effect_share)
        if policy.refuse:
            raise MessageRefusedError(policy.refuse.popleft())
        if policy.refuse_every is not None:
            raise MessageRefusedError(policy.refuse_every)
        if part.report and policy.refuse_report_requests is not None:
            raise MessageRefusedError(policy.refuse_report_requests)
        self._take(Taken(self._clock(), sender, reference, part))
        if policy.swallow:
            policy.swallow -= 1
            await asyncio.get_running_loop().create_future()
        await asyncio.sleep(policy.latency_s * (1 - policy.effect_share))

    def texts(self, number: str) -> list[str]:
        """What the receiver's phone shows: whole messages, and parts that came twice or alone marked with ``…``."""
        shown: list[str] = []
        open_: dict[tuple[str, int, int], dict[int, str]] = {}
        for taken in self._delivered.get(number, []):
            if taken.part.concatenation is None:
                shown.append(taken.part.text)
                continue
            reference, total, place = taken.part.concatenation
            parts = open_.setdefault((taken.sender, reference, total), {})
            parts[place] = taken.part.text
            if len(parts) == total:
                del open_[taken.sender, reference, total]
                whole = "".join(parts[index] for index in range(1, total + 1))
                shown.append(whole.encode("utf-16-be", "surrogatepass").decode("utf-16-be", "replace"))
        return shown + [f"…{''.join(parts.values())}…" for parts in open_.values()]

    def back(self, number: str) -> None:
        """The receiver can be reached again and gets what waited."""
        self.away.discard(number)
        waiting, self._held = self._held, []
        for taken in waiting:
            if taken.part.number == number:
                self._deliver(taken)
            else:
                self._held.append(taken)

    def listen(self, number: str, report: Callable[[str], bool] | None) -> None:
        """Hand reports for this sender to its modem; it returns ``False`` while it has no network."""
        if report is None:
            self._modems.pop(number, None)
        else:
            self._modems[number] = report
            self.flush(number)

    def flush(self, number: str) -> None:
        """The sender has come back to the network: reports that waited are handed over."""
        waiting, modem = self._reports.get(number, []), self._modems.get(number)
        while waiting and modem is not None and modem(waiting[0]):
            waiting.pop(0)

    def _take(self, taken: Taken) -> None:
        self.taken.append(taken)
        if taken.part.number not in self.away:
            self._deliver(taken)
            return
        self._held.append(taken)
        if self.policy.tells_underway:
            self._report_soon(taken, UNDERWAY)

    def _deliver(self, taken: Taken) -> None:
        if self.policy.reports == "failed":
            self._report_soon(taken, GAVE_UP)
            return
        self._delivered.setdefault(taken.part.number, []).append(taken)
        self._report_soon(taken, DELIVERED)

    def _report_soon(self, taken: Taken, status: int) -> None:
        if taken.part.report and self.policy.reports != "none":
            asyncio.get_running_loop().call_later(self.policy.report_after_s, self._report, taken, status)

    def _report(self, taken: Taken, status: int) -> None:
        reference, number = taken.reference, taken.part.number
        if self.policy.reports == "foreign":
            reference, number = (reference + 7) % 256, "+420601000000"
        if self.policy.national_reports:
            number = self._national(number)
        pdu = tpdu.status_report(reference, number, datetime.now(UTC), status)
        if self.policy.reports == "garbage":
            pdu = pdu[:20]
        self._reports.setdefault(taken.sender, []).append(pdu)
        self.flush(taken.sender)
