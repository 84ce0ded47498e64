"""The REST interface and its events, against a real Asterisk and against one that behaves badly."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from appliance.asterisk.ari import Ari, AriError
from appliance.asterisk.channels import Channels
from appliance.asterisk.events import AriEvent, read
from bench.addresses import claim_subnet
from tests.asterisk.world import RealAsterisk

PASSWORD = "not-to-be-told"


@pytest.fixture
async def asterisk(tmp_path: Path) -> AsyncIterator[RealAsterisk]:
    subnet = claim_subnet()
    server = RealAsterisk(subnet, tmp_path)
    await server.start()
    yield server
    await server.process.kill()
    subnet.release()


def client(asterisk: RealAsterisk) -> Ari:
    return Ari(asterisk.config.exchange.ari, "hotline", asterisk.credentials.ari, "hotline")


async def test_what_is_not_there_is_ended_and_what_is_there_is_made(asterisk: RealAsterisk) -> None:
    async with client(asterisk) as ari:
        channels = Channels(ari)
        await channels.hang_up("hl-nothing")
        await channels.end_bridge("hl-nothing")
        await channels.bridge("hl-one")
        await channels.bridge("hl-one")
        assert await channels.bridges() == {"hl-one": ()}
        await channels.end_bridge("hl-one")
        assert await channels.listed() == {}
        assert await channels.variable("hl-nothing", "X") is None
        with pytest.raises(AriError) as refused:
            await channels.answer("hl-nothing")
        assert refused.value.status == 404
        assert not refused.value.unreachable
        version, started = await channels.about()
        assert version
        assert started


async def test_the_stream_comes_back_after_each_restart(asterisk: RealAsterisk) -> None:
    connected, lost = asyncio.Event(), asyncio.Event()

    async def greet() -> None:
        connected.set()

    async with client(asterisk) as ari:
        task = asyncio.create_task(ari.run(lambda _: None, greet, lost.set))
        for _ in range(2):
            await asyncio.wait_for(connected.wait(), 60)
            assert ari.connected
            connected.clear()
            await asterisk.process.kill()
            await asyncio.wait_for(lost.wait(), 60)
            assert not ari.connected
            lost.clear()
            with pytest.raises(AriError) as error:
                await ari.get("channels")
            assert error.value.unreachable
            await asterisk.start()
        await asyncio.wait_for(connected.wait(), 60)
        task.cancel()
        await asyncio.wait({task})


async def test_a_wrong_password_is_said_without_saying_it(
    asterisk: RealAsterisk, caplog: pytest.LogCaptureFixture
) -> None:
    async with Ari(asterisk.config.exchange.ari, "hotline", PASSWORD, "hotline") as ari:
        with caplog.at_level(logging.DEBUG):
            task = asyncio.create_task(ari.run(lambda _: None, _nothing, lambda: None))
            async with asyncio.timeout(60):
                while "401" not in caplog.text:  # noqa: ASYNC110
                    await asyncio.sleep(0.02)
            task.cancel()
            await asyncio.wait({task})
            with pytest.raises(AriError) as refused:
                await ari.get("channels")
        assert refused.value.status == 401
        assert PASSWORD not in caplog.text + str(refused.value)


async def _nothing() -> None:
    pass


async def test_a_command_whose_answer_was_lost_is_done_once() -> None:
    """A server that does what it is asked for and hangs up before it says so, as at the end of a kept connection."""
    made: list[str] = []

    async def create(request: web.Request) -> web.Response:
        id_ = request.query["channelId"]
        if id_ in made:
            return web.json_response({"message": "already there"}, status=409)
        made.append(id_)
        assert request.transport is not None
        request.transport.close()
        return web.Response()

    app = web.Application()
    app.router.add_post("/ari/channels/create", create)
    runner = web.AppRunner(app)
    await runner.setup()
    subnet = claim_subnet()
    await web.TCPSite(runner, subnet.host(9), 8088).start()
    try:
        async with Ari(f"http://{subnet.host(9)}:8088", "hotline", PASSWORD, "hotline") as ari:
            await Channels(ari).create("hl-1", "PJSIP/1@x", {})
            assert made == ["hl-1"]
            with pytest.raises(AriError) as error:  # but where it was there before, somebody else made it
                await Channels(ari).create("hl-1", "PJSIP/1@x", {})
            assert error.value.status == 409
    finally:
        await runner.cleanup()
        subnet.release()


@pytest.mark.parametrize("payload", ["", "[]", "{", '{"type": 3}', "null", '"x"'])
def test_what_is_no_event_is_passed_over(payload: str) -> None:
    assert read(payload) is None


def test_an_event_is_read_forgivingly() -> None:
    event = read('{"type": "Dial", "peer": {"id": "a", "state": 4}, "dialstatus": "RINGING", "more": {"x": []}}')
    assert event == AriEvent("Dial", "a", event.data if event else {})
    assert event is not None
    assert event.text("peer", "state") == ""
    assert event.text("dialstatus") == "RINGING"
    assert event.number("cause") is None
    assert event.args == ()
    playback = read('{"type": "PlaybackFinished", "playback": {"id": "p", "target_uri": "channel:c"}}')
    assert playback is not None
    assert playback.channel == "c"
    recording = read('{"type": "RecordingFinished", "recording": {"target_uri": "bridge:b"}}')
    assert recording is not None
    assert recording.channel == ""


async def test_what_fails_after_connecting_is_tried_again(asterisk: RealAsterisk) -> None:
    tries, done = list[int](), asyncio.Event()

    async def greet() -> None:
        tries.append(1)
        if len(tries) < 3:
            raise AriError(0, "not yet") if len(tries) == 1 else RuntimeError("a bug")
        done.set()

    async with client(asterisk) as ari:
        task = asyncio.create_task(ari.run(lambda _: None, greet, lambda: None))
        await asyncio.wait_for(done.wait(), 60)
        assert len(tries) == 3
        assert ari.connected
        task.cancel()
        await asyncio.wait({task})
