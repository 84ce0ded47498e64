"""The modem itself: syntax, identity, SIM, registration, restarts, calls and messages."""

from __future__ import annotations

import asyncio
import re

import pytest

from bench.mobile.calls import CallState
from bench.mobile.forwarding import Entry, Reason
from bench.mobile.network import DialResult
from bench.mobile.sms import deliver_pdu
from bench.mobile.subscriber import Registration, Sim
from bench.mobile.syntax import LineError, parse_line

from .conftest import SERVICE, Terminal, running
from .virtual import run

OK = b"\r\nOK\r\n"


async def test_echo_result_formats_and_chained_commands() -> None:
    async with running() as modem:
        modem.settings.echo = True
        terminal = Terminal(modem)
        assert await terminal.at("AT") == b"AT\r" + OK
        assert await terminal.at("ate0V1;+cmee=2") == b"ate0V1;+cmee=2\r" + OK
        assert await terminal.at("AT+CSQ;+CREG?") == b"\r\n+CSQ: 17,99\r\n\r\n+CREG: 0,1\r\n" + OK
        assert await terminal.at("AT+CMEE?;+CPIN=1;+CSQ") == (
            b"\r\n+CMEE: 2\r\n\r\n+CME ERROR: operation not allowed\r\n"
        )
        assert await terminal.at("ATV0") == b"0\r"
        assert await terminal.at("AT+NOSUCH") == b"4\r"
        assert await terminal.at("ATV1Z") == OK


async def test_cmee_levels() -> None:
    async with running() as modem:
        modem.change_sim(None)
        terminal = Terminal(modem)
        for level, answer in ((0, "ERROR"), (1, "+CME ERROR: 10"), (2, "+CME ERROR: SIM not inserted")):
            await terminal.at(f"AT+CMEE={level}")
            assert await terminal.lines("AT+CPIN?") == [answer]


@pytest.mark.parametrize("line", ['+CPIN="12', "+CREG?x", "?", "+"])
def test_lines_outside_the_grammar(line: str) -> None:
    with pytest.raises(LineError):
        parse_line(line)


@pytest.mark.parametrize(
    ("make", "answer"),
    [
        ("generic", "ERROR"),
        ("huawei", "COMMAND NOT SUPPORT"),
        ("quectel-ec25", "ERROR"),
    ],
)
async def test_unknown_commands_are_refused_and_remembered(make: str, answer: str) -> None:
    async with running(make) as modem:
        terminal = Terminal(modem)
        assert await terminal.lines('AT+QCFG="usbnet"') == [answer]
        assert await terminal.lines("AT^NOPE?") == [answer]
        assert await terminal.lines("AT+CSQ=?") == [answer]
        assert modem.unknown_commands == ['+QCFG="usbnet"', "^NOPE?", "+CSQ=?"]


@pytest.mark.parametrize(
    ("make", "command", "answer"),
    [
        ("huawei", "AT^ICCID?", "^ICCID: 8942001234567890123"),
        ("huawei", "AT^CPIN?", "^CPIN: READY,10,10,3,10,3"),
        ("quectel-ec25", "AT+QCCID", "+QCCID: 8942001234567890123"),
        ("quectel-ec25", 'AT+QPINC="SC"', '+QPINC: "SC",3,10'),
        ("simcom-sim7600", "AT+CICCID", "+ICCID: 8942001234567890123"),
        ("simcom-sim7600", "AT+CGMR", "+CGMR: LE20B04SIM7600M22"),
        ("simcom-sim800", "AT+CCID", "8942001234567890123"),
        ("simcom-sim800", "AT+CGMM", "SIMCOM_SIM800L"),
        ("telit-le910", "AT#CCID", "#CCID: 8942001234567890123"),
        ("telit-le910", "AT#PCT", "#PCT: 3"),
        ("ublox-sara", "AT+CCID", "+CCID: 8942001234567890123"),
        ("siemens-tc35", "AT^SCID", "^SCID: 8942001234567890123"),
        ("cinterion", "AT^SPIC", "^SPIC: 3"),
        ("generic", "AT+CGSN", "861234567890123"),
        ("generic", "AT+CIMI", "230991234567890"),
        ("generic", "AT+CNUM", f'+CNUM: "","{SERVICE}",145'),
        ("huawei", "AT+COPS?", '+COPS: 0,0,"Bench Mobile",2'),
        ("simcom-sim800", "AT+COPS?", '+COPS: 0,0,"Bench Mobile"'),
        ("quectel-ec25", "AT+CESQ", "+CESQ: 99,99,255,255,20,47"),
    ],
)
async def test_identity_and_status_as_the_make_says_it(make: str, command: str, answer: str) -> None:
    async with running(make) as modem:
        assert await Terminal(modem).lines(command) == [answer, "OK"]


async def test_tc35_has_no_packet_registration() -> None:
    async with running("siemens-tc35") as modem:
        assert await Terminal(modem).lines("AT+CEREG?") == ["ERROR"]
        assert modem.unknown_commands == ["+CEREG?"]


async def test_right_pin_opens_the_sim_and_the_network() -> None:
    async with running(sim=Sim(pin="1234"), boot_scale=0) as modem:
        terminal = Terminal(modem)
        assert await terminal.lines("AT+CPIN?") == ["+CPIN: SIM PIN", "OK"]
        assert await terminal.lines("AT+CCFC=0,2") == ["+CME ERROR: 11"]
        assert await terminal.lines("AT+CREG=1") == ["OK"]
        terminal.link.write(b'AT+CPIN="1234"\r')
        assert b"OK" in await terminal.until(re.compile(rb"\+CREG: 1\r\n"))
        assert await terminal.lines("AT+CPIN?") == ["+CPIN: READY", "OK"]
        assert modem.network.subscriber(SERVICE).attached


async def test_three_wrong_pins_ask_for_the_puk_and_ten_wrong_puks_end_the_sim() -> None:
    async with running("siemens-tc35", sim=Sim(pin="1234", puk="87654321")) as modem:
        terminal = Terminal(modem)
        assert await terminal.lines('AT+CPIN="0000"') == ["+CME ERROR: 16"]
        assert await terminal.lines("AT^SPIC") == ["^SPIC: 2", "OK"]
        assert await terminal.lines('AT+CPIN="0001"') == ["+CME ERROR: 16"]
        assert await terminal.lines('AT+CPIN="0002"') == ["+CME ERROR: 12"]
        assert await terminal.lines("AT+CPIN?") == ["+CPIN: SIM PUK", "OK"]
        assert await terminal.lines('AT+CPIN="1234"') == ["+CME ERROR: 12"]
        assert modem.sim is not None
        assert modem.sim.pin_attempts == ["0000", "0001", "0002"]
        assert await terminal.lines('AT+CPIN="87654321","4321"') == ["OK"]
        assert modem.sim.pin == "4321"
        modem.pin_verified = False
        for _ in range(3):
            await terminal.at('AT+CPIN="9999"')
        for _ in range(10):
            await terminal.at('AT+CPIN="11111111","4321"')
        assert await terminal.lines("AT+CPIN?") == ["+CME ERROR: 13"]


async def test_pin_counters_outlast_a_power_cycle() -> None:
    async with running(sim=Sim(pin="1234"), boot_scale=0) as modem:
        await Terminal(modem).at('AT+CPIN="0000"')
        await modem.unplug()
        await modem.plug()
        assert modem.sim is not None
        assert modem.sim.pin_tries_left == 2


async def test_registration_reports_what_the_coverage_gives() -> None:
    async with running("quectel-ec25", boot_scale=0) as modem:
        terminal = Terminal(modem)
        await terminal.at("AT+CEREG=2")
        assert await terminal.lines("AT+CEREG?") == ['+CEREG: 2,1,"00A8","05355E8D",7', "OK"]
        modem.network.cover(SERVICE, Registration.DENIED)
        await terminal.until(re.compile(rb"\+CEREG: 3\r\n"))
        assert await terminal.lines("AT+CSQ") == ["+CSQ: 99,99", "OK"]
        assert await terminal.lines("AT+COPS?") == ["+COPS: 0", "OK"]
        modem.network.cover(SERVICE, Registration.ROAMING)
        await terminal.until(re.compile(rb"\+CEREG: 5\r\n"))


async def test_radio_off_detaches_and_on_attaches() -> None:
    async with running(boot_scale=0) as modem:
        terminal = Terminal(modem)
        await terminal.at("AT+CREG=1")
        await terminal.at("AT+CFUN=0")
        assert not modem.network.subscriber(SERVICE).attached
        terminal.link.write(b"AT+CFUN=1\r")
        await terminal.until(re.compile(rb"\+CREG: 1\r\n"))
        assert modem.network.subscriber(SERVICE).attached


@pytest.mark.parametrize(
    ("make", "usb", "lines"),
    [
        ("simcom-sim800", False, ["RDY", "+CFUN: 1", "+CPIN: READY", "Call Ready", "SMS Ready"]),
        ("siemens-tc35", False, ["^SYSSTART"]),
        ("quectel-ec25", True, ["RDY", "+CPIN: READY", "+QUSIM: 1", "+CFUN: 1", "+QIND: SMS DONE"]),
    ],
)
def test_a_restart_forgets_settings_and_tells_when_it_is_up(make: str, usb: bool, lines: list[str]) -> None:
    async def story() -> None:
        async with running(make) as modem:
            terminal = Terminal(modem)
            assert await terminal.lines("AT+CMEE=2;+CFUN=1,1") == ["OK"]
            await asyncio.sleep(0.5)
            assert modem.powered is not usb
            if usb:
                assert await terminal.link.read() == b""
                with pytest.raises(FileNotFoundError):
                    modem.port.open()
                await asyncio.sleep(1)
                terminal = Terminal(modem)
            heard = await terminal.until(re.compile(re.escape(lines[-1].encode()) + rb"\r\n"))
            assert [line for line in heard.decode().splitlines() if line] == lines
            assert await terminal.lines("ATE0;+CMEE?") == [
                "ATE0;+CMEE?",
                f"+CMEE: {modem.personality.default_cmee}",
                "OK",
            ]
            assert modem.power_ups == 2

    run(story())


def test_a_booting_modem_does_not_hear() -> None:
    async def story() -> None:
        async with running(booted=False) as modem:
            link = modem.port.open()
            link.write(b"AT\r")
            await asyncio.sleep(1)
            assert modem.commands == []
            await asyncio.sleep(5)
            assert modem.registration is Registration.HOME

    run(story())


async def test_unplugged_is_off_the_network_and_off_the_port() -> None:
    async with running(boot_scale=0) as modem:
        terminal = Terminal(modem)
        modem.network.alter(SERVICE, Reason.CFNRC, Entry("+420777000111"))
        await modem.unplug()
        assert await terminal.link.read() == b""
        with pytest.raises(ConnectionResetError):
            terminal.link.write(b"AT\r")
        assert type(modem.network.destination(SERVICE)).__name__ == "Ring"


async def test_incoming_call_rings_is_answered_and_ended() -> None:
    async with running() as modem:
        terminal = Terminal(modem)
        await terminal.at("AT+CLIP=1;+CSSN=1,1")
        call = modem.phone.ring("+420601123456", forwarded=True)
        heard = await terminal.until(re.compile(rb"CSSU: 0\r\n"))
        assert heard == b'\r\nRING\r\n\r\n+CLIP: "+420601123456",145,,,,0\r\n\r\n+CSSU: 0\r\n'
        assert await terminal.lines("AT+CLCC") == ['+CLCC: 1,1,4,0,0,"+420601123456",145', "OK"]
        assert modem.network.subscriber(SERVICE).busy
        assert await terminal.lines("ATA") == ["OK"]
        assert call.answered.is_set()
        modem.phone.release(call)
        assert await terminal.until(re.compile(rb"NO CARRIER\r\n"))
        assert not modem.network.subscriber(SERVICE).busy


async def test_a_call_placed_is_told_how_it_ended_and_that_forwarding_stands() -> None:
    async with running("huawei") as modem:
        asked: list[tuple[str, str]] = []

        async def busy(caller: str, called: str) -> DialResult:
            asked.append((caller, called))
            return DialResult.BUSY

        modem.network.on_dial = busy
        modem.network.alter(SERVICE, Reason.CFU, Entry("+420226000100"))
        terminal = Terminal(modem)
        await terminal.at("AT+CSSN=1,1")
        terminal.link.write(b"ATD+420226000100;\r")
        heard = await terminal.until(re.compile(rb"BUSY\r\n"))
        assert [line for line in heard.decode().splitlines() if line] == [
            "OK",
            "+CSSI: 0",
            "^ORIG:1,0",
            "^CEND:1,0,29,17",
            "BUSY",
        ]
        assert asked == [(SERVICE, "+420226000100")]
        assert modem.phone.calls == []


async def test_hanging_up_ends_a_call_being_placed_at_the_far_end_too() -> None:
    async with running() as modem:
        heard_of_it = asyncio.Event()

        async def ring_for_ever(caller: str, called: str) -> DialResult:
            try:
                await asyncio.Event().wait()
            finally:
                heard_of_it.set()
            return DialResult.ANSWERED

        modem.network.on_dial = ring_for_ever
        terminal = Terminal(modem)
        await terminal.at("ATD+420226000100;")
        assert await terminal.lines("AT+CLCC") == ['+CLCC: 1,0,3,0,0,"+420226000100",145', "OK"]
        assert modem.phone.calls[0].state is CallState.ALERTING
        await terminal.at("AT+CHUP")
        await heard_of_it.wait()
        assert modem.phone.calls == []


async def test_short_messages_both_ways_in_pdu_mode() -> None:
    async with running() as modem:
        terminal = Terminal(modem)
        await terminal.at("AT+CMGF=0;+CNMI=2,1,0,0,0")
        pdu = deliver_pdu("+420601123456", "Jak se máte?", modem.wall_clock())
        modem.deliver_message(pdu)
        assert await terminal.until(re.compile(rb"\r\n$")) == b'\r\n+CMTI: "SM",1\r\n'
        length = len(pdu) // 2 - 1
        assert await terminal.lines("AT+CMGL=0") == [f"+CMGL: 1,0,,{length}", pdu, "OK"]
        assert await terminal.lines("AT+CMGR=1") == [f"+CMGR: 1,,{length}", pdu, "OK"]
        assert await terminal.lines("AT+CMGD=1") == ["OK"]
        assert await terminal.lines("AT+CMGR=1") == ["+CMS ERROR: 321"]
        tpdu = "01000B912470061021F300000141"
        assert await terminal.at(f"AT+CMGS={len(tpdu) // 2}") == b"\r\n> "
        terminal.link.write(b"00" + tpdu.encode() + b"\x1a")
        assert b"+CMGS: 0\r\n" in await terminal.until(re.compile(rb"OK\r\n"))
        (taken,) = modem.network.smsc.taken
        assert (taken.sender, taken.part.number, taken.part.text) == (SERVICE, "+42076001123", "A")
        await terminal.at("AT+CMGS=99")
        terminal.link.write(b"0011\x1a")
        assert b"+CMS ERROR: 304" in await terminal.until(re.compile(rb"ERROR: \d+\r\n"))


async def test_incoming_message_can_be_read_by_a_coder_of_others() -> None:
    from gsmmodem.pdu import decodeSmsPdu

    async with running() as modem:
        decoded = decodeSmsPdu(deliver_pdu("+420601123456", "Jak se máte?", modem.wall_clock()))
    assert (decoded["number"], decoded["text"]) == ("+420601123456", "Jak se máte?")
