"""Operators' habits and faults, and the proof of what happened to the table."""

from __future__ import annotations

import asyncio

import pytest

from bench.mobile.forwarding import BEARERS, Bearer, Entry, Mode, Reason, RefusedError, Request, reasons_of
from bench.mobile.network import MobileNetwork
from bench.mobile.numbering import NumberingPlan
from bench.mobile.subscriber import Registration, Subscriber

from .conftest import SERVICE, Terminal, running
from .virtual import run

DID, TECHNICIAN = "+420226000100", "+420777000111"


def network() -> MobileNetwork:
    new = MobileNetwork()
    new.add(Subscriber(SERVICE))
    return new


def register(reason: Reason, number: str, time_s: int | None = None) -> Request:
    return Request(Mode.REGISTER, (reason,), (Bearer.VOICE,), number, time_s)


QUERY_CFB = Request(Mode.INTERROGATE, (Reason.CFB,), (Bearer.VOICE,))


async def test_registration_replaces_in_one_step_and_the_audit_proves_it() -> None:
    mobile = network()
    for number in (DID, TECHNICIAN, DID):
        await mobile.serve(SERVICE, register(Reason.CFU, number))
    assert [c.after and c.after.number for c in mobile.audit.of(SERVICE, Reason.CFU)] == [DID, TECHNICIAN, DID]
    assert mobile.audit.gaps(SERVICE, Reason.CFU) == []


def test_an_erasure_in_between_is_a_gap_with_its_times() -> None:
    async def story() -> MobileNetwork:
        mobile = network()
        await asyncio.sleep(1)
        await mobile.serve(SERVICE, register(Reason.CFU, DID))
        await asyncio.sleep(10)
        await mobile.serve(SERVICE, Request(Mode.ERASE, (Reason.CFU,), BEARERS))
        await asyncio.sleep(5)
        await mobile.serve(SERVICE, register(Reason.CFU, TECHNICIAN))
        await mobile.serve(SERVICE, Request(Mode.DEACTIVATE, (Reason.CFU,), BEARERS))
        return mobile

    assert run(story()).audit.gaps(SERVICE, Reason.CFU) == [(11.0, 16.0), (16.0, None)]


async def test_conditionals_hidden_while_cfu_stands_are_there_again_after_it() -> None:
    mobile = network()
    mobile.operator.hide_conditionals = True
    await mobile.serve(SERVICE, register(Reason.CFB, TECHNICIAN))
    await mobile.serve(SERVICE, register(Reason.CFU, DID))
    assert (await mobile.serve(SERVICE, QUERY_CFB))[0].number is None
    await mobile.serve(SERVICE, Request(Mode.ERASE, (Reason.CFU,), BEARERS))
    assert (await mobile.serve(SERVICE, QUERY_CFB))[0].number == TECHNICIAN


async def test_conditionals_refused_while_cfu_stands() -> None:
    mobile = network()
    mobile.operator.refuse_conditionals = True
    await mobile.serve(SERVICE, register(Reason.CFU, DID))
    with pytest.raises(RefusedError):
        await mobile.serve(SERVICE, register(Reason.CFB, TECHNICIAN))
    await mobile.serve(SERVICE, register(Reason.CFU, TECHNICIAN))
    assert mobile.target(SERVICE, Reason.CFU) == TECHNICIAN


async def test_conditionals_wiped_when_cfu_is_registered() -> None:
    mobile = network()
    mobile.operator.wipe_conditionals = True
    await mobile.serve(SERVICE, Request(Mode.REGISTER, reasons_of(5), (Bearer.VOICE,), TECHNICIAN))
    await mobile.serve(SERVICE, register(Reason.CFU, DID))
    assert set(mobile.table(SERVICE)) == {(Reason.CFU, Bearer.VOICE)}


async def test_numbers_reported_in_national_spelling() -> None:
    async with running("huawei") as modem:
        modem.network.operator.report_numbers = "national"
        terminal = Terminal(modem)
        await terminal.at('AT+CCFC=0,3,"777000111",129,1')
        assert modem.network.target(SERVICE, Reason.CFU) == TECHNICIAN
        assert await terminal.lines("AT+CCFC=0,2") == ['+CCFC: 1,1,"777000111",129', "OK"]


@pytest.mark.parametrize("code", [30, 100, 258, 3, 17])
async def test_refusals_come_once_each_and_in_order(code: int) -> None:
    async with running() as modem:
        modem.network.operator.refuse_changes.extend([code, 3])
        terminal = Terminal(modem)
        command = f'AT+CCFC=0,3,"{DID}",145,1'
        assert await terminal.at(command) == f"\r\n+CME ERROR: {code}\r\n".encode()
        assert await terminal.at(command) == b"\r\n+CME ERROR: 3\r\n"
        assert await terminal.at(command) == b"\r\nOK\r\n"
        assert [served.outcome for served in modem.network.audit.served] == [f"refused {code}", "refused 3", "ok"]


async def test_queries_fail_apart_from_changes() -> None:
    mobile = network()
    mobile.operator.refuse_every_query = 100
    await mobile.serve(SERVICE, register(Reason.CFU, DID))
    with pytest.raises(RefusedError):
        await mobile.serve(SERVICE, QUERY_CFB)


async def test_says_ok_and_does_nothing() -> None:
    async with running() as modem:
        modem.network.operator.ignore_changes = True
        assert await Terminal(modem).at(f'AT+CCFC=0,3,"{DID}",145,1') == b"\r\nOK\r\n"
        assert modem.network.table(SERVICE) == {}
        assert [served.outcome for served in modem.network.audit.served] == ["ignored"]


def test_a_silent_network_answers_late_what_the_modem_still_waits_for() -> None:
    async def story() -> None:
        async with running("huawei") as modem:
            loop, terminal = asyncio.get_running_loop(), Terminal(modem)
            modem.network.silence(100)
            assert await terminal.at(f'AT+CCFC=0,3,"{DID}",145,1') == b"\r\nOK\r\n"
            assert loop.time() == pytest.approx(100)
            modem.network.silence()
            assert await terminal.at(f'AT+CCFC=0,3,"{TECHNICIAN}",145,1') == b"\r\n+CME ERROR: 31\r\n"
            assert loop.time() == pytest.approx(260)
            assert modem.network.target(SERVICE, Reason.CFU) == DID

    run(story())


def test_swallowed_requests_are_lost_even_when_the_network_speaks_again() -> None:
    async def story() -> None:
        async with running("simcom-sim800") as modem:
            modem.network.silence(5, swallow=True)
            answer = await Terminal(modem).at(f'AT+CCFC=0,3,"{DID}",145,1')
            assert answer == b"\r\n+CME ERROR: 31\r\n"
            assert asyncio.get_running_loop().time() == pytest.approx(15)
            assert modem.network.table(SERVICE) == {}

    run(story())


@pytest.mark.parametrize(("effect_share", "stands"), [(1.0, False), (0.5, True)])
def test_power_lost_during_a_change(effect_share: float, stands: bool) -> None:
    async def story() -> None:
        async with running() as modem:
            modem.network.operator.latency_s = 3
            modem.network.operator.effect_share = effect_share
            Terminal(modem).link.write(f'AT+CCFC=0,3,"{DID}",145,1\r'.encode())
            await asyncio.sleep(2)
            await modem.unplug()
            await asyncio.sleep(5)
            assert (modem.network.target(SERVICE, Reason.CFU) == DID) is stands

    run(story())


async def test_changed_behind_our_back_is_in_the_audit_with_its_author() -> None:
    mobile = network()
    await mobile.serve(SERVICE, register(Reason.CFU, DID))
    mobile.alter(SERVICE, Reason.CFU, Entry("+420601000000"))
    mobile.alter(SERVICE, Reason.CFU, None)
    assert [change.by for change in mobile.audit.of(SERVICE, Reason.CFU)] == ["at", "call centre", "call centre"]
    assert mobile.table(SERVICE) == {}


async def test_no_network_and_barred_and_unprovisioned() -> None:
    async with running() as modem:
        terminal, network = Terminal(modem), modem.network
        network.subscriber(SERVICE).provisioned = frozenset({Bearer.VOICE})
        assert await terminal.at(f'AT+CCFC=0,3,"{DID}",145,2') == b"\r\n+CME ERROR: 3\r\n"
        network.subscriber(SERVICE).forwarding_barred = True
        assert await terminal.at(f'AT+CCFC=0,3,"{DID}",145,1') == b"\r\n+CME ERROR: 3\r\n"
        network.cover(SERVICE, Registration.DENIED)
        await asyncio.sleep(0)
        assert await terminal.at("AT+CCFC=0,2") == b"\r\n+CME ERROR: 30\r\n"


async def test_an_operator_that_takes_only_some_classes_and_types() -> None:
    async with running() as modem:
        modem.network.operator.refused_classes = frozenset({1})
        modem.network.operator.refused_types = frozenset({129})
        terminal = Terminal(modem)
        assert b"ERROR" in await terminal.at(f'AT+CCFC=0,3,"{DID}",145,1')
        assert b"ERROR" in await terminal.at(f'AT+CCFC=0,3,"{DID}",129')
        assert b"OK" in await terminal.at(f'AT+CCFC=0,3,"{DID}",145')


@pytest.mark.parametrize("time_s", [4, 17, 31, 35])
async def test_the_network_takes_no_reply_times_in_steps_of_five_only(time_s: int) -> None:
    mobile = network()
    with pytest.raises(RefusedError):
        await mobile.serve(SERVICE, register(Reason.CFNRY, TECHNICIAN, time_s))
    assert mobile.table(SERVICE) == {}


async def test_the_last_no_reply_time_is_kept_and_twenty_is_the_first() -> None:
    mobile, key = network(), (Reason.CFNRY, Bearer.VOICE)
    await mobile.serve(SERVICE, register(Reason.CFNRY, TECHNICIAN))
    assert mobile.table(SERVICE)[key].no_reply_s == 20
    await mobile.serve(SERVICE, register(Reason.CFNRY, TECHNICIAN, 5))
    await mobile.serve(SERVICE, register(Reason.CFNRY, DID))
    assert mobile.table(SERVICE)[key].no_reply_s == 5


async def test_activation_of_what_was_never_registered_is_refused() -> None:
    with pytest.raises(RefusedError):
        await network().serve(SERVICE, Request(Mode.ACTIVATE, (Reason.CFU,), (Bearer.VOICE,)))


def test_numbers_are_read_by_the_plan_of_the_country() -> None:
    german = NumberingPlan("49", "00", "0")
    assert german.to_e164("0301234567") == "+49301234567"
    assert german.to_e164("0043123456") == "+43123456"
    assert german.to_e164("49301234567", 145) == "+49301234567"
    assert german.to_national("+49301234567") == "0301234567"
    assert german.to_national("+43123456") == "+43123456"
    with pytest.raises(ValueError, match="no number"):
        german.to_e164("12ab")
