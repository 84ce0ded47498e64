"""Brokers that refuse a topic: the connection stands, and what is refused rests; also where the broker closes it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from appliance.mqtt.refusals import CLOSED_WITHIN_S, RESTS_AFTER_CLOSING_S, SILENCES, Refusals
from bench.programs import cache_dir
from tests.mqtt import broker as brokers
from tests.mqtt.broker import Broker
from tests.mqtt.conftest import Box, Gate, link_to, operator_at

RULES = """topic write hotline/box-1/availability
topic write hotline/box-1/state
topic write hotline/box-1/event
topic readwrite hotline/box-1/command
topic read #
"""
PUBACK = 0x40
DISCOVERY = "homeassistant/device/hotline_box-1/config"


def bookworm() -> Path | None:
    """A root with Debian 12's mosquitto 2.0.11, where one was made (`make install-test`, or by hand)."""
    if named := os.environ.get("HOTLINE_BOOKWORM_ROOT"):
        return Path(named)
    roots = sorted(cache_dir().glob("install-bookworm-*/usr/sbin/mosquitto"))
    return roots[0].parents[2] if roots and os.geteuid() == 0 else None


class ClosingGate(Gate):
    """A way to the broker that closes behind each PUBACK that tells of a refusal, as mosquitto 2.0.11 does."""

    async def back(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while (packet := await _packet(reader)) is not None:
            writer.write(packet)
            await writer.drain()
            if packet[0] == PUBACK and len(packet) > 4 and packet[4] >= 0x80:
                return


async def _packet(reader: asyncio.StreamReader) -> bytes | None:
    """One packet; its length stands in seven bits a byte (MQTT 5 §1.5.5)."""
    try:
        head, length, shift = await reader.readexactly(1), 0, 0
        while True:
            head += (digit := await reader.readexactly(1))
            length |= (digit[0] & 0x7F) << shift
            shift += 7
            if digit[0] < 0x80:
                return head + await reader.readexactly(length)
    except asyncio.IncompleteReadError:
        return None


@pytest.fixture
def make() -> Iterator[Callable[[Path | None], Broker]]:
    made: list[Broker] = []

    def start(root: Path | None) -> Broker:
        broker = Broker("allow_anonymous true\nacl_file {dir}/rules", root=root)
        (broker.directory / "rules").write_text(RULES)
        broker.start()
        made.append(broker)
        return broker

    yield start
    for broker in made:
        broker.remove()


@asynccontextmanager
async def closing(make: Callable[[Path | None], Broker], kind: str) -> AsyncIterator[tuple[Broker, int]]:
    """A broker that closes behind a refusal, and the port to reach it at."""
    if kind == "mosquitto 2.0.11":
        root = bookworm()
        if root is None:
            pytest.skip("there is no root with Debian 12's mosquitto: `make install-test` makes one")
        broker = make(root)
        yield broker, broker.port
        return
    if brokers.find() is None:
        pytest.skip("there is no mosquitto: neither on the PATH nor in the bench's root")
    broker = make(None)
    gate = ClosingGate(broker)
    await gate.open()
    try:
        yield broker, gate.port
    finally:
        await gate.shut()


@pytest.mark.parametrize("kind", ["mosquitto 2.0.11", "a gate that closes"])
async def test_a_refused_announcement_does_not_close_the_link_again_and_again(
    kind: str, make: Callable[[Path | None], Broker], box: Box, caplog: pytest.LogCaptureFixture
) -> None:
    ups: list[bool] = []
    async with closing(make, kind) as (broker, port), operator_at(broker) as operator:
        link = link_to(broker).model_copy(update={"port": port})
        async with box.linked(link, link_changed=lambda _, up: ups.append(up)):
            async with asyncio.timeout(60):
                while ups.count(True) < 2:  # noqa: ASYNC110  (the first connection was closed; this one must stand)
                    await asyncio.sleep(0.01)
            for number in range(3):  # what is refused rests, all else goes on
                event = await box.journal.append("boot", {"n": number})
                await box.journal_delivered("local", event.id)
                box.board.publish({"service": "partial", "trunks": {f"trunk-{number}": {"health": "up"}}})
                await operator.until(lambda number=number: f"trunk-{number}" in str(operator.on("state")))
            assert ups[-1], "the link is down"
            assert ups.count(True) <= 1 + SILENCES, "each connection was closed"
    assert caplog.text.count(f"closes the connection over {DISCOVERY}") == 1


def test_a_topic_rests_after_a_refusal_and_for_long_where_it_cost_the_connection() -> None:
    refusals = Refusals(30.0)
    assert refusals.wait_s("a", 0.0) == 0
    refusals.refused("a", 0.0)
    assert (refusals.wait_s("a", 10.0), refusals.wait_s("b", 10.0)) == (20.0, 0.0)
    assert refusals.wait_s("a", 30.0) == 0
    refusals.refused("a", 30.0)
    assert refusals.closed(30.0 + CLOSED_WITHIN_S) == ["a"]
    assert refusals.wait_s("a", 32.0) == RESTS_AFTER_CLOSING_S
    refusals.taken("a")
    assert refusals.wait_s("a", 32.0) == 0


def test_a_connection_that_ended_for_another_reason_may_lead_to_a_mended_list() -> None:
    refusals = Refusals(30.0)
    refusals.refused("a", 0.0)
    assert refusals.closed(0.0) == ["a"]
    assert refusals.closed(100.0) == []
    assert refusals.wait_s("a", 100.0) == 0


def test_what_is_never_answered_before_the_end_rests_too() -> None:
    refusals = Refusals(30.0)
    for _ in range(SILENCES - 1):
        refusals.offered("a")
        assert refusals.closed(1.0) == []
    refusals.taken("a")
    for turn in range(SILENCES):
        refusals.offered("a")
        assert refusals.closed(2.0) == (["a"] if turn == SILENCES - 1 else [])
    assert refusals.wait_s("a", 2.0) == RESTS_AFTER_CLOSING_S
