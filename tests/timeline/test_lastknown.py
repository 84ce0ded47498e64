"""The last known picture, out of events alone."""

from __future__ import annotations

from appliance.timeline.lastknown import last_known
from tests.timeline.tale import NUMBERS, Tale


def test_no_events_no_picture() -> None:
    assert last_known([]) is None


def test_the_route_is_what_the_network_was_seen_to_do() -> None:
    tale = Tale()
    tale.start()
    tale.decide(100, "primary", "technician")
    tale.request(100.1, "technician")
    document = last_known(tale.events)
    assert document is not None
    assert document["route"]["active"] == "primary"
    assert document["route"]["number"] == NUMBERS["primary"]
    assert document["route"]["desired"] == "technician"
    assert document["forwarding"]["status"] == "pending"
    tale.verify(103, "technician")
    document = last_known(tale.events)
    assert document is not None
    assert document["route"]["active"] == "technician"
    assert document["route"]["since"] == "2026-07-14T02:01:43.000Z"
    assert document["forwarding"] == {
        "status": "verified",
        "verified_at": "2026-07-14T02:01:43.000Z",
        "cfu": NUMBERS["technician"],
    }


def test_parts_duty_override_and_modem_are_as_last_told() -> None:
    tale = Tale()
    tale.start()
    tale.health(10, "trunk", "a", "down")
    tale.health(10, "reference", "udp://192.0.2.1:53", "down")
    tale.tell(11, "override.set", route="secondary", until=None, reason="works", by="anna")
    tale.tell(12, "duty.changed", person="tech-2", number="+420777000222", until=None, by="anna")
    tale.tell(13, "modem.up", model="EC25", firmware="f", port="p")
    tale.tell(14, "modem.down", reason="unplugged")
    document = last_known(tale.events)
    assert document is not None
    assert document["trunks"]["a"] == {"health": "down", "since": "2026-07-14T02:00:10.000Z"}
    assert document["nodes"]["1"]["health"] == "up"
    assert document["override"]["route"] == "secondary"
    assert document["duty"] == {"person": "tech-2", "number": "+420777000222", "until": None}
    assert document["modem"]["health"] == "down"
    assert document["modem"]["model"] == "EC25"
    assert document["modem"]["reason"] == "unplugged"
    tale.tell(15, "override.ended", route="secondary", why="w")
    tale.tell(16, "boot")
    document = last_known(tale.events)
    assert document is not None
    assert document["override"] is None
    assert document["trunks"]["a"]["health"] == "unknown"
