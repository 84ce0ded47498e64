from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from appliance.domain.commands import Command, ErrorCode
from appliance.mqtt import payloads, request
from appliance.mqtt.request import MOST_BYTES, Refusal

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
KEYS = st.sampled_from(["schema", "id", "name", "args"])


def refused(payload: bytes) -> Refusal:
    found = request.read(payload, "local")
    assert isinstance(found, Refusal)
    assert found.error.code is ErrorCode.BAD_REQUEST
    return found


def test_a_command_is_read_and_what_was_added_later_is_passed_over() -> None:
    payload = b'{"schema": 1, "id": "a-1", "name": "route.set", "args": {"route": "x"}, "sent_by": "y"}'
    assert request.read(payload, "local") == Command("a-1", "route.set", {"route": "x"}, "local")
    assert request.read(b'{"schema": 1, "id": "a", "name": "status"}', "l") == Command("a", "status", {}, "l")


@given(st.binary(max_size=200))
def test_no_bytes_are_a_surprise(payload: bytes) -> None:
    assert request.read(payload, "local") is not None


@given(st.dictionaries(KEYS, JSON | st.just(1) | st.just("a"), max_size=4))
def test_every_object_is_a_command_or_refused_and_the_answer_can_be_sent(document: dict[str, Any]) -> None:
    found = request.read(json.dumps(document).encode(), "local")
    if isinstance(found, Refusal):
        answer = json.loads(payloads.encode(payloads.failure(found.id, found.error)))
        assert answer["ok"] is False
        assert answer["id"] in (document.get("id"), None)
    else:
        assert {"schema": 1, "id": found.id, "name": found.name} == {k: document[k] for k in ("schema", "id", "name")}


def test_a_large_payload_is_not_parsed_but_answered_under_its_id_where_that_stands_first() -> None:
    pad = "x" * MOST_BYTES
    assert refused(json.dumps({"schema": 1, "id": "a", "args": {"pad": pad}}).encode()).id == "a"
    assert refused(json.dumps({"id": "a", "pad": pad}).encode()).id == "a"
    # an id inside of args is none of the command's
    assert refused(json.dumps({"schema": 1, "args": {"id": "b", "pad": pad}, "id": "a"}).encode()).id is None
    assert refused(json.dumps({"name": '"id":"b"', "pad": pad}).encode()).id is None
    assert refused(b'{"id":"' + b"x" * MOST_BYTES).id is None


@given(st.binary(max_size=300))
def test_an_id_is_only_taken_from_what_could_be_its_place(start: bytes) -> None:
    found = refused(start + b" " * (MOST_BYTES + 1))
    assert found.id is None or json.dumps(found.id).encode()[1:-1] in start or found.id.encode() in start


def test_the_bound_itself_is_still_read() -> None:
    head, tail = b'{"schema":1,"id":"a","name":"status","args":{"pad":"', b'"}}'
    payload = head + b"x" * (MOST_BYTES - len(head) - len(tail)) + tail
    assert len(payload) == MOST_BYTES
    assert isinstance(request.read(payload, "local"), Command)
    refused(payload.replace(b'"}}', b'x"}}'))
