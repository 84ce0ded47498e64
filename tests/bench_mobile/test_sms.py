"""The bench's own messages: the service centre, delivery reports as modems tell of them, errors."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime

import pytest
from gsmmodem.pdu import decodeSmsPdu, encodeSmsSubmitPdu

from bench.mobile import tpdu
from bench.mobile.modem import SimulatedModem
from bench.mobile.subscriber import Registration
from tests.bench_mobile.conftest import SERVICE, Terminal, running

TO = "+420777000111"
SENT = re.compile(rb"(?:OK|ERROR: \d+)\r\n")


async def submit(terminal: Terminal, text: str = "hello", *, report: bool = True) -> str:
    (pdu,) = encodeSmsSubmitPdu(TO, text, reference=0, requestStatusReport=report)
    assert await terminal.at(f"AT+CMGS={pdu.tpduLength}") == b"\r\n> "
    terminal.link.write(bytes(pdu.data).hex().encode() + b"\x1a")
    return (await terminal.until(SENT)).decode()


async def ready(modem: SimulatedModem, cnmi: str) -> Terminal:
    terminal = Terminal(modem)
    modem.network.smsc.policy.report_after_s = 0.05  # behind the answer, as networks do
    assert await terminal.lines("AT+CMGF=0") == ["OK"]
    assert await terminal.lines(f"AT+CNMI={cnmi}") == ["OK"]
    return terminal


async def test_a_report_is_handed_over_on_two_lines() -> None:
    async with running() as modem:
        terminal = await ready(modem, "2,1,0,1,0")
        for reference in range(2):
            assert f"+CMGS: {reference}\r\n" in await submit(terminal)
            told = (await terminal.until(re.compile(rb"\+CDS: \d+\r\n[0-9A-F]+\r\n"))).decode()
            head, pdu = [line for line in told.splitlines() if line][-2:]
            assert int(head.removeprefix("+CDS: ")) == len(pdu) // 2 - 1
            read = decodeSmsPdu(pdu)  # by a coder of others
            assert (read["type"], read["reference"], read["number"], read["status"]) == (
                "SMS-STATUS-REPORT",
                reference,
                TO,
                0,
            )
        assert modem.network.smsc.texts(TO) == ["hello", "hello"]


async def test_a_stored_report_is_told_by_its_place_from_zero() -> None:
    async with running("ublox-sara") as modem:
        terminal = await ready(modem, "2,1,0,2,0")
        await submit(terminal)
        assert b'+CDSI: "SR",0' in await terminal.until(re.compile(rb'\+CDSI: "SR",0\r\n'))
        assert await terminal.lines('AT+CPMS="SR"') == ["+CPMS: 1,30,0,30,0,30", "OK"]
        assert (await terminal.lines("AT+CPMS?"))[0] == '+CPMS: "SR",1,30,"SM",0,30,"SM",0,30'
        head, pdu, _ = await terminal.lines("AT+CMGR=0")
        assert head == f"+CMGR: 0,,{len(pdu) // 2 - 1}"
        assert await terminal.lines("AT+CMGD=0") == ["OK"]
        assert await terminal.lines("AT+CMGR=0") == ["+CMS ERROR: 321"]


@pytest.mark.parametrize(
    ("make", "cnmi", "takes"),
    [
        ("multitech", "2,1,0,1,0", False),
        ("multitech", "2,1,0,0,0", True),
        ("cinterion", "2,1,0,2,0", False),
        ("cinterion", "2,1,0,2,1", True),
        ("ublox-sara", "2,1,0,1,0", False),
        ("generic", "2,1,0,1,0,0", False),
    ],
)
async def test_a_setting_beyond_the_ranges_is_refused(make: str, cnmi: str, takes: bool) -> None:
    async with running(make) as modem:
        expected = "OK" if takes else "+CMS ERROR: 303"
        assert await Terminal(modem).lines(f"AT+CNMI={cnmi}") == [expected]


async def test_a_modem_that_does_not_tell_its_ranges() -> None:
    async with running("siemens-tc35") as modem:
        assert await Terminal(modem).lines("AT+CNMI=?") == ["+CMS ERROR: 303"]


async def test_nobody_asked_for_a_report() -> None:
    async with running() as modem:
        terminal = await ready(modem, "2,1,0,1,0")
        await submit(terminal, report=False)
        await asyncio.sleep(0.15)
        assert b"CDS" not in await terminal.at("AT")


async def test_a_report_waits_for_its_sender_to_be_in_the_network() -> None:
    async with running() as modem:
        terminal = await ready(modem, "2,1,0,1,0")
        modem.network.smsc.away.add(TO)
        await submit(terminal)
        await terminal.until(re.compile(rb"\+CDS: \d+\r\n[0-9A-F]+30\r\n"))
        modem.network.cover(SERVICE, Registration.SEARCHING)
        modem.network.smsc.back(TO)
        await asyncio.sleep(0.15)
        modem.network.cover(SERVICE, Registration.HOME)
        assert b"+CDS" in await terminal.until(re.compile(rb"\+CDS: \d+\r\n[0-9A-F]+00\r\n"))


@pytest.mark.parametrize("code", [38, 331, 332, 500])
async def test_the_network_refuses(code: int) -> None:
    async with running() as modem:
        terminal = await ready(modem, "2,1,0,1,0")
        modem.network.smsc.policy.refuse.append(code)
        assert f"+CMS ERROR: {code}" in await submit(terminal)
        assert "+CMGS: 1" in await submit(terminal)


async def test_no_service_centre_and_no_network() -> None:
    async with running() as modem:
        terminal = await ready(modem, "2,1,0,1,0")
        await terminal.at('AT+CSCA=""')
        assert "+CMS ERROR: 330" in await submit(terminal)
        await terminal.at('AT+CSCA="+420600000000",145')
        modem.network.cover(SERVICE, Registration.SEARCHING)
        assert "+CMS ERROR: 331" in await submit(terminal)


async def test_a_pdu_that_is_none_is_refused() -> None:
    async with running() as modem:
        terminal = await ready(modem, "2,1,0,1,0")
        await terminal.at("AT+CMGS=3")
        terminal.link.write(b"00110000\x1a")
        assert b"+CMS ERROR: 304" in await terminal.until(SENT)


@pytest.mark.parametrize("text", ["hello", "€{}[]~^|\\", "Žluťoučký kůň", "x" * 160])
def test_the_centre_reads_what_others_wrote(text: str) -> None:
    (pdu,) = encodeSmsSubmitPdu(TO, text, reference=0)
    read = tpdu.read_submit(bytes(pdu.data).hex()[2:])
    assert (read.number, read.text, read.report) == (TO, text, True)


def test_a_report_is_read_by_a_coder_of_others() -> None:
    pdu = tpdu.status_report(200, TO, datetime(2026, 7, 14, 12, tzinfo=UTC), 0x41)
    read = decodeSmsPdu(pdu)
    assert (read["reference"], read["number"], read["status"]) == (200, TO, 0x41)
