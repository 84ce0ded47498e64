from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from appliance.domain.forwarding import ForwardingError, RefusalKind, Registration, Service, Wanted
from appliance.domain.phone import PhoneNumber
from appliance.modem.channel import Channel
from appliance.modem.forwarding import Forwarder
from appliance.modem.learned import LearnedWays, SimKey
from appliance.modem.quirks import quirks_for
from tests.modem.peers import MARKER, Script

CZ = PhoneNumber("+420226000100")
KEY = SimKey("8942010000000000017", "1.0")
ACTIVE = '+CCFC: 1,1,"+420226000100",145\nOK'


class Rig:
    """A forwarder over a scripted modem."""

    def __init__(self, script: Script, model: str, state_dir: Path, timeout_s: float) -> None:
        self.script = script
        self.channel = Channel(lambda line: None, lambda: None)
        self.learned = LearnedWays(state_dir / "learned.json")
        self.forwarder = Forwarder(self.channel.ask, self.learned, "CZ", timeout_s)
        self.forwarder.identify(quirks_for(None, model), KEY)

    async def __aenter__(self) -> Forwarder:
        await self.channel.open(self.script.open, "memory", 115200)
        return self.forwarder

    async def __aexit__(self, failed: object, *_: object) -> None:
        await self.channel.close()
        if failed is None:
            self.script.finished()


Maker = Callable[..., Rig]


@pytest.fixture
def rig(tmp_path: Path) -> Maker:
    def make(*steps: tuple[str, str | bytes | None], model: str = "", timeout_s: float = 5.0) -> Rig:
        return Rig(Script(MARKER, *steps), model, tmp_path, timeout_s)

    return make


VENDORS = {
    "huawei E3372": [
        ("AT+CCFC=0,2", "+CCFC: 0,255\nOK"),
        ('AT+CCFC=0,3,"+420226000100",145,1', "OK"),
        ("AT+CCFC=0,2", '+CCFC: 1,1,"+420226000100",145\nOK'),
        ("AT+CCFC=0,4,,,1", "OK"),
        ("AT+CCFC=0,2", "+CCFC: 0,255\nOK"),
    ],
    "Quectel EC25": [
        ("AT+CCFC=0,2", '+CCFC: 0,0,"",129,,,\nOK'),
        ('AT+CCFC=0,3,"+420226000100",145,1', "OK"),
        ("AT+CCFC=0,2", '+CCFC: 1,1,"420226000100",145,,,\nOK'),
        ("AT+CCFC=0,4,,,1", "OK"),
        ("AT+CCFC=0,2", '+CCFC: 0,0,"",129,,,\nOK'),
    ],
    "SIMCOM_SIM800L": [
        ("AT+CCFC=0,2", "+CCFC: 0,7\nOK"),
        ('AT+CCFC=0,3,"+420226000100",145,1', "OK"),
        ("AT+CCFC=0,2", '+CCFC: 1,1,"+420226000100",145\n+CCFC: 1,4,"+420226000100",145\nOK'),
        ("AT+CCFC=0,4", "OK"),
        ("AT+CCFC=0,2", "+CCFC: 0,7\nOK"),
    ],
    "SIMCOM_SIM7600E-H": [
        ("AT+CCFC=0,2", "+CCFC: 0,255\nOK"),
        ('AT+CCFC=0,3,"+420226000100",145,1', "OK"),
        ("AT+CCFC=0,2", '+CCFC: 1,1,"00420226000100",129\nOK'),
        ("AT+CCFC=0,4,,,1", "OK"),
        ("AT+CCFC=0,2", "OK"),
    ],
    "Telit LE910": [
        ("AT+CCFC=0,2", "+CCFC: 0,7\nOK"),
        ('AT+CCFC=0,3,"+420226000100",145,1', "OK"),
        ("AT+CCFC=0,2", '+CCFC: 1,7,"+420226000100",145\nOK'),
        ("AT+CCFC=0,4,,,1", "OK"),
        ("AT+CCFC=0,2", "+CCFC: 0,7\nOK"),
    ],
    "u-blox SARA-U201": [
        ("AT+CCFC=0,2", "OK"),
        ('AT+CCFC=0,3,"+420226000100",145,1', "OK"),
        ("AT+CCFC=0,2", '+CCFC: 1,1,"+420226000100",145\nOK'),
        ("AT+CCFC=0,4,,,1", "OK"),
        ("AT+CCFC=0,2", "OK"),
    ],
    "Cinterion EHS6": [
        ("AT+CCFC=0,2,,,1", "+CCFC: 0,1\nOK"),
        ('AT+CCFC=0,3,"+420226000100",145,1', "OK"),
        ("AT+CCFC=0,2,,,1", '+CCFC: 1,1,"+420226000100",145\nOK'),
        ("AT+CCFC=0,4,,,1", "OK"),
        ("AT+CCFC=0,2,,,1", "+CCFC: 0,1\nOK"),
    ],
    "generic": [
        ("AT+CCFC=0,2", "+CCFC: 0,1,,129\n+CCFC: 0,2,\nOK"),
        ('AT+CCFC=0,3,"+420226000100",145,1', "OK"),
        ("AT+CCFC=0,2", '+CCFC: 1,1,"+420226000100",145\n+CCFC: 0,2,\nOK'),
        ("AT+CCFC=0,4,,,1", "OK"),
        ("AT+CCFC=0,2", "+CCFC: 0,1,,129\n+CCFC: 0,2,\nOK"),
    ],
}


@pytest.mark.parametrize("model", VENDORS)
async def test_each_vendor_is_spoken_to_in_its_own_way(rig: Maker, model: str) -> None:
    async with rig(*VENDORS[model], model=model) as forwarder:
        assert not (await forwarder.interrogate(Service.CFU))[0].active
        await forwarder.register(Service.CFU, Wanted(CZ), 0)
        registration, exchanges = await forwarder.interrogate(Service.CFU)
        assert registration == Registration(True, CZ)
        assert exchanges[0].received[-1] == "OK"
        await forwarder.erase(Service.CFU, 0)
        assert not (await forwarder.interrogate(Service.CFU))[0].active


@pytest.mark.parametrize(
    ("model", "wanted_s", "command"),
    [
        ("generic", 20, 'AT+CCFC=2,3,"+420226000100",145,1,,,20'),
        ("Telit LE910", 22, 'AT+CCFC=2,3,"+420226000100",145,1,,,20'),
        ("SIMCOM_SIM800L", 33, 'AT+CCFC=2,3,"+420226000100",145,1,,,30'),
        ("SIEMENS TC35i", 15, 'AT+CCFC=2,3,"+420226000100",145,1,15'),
    ],
)
async def test_the_ring_time_is_one_the_modem_takes(rig: Maker, model: str, wanted_s: int, command: str) -> None:
    async with rig((command, "OK"), model=model) as forwarder:
        await forwarder.register(Service.CFNRY, Wanted(CZ, wanted_s), 0)


async def test_each_attempt_takes_another_way_and_mmi_is_one_of_them(rig: Maker) -> None:
    refused = "+CME ERROR: 100"
    commands = [
        'AT+CCFC=0,3,"+420226000100",145,1',
        'AT+CCFC=0,3,"+420226000100",145',
        "ATD**21*+420226000100*11#;",
        'AT+CCFC=0,3,"+420226000100",129,1',
        'AT+CCFC=0,3,"+420226000100",129',
        "ATD**21*+420226000100#;",
        'AT+CCFC=0,3,"+420226000100",145,1',
    ]
    async with rig(*((command, refused) for command in commands)) as forwarder:
        for attempt in range(len(commands)):
            with pytest.raises(ForwardingError) as caught:
                await forwarder.register(Service.CFU, Wanted(CZ), attempt)
            assert caught.value.kind is RefusalKind.REFUSED
            assert caught.value.code == 100
            assert len(caught.value.exchanges) == 1


@pytest.mark.parametrize(
    ("final", "code"), [("+CME ERROR: 30", 30), ("+CME ERROR: 258", 258), ("ERROR", None), ("NO CARRIER", None)]
)
async def test_a_refusal_carries_its_code_and_its_exchange(rig: Maker, final: str, code: int | None) -> None:
    async with rig(("ATD##21#;", final), model="x") as forwarder:
        with pytest.raises(ForwardingError) as caught:
            await forwarder.erase(Service.CFU, 2)
        assert caught.value.code == code
        assert caught.value.exchanges[0].sent == "ATD##21#;"
        assert caught.value.exchanges[0].received == (final,)


async def test_a_confirmed_way_comes_first_for_every_service_and_is_kept_on_disk(rig: Maker, tmp_path: Path) -> None:
    bench = rig(
        ("ATD**21*+420226000100*11#;", "OK"),
        ("ATD**21*+420226000100*11#;", "OK"),
        ("ATD**67*+420226000100*11#;", "OK"),
        ("AT+CCFC=0,4,,,1", "OK"),
    )
    async with bench as forwarder:
        await forwarder.register(Service.CFU, Wanted(CZ), 2)
        forwarder.confirm(Service.CFU, 2)
        await forwarder.register(Service.CFU, Wanted(CZ), 0)
        await forwarder.register(Service.CFB, Wanted(CZ), 0)
        await forwarder.erase(Service.CFU, 0)
        assert forwarder.describe() == {"cfu.register": "MMI code for voice"}
    await bench.learned.save()
    again = LearnedWays(tmp_path / "learned.json")
    await again.load()
    assert again.describe(KEY) == {"cfu.register": "MMI code for voice"}
    assert again.describe(SimKey("8942010000000000025", "1.0")) == {}


async def test_where_the_ring_time_stands_is_not_learned_from_services_without_one(rig: Maker) -> None:
    steps = [
        ('AT+CCFC=3,3,"+420226000100",145,1', "OK"),
        ('AT+CCFC=2,3,"+420226000100",145,1,20', "OK"),
        ('AT+CCFC=1,3,"+420226000100",145,1', "OK"),
    ]
    async with rig(*steps, model="SIEMENS TC35i") as forwarder:
        for service in (Service.CFNRC, Service.CFNRY, Service.CFB):
            await forwarder.register(service, Wanted(CZ, 20), 0)
            forwarder.confirm(service, 0)


def test_an_attempt_that_was_never_taken_confirms_nothing(tmp_path: Path) -> None:
    bench = Rig(Script(), "", tmp_path, 5.0)
    bench.forwarder.confirm(Service.CFU, 3)
    assert bench.forwarder.describe() == {}


async def test_a_refused_interrogation_is_put_in_other_ways_and_the_good_one_is_kept(rig: Maker) -> None:
    steps = [
        ("AT+CCFC=0,2", "+CME ERROR: 50"),
        ("AT+CCFC=0,2,,,1", ACTIVE),
        ("AT+CCFC=0,2,,,1", ACTIVE),
        ("AT+CCFC=1,2,,,1", "+CCFC: 0,1\nOK"),
    ]
    async with rig(*steps) as forwarder:
        registration, exchanges = await forwarder.interrogate(Service.CFU)
        assert registration.target == CZ
        assert [exchange.sent for exchange in exchanges] == ["AT+CCFC=0,2", "AT+CCFC=0,2,,,1"]
        await forwarder.interrogate(Service.CFU)
        await forwarder.interrogate(Service.CFB)


async def test_a_dialled_interrogation_counts_only_where_its_result_is_shown(rig: Maker) -> None:
    refused = [("AT+CCFC=0,2", "ERROR"), ("AT+CCFC=0,2,,,1", "ERROR")]
    otherwise = [(command, "+CME ERROR: 100") for command, _ in refused]
    async with rig(*refused, ("ATD*#21#;", "OK"), *otherwise, ("ATD*#21#;", ACTIVE)) as forwarder:
        with pytest.raises(ForwardingError) as caught:
            await forwarder.interrogate(Service.CFU)
        assert caught.value.kind is RefusalKind.REFUSED
        assert len(caught.value.exchanges) == 3
        assert (await forwarder.interrogate(Service.CFU))[0].target == CZ


async def test_a_dialled_interrogation_in_vain_is_not_repeated_in_this_life_for_this_service(rig: Maker) -> None:
    def refused(reason: int) -> list[tuple[str, str]]:
        return [(f"AT+CCFC={reason},2", "+CME ERROR: 30"), (f"AT+CCFC={reason},2,,,1", "+CME ERROR: 30")]

    dialled = ("ATD*#67#;", "+CME ERROR: 30")
    steps = [*refused(1), dialled, *refused(1), *refused(3), ("ATD*#62#;", "ERROR"), *refused(1), dialled]
    async with rig(*steps) as forwarder:
        for service, asked in ((Service.CFB, 3), (Service.CFB, 2), (Service.CFNRC, 3)):
            with pytest.raises(ForwardingError) as caught:
                await forwarder.interrogate(service)
            assert (caught.value.code, len(caught.value.exchanges)) == (30, asked)
        forwarder.identify(quirks_for(None, ""), KEY)  # the next life of the port
        with pytest.raises(ForwardingError):
            await forwarder.interrogate(Service.CFB)


async def test_a_garbled_answer_is_no_answer(rig: Maker) -> None:
    steps = [(command, "+CCFC: what,ever\nOK") for command in ("AT+CCFC=0,2", "AT+CCFC=0,2,,,1", "ATD*#21#;")]
    async with rig(*steps) as forwarder:
        with pytest.raises(ForwardingError) as caught:
            await forwarder.interrogate(Service.CFU)
        assert caught.value.kind is RefusalKind.GARBLED


async def test_an_error_of_the_sim_is_not_asked_around(rig: Maker) -> None:
    async with rig(("AT+CCFC=0,2", "+CME ERROR: 13")) as forwarder:
        with pytest.raises(ForwardingError) as caught:
            await forwarder.interrogate(Service.CFU)
        assert caught.value.code == 13


async def test_silence_is_told_and_the_late_answer_is_nobodys(rig: Maker) -> None:
    steps = [
        ('AT+CCFC=0,3,"+420226000100",145,1', None),
        ("AT+CMEE?", "OK\n+CMEE: 1\nOK"),  # the OK is the registration's, late
        ("AT+CCFC=0,2", ACTIVE),
    ]
    async with rig(*steps, timeout_s=0.05) as forwarder:
        with pytest.raises(ForwardingError) as caught:
            await forwarder.register(Service.CFU, Wanted(CZ), 0)
        assert caught.value.kind is RefusalKind.SILENT
        assert caught.value.exchanges[0].received == ("[no answer in 0.05 s]",)
        assert (await forwarder.interrogate(Service.CFU))[0].target == CZ


async def test_a_closed_port_is_no_modem(tmp_path: Path) -> None:
    channel = Channel(lambda line: None, lambda: None)
    forwarder = Forwarder(channel.ask, LearnedWays(tmp_path / "learned.json"), "CZ", 5.0)
    with pytest.raises(ForwardingError) as caught:
        await forwarder.interrogate(Service.CFU)
    assert caught.value.kind is RefusalKind.NO_MODEM
    assert caught.value.exchanges == ()
