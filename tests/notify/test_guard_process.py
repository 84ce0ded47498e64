"""Messages through a real guard process: commands over a broker, SIGKILL in the middle, and what it costs at rest."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path
from typing import Any

from bench.mobile.modem import SimulatedModem
from bench.mobile.network import MobileNetwork
from bench.mobile.personalities import PERSONALITIES
from bench.mobile.ports import TcpPort
from tests.integration.rig import OWN, TECH_1, TECH_2, Rig, rig, subscriber


async def listed(guard: Rig) -> dict[str, Any]:
    answer = await guard.command("sms.list")
    assert answer["ok"], answer
    return dict(answer["result"])


async def reaches(guard: Rig, state: str) -> dict[str, Any]:
    async with asyncio.timeout(90):
        while (found := (await listed(guard))["messages"][0])["state"] != state:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    return dict(found)


async def test_a_message_by_command_is_sent_once_and_reported(tmp_path: Path) -> None:
    network, _ = subscriber()
    port = TcpPort(0)
    async with SimulatedModem(network, OWN, port, PERSONALITIES["huawei"]):
        async with rig(tmp_path, network, port.address) as guard:
            await guard.until_target(TECH_1)
            assert (await listed(guard))["messages"] == []
            assert not (tmp_path / "state" / "sms.db").exists()
            text = "Zmeškaný hovor 😀"
            for _ in range(2):
                answer = await guard.command("sms.send", {"to": "777 000 222", "text": text, "key": "k"})
                assert answer["ok"], answer
                assert answer["result"]["message"]["id"] == 1
            done = await reaches(guard, "delivered")
            assert (done["to"], done["parts_delivered"], done["key"]) == (TECH_2, 1, "k")
            assert network.smsc.texts(TECH_2) == [text]
            told = await guard.until_event("sms.delivered")
            assert told["data"]["to"] == "+420777***222"
            assert not any("Zmeškaný" in str(event) for event in guard.observer.events)
            await refused(guard)
            await forgotten(guard, text)
            assert not carried_along(guard), "made its tables itself, and holds for ever what that takes"
        assert "Zmeškaný" not in (tmp_path / "guard.log").read_text("utf-8")


async def forgotten(guard: Rig, text: str) -> None:
    """Whoever got messages may know them, and have them erased."""
    found = (await guard.command("privacy.export", {"number": "777 000 222", "here": True}))["result"]["found"]
    assert [one["to"] for one in found["guard"]["sms"]] == [TECH_2]
    assert text not in str(found)  # it is dropped once it is handed over
    for erased in (1, 0):
        answer = await guard.command("privacy.erase", {"number": TECH_2})
        assert answer["result"] == {"erased": {"guard": {"sms": erased}}, "in_use": 0, "missing": []}
    assert (await listed(guard))["messages"] == []


def carried_along(guard: Rig) -> list[str]:
    """Which of the libraries that the guard seldom needs, or never, are in its memory."""
    maps = Path(f"/proc/{guard.guard.pid}/maps").read_text()
    return [name for name in ("numpy", "aiohttp") if f"/{name}/" in maps]


async def refused(guard: Rig) -> None:
    """What no message can be made of."""
    for args in (
        {"to": "+420906123456", "text": "premium"},
        {"to": OWN, "text": "itself"},
        {"to": "call me", "text": "x"},
        {"to": TECH_1, "text": ""},
        {"to": TECH_1, "text": "x" * 3999},
        {"to": TECH_1, "text": "bell \x07"},
        {"to": TECH_1, "text": "half \ud83d"},
        {"to": TECH_1},
        {"to": TECH_1, "text": "x", "when": "now"},
        {"to": TECH_1, "text": " \n\u00a0 "},
        {"to": TECH_1, "text": "x", "key": "command 1"},
    ):
        answer = await guard.command("sms.send", args)
        assert (answer["ok"], answer["error"]["code"]) == (False, "bad_request"), (args, answer)
    for args in ({"to": TECH_1, "text": "Zmeškaný hovor 😀", "key": "k"}, {"to": TECH_2, "text": "x", "key": "k"}):
        answer = await guard.command("sms.send", args)
        assert (answer["ok"], answer["error"]["code"]) == (False, "conflict"), (args, answer)
    assert len((await listed(guard))["messages"]) == 1


async def test_a_guard_that_is_killed_while_it_sends_goes_on_where_it_was(tmp_path: Path) -> None:
    network, _ = subscriber()
    port = TcpPort(0)
    policy = network.smsc.policy
    policy.latency_s, policy.effect_share, policy.report_after_s = 1.0, 0.0, 15.0
    async with SimulatedModem(network, OWN, port, PERSONALITIES["generic"]):
        async with rig(tmp_path, network, port.address) as guard:
            await guard.until_target(TECH_1)
            await until_quiet(network)
            assert (await guard.command("sms.send", {"to": TECH_2, "text": "x" * 300, "key": "k"}))["ok"]
            async with asyncio.timeout(60):
                while not network.smsc.taken:  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
            assert guard.guard.pid is not None
            os.kill(guard.guard.pid, signal.SIGKILL)
            await asyncio.sleep(0.2)
        policy.latency_s, policy.report_after_s = 0.1, 0.0
        async with rig(tmp_path, network, port.address, state_dir=tmp_path / "state") as guard:
            assert (await guard.command("sms.send", {"to": TECH_2, "text": "x" * 300, "key": "k"}))["ok"]
            await reaches(guard, "delivered")
            assert network.smsc.texts(TECH_2) == ["x" * 300]
            assert len(network.smsc.taken) == 2


async def until_quiet(network: MobileNetwork) -> None:
    """Wait until the guard has set the whole table: it comes before messages."""
    async with asyncio.timeout(60):
        seen = -1
        while seen != len(network.audit.served):
            seen = len(network.audit.served)
            await asyncio.sleep(0.3)
