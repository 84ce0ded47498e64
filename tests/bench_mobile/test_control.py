"""The stand-alone modem as a process of its own, steered over its control socket."""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import serial

from bench.mobile.control import ControlClient
from bench.mobile.switches import SwitchError

ROOT = Path(__file__).parents[2]
DID = "+420226000100"


@pytest.fixture
def process() -> Iterator[tuple[str, ControlClient]]:
    with tempfile.TemporaryDirectory() as directory:  # short: a unix socket's path has 107 bytes at most
        control = Path(directory) / "control"
        child = subprocess.Popen(
            [sys.executable, "-m", "bench.mobile", "--latency", "0", "--personality", "huawei", "--control", control],
            env={**os.environ, "PYTHONPATH": str(ROOT / "hil-tests")},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert child.stdout is not None
        try:
            assert select.select([child.stdout], [], [], 120)[0], "it did not start"
            said = re.search(r"socket://\S+", child.stdout.readline())
            assert said is not None
            with ControlClient(control) as client:
                yield said[0], client
        finally:
            child.send_signal(signal.SIGINT)
            assert child.wait(120) == 0
            child.stdout.close()
        assert not control.exists()


def at(address: str, command: str, end: bytes = b"OK\r\n") -> bytes:
    with serial.serial_for_url(address, timeout=60) as link:
        link.write(command.encode() + b"\r")
        return bytes(link.read_until(end))


def test_table_audit_and_switches_from_another_process(process: tuple[str, ControlClient]) -> None:
    address, control = process
    assert b"OK" in at(address, f'AT+CCFC=0,3,"{DID}",145,1')
    assert control("table") == {"cfu": {"voice": {"number": DID, "active": True, "no_reply_s": None}}}
    assert control("destination")["number"] == DID
    assert control("gaps", reason="cfu") == []
    control("alter", reason="cfu", number=None)
    assert control("table") == {}
    assert [change["by"] for change in control("changes")] == ["at", "call centre"]
    assert control("operator", refuse_changes=[30])["refuse_changes"] == [30]
    assert b"ERROR" in at(address, f'AT+CCFC=0,3,"{DID}",145,1', b"ERROR\r\n")
    assert control("rudeness", echo="off")["echo"] == "off"
    assert not at(address, "AT+CSQ").startswith(b"AT")
    control("unplug")
    with pytest.raises(serial.SerialException):
        serial.serial_for_url(address)
    assert control("status")["powered"] is False


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("no_such_thing", {}),
        ("alter", {"reason": "cfx", "number": DID}),
        ("rudeness", {"no_such_switch": 1}),
        ("table", {"msisdn": "+1"}),
    ],
)
def test_what_is_wrong_is_said(process: tuple[str, ControlClient], name: str, arguments: dict[str, object]) -> None:
    with pytest.raises(SwitchError, match=r"\w"):
        process[1](name, **arguments)
