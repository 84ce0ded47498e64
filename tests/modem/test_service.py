from __future__ import annotations

import asyncio
import contextlib
import gc
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from appliance.config.models import Modem as ModemConfig
from appliance.domain.forwarding import ForwardingError, RefusalKind, Service, Wanted
from appliance.domain.health import Health
from appliance.domain.modem import ModemStatus, NetworkRegistration, SimState
from appliance.domain.phone import PhoneNumber
from appliance.guard.ports import ModemPort
from appliance.modem.link import Link, LinkHandler
from appliance.modem.recovery import LADDER, RADIO_SYMPTOMS, Policy, Rules, Rung, Symptom
from appliance.modem.service import ModemService
from appliance.modem.supervisor import Pace
from tests.modem.peers import SmallModem

CZ = PhoneNumber("+420226000100")
FAST = Pace(
    poll_s=0.05,
    searching_poll_s=0.01,
    reopen_s=0.01,
    reopen_limit_s=0.05,
    beat_s=0.01,
    restart_grace_s=0.01,
    reset_limit_s=5.0,
)


def quick(*in_vain: Rung) -> Rules:
    """Rungs are taken at once; those that will not help are judged at once, too, the others when a slow machine has
    got them done."""
    return Rules(
        ladder={
            rung: Policy(policy.helps, 0.05 if rung in in_vain else 20.0, policy.tries, 60.0)
            for rung, policy in LADDER.items()
        },
        patience_s={symptom: 0.02 if symptom in RADIO_SYMPTOMS else 0.0 for symptom in Symptom},
        pause_s=60.0,
    )


class Actions:
    """The box's own rungs, counted."""

    def __init__(self, *rungs: Rung) -> None:
        self.rungs = frozenset({Rung.REOPEN, Rung.RADIO_CYCLE, Rung.MODEM_RESET, *rungs})
        self.taken: list[Rung] = []
        self.on_take: Callable[[Rung], None] = lambda rung: None

    async def available(self) -> frozenset[Rung]:
        return self.rungs

    async def note_port(self, port: str) -> None:
        assert port == "/dev/small"

    async def take(self, rung: Rung) -> None:
        self.taken.append(rung)
        self.on_take(rung)


class Rig:
    """A service over a small modem, with everything it reports."""

    def __init__(self, state_dir: Path, modem: SmallModem, actions: Actions, **options: Any) -> None:
        self.modem = modem
        self.actions = actions
        self.events: list[tuple[str, dict[str, Any]]] = []
        self.beats = 0
        self.busy = False
        pin = options.pop("pin", None)
        timeout_s = options.pop("ccfc_timeout", 5.0)
        if pin is not None:
            (state_dir / "pin").write_text(pin)
        config = ModemConfig.model_validate(
            {
                "port": "/dev/small",
                "service_number": "+420777000100",
                "pin_file": state_dir / "pin" if pin is not None else None,
                "ccfc_timeout": timeout_s,
            }
        )
        self.service = ModemService(
            config,
            region="CZ",
            state_dir=state_dir,
            on_event=self._event,
            beat=self._beat,
            busy=lambda: self.busy,
            actions=actions,
            link_factory=modem.open,
            pace=options.pop("pace", FAST),
            rules=options.pop("rules", None) or quick(),
        )
        assert options == {}

    def _event(self, type_: str, data: Mapping[str, Any]) -> None:
        self.events.append((str(type_), dict(data)))

    def _beat(self) -> None:
        self.beats += 1

    def of_type(self, type_: str) -> list[dict[str, Any]]:
        return [data for name, data in self.events if name == type_]

    async def until(self, wanted: Callable[[ModemStatus], bool]) -> ModemStatus:
        async with asyncio.timeout(60):
            while not wanted(self.service.status):
                await self.service.changed()
        return self.service.status

    async def usable(self) -> ModemStatus:
        return await self.until(lambda status: status.usable)


async def happens(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        for _ in range(60_000):
            if condition():
                return
            await asyncio.sleep(0.001)
    raise AssertionError("did not happen")


@contextlib.asynccontextmanager
async def running(
    state_dir: Path, modem: SmallModem | None = None, *rungs: Rung, **options: Any
) -> AsyncIterator[Rig]:
    rig = Rig(state_dir, modem or SmallModem(), Actions(*rungs), **options)
    task = asyncio.create_task(rig.service.run())
    try:
        yield rig
    finally:
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_it_comes_up_and_says_who_it_is(tmp_path: Path) -> None:
    async with running(tmp_path) as rig:
        port: ModemPort = rig.service
        status = await rig.until(lambda status: status.rssi_dbm is not None)
        assert status == ModemStatus(
            health=Health.UP,
            model="Small One",
            firmware="1.0",
            operator="Test Mobile",
            rssi_dbm=-73,
            registration=NetworkRegistration.HOME,
            sim=SimState.READY,
            iccid="8942010000000000017",
            imei="490154203237518",
            technology="UMTS",
            port="/dev/small",
        )
        assert port.generation == 1
        assert rig.of_type("modem.up") == [{"model": "Small One", "firmware": "1.0", "port": "/dev/small"}]
        assert rig.service.describe()["family"] == "generic"
        assert rig.beats > 0


async def test_a_forwarding_is_set_read_back_confirmed_and_erased(tmp_path: Path) -> None:
    async with running(tmp_path) as rig:
        await rig.usable()
        exchanges = await rig.service.register(Service.CFU, Wanted(CZ), 0)
        assert exchanges[0].sent == 'AT+CCFC=0,3,"+420226000100",145,1'
        registration, _ = await rig.service.interrogate(Service.CFU)
        assert registration.target == CZ
        rig.service.confirm(Service.CFU, 0)
        assert rig.service.describe()["learned"]["cfu.register"] == "AT+CCFC, class 1"
        await rig.service.erase(Service.CFU, 0)
        assert (await rig.service.interrogate(Service.CFU))[0].target is None
        await happens((tmp_path / "learned-ways.json").exists)


async def test_what_works_is_known_again_after_a_restart(tmp_path: Path) -> None:
    modem = SmallModem()
    modem.override["ATD**21*+420226000100*11#;"] = "OK"
    async with running(tmp_path, modem) as rig:
        await rig.usable()
        await rig.service.register(Service.CFU, Wanted(CZ), 2)
        rig.service.confirm(Service.CFU, 2)
        await happens((tmp_path / "learned-ways.json").exists)
    async with running(tmp_path, modem) as rig:
        await rig.usable()
        (exchange,) = await rig.service.register(Service.CFU, Wanted(CZ), 0)
        assert exchange.sent == "ATD**21*+420226000100*11#;"


async def test_nothing_is_sent_while_the_modem_cannot_be_used(tmp_path: Path) -> None:
    modem = SmallModem()
    modem.registered = 2
    async with running(tmp_path, modem) as rig:
        for call in (
            rig.service.interrogate(Service.CFU),
            rig.service.register(Service.CFU, Wanted(CZ), 0),
            rig.service.erase(Service.CFU, 0),
        ):
            with pytest.raises(ForwardingError) as caught:
                await call
            assert caught.value.kind is RefusalKind.NO_MODEM
        status = await rig.until(lambda status: status.registration is NetworkRegistration.SEARCHING)
        assert not status.usable
        with pytest.raises(ForwardingError, match="searching"):
            await rig.service.interrogate(Service.CFU)
        assert not any("CCFC" in command for command in modem.log)
        modem.registered = 5
        assert (await rig.usable()).registration is NetworkRegistration.ROAMING


async def test_registration_is_told_as_soon_as_the_modem_tells_it(tmp_path: Path) -> None:
    slow = Pace(poll_s=60.0, searching_poll_s=60.0, reopen_s=0.01, beat_s=0.01)
    async with running(tmp_path, pace=slow, rules=Rules()) as rig:
        await rig.until(lambda status: status.rssi_dbm is not None)
        rig.modem.registered = 2
        rig.modem.tell("+CREG: 2")
        await rig.until(lambda status: status.registration is NetworkRegistration.SEARCHING)
        rig.modem.registered = 1
        rig.modem.tell('+CREG: 1,"00A1","0001B2C3",7')
        status = await rig.usable()
        assert rig.service.generation == 1
        assert status.sim is SimState.READY


async def test_a_port_that_vanishes_and_comes_back(tmp_path: Path) -> None:
    async with running(tmp_path) as rig:
        await rig.usable()
        rig.modem.override["AT+CCFC=0,2"] = None
        asked = asyncio.create_task(rig.service.interrogate(Service.CFU))
        await happens(lambda: "AT+CCFC=0,2" in rig.modem.log)
        rig.modem.unplug()
        with pytest.raises(ForwardingError) as caught:
            await asked
        assert caught.value.kind is RefusalKind.SILENT  # it was sent: its effect is not known
        assert caught.value.exchanges[0].received == ("[the port vanished]",)
        status = await rig.until(lambda status: status.health is Health.DOWN)
        assert not status.usable
        with pytest.raises(ForwardingError) as caught:
            await rig.service.interrogate(Service.CFU)
        assert caught.value.kind is RefusalKind.NO_MODEM
        assert rig.of_type("modem.down") == [{"reason": "the port vanished"}]
        rig.modem.override.clear()
        rig.modem.plugged = True
        await rig.usable()
        assert rig.service.generation == 2
        assert len(rig.of_type("modem.up")) == 2
        assert {"rung": "reopen", "ok": True, "budget_left": None} in rig.of_type("modem.recovery")


async def test_a_modem_that_is_not_there_at_the_start_is_told_and_waited_for(tmp_path: Path) -> None:
    modem = SmallModem()
    modem.plugged = False
    async with running(tmp_path, modem) as rig:
        status = await rig.until(lambda status: status.health is Health.DOWN)
        assert "/dev/small" in status.reason
        modem.plugged = True
        await rig.usable()


async def test_a_silent_network_neither_ends_the_session_nor_lets_polls_in_between(tmp_path: Path) -> None:
    async with running(tmp_path, ccfc_timeout=1.0) as rig:
        await rig.until(lambda status: status.rssi_dbm is not None)
        rig.modem.override["AT+CCFC=0,2"] = None
        asked = asyncio.create_task(rig.service.interrogate(Service.CFU))
        await happens(lambda: "AT+CCFC=0,2" in rig.modem.log)
        beats, place = rig.beats, len(rig.modem.log)
        with pytest.raises(ForwardingError) as caught:
            await asked
        assert caught.value.kind is RefusalKind.SILENT
        assert rig.beats > beats
        assert rig.modem.log[place - 1] == "AT+CCFC=0,2"
        rig.modem.override.clear()
        assert not (await rig.service.interrogate(Service.CFU))[0].active
        assert rig.modem.log[place] == "AT+CMEE?"
        assert rig.service.status.health is Health.UP
        assert rig.modem.openings == 1


async def test_the_right_pin_opens_the_sim(tmp_path: Path) -> None:
    modem = SmallModem()
    modem.pin = "1234"
    async with running(tmp_path, modem, pin="1234\n") as rig:
        await rig.usable()
    assert modem.log.count('AT+CPIN="1234"') == 1
    assert rig.of_type("sim.blocked") == []


@pytest.mark.parametrize("tells_counter", [True, False])
async def test_a_wrong_pin_is_tried_once_also_across_restarts(tmp_path: Path, tells_counter: bool) -> None:
    modem = SmallModem()
    modem.pin, modem.tells_counter = "4321", tells_counter
    for _ in range(3):
        modem.restart()
        async with running(tmp_path, modem, pin="1234") as rig:
            status = await rig.until(lambda status: status.sim is SimState.PIN and bool(status.reason))
            assert status.health is Health.UP
            assert not status.usable
            await happens(lambda: len(rig.modem.log) > 60)
            (event,) = rig.of_type("sim.blocked")
            assert event["sim"] == "pin"
            assert "1234" not in event["reason"]
            with pytest.raises(ForwardingError, match="SIM is not ready"):
                await rig.service.interrogate(Service.CFU)
    assert [command for command in modem.log if command.startswith("AT+CPIN=")] == ['AT+CPIN="1234"']
    assert not any(command.startswith("AT+CFUN=") for command in modem.log)


async def test_a_corrected_pin_file_is_noticed_without_a_restart(tmp_path: Path) -> None:
    modem = SmallModem()
    modem.pin, modem.tells_counter = "54321", False
    async with running(tmp_path, modem, pin="1234") as rig:
        await rig.until(lambda status: bool(status.reason))
        await asyncio.to_thread((tmp_path / "pin").write_text, "54321")
        assert (await rig.usable()).reason == ""


async def test_a_puk_is_never_touched_and_nothing_is_restarted_for_it(tmp_path: Path) -> None:
    modem = SmallModem()
    modem.pin, modem.tries_left = "4321", 0
    async with running(tmp_path, modem, Rung.USB_REBIND, Rung.POWER_RELAY, pin="4321") as rig:
        await rig.until(lambda status: status.sim is SimState.PUK)
        await happens(lambda: len(modem.log) > 100)
        assert not any(command.startswith(("AT+CPIN=", "AT+CFUN=")) for command in modem.log)
        assert rig.actions.taken == []
        assert [event["sim"] for event in rig.of_type("sim.blocked")] == ["puk"]


async def test_a_sim_that_is_absent_and_put_in(tmp_path: Path) -> None:
    modem = SmallModem()
    modem.override["AT+CPIN?"] = "+CME ERROR: 10"
    async with running(tmp_path, modem, rules=Rules()) as rig:
        await rig.until(lambda status: status.sim is SimState.ABSENT)
        modem.override.clear()
        modem.tell("+CPIN: READY")
        await rig.usable()
        assert rig.service.generation == 1


async def test_another_sim_is_another_generation(tmp_path: Path) -> None:
    async with running(tmp_path, rules=Rules()) as rig:
        await rig.usable()
        rig.modem.override["AT+CPIN?"] = "+CME ERROR: 10"
        rig.modem.tell("+CPIN: NOT READY")
        await rig.until(lambda status: status.sim is SimState.ABSENT)
        rig.modem.override = {"AT+CCID": "+CCID: 8942010000000000025\nOK"}
        status = await rig.usable()
        assert status.iccid == "8942010000000000025"
        await happens(lambda: rig.service.generation == 2)


async def test_a_silent_port_climbs_the_ladder_and_what_helped_is_reported(tmp_path: Path) -> None:
    modem = SmallModem()
    rules = quick(Rung.REOPEN, Rung.USB_REBIND)
    async with running(tmp_path, modem, Rung.USB_REBIND, Rung.POWER_RELAY, rules=rules) as rig:
        await rig.usable()
        modem.unplug()

        def mend(rung: Rung) -> None:
            modem.plugged = rung is Rung.POWER_RELAY

        rig.actions.on_take = mend
        await rig.usable()
        await happens(lambda: len(rig.of_type("modem.recovery")) == 3)
        assert [(event["rung"], event["ok"]) for event in rig.of_type("modem.recovery")] == [
            ("reopen", False),
            ("usb_rebind", False),
            ("power_relay", True),
        ]
        assert rig.of_type("modem.recovery")[1]["budget_left"] == 1


async def test_a_missing_network_is_met_with_the_radio_then_the_modem(tmp_path: Path) -> None:
    modem = SmallModem()
    modem.registered = 0
    async with running(tmp_path, modem, rules=quick(Rung.RADIO_CYCLE)) as rig:
        await happens(lambda: "AT+CFUN=1,1" in modem.log)
        modem.registered = 1
        await rig.usable()
        await happens(lambda: len(rig.of_type("modem.recovery")) == 2)
        order = [command for command in modem.log if command.startswith("AT+CFUN=")]
        assert order == ["AT+CFUN=0", "AT+CFUN=1", "AT+CFUN=1,1"]
        assert [(event["rung"], event["ok"]) for event in rig.of_type("modem.recovery")] == [
            ("cfun_0_1", False),
            ("cfun_1_1", True),
        ]


async def test_no_restart_during_a_live_call(tmp_path: Path) -> None:
    modem = SmallModem()
    async with running(tmp_path, modem) as rig:
        await rig.usable()
        modem.calls = ['+CLCC: 1,1,0,0,0,"+420777000999",145']
        modem.tell("RING")
        await happens(lambda: "AT+CLCC" in modem.log)
        with pytest.raises(ForwardingError, match="call is going on"):
            await rig.service.reset()
        modem.registered = 0
        place = len(modem.log)
        await happens(lambda: len(modem.log) > place + 100)
        assert not any(command.startswith("AT+CFUN=") for command in modem.log)
        modem.calls = []
        await happens(lambda: "AT+CFUN=0" in modem.log)


async def test_no_restart_while_the_box_is_busy_with_calls(tmp_path: Path) -> None:
    modem = SmallModem()
    async with running(tmp_path, modem) as rig:
        await rig.usable()
        rig.busy = True
        with pytest.raises(ForwardingError):
            await rig.service.reset()
        modem.registered = 0
        place = len(modem.log)
        await happens(lambda: len(modem.log) > place + 100)
        assert not any(command.startswith("AT+CFUN=") for command in modem.log)


async def test_a_person_restarts_the_modem(tmp_path: Path) -> None:
    async with running(tmp_path) as rig:
        await rig.usable()
        await rig.service.reset()
        assert rig.service.status.health is Health.UP
        assert rig.modem.log.count("AT+CFUN=1,1") == 1
        await rig.usable()
        assert rig.service.generation == 2
        assert {"rung": "cfun_1_1", "ok": True, "budget_left": 1} in rig.of_type("modem.recovery")


async def test_a_person_restarts_a_modem_that_is_gone(tmp_path: Path) -> None:
    modem = SmallModem()
    modem.plugged = False
    async with running(tmp_path, modem, Rung.USB_REBIND, rules=Rules()) as rig:
        await rig.until(lambda status: status.health is Health.DOWN)

        def mend(rung: Rung) -> None:
            modem.plugged = True

        rig.actions.on_take = mend
        await rig.service.reset()
        assert rig.actions.taken == [Rung.USB_REBIND]


async def test_a_restart_that_does_not_help_is_told(tmp_path: Path) -> None:
    modem = SmallModem()
    modem.plugged = False
    pace = Pace(poll_s=0.05, searching_poll_s=0.01, reopen_s=0.01, beat_s=0.01, reset_limit_s=0.1)
    async with running(tmp_path, modem, Rung.POWER_RELAY, pace=pace) as rig:
        with pytest.raises(ForwardingError, match="did not come back"):
            await rig.service.reset()


async def test_a_restart_without_a_port_or_another_hold_on_the_modem_is_refused_at_once(tmp_path: Path) -> None:
    modem = SmallModem()
    modem.plugged = False
    never = Pace(reopen_s=3600.0, reset_limit_s=3600.0)
    async with running(tmp_path, modem, pace=never) as rig:
        await rig.until(lambda status: status.health is Health.DOWN)
        with pytest.raises(ForwardingError, match="cannot be restarted: /dev/small") as caught:
            await rig.service.reset()
        assert caught.value.kind is RefusalKind.NO_MODEM


async def test_a_rebind_that_fails_is_told_at_once(tmp_path: Path) -> None:
    modem = SmallModem()
    modem.plugged = False
    async with running(tmp_path, modem, Rung.USB_REBIND, rules=Rules()) as rig:

        def fail(rung: Rung) -> None:
            raise OSError("the device is not on the bus")

        rig.actions.on_take = fail
        with pytest.raises(ForwardingError, match="not on the bus") as caught:
            await rig.service.reset()
        assert caught.value.kind is RefusalKind.NO_MODEM


async def test_a_modem_that_refuses_to_restart_is_told_and_stays_up(tmp_path: Path) -> None:
    async with running(tmp_path) as rig:
        await rig.usable()
        rig.modem.override["AT+CFUN=1,1"] = "ERROR"
        with pytest.raises(ForwardingError, match="refused to restart: ERROR") as caught:
            await rig.service.reset()
        assert caught.value.kind is RefusalKind.REFUSED
        assert [(event["rung"], event["ok"]) for event in rig.of_type("modem.recovery")] == [("cfun_1_1", False)]
        assert rig.service.status.usable
        assert rig.modem.openings == 1


async def test_a_restart_is_done_when_the_sim_is_read(tmp_path: Path) -> None:
    async with running(tmp_path, rules=Rules()) as rig:
        await rig.usable()
        await rig.service.reset()
        assert rig.service.status.sim is SimState.READY
        assert rig.service.status.registration is NetworkRegistration.HOME


async def test_nothing_is_sent_into_a_modem_that_is_going_and_nobody_cuts_its_grace_short(tmp_path: Path) -> None:
    grace = Pace(poll_s=0.05, searching_poll_s=0.01, reopen_s=0.01, beat_s=0.01, restart_grace_s=3600.0)
    async with running(tmp_path, pace=grace, rules=Rules()) as rig:
        await rig.usable()
        resetting = asyncio.create_task(rig.service.reset())
        await rig.until(lambda status: status.health is Health.DOWN)
        with pytest.raises(ForwardingError) as caught:
            await rig.service.interrogate(Service.CFU)
        assert caught.value.kind is RefusalKind.NO_MODEM
        beats = rig.beats
        await happens(lambda: rig.beats > beats + 10)
        assert rig.modem.openings == 1
        assert rig.modem.log[-1] == "AT+CFUN=1,1"
        resetting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await resetting


async def test_a_missing_port_is_looked_for_about_once_a_second_and_then_less_often(tmp_path: Path) -> None:
    class Absent(SmallModem):
        tried = 0

        async def open(self, port: str, baudrate: int, handler: LinkHandler) -> Link:
            self.tried += 1
            raise OSError(f"{port} cannot be opened: no such device")

    modem = Absent()
    async with running(tmp_path, modem, pace=Pace(), rules=Rules()):
        await asyncio.sleep(1.2)
        assert 1 <= modem.tried <= 2


async def test_stopping_while_the_port_fails_leaves_no_error_behind(tmp_path: Path) -> None:
    complaints: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: complaints.append(context))
    opening = asyncio.Event()

    class FailsWhenCancelled(SmallModem):
        async def open(self, port: str, baudrate: int, handler: LinkHandler) -> Link:
            opening.set()
            try:
                await asyncio.Event().wait()
            finally:
                raise OSError(f"{port} cannot be opened: no such device")

    async with running(tmp_path, FailsWhenCancelled()):
        await opening.wait()
    gc.collect()
    assert complaints == []


async def test_a_modem_that_restarts_by_itself_is_set_up_anew(tmp_path: Path) -> None:
    async with running(tmp_path) as rig:
        await rig.until(lambda status: status.rssi_dbm is not None)
        rig.modem.tell("RDY")
        await happens(lambda: rig.service.generation == 2)
        assert rig.modem.log.count("ATE0") == 2


async def test_a_persons_own_commands(tmp_path: Path) -> None:
    async with running(tmp_path) as rig:
        await rig.usable()
        assert await rig.service.at("AT+CSQ") == ("+CSQ: 20,99", "OK")
        assert await rig.service.at("AT+CGMM") == ("One", "OK")
        assert await rig.service.at("AT+NONE") == ("ERROR",)
        with pytest.raises(ForwardingError, match="not let through"):
            await rig.service.at("AT+CCFC=4,4")
        rig.modem.override["AT+CCLK?"] = '+CCLK: "26/07/01,14:05:06+08"\nOK'
        told = await rig.service.network_time()
        assert told is not None
        assert told.hour == 14
    with pytest.raises(ForwardingError):
        await rig.service.at("AT+CSQ")


async def test_a_modem_left_without_radio_is_switched_on(tmp_path: Path) -> None:
    modem = SmallModem()
    modem.override["AT+CFUN?"] = "+CFUN: 0\nOK"
    async with running(tmp_path, modem) as rig:
        await rig.usable()
        assert "AT+CFUN=1" in modem.log


async def test_a_modem_that_answers_everything_with_an_error_is_up_and_useless(tmp_path: Path) -> None:
    class Refuser(SmallModem):
        def answer(self, command: str) -> str | None:
            super().answer(command)
            return "+CMEE: 1\nOK" if command == "AT+CMEE?" else "ERROR"

    async with running(tmp_path, Refuser(), rules=Rules()) as rig:
        status = await rig.until(lambda status: status.health is Health.UP)
        assert (status.model, status.sim) == (None, SimState.UNKNOWN)
        assert not status.usable
