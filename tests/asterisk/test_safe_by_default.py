"""What a stranger can do to an Asterisk with the rendered configuration: nothing."""

from __future__ import annotations

import asyncio
import os
import re
import socket
import struct
from collections.abc import Awaitable, Callable
from pathlib import Path

import aiohttp
import pytest

from appliance.asterisk.manager import Manager, ManagerError
from bench.addresses import Subnet, free_port
from tests.asterisk.world import (
    DEFAULT_TECHNICIAN,
    NODE,
    STRANGER,
    TRUNK_A,
    TRUNK_B,
    RealAsterisk,
    SipPeer,
)

EPHEMERAL = 32_767  # Linux takes client ports from above (ip_local_port_range)
# res_pjsip's thread runs before res_pjsip_session is loaded, which PJSIP notices on a busy machine: Asterisk's order
IN_OPERATION = re.compile(r'.*Warning: Module "mod-invite" registered during operation.*')
Peers = Callable[[int], Awaitable[SipPeer]]


async def test_it_starts_without_a_complaint_and_with_every_module(asterisk: RealAsterisk) -> None:
    log = IN_OPERATION.sub("", asterisk.log())
    assert "ERROR" not in log
    assert "WARNING" not in log
    manager = await asterisk.manager()
    wanted = re.findall(r"^(?:preload-)?require = (\S+)$", (asterisk.folder / "etc/modules.conf").read_text(), re.M)
    assert len(wanted) > 60
    missing = []
    for name in wanted:
        try:
            await manager.action("ModuleCheck", Module=name)
        except ManagerError:
            missing.append(name)
    assert missing == []
    manager.close()


@pytest.mark.parametrize("sender", ["somebody", "trunk-a", "trunk-b", "node-1", "phones", "account", ""])
async def test_a_stranger_gets_no_call_through_whatever_name_is_claimed(
    asterisk: RealAsterisk, peer: Peers, sender: str
) -> None:
    stranger, trunk = await peer(STRANGER), await peer(TRUNK_A)
    for number in ("+420226000100", DEFAULT_TECHNICIAN, "s", "hotline", "00", ""):
        status, statuses, _ = await stranger.call(asterisk.address, number, sender=sender or "x")
        assert status == 401
        assert all(one in (100, 401) for one in statuses)
    status, statuses, _ = await stranger.call(asterisk.address, "1", sender="trunk-b", account=("account", "guess"))
    assert status == 401
    assert trunk.invited == []


async def test_probes_are_answered_from_anywhere(asterisk: RealAsterisk, peer: Peers) -> None:
    trunk, stranger = await peer(TRUNK_A), await peer(STRANGER)
    assert (await trunk.ask(asterisk.address, "OPTIONS", ""))[0] == 200
    assert (await stranger.ask(asterisk.address, "OPTIONS", ""))[0] == 401


async def test_a_stranger_cannot_register(asterisk: RealAsterisk, peer: Peers) -> None:
    stranger = await peer(STRANGER)
    for name in ("trunk-a", "phones", "eva"):
        status, _, _ = await stranger.ask(asterisk.address, "REGISTER", "", sender=name, account=(name, "guess"))
        assert status in (401, 403, 404)


@pytest.mark.parametrize("source", [TRUNK_A, NODE])
@pytest.mark.parametrize(
    "number",
    ["+4790000000", "900123456", "0", "s", "h", "hotline-technician", "1,2", "1%2C2", "%73", "%24%7BEXTEN%7D"],
)
async def test_what_a_trunk_calls_leads_to_the_technician_or_nowhere(
    asterisk: RealAsterisk, peer: Peers, source: int, number: str
) -> None:
    trunk_a = await peer(TRUNK_A)
    caller = trunk_a if source == TRUNK_A else await peer(source)
    trunk_b = await peer(TRUNK_B)
    status, _, _ = await caller.call(asterisk.address, number, sender="+420601000001")
    assert status in (400, 404, 486)
    dialled = {one.number for one in (*trunk_a.invited, *trunk_b.invited)}
    assert dialled <= {DEFAULT_TECHNICIAN}
    assert bool(dialled) == (status == 486)


async def test_a_transfer_asked_for_by_a_trunk_is_refused(asterisk: RealAsterisk, peer: Peers) -> None:
    trunk = await peer(TRUNK_A)
    status, _, _ = await trunk.ask(
        asterisk.address, "REFER", "+420226000100", more="Refer-To: <sip:+4790000000@127.0.0.1>\r\n"
    )
    assert status >= 400


async def test_ari_wants_its_password(asterisk: RealAsterisk) -> None:
    url = f"http://{asterisk.address}:8088"
    async with aiohttp.ClientSession() as session:

        async def status(path: str, user: str, password: str) -> int:
            headers = {"Authorization": aiohttp.encode_basic_auth(user, password)}
            async with session.get(url + path, headers=headers) as answer:
                return answer.status

        assert await status("/ari/asterisk/info", "hotline", asterisk.credentials.ari) == 200
        assert await status("/ari/asterisk/info", "hotline", asterisk.credentials.manager) == 401
        assert await status("/ari/asterisk/info", "asterisk", "asterisk") == 401
        assert await status("/httpstatus", "", "") == 404
        assert await status("/static/", "", "") == 404
        assert await status("/manager", "", "") == 404


async def test_the_manager_interface_wants_its_password_and_allows_little(asterisk: RealAsterisk) -> None:
    with pytest.raises(ManagerError, match="Authentication failed"):
        await Manager.connect(asterisk.address, 5038, asterisk.credentials.ari)
    manager = await asterisk.manager()
    for action, headers in (
        ("Command", {"Command": "core show version"}),
        ("Originate", {"Channel": "PJSIP/1@trunk-a", "Application": "Echo"}),
        ("UpdateConfig", {"SrcFilename": "pjsip.conf", "DstFilename": "pjsip.conf"}),
    ):  # Setvar needs the class "call", and Redirect has it too: it leads only into the dialplan, which dials nobody
        with pytest.raises(ManagerError, match="Permission denied"):
            await manager.action(action, **headers)
    manager.close()


async def test_only_sip_and_rtp_leave_loopback(subnet: Subnet, tmp_path: Path) -> None:
    port = free_port()
    server = RealAsterisk(subnet, tmp_path)
    pjsip = tmp_path / "etc/pjsip.conf"
    text = await asyncio.to_thread(pjsip.read_text)
    await asyncio.to_thread(pjsip.write_text, text.replace(f"bind = {server.address}:5060", f"bind = 0.0.0.0:{port}"))
    await server.start()
    try:
        assert server.process.pid is not None
        ports = await asyncio.to_thread(_open_ports, server.process.pid)
    finally:
        await server.process.kill()
    open_to_all = {(kind, number) for kind, address, number in ports if not address.startswith("127.")}
    client = {("udp", number) for kind, number in open_to_all if kind == "udp" and number > EPHEMERAL} - {
        ("udp", port)
    }
    assert open_to_all - client == {("tcp", port), ("udp", port)}
    assert len(client) <= 2  # the resolver asks from them; nobody is served there
    assert {8088, 5038} <= {number for kind, address, number in ports if kind == "tcp" and address.startswith("127.")}


def _open_ports(pid: int) -> list[tuple[str, str, int]]:
    """What the process listens on (TCP) or is bound to (UDP)."""
    inodes = set()
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        if match := re.match(r"socket:\[(\d+)\]", os.readlink(entry)):
            inodes.add(match[1])
    found = []
    for table in ("tcp", "udp", "tcp6", "udp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[9] in inodes and (table.startswith("udp") or fields[3] == "0A"):
                address, number = fields[1].split(":")
                name = socket.inet_ntoa(struct.pack("<I", int(address, 16))) if len(address) == 8 else address
                found.append((table[:3], name, int(number, 16)))
    return found
