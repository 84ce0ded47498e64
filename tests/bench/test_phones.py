"""The bench's telephones: they call each other, hear each other, and tell what happened when."""

from __future__ import annotations

import asyncio
import socket
import struct
import time
from collections.abc import AsyncIterator, Callable

import numpy as np
import pytest
import pytest_asyncio

from bench.addresses import claim_subnet
from bench.phones import audio
from bench.phones.agent import Agent
from bench.phones.behaviour import Behaviour, behaviour
from bench.phones.call import Call
from bench.phones.handsets import Handsets
from bench.phones.message import Message, NoSipError, authorization, parse, response, user_of
from bench.phones.rtp import Stream
from bench.phones.sdp import A_LAW
from bench.phones.sounds import Sounds, sine
from bench.phones.talkers import Talkers
from bench.phones.timeline import OTHER, Ear, Span, spans

HZ = {"anna": 1040, "boris": 1140, "customer-1": 600, "customer-2": 700, "ringing": 425}
NUMBERS = {"+420777000113": "anna", "+420777000114": "boris"}


class NoSounds(Sounds):
    def __init__(self) -> None:
        self._frames = {"hello": audio.frames(sine(2000, 0.3))}


async def nobody(call: Call) -> None:
    raise AssertionError(call.number)


@pytest_asyncio.fixture
async def phones() -> AsyncIterator[tuple[Handsets, Talkers]]:
    subnet = claim_subnet()
    handsets = Handsets(NoSounds(), NUMBERS, HZ, lambda number, via: None)
    await handsets.agent.start(subnet.host(61), 5060)
    customers = Agent(nobody)
    await customers.start(subnet.host(62), 5060)
    yield handsets, Talkers(customers, (subnet.host(61), 5060), [HZ["customer-1"], HZ["customer-2"]], HZ)
    await customers.close()
    await handsets.agent.close()
    subnet.release()


async def until(wanted: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not wanted():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def test_a_customer_and_a_person_hear_each_other(phones: tuple[Handsets, Talkers]) -> None:
    handsets, talkers = phones
    handsets.set("anna", Behaviour(answers_after_s=0.2, tone_after_s=0.1, presses="1#", presses_after_s=0.0))
    name = talkers.dial("+420777000113")
    assert await talkers.hears(name, "anna", 10)
    talkers.call(name).stream.press("42")
    await until(lambda: len(handsets.records()[0]["pressed"]) == 2)
    await until(lambda: "customer-1" in {one["what"] for one in handsets.records()[0]["heard"]})
    talkers.call(name).hang_up()
    await until(lambda: handsets.records()[0]["ended_at"] is not None)
    told, record = talkers.told(name), handsets.records()[0]
    assert (record["who"], record["ended_by"], record["pressed"]) == ("anna", "them", ["4", "2"])
    assert told["pressed"] == ["1", "#"]
    assert told["ended_by"] == "us"
    assert record["began"] <= record["rang_at"] <= record["answered_at"] <= record["ended_at"]
    assert "customer-1" in {one["what"] for one in record["heard"]}
    heard = [one["what"] for one in told["heard"]]
    assert OTHER in heard  # the hello
    assert "boris" not in heard


async def test_a_telephone_is_picked_up_when_it_is_told_to(phones: tuple[Handsets, Talkers]) -> None:
    handsets, talkers = phones
    with pytest.raises(LookupError):
        handsets.pick_up("anna")
    handsets.set("anna", Behaviour(answers_after_s=None, says=None, tone_after_s=0.0))
    name = talkers.dial("+420777000113")
    await until(lambda: bool(handsets.records() and handsets.records()[0]["rang_at"]))
    handsets.pick_up("anna")
    assert await talkers.hears(name, "anna", 10)


async def test_what_came_while_nobody_looked_is_heard_at_its_time() -> None:
    """A busy machine lets a telephone look at its packets late: that is no break in what it heard."""
    subnet = claim_subnet()
    stream = Stream(subnet.host(61))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        for number, frame in enumerate(audio.tone(HZ["anna"])[:2]):
            head = struct.pack("!BBHII", 0x80, A_LAW, number, number * audio.RATE_HZ, 1)
            sock.sendto(head + frame, (subnet.host(61), stream.port))
            sent_at = time.time()
            time.sleep(0.4)  # noqa: ASYNC251 - the loop must not look meanwhile
    await until(lambda: bool(len(stream.recording())))
    assert len(stream.recording()) / audio.RATE_HZ <= sent_at - stream.began
    stream.close()
    subnet.release()


@pytest.mark.parametrize(
    ("given", "status"),
    [({"like": "busy"}, 486), ({"like": "rejects", "refuses_after_s": 0.05}, 603), ({"like": "unreachable"}, 480)],
)
async def test_a_telephone_refuses(phones: tuple[Handsets, Talkers], given: dict[str, object], status: int) -> None:
    handsets, talkers = phones
    handsets.set("boris", behaviour(given))
    call = talkers.call(talkers.dial("+420777000114"))
    await asyncio.wait_for(call.over.wait(), 10)
    assert (call.status, call.ended_by, call.answered_at) == (status, "refused", None)
    assert handsets.records()[0]["status"] == status


async def test_one_line_is_busy_while_it_talks_and_a_caller_who_leaves_is_told_apart(
    phones: tuple[Handsets, Talkers],
) -> None:
    handsets, talkers = phones
    handsets.set("anna", behaviour({"like": "never"}))
    first = talkers.call(talkers.dial("+420777000113"))
    await until(lambda: first.rang_at is not None)
    second = talkers.call(talkers.dial("+420777000113"))
    await asyncio.wait_for(second.over.wait(), 10)
    assert second.status == 486
    first.hang_up()
    await until(lambda: handsets.records()[0]["ended_at"] is not None)
    assert handsets.records()[0]["ended_by"] == "cancel"
    stranger = talkers.call(talkers.dial("+420777999999"))
    await until(lambda: stranger.status == 404)


async def test_what_comes_before_the_answer_is_heard_as_such(phones: tuple[Handsets, Talkers]) -> None:
    handsets, talkers = phones
    handsets.set("anna", behaviour({"like": "early-voicemail", "early": "hello"}))
    name = talkers.dial("+420777000113")
    await until(lambda: any(one["what"] == OTHER for one in talkers.told(name)["heard"]))
    told = talkers.told(name)
    assert told["early_at"] is not None
    assert told["answered_at"] is None
    handsets.reset()
    await until(lambda: talkers.told(name)["status"] == 480)


async def test_a_stranger_is_refused_and_what_is_unknown_is_not_taken_for_good() -> None:
    subnet = claim_subnet()
    agent, other = Agent(nobody), Agent(nobody)
    await agent.start(subnet.host(61), 5060)
    await other.start(subnet.host(62), 5060)
    try:
        headers = [other.via(), ("from", "<sip:a@b>;tag=1"), ("to", "<sip:c@d>"), ("call-id", "x"), ("cseq", "1 BYE")]
        answer = await other.request(Message("BYE", "sip:c@d", headers=headers), (agent.address, 5060))
        assert answer is not None
        assert answer.status == 481
    finally:
        await agent.close()
        await other.close()
        subnet.release()


def test_a_message_is_read_and_written() -> None:
    text = (
        b"INVITE sip:+420777000113@127.0.0.1:5060;via=trunk-a SIP/2.0\r\nv: SIP/2.0/UDP x;branch=z9hG4bKa\r\n"
        b'f: "Eva" <sip:+420601@y>;tag=9\r\nt: <sip:z>\r\ni: 1@x\r\nCSeq: 7 INVITE\r\nl: 3\r\n\r\nabc'
    )
    message = parse(text)
    assert (message.method, message.branch, message.cseq, message.body) == (
        "INVITE",
        "z9hG4bKa",
        (7, "INVITE"),
        b"abc",
    )
    assert user_of(message.get("from")) == "+420601"
    answer = parse(response(message, 180, "t1").encode())
    assert (answer.status, answer.get("to"), answer.get("from")) == (180, "<sip:z>;tag=t1", message.get("from"))
    for wrong in (b"", b"hello", b"INVITE x SIP/2.0\r\n\r\n"):
        with pytest.raises(NoSipError):
            parse(wrong)


def test_a_challenge_is_answered_as_rfc_2617_shows() -> None:
    challenge = 'Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"'
    said = authorization(challenge, "GET", "/dir/index.html", "Mufasa", "Circle Of Life")
    assert 'response="670fd8c2df070c60b045671b8b24ff02"' in said


def test_a_law_there_and_back_is_near() -> None:
    samples = np.arange(-30000, 30000, 37, dtype=np.int16)
    back = audio.from_a_law(audio.to_a_law(samples)).astype(np.int32)
    assert (np.abs(back - samples) <= np.maximum(np.abs(samples.astype(np.int32)) // 16, 16)).all()
    assert not audio.from_a_law(audio.SILENT_FRAME).any() or abs(int(audio.from_a_law(audio.SILENT_FRAME)[0])) <= 8


def test_a_timeline_tells_who_sounded_when() -> None:
    silence = np.zeros(4000, dtype=np.int16)
    samples = np.concatenate([silence, sine(425, 1.0), silence, sine(1040, 1.0) + sine(600, 1.0), silence])
    found = spans(samples.astype(np.int16), HZ)
    assert found == (Span("ringing", 0.5, 1.5), Span("anna", 2.0, 3.0), Span("customer-1", 2.0, 3.0))
    assert spans(sine(1940, 0.5), HZ) == (Span(OTHER, 0.0, 0.5),)
    assert spans(sine(1040, 0.1), HZ) == ()
    assert spans(np.zeros(0, dtype=np.int16), HZ) == ()


@pytest.mark.parametrize("step", [1, 399, 400, 401, 7000])
def test_who_looks_often_hears_what_who_looks_once_does(step: int) -> None:
    silence = np.zeros(3333, dtype=np.int16)
    parts = [silence, sine(425, 0.7), silence, sine(1040, 1.0) + sine(600, 1.0), sine(777, 0.4), sine(1040, 0.3)]
    samples = np.concatenate(parts).astype(np.int16)
    ear = Ear(HZ)
    ends = range(0, len(samples), step) if step > 1 else range(12000, 12100)
    for end in ends:
        assert ear.spans(samples[:end]) == spans(samples[:end], HZ)
    assert ear.spans(samples) == spans(samples, HZ)
    assert {one.what for one in spans(samples, HZ)} == {"ringing", "anna", "customer-1", OTHER}


async def test_what_comes_late_makes_no_gap_in_what_was_heard() -> None:
    """A machine that was busy reads at once what came meanwhile, or sends at once what it should have sent."""
    speaker, listener = Stream("127.0.0.1"), Stream("127.0.0.1")
    speaker.set_tone(HZ["anna"])
    speaker.send_to(("127.0.0.1", listener.port))
    now = time.monotonic()

    async def speak(seconds: float) -> None:
        nonlocal now
        await asyncio.sleep(seconds)
        for _ in range(round(seconds / audio.FRAME_S)):
            now += audio.FRAME_S
            speaker.tick(now)
        await until(lambda: len(listener.recording()) >= sent())

    def sent() -> int:
        return speaker._timestamp - audio.FRAME_SAMPLES

    await speak(0.4)
    await speak(0.8)
    await speak(0.4)
    assert [one.what for one in listener.heard(HZ)] == ["anna"]
    speaker.mute = True
    await asyncio.sleep(0.6)
    for _ in range(30):
        now += audio.FRAME_S
        speaker.tick(now)
    speaker.mute = False
    await speak(0.4)
    assert [one.what for one in listener.heard(HZ)] == ["anna", "anna"]
    assert listener.heard(HZ) == spans(listener.recording(), HZ)
    speaker.close()
    listener.close()


def test_manners_that_no_telephone_has_are_named() -> None:
    assert behaviour({"like": "voicemail", "answers_after_s": 3.0}).answers_after_s == 3.0
    for wrong in ({"like": "coffee"}, {"milk": True}):
        with pytest.raises(ValueError, match="telephone"):
            behaviour(wrong)
