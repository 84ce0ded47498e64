"""The local route's health with everything real: trunk, Asterisk, the exchange's report, the guard's probe."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from appliance.asterisk.health import SOCKET, AsteriskWatch, HealthSocket
from appliance.asterisk.readiness import readiness
from appliance.domain.health import Target, TargetKind
from appliance.probes.factory import probers
from appliance.probes.local import LocalProber
from tests.asterisk.world import PASSWORD, TRUNK_B, RealAsterisk, SipPeer

Peers = Callable[[int], Awaitable[SipPeer]]


async def _until(prober: LocalProber, words: str) -> None:
    async with asyncio.timeout(90):
        while not (await prober.probe(1.0)).detail.startswith(words):  # noqa: ASYNC110
            await asyncio.sleep(0.1)


async def test_the_guard_sees_registration_and_the_death_of_asterisk(asterisk: RealAsterisk, peer: Peers) -> None:
    trunk = await peer(TRUNK_B)
    trunk.password = PASSWORD
    loop = asyncio.get_running_loop()
    watch = AsteriskWatch(asterisk.address, 5038, lambda: asterisk.credentials.manager, every_s=0.1, patience_s=3.0)
    socket = HealthSocket(
        asterisk.config.device.state_dir / SOCKET,
        lambda: readiness(watch.seen, ari="", trunks=["trunk-a", "trunk-b"], now=loop.time()),
    )
    (prober,) = [one for one in probers(asterisk.config) if one.target.kind is TargetKind.LOCAL]
    assert isinstance(prober, LocalProber)
    assert prober.target == Target(TargetKind.LOCAL, "trunk-b")
    await _until(prober, "the exchange does not run on this box")
    await socket.start()
    task = asyncio.create_task(watch.run())
    try:
        await _until(prober, "registered")
        assert (await prober.probe(20.0)).ok
        unregistered = LocalProber(Target(TargetKind.LOCAL, "trunk-a"), asterisk.config.device.state_dir / SOCKET)
        assert "set register = true" in (await unregistered.probe(20.0)).detail
        asterisk.process.freeze()
        await _until(prober, "Asterisk does not answer")
        asterisk.process.thaw()
        await _until(prober, "registered")
        await asterisk.process.kill()
        await _until(prober, "the manager interface cannot be reached")
        trunk.password = "changed"
        await asterisk.start()
        await _until(prober, "not registered at trunk-b: rejected")
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await socket.close()
