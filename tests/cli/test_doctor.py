"""``hotline doctor``: each trouble with its mend."""

from __future__ import annotations

import asyncio
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from appliance.config import load
from appliance.doctor import box as box_checks
from appliance.doctor import picture, serial_port, voice
from appliance.doctor.finding import Finding, Level
from tests.cli.conftest import CONFIG, Box, Hotline
from tests.cli.peer import ScriptedGuard, state_document
from tests.cli.story import Story
from tests.cli.test_calls import remember


def named(findings: list[Finding], part: str) -> list[Finding]:
    return [finding for finding in findings if finding.part == part]


async def test_a_healthy_box_is_exit_0(box: Box, guard: ScriptedGuard, hotline: Hotline) -> None:
    Story(box.state_dir).normal()
    guard.state["nodes"]["node-2"] = {"health": "up", "rtt_ms": 3.0}
    ran = await hotline("doctor", "--config", box.config)
    assert (ran.code, ran.err) == (0, "")
    assert "FAIL" not in ran.out
    for line in ("ok    broker ", "ok    guard ", "ok    SIM              ready", "ok    mobile network   home"):
        assert line in ran.out


async def test_a_dead_node_is_exit_1_with_its_mend(box: Box, guard: ScriptedGuard, hotline: Hotline) -> None:
    Story(box.state_dir).normal()
    ran = await hotline("doctor", "--config", box.config)
    assert ran.code == 1
    failed = ran.out[ran.out.index("FAIL") :].splitlines()
    assert failed[0] == "FAIL  node             node-2  DOWN  3 misses"
    assert failed[1].strip() == "→ check the node's Asterisk, and that its firewall lets this box in"


async def test_without_a_broker_what_can_be_checked_is_checked(lonely_box: Box, hotline: Hotline) -> None:
    ran = await hotline("doctor", "--json", "--config", lonely_box.config)
    assert ran.code == 1
    found = {line["part"]: line for line in map(json.loads, ran.out.splitlines())}
    assert found["configuration"]["level"] == "ok"
    assert found["state directory"]["level"] == "ok"
    assert found["journal"]["level"] == "fail"
    assert found["broker"]["level"] == "fail"
    assert "systemctl start mosquitto" in found["broker"]["mend"]


async def test_a_silent_guard_is_told_and_its_last_picture_looked_at(
    box: Box, guard: ScriptedGuard, hotline: Hotline
) -> None:
    Story(box.state_dir).normal()
    guard.silent = True
    ran = await hotline("doctor", "--timeout", "3", "--config", box.config)
    assert ran.code == 1
    assert "FAIL  guard            the guard did not answer within 3 s" in ran.out
    assert "ok    trunk            trunk-a" in ran.out


async def test_a_wrong_file_ends_the_search_with_its_mistakes(lonely_box: Box, hotline: Hotline) -> None:
    lonely_box.config.write_text("[device]\n")
    ran = await hotline("doctor", "--config", lonely_box.config)
    assert ran.code == 1
    assert "FAIL  configuration" in ran.out
    assert "hotline check-config" in ran.out
    assert "broker" not in ran.out


def test_a_missing_state_directory_and_little_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (missing,) = box_checks.state_directory(tmp_path / "none")
    assert missing.level is Level.FAIL
    monkeypatch.setattr(box_checks, "LEAST_FREE", 10**18)
    (full,) = box_checks.state_directory(tmp_path)
    assert full.level is Level.FAIL
    assert "make room" in full.mend


def test_a_clock_of_the_last_century_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(box_checks, "EARLIEST", datetime(2099, 1, 1, tzinfo=UTC))
    (finding,) = box_checks.clock()
    assert finding.level is Level.FAIL
    assert "timedatectl" in finding.mend


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A /proc and a /sys with one program that has the terminal ``/dev/null`` open, kept awake by nobody."""
    (tmp_path / "proc/42/fd").mkdir(parents=True)
    (tmp_path / "proc/42/comm").write_text("ModemManager\n")
    os.symlink("/dev/null", tmp_path / "proc/42/fd/3")
    usb = tmp_path / "sys/devices/usb1/1-1"
    (usb / "power").mkdir(parents=True)
    (usb / "idVendor").write_text("12d1\n")
    (usb / "power/control").write_text("auto\n")
    (usb / "1-1:1.0").mkdir()
    (tmp_path / "tty/null").mkdir(parents=True)
    os.symlink(usb / "1-1:1.0", tmp_path / "tty/null/device")
    return tmp_path


def check_port(port: str, machine: Path) -> list[Finding]:
    return list(serial_port.check(port, machine / "proc", machine / "tty"))


def test_a_port_held_by_modemmanager_on_a_sleepy_usb_port(machine: Path) -> None:
    asleep, held = check_port("/dev/null", machine)
    assert asleep.level is Level.WARN
    assert "autosuspend" in asleep.text
    assert (held.level, held.text) == (Level.FAIL, "ModemManager holds it")
    assert "systemctl disable --now ModemManager" in held.mend


def test_a_port_held_by_the_guard_is_as_it_should_be(machine: Path) -> None:
    (machine / "proc/42/comm").write_text("hotline\n")
    (machine / "sys/devices/usb1/1-1/power/control").write_text("on\n")
    assert check_port("/dev/null", machine) == [Finding("modem port", Level.OK, "/dev/null, held by hotline")]


def test_a_port_that_is_not_there_or_none(machine: Path, tmp_path: Path) -> None:
    (missing,) = check_port(str(tmp_path / "ttyUSB9"), machine)
    assert (missing.level, "No such file" in missing.text) == (Level.FAIL, True)
    (tmp_path / "file").touch()
    (wrong,) = check_port(str(tmp_path / "file"), machine)
    assert wrong.text.endswith("is no serial port")
    (network,) = check_port("socket://127.0.0.1:4000", machine)
    assert network.level is Level.OK


def look(tmp_path: Path, **changes: Any) -> list[Finding]:
    file = tmp_path / "hotline.toml"
    file.write_text(CONFIG.format(device="b", state_dir=tmp_path, port=1))
    return list(picture.check(state_document(**changes), load(file)))


@pytest.mark.parametrize(
    ("changes", "part", "level", "words"),
    [
        ({"modem": {"health": "down", "reason": "no port"}}, "modem", Level.FAIL, "no port"),
        ({"modem": {"health": "up", "sim": "puk"}}, "SIM", Level.FAIL, "puk"),
        ({"modem": {"health": "up", "registration": "denied"}}, "mobile network", Level.FAIL, "denied"),
        ({"modem": {"health": "up", "registration": "roaming"}}, "mobile network", Level.OK, "roaming"),
        ({"modem": {"health": "up", "rssi_dbm": -111}}, "signal", Level.WARN, "-111 dBm"),
        ({"forwarding": {"status": "disputed"}}, "forwarding", Level.FAIL, "DISPUTED"),
        ({"forwarding": {"status": "pending"}}, "forwarding", Level.WARN, "change under way"),
        ({"forwarding": {"status": "verified", "net": "stale"}}, "standing net", Level.WARN, "old number"),
        ({"references": {"up": 0, "total": 2}}, "references", Level.FAIL, "0 of 2"),
        ({"references": {"up": 1, "total": 2}}, "references", Level.WARN, "1 of 2"),
        ({"journal": {"ok": False, "reason": "the disk is full"}}, "journal", Level.FAIL, "the disk is full"),
        ({"override": {"route": "technician", "by": "anna"}}, "override", Level.WARN, "pinned by anna"),
        ({"local": {"trunk-b": {"health": "up", "rtt_ms": 0.4}}}, "own exchange", Level.OK, "trunk-b  up  0.4 ms"),
        ({"local": {"trunk-b": {"health": "down", "reason": "rejected"}}}, "own exchange", Level.FAIL, "rejected"),
        ({"nodes": {"node-1": {"health": "up"}}}, "guard", Level.WARN, "node node-2 is in the file"),
    ],
)
def test_each_trouble_of_the_picture_is_found(
    tmp_path: Path, changes: dict[str, Any], part: str, level: Level, words: str
) -> None:
    (finding,) = named(look(tmp_path, **changes), part)
    assert finding.level is level
    assert words in finding.text
    assert finding.mend or finding.level is Level.OK


def test_a_local_route_that_the_guard_does_not_watch_is_found(tmp_path: Path) -> None:
    file = tmp_path / "hotline.toml"
    text = CONFIG.format(device="b", state_dir=tmp_path, port=1)
    file.write_text(text.replace('trunk = "trunk-b", nodes = 1', 'trunk = "trunk-b", local = true'))
    (finding,) = named(list(picture.check(state_document(), load(file))), "guard")
    assert "local trunk-b is in the file" in finding.text
    own = {"trunk-b": {"health": "up"}}
    assert named(list(picture.check(state_document(local=own), load(file))), "guard") == []


def test_the_voice_and_the_mail_of_messages(lonely_box: Box, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = load(lonely_box.config)
    assert [*voice.check(config, str(tmp_path))] == []  # no Asterisk, no exchange
    for name in ("asterisk", "sox"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    found = [*voice.check(config, str(tmp_path))]
    assert (found[0].part, found[0].level) == ("voice", Level.WARN)
    assert found[0].text.startswith("espeak-ng cannot be found")
    assert found[0].mend == "apt-get install espeak-ng"
    (tmp_path / "espeak-ng").write_text("#!/bin/sh\n")
    (tmp_path / "espeak-ng").chmod(0o755)
    assert [one.level for one in voice.check(config, str(tmp_path))] == [Level.OK]


async def test_mailboxes_need_a_mail_server(lonely_box: Box, tmp_path: Path) -> None:
    (tmp_path / "asterisk").write_text("#!/bin/sh\n")
    (tmp_path / "asterisk").chmod(0o755)
    await remember(lonely_box.state_dir, "roster", {"roster": {"mailbox": [{"id": "desk"}]}})
    config = await asyncio.to_thread(load, lonely_box.config)
    told = await asyncio.to_thread(lambda: named([*voice.check(config, str(tmp_path))], "mailboxes"))
    assert [(one.level, one.mend) for one in told] == [
        (Level.WARN, "name one: [smtp] host in the configuration"),
    ]
