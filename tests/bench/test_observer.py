"""What the bench believes of a box and its exchanges: nothing that they said before they were known to be gone."""

from __future__ import annotations

import json
from typing import Any

import aiomqtt

from bench.observer import Observer

PREFIX = "hotline/brno-01"


def heard(observer: Observer, topic: str, said: bytes | dict[str, Any], *, retain: bool = False) -> None:
    payload = said if isinstance(said, bytes) else json.dumps(said).encode()
    observer._take(aiomqtt.Message(f"{PREFIX}/{topic}", payload, 1, retain, 0, None))


def test_a_state_of_a_box_that_was_killed_comes_late_and_is_not_taken_for_the_next_ones() -> None:
    observer = Observer("127.0.0.1", 1883, "brno-01")
    heard(observer, "availability", b"online")
    heard(observer, "state", {"service": "normal"})
    assert observer.state == {"service": "normal"}
    observer.forget()  # killed
    heard(observer, "state", {"service": "normal"})  # was under way
    assert observer.state is None
    heard(observer, "availability", b"offline")  # its will
    heard(observer, "availability", b"online")
    assert observer.state is None
    heard(observer, "state", {"service": "total"})
    assert observer.state == {"service": "total"}


def test_the_same_of_an_exchange_whose_newest_state_the_broker_keeps() -> None:
    observer = Observer("127.0.0.1", 1883, "brno-01")
    heard(observer, "exchange/node-1/availability", b"online", retain=True)
    heard(observer, "exchange/node-1/state", {"ari": "connected"}, retain=True)
    heard(observer, "exchange/box/availability", b"online")
    heard(observer, "exchange/box/state", {"ari": "connected"})
    assert set(observer.exchanges) == {"node-1", "box"}
    observer.forget_exchange("node-1")
    heard(observer, "exchange/node-1/state", {"ari": "connected"})
    assert set(observer.exchanges) == {"box"}
    heard(observer, "exchange/node-1/availability", b"offline")
    heard(observer, "exchange/node-1/availability", b"online")
    heard(observer, "exchange/node-1/state", {"ari": "away"})
    assert observer.exchanges["node-1"] == {"ari": "away"}
