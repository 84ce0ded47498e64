from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime

import pytest

from appliance.domain.phone import PhoneNumber
from appliance.domain.sms import DeliveryReport, Fate, SmsError
from appliance.modem import cnmi, sms_pdu
from appliance.modem.channel import Channel
from appliance.modem.dialogue import Request
from appliance.modem.messages import Messages
from bench.mobile.tpdu import status_report
from tests.modem.peers import MARKER, Script
from tests.modem.test_sms import submit_of

CZ = PhoneNumber("+420777000111")
RANGES = ("AT+CNMI=?", "+CNMI: (0-2),(0-3),(0,2),(0-2),(0,1)\nOK")
READY = (MARKER, ("AT+CMGF=0", "OK"), RANGES, ("AT+CNMI=2,1,0,1,0", "OK"), ("AT+CMGF=0", "OK"))


class Sent:
    """What one part looks like on the wire."""

    def __init__(self, text: str = "x", *, report: bool = True) -> None:
        (part,) = sms_pdu.encode(CZ.e164, text, 1, report=report, validity_s=3600 if report else None)
        self.command, self.pdu = f"AT+CMGS={part.length}", part.hex_text


@contextlib.asynccontextmanager
async def talking(*steps: tuple[str, str | bytes | None]) -> AsyncIterator[tuple[Messages, Script]]:
    script = Script(*steps)
    life = [1]
    channel = Channel(lambda line: messages.unsolicited(line), lambda: None)  # noqa: PLW0108  (made below)
    messages = Messages(channel.ask, lambda: life[0])
    await channel.open(script.open, "memory", 115200)
    try:
        yield messages, script
    finally:
        await channel.close()


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not true():  # noqa: ASYNC110  (the peers have no event for it)
            await asyncio.sleep(0)


async def send(messages: Messages, text: str = "x") -> tuple[int | None, bool]:
    submitted = await messages.send_part(CZ, text, 1, 0, report=True, validity_s=3600)
    return submitted.reference, submitted.report


async def test_a_part_goes_out_and_its_reference_comes_back() -> None:
    sent = Sent("on duty: you")
    async with talking(*READY, (sent.command, b"\r\n> "), (sent.pdu, "+CMGS: 17\nOK")) as (messages, script):
        assert await send(messages, "on duty: you") == (17, True)
        script.finished()
    assert submit_of(sent.pdu).report


async def test_ok_without_a_reference_is_sent_all_the_same() -> None:
    sent = Sent()
    async with talking(*READY, (sent.command, b"\r\n> "), (sent.pdu, "OK")) as (messages, _):
        assert await send(messages) == (None, True)


async def test_a_network_without_reports_gets_the_part_without_the_wish() -> None:
    sent, plain = Sent(), Sent(report=False)
    again = (("AT+CMGF=0", "OK"), (plain.command, b"\r\n> "), (plain.pdu, "+CMGS: 3\nOK"))
    steps = (*READY, (sent.command, b"\r\n> "), (sent.pdu, "+CMS ERROR: 69"), *again)
    async with talking(*steps) as (messages, script):
        assert await send(messages) == (3, False)
        script.finished()


@pytest.mark.parametrize(
    ("answer", "fate", "code"),
    [
        ("+CMS ERROR: 331", Fate.REFUSED, 331),
        ("+CMS ERROR: 330", Fate.REFUSED, 330),
        ("+CMS ERROR: 1", Fate.IMPOSSIBLE, 1),
    ],
)
async def test_a_refusal_carries_its_code(answer: str, fate: Fate, code: int) -> None:
    sent = Sent()
    async with talking(*READY, (sent.command, b"\r\n> "), (sent.pdu, answer)) as (messages, _):
        with pytest.raises(SmsError, match=str(code)) as caught:
            await send(messages)
    assert (caught.value.fate, caught.value.code) == (fate, code)


async def test_a_port_that_goes_after_the_text_went_out_leaves_the_fate_unknown() -> None:
    sent = Sent()
    async with talking(*READY, (sent.command, b"\r\n> "), (sent.pdu, None)) as (messages, script):
        sending = asyncio.create_task(send(messages))
        await until(lambda: not script.steps)
        script.vanish()
        with pytest.raises(SmsError) as caught:
            await sending
        assert caught.value.fate is Fate.UNKNOWN
        with pytest.raises(SmsError) as caught:
            await send(messages)
        assert caught.value.fate is Fate.NOT_SENT


async def test_a_modem_that_knows_no_reports_sends_all_the_same() -> None:
    plain = Sent(report=False)
    ranges = ("AT+CNMI=?", "+CNMI: (0-2),(0,1),(0),(0),(0,1)\nOK")
    async with talking(MARKER, ("AT+CMGF=0", "OK"), ranges, ("AT+CMGF=0", "OK")) as (messages, script):
        sending = asyncio.create_task(messages.send_part(CZ, "x", 1, 0, report=True, validity_s=None))
        script.steps += [(plain.command, b"\r\n> "), (plain.pdu, "+CMGS: 9\nOK")]
        submitted = await sending
    assert (submitted.reference, submitted.report) == (9, False)


async def heard(messages: Messages, done: Callable[[], bool] = lambda: True) -> list[DeliveryReport]:
    reports: list[DeliveryReport] = []

    async def take(report: DeliveryReport) -> None:
        reports.append(report)

    task = asyncio.create_task(messages.take_reports(take))
    await until(lambda: bool(reports) and done())
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    return reports


def report_pdu(reference: int) -> str:
    return status_report(reference, CZ.e164, datetime(2026, 7, 1, tzinfo=UTC), 0)


async def test_a_report_in_the_middle_of_a_reply_is_no_part_of_it() -> None:
    pdu = report_pdu(5)
    listing = f"+CMGL: 1,1,,24\n+CDS: {len(pdu) // 2 - 1}\n{pdu}\n{pdu}\nOK"
    async with talking(MARKER, ("AT+CMGL=4", listing)) as (messages, script):
        answer = await messages._ask(Request("AT+CMGL=4", ("+CMGL:",), bare=True))
        assert answer.lines == ("+CMGL: 1,1,,24", pdu)
        assert [report.reference for report in await heard(messages)] == [5]
        script.finished()


async def test_a_stored_report_is_fetched_from_its_memory_and_deleted() -> None:
    pdu = report_pdu(8)
    steps = (
        MARKER,
        ("AT+CPMS?", '+CPMS: "SM",0,30,"SM",0,30,"SM",0,30\nOK'),
        ('AT+CPMS="SR"', "+CPMS: 1,30,0,30,0,30\nOK"),
        ("AT+CMGF=0", "OK"),
        ("AT+CMGR=0", f"+CMGR: 0,,{len(pdu) // 2 - 1}\n{pdu}\nOK"),
        ("AT+CMGD=0", "OK"),
        ('AT+CPMS="SM"', "+CPMS: 0,30,0,30,0,30\nOK"),
    )
    async with talking(*steps) as (messages, script):
        messages.unsolicited('+CDSI: "SR",0')
        reports = await heard(messages, lambda: not script.steps)
        assert [report.reference for report in reports] == [8]
        script.finished()


async def test_a_memory_left_selected_by_an_ended_guard_is_left_again() -> None:
    steps = (
        *READY[:-1],
        ("AT+CPMS?", '+CPMS: "SR",0,30,"SM",0,30,"SM",0,30\nOK'),
        ("AT+CMGF=0", "OK"),
        ("AT+CMGL=4", "OK"),
        ('AT+CPMS="SM"', "+CPMS: 0,30,0,30,0,30\nOK"),
    )

    async def nobody(report: DeliveryReport) -> None:
        raise AssertionError(report)

    async with talking(*steps) as (messages, script):
        await messages.collect(nobody)
        script.finished()


@pytest.mark.parametrize(
    ("ranges", "wanted"),
    [
        ("+CNMI: (0-2),(0-3),(0,2),(0-2),(0,1)", ["AT+CNMI=2,1,0,1,0", "AT+CNMI=2,1,0,2,0"]),
        ("+CNMI: (0-3),(0,1),(0,2,3),(0,2),(1)", ["AT+CNMI=2,1,0,2,1"]),
        ("+CNMI: (0-2),(0-1),(0-3),(0,2),(0-1)", ["AT+CNMI=2,1,0,2,0"]),
        ("+CNMI: (0,1),(0,1),(0),(0,1)", ["AT+CNMI=1,1,0,1,0"]),
        ("+CNMI: (0-2),(0-3),(0,2),(0),(0,1)", []),
    ],
)
def test_what_a_modem_offers_is_asked_for(ranges: str, wanted: list[str]) -> None:
    assert [setting.request.text for setting in cnmi.settings((ranges,))] == wanted


@pytest.mark.parametrize("answer", [(), ("+CNMI: whatever",), ("+CNMI: (0-x),(1),(1),(1),(1)",)])
def test_without_a_readable_offer_the_usual_ones_are_tried(answer: tuple[str, ...]) -> None:
    assert len(cnmi.settings(answer)) == 4
