"""Short messages with delivery reports: parts handed to the network one by one, reports taken in.

The modem forgets how to tell of reports when it restarts, so that is said anew in each of its lives, before the
first part. A modem that knows no reports sends all the same. The PDU coder is imported only where it is needed: a
guard that sends nothing does not carry it.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import re
from collections.abc import Awaitable, Callable

from appliance.domain.phone import PhoneNumber
from appliance.domain.phrase import phrase
from appliance.domain.sms import DeliveryReport, Fate, SmsError, Submitted
from appliance.modem import cnmi
from appliance.modem.channel import Answer, ChannelError, NoAnswerError
from appliance.modem.dialogue import Request
from appliance.modem.parameters import after_prefix, number_at, text_at
from appliance.modem.tokens import FinalKind

log = logging.getLogger(__name__)

Ask = Callable[[Request], Awaitable[Answer]]
OnReport = Callable[[DeliveryReport], Awaitable[None]]

SEND_TIMEOUT_S = 120.0  # what vendors document for AT+CMGS
MOST_WAITING = 200  # reports that came while nobody takes them; others can be asked for by nobody
_PDU_MODE = Request("AT+CMGF=0")
_MEMORY = Request("AT+CPMS?", ("+CPMS:",))
_ALL = 4
_NAME = re.compile(r"[A-Z]{2}\Z")
REPORT_LINES = ("+CDS:", "+CDSI:")

# TS 27.005 §3.2.5 and TS 24.011 annex E-2: the number is nobody's
_NOBODYS = 1
# what networks and modems without delivery reports or validity periods answer to a part that wants them
_WANTS_TOO_MUCH = frozenset({None, 29, 50, 69, 111, 302, 303, 304, 500})
_INVALID_PDU = 304


class Messages:
    """The messages of a modem over all its lives. ``life`` rises each time it can be used anew."""

    def __init__(self, ask: Ask, life: Callable[[], int]) -> None:
        self._ask = ask
        self._life = life
        self._prepared: int | None = None
        self._reports = False
        self._news: asyncio.Queue[str] = asyncio.Queue(MOST_WAITING)
        self._turn = asyncio.Lock()  # what selects a memory must not be disturbed by its like

    async def send_part(
        self, number: PhoneNumber, text: str, reference: int, part: int, *, report: bool, validity_s: float | None
    ) -> Submitted:
        """Send the ``part``-th part (from 0) of a text and nothing else. Raises :class:`SmsError`.

        Where the network or the modem refuses the part with its wishes, it is sent once more without them.
        """
        async with self._turn:
            await self._prepare()
            wishes = report and self._reports
            try:
                return await self._submit(number, text, reference, part, wishes, validity_s)
            except SmsError as error:
                plain = not wishes and validity_s is None
                if error.fate not in (Fate.REFUSED, Fate.IMPOSSIBLE) or error.code not in _WANTS_TOO_MUCH or plain:
                    raise
                log.info("%s; trying without report and validity period", error.message)
                return await self._submit(number, text, reference, part, False, None)

    def unsolicited(self, line: str) -> None:
        """Take in a line that tells of a report."""
        if self._news.full():
            log.warning("a delivery report is dropped: nobody takes them")
            return
        self._news.put_nowait(line)

    async def take_reports(self, on_report: OnReport) -> None:
        """Hand over each report, forever; a stored one is deleted once it was taken."""
        while True:
            line = await self._news.get()
            head, _, pdu = line.partition("\n")
            try:
                if head.startswith("+CDS:"):
                    await self._take(pdu, on_report)
                else:
                    fields = after_prefix(head, "+CDSI:") or ()
                    async with self._turn:
                        await self._fetch(text_at(fields, 0), number_at(fields, 1), on_report)
            except SmsError as error:
                log.warning("a delivery report could not be fetched: %s", error)

    async def collect(self, on_report: OnReport) -> None:
        """Make the modem tell of reports, and take those it stored while nobody listened. Raises ``SmsError``."""
        async with self._turn:
            await self._prepare()
            if self._reports:
                await self._fetch("SR", None, on_report)

    async def _prepare(self) -> None:
        life = self._life()
        if self._prepared == life:
            return
        await self._must(_PDU_MODE)
        answer = await self._asked(cnmi.TEST)
        self._reports = False
        for setting in cnmi.settings(answer.lines if answer.ok else ()):
            if (await self._asked(setting.request)).ok:
                self._reports = setting.reports
                break
        if not self._reports:
            log.info("this modem does not tell of delivery reports; a message that was sent is not heard of again")
        self._prepared = life

    async def _submit(
        self, number: PhoneNumber, text: str, reference: int, part: int, report: bool, validity_s: float | None
    ) -> Submitted:
        from appliance.modem import sms_pdu

        try:
            parts = sms_pdu.encode(number.e164, text, reference, report=report, validity_s=validity_s)
            pdu = parts[part]
        except (ValueError, IndexError) as error:
            raise SmsError(Fate.IMPOSSIBLE, str(error)) from None
        await self._must(_PDU_MODE)  # a person may have left the text mode on
        request = Request(
            f"AT+CMGS={pdu.length}", ("+CMGS:",), timeout_s=SEND_TIMEOUT_S, payload=pdu.hex_text, secret=True
        )
        try:
            answer = await self._ask(request)
        except NoAnswerError as error:
            raise SmsError(Fate.UNKNOWN, error.message) from None
        except ChannelError as error:
            raise SmsError(Fate.NOT_SENT if error.exchange is None else Fate.UNKNOWN, error.message) from None
        if not answer.ok:
            raise _refusal(answer)
        fields = next((found for line in answer.lines if (found := after_prefix(line, "+CMGS:")) is not None), ())
        told = number_at(fields, 0)
        return Submitted(told % 256 if told is not None else None, report)

    async def _take(self, pdu: str, on_report: OnReport) -> bool:
        from appliance.modem import sms_pdu

        try:
            report = sms_pdu.read_report(pdu)
        except ValueError as error:
            log.debug("no delivery report: %s", error)
            return False
        await on_report(report)
        return True

    async def _fetch(self, memory: str, index: int | None, on_report: OnReport) -> None:
        """Take the report at ``index`` of a memory, or all there are; the memory in use stays what it was."""
        answer = await self._asked(_MEMORY)
        fields = next((found for line in answer.lines if (found := after_prefix(line, "+CPMS:"))), ())
        present = text_at(fields, 0)
        # left selected by a guard that was ended here: the memory for writing is still what both were
        home = text_at(fields, 3) if present == "SR" else present
        if _NAME.match(memory) and memory != present:
            if not (await self._asked(Request(f'AT+CPMS="{memory}"', ("+CPMS:",)))).ok:
                return
            present = memory
        failure: SmsError | None = None
        try:
            await self._fetch_here(index, on_report)
        except SmsError as error:
            failure = error
        if home != present and _NAME.match(home):
            await self._asked(Request(f'AT+CPMS="{home}"', ("+CPMS:",)))
        if failure is not None:
            raise failure

    async def _fetch_here(self, index: int | None, on_report: OnReport) -> None:
        await self._asked(_PDU_MODE)
        request = (
            Request(f"AT+CMGL={_ALL}", ("+CMGL:",), timeout_s=30.0, bare=True, secret=True)
            if index is None
            else Request(f"AT+CMGR={index}", ("+CMGR:",), timeout_s=15.0, bare=True, secret=True)
        )
        answer = await self._asked(request)
        for place, pdu in _listed(answer.lines, index):
            if await self._take(pdu, on_report):
                await self._asked(Request(f"AT+CMGD={place}", timeout_s=15.0))

    async def _must(self, request: Request) -> None:
        try:
            answer = await self._ask(request)
        except ChannelError as error:
            raise SmsError(Fate.NOT_SENT, error.message) from None
        if not answer.ok:
            raise SmsError(Fate.REFUSED, answer.refusal, answer.final.code)

    async def _asked(self, request: Request) -> Answer:
        try:
            return await self._ask(request)
        except ChannelError as error:
            raise SmsError(Fate.NOT_SENT, error.message) from None


def _listed(lines: tuple[str, ...], index: int | None) -> list[tuple[int, str]]:
    """Index and PDU of each message of an AT+CMGL or AT+CMGR answer."""
    found: list[tuple[int, str]] = []
    for head, pdu in itertools.pairwise(lines):
        if head.startswith("+CMGR:") and index is not None:
            found.append((index, pdu))
        elif (fields := after_prefix(head, "+CMGL:")) is not None and (place := number_at(fields, 0)) is not None:
            found.append((place, pdu))
    return found


def _refusal(answer: Answer) -> SmsError:
    final = answer.final
    code = final.code if final.kind is FinalKind.CMS_ERROR else None
    fate = Fate.IMPOSSIBLE if code in (_NOBODYS, _INVALID_PDU) else Fate.REFUSED
    return SmsError(fate, phrase("the network or the modem refused it: {answer}", answer=final.text), code)
