"""The manager client against the real interface, and against one that misbehaves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from appliance.asterisk.manager import Manager, ManagerError
from tests.asterisk.world import DID, PASSWORD, TRUNK_B, RealAsterisk, SipPeer

Peers = Callable[[int], Awaitable[SipPeer]]


async def test_the_database_gives_back_what_was_put(asterisk: RealAsterisk) -> None:
    manager = await asterisk.manager()
    assert await manager.db_get("hotline", "technician") is None
    for value in ("+420777000112", "", "a: b; c=d", "příliš žluťoučký"):
        await manager.db_put("hotline", "technician", value)
        assert await manager.db_get("hotline", "technician") == value
    with pytest.raises(ValueError, match="line break"):
        await manager.db_put("hotline", "technician", "1\r\nAction: Logoff")
    assert await asyncio.gather(*(manager.db_get("hotline", "technician") for _ in range(20))) == [value] * 20
    manager.close()


async def _until(manager: Manager, status: str) -> None:
    async with asyncio.timeout(60):
        while (await manager.registrations()) != {"trunk-b": status}:  # noqa: ASYNC110
            await asyncio.sleep(0.1)


async def test_a_registration_is_seen_and_asks_for_calls_to_the_trunks_own_number(
    asterisk: RealAsterisk, peer: Peers
) -> None:
    trunk = await peer(TRUNK_B)
    trunk.password = PASSWORD
    manager = await asterisk.manager()
    await _until(manager, "registered")
    assert f"sip:{DID}@{asterisk.address}" in trunk.registered["account"]
    manager.close()


async def test_a_refused_registration_is_seen(asterisk: RealAsterisk, peer: Peers) -> None:
    trunk = await peer(TRUNK_B)
    trunk.password = "another"
    manager = await asterisk.manager()
    await _until(manager, "rejected")
    assert trunk.registered == {}
    manager.close()


async def test_an_asterisk_that_dies_is_an_error_and_a_closed_connection(asterisk: RealAsterisk) -> None:
    manager = await asterisk.manager()
    await asterisk.process.kill()
    with pytest.raises(ManagerError):
        await manager.registrations()
    with pytest.raises(ManagerError, match="closed"):
        await manager.registrations()
    assert not manager.connected
    with pytest.raises(ManagerError, match="cannot be reached"):
        await asterisk.manager()


async def test_an_asterisk_that_stands_still_is_given_up_in_time(asterisk: RealAsterisk) -> None:
    manager = await Manager.connect(asterisk.address, 5038, asterisk.credentials.manager, timeout_s=3.0)
    asterisk.process.freeze()
    assert asterisk.process.pid is not None
    while "T" not in await asyncio.to_thread(_states, asterisk.process.pid):  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    with pytest.raises(ManagerError, match="does not answer"):
        await manager.registrations()
    with pytest.raises(ManagerError, match="does not greet"):
        await Manager.connect(asterisk.address, 5038, asterisk.credentials.manager, timeout_s=3.0)
    asterisk.process.thaw()
    (await asterisk.manager()).close()


def _states(pid: int) -> set[str]:
    """The states of all threads; a single "T" would not do, one that runs can still answer."""
    stats = [path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/stat")]
    states = {stat.rpartition(")")[2].split()[0] for stat in stats}
    return states if len(states) == 1 else set()


@asynccontextmanager
async def _talker(answer: Callable[[bytes], bytes]) -> AsyncIterator[int]:
    """A manager interface that logs everybody in and then says what ``answer`` makes of the ActionID."""

    served: list[tuple[asyncio.Task[None] | None, asyncio.StreamWriter]] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        served.append((asyncio.current_task(), writer))
        writer.write(b"Asterisk Call Manager/11.0.0\r\n")
        number = 0
        while True:
            request = b""
            while not request.endswith(b"\r\n\r\n"):
                line = await reader.readline()
                if not line:
                    writer.close()
                    return
                request += line
            number += 1
            action_id = str(number).encode()
            login = b"Response: Success\r\nActionID: " + action_id + b"\r\n\r\n"
            writer.write(login if number == 1 else answer(action_id))

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task, writer in served:
            writer.transport.abort()
            if task is not None:
                await asyncio.wait([task])


BEGIN = b"Response: Success\r\nActionID: %b\r\nEventList: start\r\n\r\n"
END = b"Event: Done\r\nActionID: %b\r\nEventList: Complete\r\n\r\n"


async def test_bad_bytes_and_what_nobody_asked_for_are_passed_over() -> None:
    row = b"Event: OutboundRegistrationDetail\r\nActionID: %b\r\nObjectName: trunk-\xff\xfe\r\n"
    row += b"Status: Registered\r\n\r\n"
    noise = b"\xff\xfe\x00\r\n: \r\nno colon here\r\n\r\nEvent: FullyBooted\r\n\r\n"
    other = b"Response: Error\r\nActionID: 999\r\nMessage: of another\r\n\r\n"

    async with _talker(lambda n: noise + other + BEGIN % n + row % n + noise + END % n) as port:
        manager = await Manager.connect("127.0.0.1", port, "x")
        assert await manager.registrations() == {"trunk-\ufffd\ufffd": "registered"}
        manager.close()


@pytest.mark.parametrize(
    "reply",
    [b"x" * 100_000, b"Response: Succ", b"Event: x\r\nActionID: %b\r\n\r\n" * 20_000],
    ids=["endless line", "half a line", "endless list"],
)
async def test_an_answer_that_cannot_be_followed_ends_the_connection(reply: bytes) -> None:
    async with _talker(lambda n: reply.replace(b"%b", n)) as port:
        manager = await Manager.connect("127.0.0.1", port, "x", timeout_s=3.0)
        with pytest.raises(ManagerError):
            await manager.listing("Anything")
        assert not manager.connected


async def test_a_caller_that_gives_up_leaves_no_answer_for_the_next() -> None:
    async with _talker(lambda n: b"") as port:
        manager = await Manager.connect("127.0.0.1", port, "x")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(manager.action("Ping"), 0.05)
        with pytest.raises(ManagerError, match="closed"):
            await manager.action("Ping")
