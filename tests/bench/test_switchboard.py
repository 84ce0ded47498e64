"""The bench's switchboard: configurations the product finds right, trunks that refuse, mail that arrives."""

from __future__ import annotations

import asyncio
import base64
import smtplib
import threading
from pathlib import Path
from typing import Any

import pytest

from appliance.config import load
from appliance.roster.models import Roster
from bench.addresses import claim_subnet
from bench.exchange_plan import KNOWN_HZ, PEOPLE, TELEPHONES, box_trunk_keys, exchange_sections, node_config
from bench.lab.roles import UnavailableError
from bench.mailbox import Mailbox
from bench.outgoing import OutgoingCalls
from bench.plan import BOX, LOCAL_DID, Plan, render_config
from bench.profiles import PROFILES
from bench.rosters import group, line, roster


def test_box_and_nodes_get_configurations_that_are_right(tmp_path: Path) -> None:
    plan = Plan(claim_subnet())
    try:
        secret = tmp_path / "secret"
        secret.write_text("x\n")
        modules = Path("/usr/lib/asterisk/modules")
        box, node = tmp_path / "box.toml", tmp_path / "node-2.toml"
        box.write_text(
            render_config(
                plan,
                PROFILES["quick"],
                "/dev/modem",
                tmp_path,
                {},
                trunk_keys=box_trunk_keys(plan, secret),
                more=exchange_sections(plan, BOX, tmp_path, modules),
                local_route=True,
            )
        )
        node.write_text(node_config(plan, "node-2", tmp_path, exchange_sections(plan, "node-2", tmp_path, modules)))
        of_box, of_node = load(box), load(node)
    finally:
        plan.subnet.release()
    assert (of_box.exchange.name, of_node.exchange.name) == ("box", "node-2")
    assert of_box.routes[-1].number.e164 == LOCAL_DID
    assert of_box.routes[-1].local
    assert of_box.trunk[1].register_
    assert of_node.exchange.sip.startswith(plan.nodes["node-2"])
    seen = {trunk.sip.host for trunk in of_node.trunk}
    assert seen.isdisjoint(plan.trunks.values()), "a node's calls go through its own wires"
    assert {trunk.match[0] for trunk in of_node.trunk} == set(plan.trunks.values())


def test_everybody_has_a_tone_of_their_own() -> None:
    assert len(set(KNOWN_HZ.values())) == len(KNOWN_HZ)
    assert set(TELEPHONES.values()) <= set(KNOWN_HZ)
    assert all(hz % 20 == 0 for what, hz in KNOWN_HZ.items() if what != "ringing")


def test_the_rosters_of_scenarios_are_rosters() -> None:
    document = roster(group("ops", "anna", strategy="random"), line=line("group:ops", record=True))
    made = Roster.model_validate(document)
    assert made.group[0].members == ("anna",)
    assert {one.mobile for one in made.person} == set(PEOPLE.values())


@pytest.mark.parametrize(("how", "verdict"), [("busy", "17"), ("forbid", "21"), ("unavailable", "42"), ("ring", "")])
async def test_a_trunk_refuses_what_it_was_told_to_and_keeps_what_it_saw(how: str, verdict: str) -> None:
    calls = OutgoingCalls()
    calls.break_("trunk-a", how)
    header = base64.b64encode(b'"Eva" <sip:+420601000001@127.0.0.1>;tag=1').decode()
    arguments = ["trunk-a", "node-1", "+420777000113", header, header, ""]
    assert await calls.verdict(arguments) == {"VERDICT": verdict}
    assert await calls.verdict(["trunk-b", *arguments[1:]]) == {"VERDICT": ""}
    first = calls.records()[0]
    assert (first["by"], first["from_"], first["pai"], first["diversion"]) == ("node-1", *["+420601000001"] * 2, "")
    assert (calls.manners("+420777000113", "trunk-a") is not None) == (how == "ring")
    with pytest.raises(UnavailableError):
        calls.break_("trunk-a", "coffee")


async def test_mail_arrives() -> None:
    subnet = claim_subnet()
    mailbox = Mailbox()
    await mailbox.start(subnet.host(71), 2525)
    sent: list[Any] = []

    def send() -> None:
        with smtplib.SMTP(subnet.host(71), 2525, timeout=60) as client:
            text = "From: a@example.org\r\nTo: b@example.org\r\nSubject: Missed\r\n\r\nIt was +420601.\r\n"
            sent.append(client.sendmail("a@example.org", ["b@example.org"], text))

    thread = threading.Thread(target=send)
    thread.start()
    try:
        async with asyncio.timeout(20):
            while not sent:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
    finally:
        mailbox.close()
        await asyncio.to_thread(thread.join)
        subnet.release()
    assert mailbox.messages[0]["to"] == ["b@example.org"]
    assert mailbox.messages[0]["subject"] == "Missed"
    assert "+420601" in mailbox.messages[0]["text"]
