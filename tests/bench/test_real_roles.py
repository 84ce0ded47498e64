"""The roles of a real bench, against stand-ins of what is on its other side: a shell, a modem, a recorder."""

from __future__ import annotations

import base64
import json
import math
import re
import subprocess
import wave
from array import array
from pathlib import Path

import pytest

from bench.lab.real_box import BoxModemCarrier, SshBox
from bench.lab.real_customer import ModemCustomer
from bench.lab.real_faults import CommandFaults
from bench.lab.roles import NotReachedError, Outcome, UnavailableError
from bench.mobile.modem import SimulatedModem
from bench.mobile.network import DialResult, MobileNetwork
from bench.mobile.personalities import PERSONALITIES
from bench.mobile.ports import PtyPort
from bench.mobile.subscriber import Subscriber
from bench.tones import Tones

STATE = {"route": {"active": "primary"}, "forwarding": {"status": "verified"}}
SERVICE = "+420777000100"


class Shell:
    """A box's shell that knows these lines only, and keeps what it was told."""

    def __init__(self, answers: dict[str, str]) -> None:
        self.answers = answers
        self.lines: list[str] = []

    def run(self, line: str) -> tuple[list[str], list[str], int]:
        self.lines.append(line)
        for pattern, answer in self.answers.items():
            if re.search(pattern, line):
                return answer.splitlines(), [], 0
        return [], [f"no such thing: {line}"], 127


async def test_a_box_is_asked_by_its_own_command_line() -> None:
    events = "\n".join(json.dumps({"id": id_, "type": "boot"}) for id_ in (1, 2, 3))
    shell = Shell({"status --json": json.dumps(STATE), "events --json": events, "systemctl": ""})
    box = SshBox(shell.run, "brno-01", "hotline-guard.service")
    assert (await box.wait_for_route("primary", timeout_s=5)) == STATE
    assert [event["id"] for event in await box.events(since_id=1)] == [2, 3]
    assert await box.last_event_id() == 3
    assert (await box.wait_for_event("boot", since_id=2))["id"] == 3
    await box.kill()
    assert shell.lines[-2:] == [
        "systemctl kill --signal=KILL hotline-guard.service",
        "systemctl stop hotline-guard.service",
    ]
    with pytest.raises(NotReachedError, match="secondary"):
        await box.wait_for_route("secondary", timeout_s=0.1)
    with pytest.raises(UnavailableError):
        await box.configure({"fall": 5})


async def test_a_command_goes_through_the_boxs_broker() -> None:
    shell = Shell({"mosquitto_rr": '{"ok": true}'})
    box = SshBox(shell.run, "brno-01", "hotline-guard.service")
    assert await box.command("route.auto", id_="x", expiry_s=5) == {"ok": True}
    encoded, topics = re.match(r"printf %s (\S+) \| base64 -d \| (.*)", shell.lines[0]).groups()
    assert json.loads(base64.b64decode(encoded)) == {"schema": 1, "id": "x", "name": "route.auto", "args": {}}
    assert "-t hotline/brno-01/command -e hotline/brno-01/response" in topics
    assert "message-expiry-interval 5" in topics
    with pytest.raises(UnavailableError):
        await box.raw_command(b"x" * 1_000_000)
    assert await SshBox(Shell({}).run, "brno-01", "unit").raw_command(b"{") is None


async def test_the_network_is_asked_through_the_boxs_modem() -> None:
    shell = Shell(
        {
            "CCFC=0,2": '+CCFC: 0,2,"",129\n+CCFC: 1,1,"+420226000100",145\nOK',
            "CCFC=1,2": '+CCFC: 1,7,"420777000111",145\nOK',
            "CCFC=2,2": "+CCFC: 0,7\nOK",
            "CCFC=3,2": '+CCFC: 1,2,"+420777000111",145\nOK',
        }
    )
    carrier = BoxModemCarrier(SshBox(shell.run, "brno-01", "unit"))
    assert await carrier.table() == {"cfu": "+420226000100", "cfb": "+420777000111", "cfnry": None, "cfnrc": None}
    with pytest.raises(UnavailableError):
        await carrier.misbehave("lie")


def record(file: Path, *frequencies_hz: int) -> None:
    samples = [round(sum(5000 * math.sin(2 * math.pi * hz * n / 8000) for hz in frequencies_hz)) for n in range(8000)]
    with wave.open(str(file), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(8000)
        out.writeframes(array("h", samples).tobytes())


@pytest.mark.parametrize(
    ("result", "outcome", "who"),
    [
        (DialResult.ANSWERED, Outcome.ANSWERED, "node-1"),
        (DialResult.BUSY, Outcome.BUSY, None),
        (DialResult.REJECTED, Outcome.UNREACHABLE, None),
    ],
)
async def test_a_modem_dials_and_its_recorder_is_listened_to(
    tmp_path: Path, result: DialResult, outcome: Outcome, who: str | None
) -> None:
    network = MobileNetwork()
    network.add(Subscriber("+420600000001"))
    called: list[str] = []

    async def on_dial(caller: str, number: str) -> DialResult:
        called.append(number)
        return result

    network.on_dial = on_dial
    record(tmp_path / "said.wav", 460, 1130)
    async with SimulatedModem(network, "+420600000001", PtyPort(tmp_path / "modem"), PERSONALITIES["generic"]):
        recorder = f"cp {tmp_path}/said.wav {{file}}"
        tones = Tones({"node-1": 460, "node-2": 570}, {"trunk-a": 1130})
        customer = ModemCustomer(str(tmp_path / "modem"), 115200, SERVICE, recorder, tones)
        heard = await customer.dial()
    assert called == [SERVICE]
    assert (heard.outcome, heard.who, heard.via) == (outcome, who, "trunk-a" if who else None)


async def test_a_customer_without_ears_is_no_witness() -> None:
    with pytest.raises(UnavailableError):
        await ModemCustomer("/dev/null", 115200, SERVICE, None, Tones({}, {})).dial()


async def test_faults_are_the_commands_that_were_named(tmp_path: Path) -> None:
    log = tmp_path / "log"
    switched: list[bool] = []
    commands = {"uplink": {"lose": f"echo lose {{percent}} >> {log}", "mend": f"echo mend >> {log}"}}
    faults = CommandFaults(commands, switched.append)
    await faults.break_("uplink", "lose", percent=20)
    await faults.break_("modem")
    assert await faults.broken() == {"uplink": "lose", "modem": "kill"}
    await faults.mend_all()
    assert (log.read_text(), switched) == ("lose 20\nmend\n", [False, True])
    assert await faults.broken() == {}
    for part, how in (("uplink", "kill"), ("node-1", "kill"), ("modem", "stop")):
        with pytest.raises(UnavailableError, match=part):
            await faults.break_(part, how)
    with pytest.raises(subprocess.CalledProcessError):
        await CommandFaults({"node-1": {"kill": "false", "mend": "true"}}, None).break_("node-1")
