"""AT+CCFC byte for byte, make by make."""

from __future__ import annotations

import pytest

from bench.mobile.forwarding import Bearer, Reason
from bench.mobile.personalities import PERSONALITIES

from .conftest import SERVICE, Terminal, running

OK = b"\r\nOK\r\n"


def info(*lines: str) -> bytes:
    return b"\r\n" + "\r\n".join(lines).encode() + b"\r\n" + OK


async def test_cinterion_transcript() -> None:
    async with running("cinterion") as modem:
        terminal = Terminal(modem)
        assert await terminal.at('AT+CCFC=0,3,"+8613604944916",129,1') == OK
        assert await terminal.at("AT+CCFC=0,2,,,255") == info('+CCFC: 1,1,"+8613604944916",145')
        assert await terminal.at("AT+CCFC=0,0,,,1") == OK
        assert await terminal.at("AT+CCFC=0,2,,,255") == info('+CCFC: 0,1,"+8613604944916",145')
        assert await terminal.at("AT+CCFC=0,1,,,1") == OK
        assert await terminal.at("AT+CCFC=0,2") == info('+CCFC: 1,1,"+8613604944916",145')
        assert await terminal.at("AT+CCFC=0,4,,,1") == OK
        assert await terminal.at("AT+CCFC=0,2") == info("+CCFC: 0,1")


async def test_data_line_comes_before_voice_where_the_make_does_so() -> None:
    async with running("cinterion") as modem:
        terminal = Terminal(modem)
        await terminal.at('AT+CCFC=1,3,"+12025550000",145,2')
        await terminal.at('AT+CCFC=1,3,"+12025550111",145,1')
        assert await terminal.at("AT+CCFC=1,2") == info(
            '+CCFC: 1,2,"+12025550000",145', '+CCFC: 1,1,"+12025550111",145'
        )


async def test_the_default_class_is_all_and_one_line_comes_for_each() -> None:
    async with running("telit-le910") as modem:
        terminal = Terminal(modem)
        await terminal.at('AT+CCFC=0,3,"+420226000100",145')
        assert await terminal.lines("AT+CCFC=0,2") == [
            f'+CCFC: 1,{class_},"+420226000100",145' for class_ in (1, 2, 4)
        ] + ["OK"]
        assert await terminal.lines("AT+CCFC=0,2,,,1") == ['+CCFC: 1,1,"+420226000100",145', "OK"]
        await terminal.at("AT+CCFC=0,4,,,1")
        assert modem.network.target(SERVICE, Reason.CFU) is None
        assert modem.network.target(SERVICE, Reason.CFU, Bearer.FAX) == "+420226000100"


@pytest.mark.parametrize(
    ("make", "inactive"),
    [
        ("generic", info("+CCFC: 0,7")),
        ("huawei", info("+CCFC: 0,255")),
        ("quectel-ec25", info('+CCFC: 0,0,"",129,,,')),
        ("simcom-sim7600", info("+CCFC: 0,255")),
        ("simcom-sim800", info("+CCFC: 0,7")),
        ("telit-le910", info("+CCFC: 0,7")),
        ("ublox-sara", OK),
        ("siemens-tc35", info("+CCFC: 0,1")),
        ("cinterion", info("+CCFC: 0,1")),
        ("multitech", info("+CCFC: 0,1")),
    ],
)
async def test_inactive_is_spelt_as_the_make_does(make: str, inactive: bytes) -> None:
    async with running(make) as modem:
        assert await Terminal(modem).at("AT+CCFC=0,2") == inactive


@pytest.mark.parametrize("make", sorted(PERSONALITIES))
async def test_round_trip_of_the_whole_net(make: str) -> None:
    dialect = PERSONALITIES[make].ccfc
    time = ",20" if dialect.time_index == 5 else ",,,20"
    async with running(make) as modem:
        terminal = Terminal(modem)
        for reason in Reason:
            tail = time if reason is Reason.CFNRY else ""
            assert await terminal.at(f'AT+CCFC={reason.value},3,"+42077700011{reason.value}",145,1{tail}') == OK
        for reason in Reason:
            seconds = ""
            if reason is Reason.CFNRY:
                seconds = ",20" if dialect.time_after_type else ",,,20"
            expected = f'+CCFC: 1,1,"+42077700011{reason.value}",145{seconds}'
            assert await terminal.at(f"AT+CCFC={reason.value},2") == info(expected)
            erase = f"AT+CCFC={reason.value},4" + ("" if dialect.bare_modes else ",,,1")
            assert await terminal.at(erase) == OK
        assert modem.network.table(SERVICE) == {}
        assert modem.unknown_commands == []


@pytest.mark.parametrize(
    ("make", "command"),
    [
        ("simcom-sim800", "AT+CCFC=0,2,,,1"),
        ("simcom-sim800", "AT+CCFC=0,4,,,1"),
        ("simcom-sim800", 'AT+CCFC=2,3,"+420777000111",145,1,,,17'),
        ("siemens-tc35", 'AT+CCFC=0,3,"+420777000111",145'),
        ("siemens-tc35", "AT+CCFC=0,4"),
        ("siemens-tc35", 'AT+CCFC=2,3,"+420777000111",145,1,,,20'),
        ("telit-le910", "AT+CCFC=4,2"),
        ("telit-le910", "AT+CCFC=5,2"),
        ("multitech", 'AT+CCFC=0,3,"+420777000111",145,7'),
        ("generic", "AT+CCFC=0,3,+420777000111,145,1"),
        ("generic", "AT+CCFC=0,3"),
        ("generic", "AT+CCFC=6,2"),
        ("generic", "AT+CCFC=0,5"),
        ("generic", "AT+CCFC?"),
        ("generic", 'AT+CCFC=0,3,"+420777000111",145,8'),
    ],
)
async def test_what_the_make_does_not_take_is_refused_and_changes_nothing(make: str, command: str) -> None:
    async with running(make) as modem:
        assert b"ERROR" in await Terminal(modem).at(command)
        assert modem.network.table(SERVICE) == {}
        assert modem.network.audit.served == []


@pytest.mark.parametrize("make", ["telit-le910", "cinterion"])
async def test_times_are_rounded_where_the_manual_says_so(make: str) -> None:
    async with running(make) as modem:
        tail = ",17" if PERSONALITIES[make].ccfc.time_index == 5 else ",,,17"
        await Terminal(modem).at(f'AT+CCFC=2,3,"+420777000111",145,1{tail}')
        assert modem.network.table(SERVICE)[(Reason.CFNRY, Bearer.VOICE)].no_reply_s == 20


async def test_reason_4_erases_everything_and_reason_5_sets_the_three_conditionals() -> None:
    async with running("huawei") as modem:
        terminal = Terminal(modem)
        await terminal.at('AT+CCFC=5,3,"+420777000111",145,1')
        assert {reason for reason, _ in modem.network.table(SERVICE)} == {Reason.CFB, Reason.CFNRY, Reason.CFNRC}
        await terminal.at("AT+CCFC=4,4")
        assert modem.network.table(SERVICE) == {}


async def test_star_hash_codes_do_the_same_and_report_as_the_make_does() -> None:
    async with running("siemens-tc35") as modem:
        terminal = Terminal(modem)
        assert await terminal.at("ATD**21*+420226000100*11#;") == OK
        assert await terminal.at("ATD**004*+420777000111*11*15#;") == OK
        assert await terminal.at("ATD*#21#;") == info('^SCCFC: 0,1,1,"+420226000100",145')
        assert await terminal.at("AT+CCFC=2,2") == info('+CCFC: 1,1,"+420777000111",145,15')
        assert await terminal.at("ATD#21#;") == OK
        assert modem.network.target(SERVICE, Reason.CFU) is None
        assert await terminal.at("ATD*21#;") == OK
        assert modem.network.target(SERVICE, Reason.CFU) == "+420226000100"
        assert await terminal.at("ATD##002#;") == OK
        assert modem.network.table(SERVICE) == {}


async def test_a_code_of_another_service_is_refused_and_remembered() -> None:
    async with running() as modem:
        assert await Terminal(modem).at("ATD*43#;") == b"\r\n+CME ERROR: 100\r\n"
        assert modem.unknown_commands == ["D*43#;"]


async def test_the_modem_refuses_at_and_takes_star_hash() -> None:
    async with running("huawei") as modem:
        modem.rudeness.ccfc_error = 258
        terminal = Terminal(modem)
        assert await terminal.at('AT+CCFC=0,3,"+420226000100",145,1') == b"\r\n+CME ERROR: 258\r\n"
        assert await terminal.at("ATD**21*+420226000100*11#;") == OK
        assert modem.network.target(SERVICE, Reason.CFU) == "+420226000100"
