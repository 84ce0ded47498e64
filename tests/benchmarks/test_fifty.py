"""Fifty calls: sounds and their times, the ears, the log held against them."""

import asyncio
import wave
from array import array
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from benchmarks.fifty import rounds
from benchmarks.fifty.ears import KIND_SOUND, KIND_UUID, Ears, End, pack, unpack
from benchmarks.fifty.recordings import both_sides
from benchmarks.fifty.rounds import Load, Pair, Round, Through, pair_up, play, tones_of
from benchmarks.fifty.rows import mistakes
from benchmarks.fifty.section import Record, as_section
from benchmarks.fifty.sound import Frame, Way, beginnings, bursts, code_of, samples_of, tones_in, way
from benchmarks.figures import markdown
from benchmarks.oncall.numbers import answering_phone, audio_id, caller
from benchmarks.oncall.site import Wanted, site

CODE = code_of(3)


def _stream(code: tuple[int, int], begins: float, cycles: int) -> list[Frame]:
    frames = bursts(code) * cycles
    return [Frame(begins + 0.02 * number, sound) for number, sound in enumerate(frames)]


def test_everybody_can_be_told_apart() -> None:
    ends = [*map(caller, range(1, 51)), *map(answering_phone, range(1, 51))]
    assert len({tones_of(end) for end in ends}) == 100
    assert tones_in(samples_of(_stream(CODE, 0.0, 2))) == set(CODE)
    with pytest.raises(IndexError):
        code_of(0)


def test_a_burst_begins_at_its_first_sample() -> None:
    frames = _stream(CODE, 5.0, 3)
    assert beginnings(frames[20:]) == pytest.approx([5.8, 6.6])
    late = [*frames[20:39], Frame(5.78, b"\0\0" * 240), *frames[40:]]  # a frame that is longer than the others
    assert beginnings(late) == pytest.approx([5.8, 6.6])
    assert beginnings([]) == beginnings([Frame(0.0, b"\0\0" * 160)]) == []


def test_a_beginning_inside_a_frame_is_found_to_the_sample() -> None:
    silence, loud = [0] * 1600, [0] * 40 + [5000] * 120
    frames = [Frame(1.0, array("h", silence).tobytes()), Frame(1.2, array("h", loud).tobytes())]
    assert beginnings(frames) == pytest.approx([1.205])


def test_sound_that_does_not_come_is_lost() -> None:
    assert way([1.0, 2.0, 3.0], [1.01, 3.002]) == Way(pytest.approx((0.01, 0.002)), 1)
    assert way([1.0], [1.5]) == Way((), 1)


def test_messages_are_taken_apart_wherever_they_are_cut() -> None:
    whole = pack(KIND_UUID, b"0123456789abcdef") + pack(KIND_SOUND, b"ab" * 160)
    buffer, messages = bytearray(), []
    for byte in whole:
        buffer.append(byte)
        messages += unpack(buffer)
    assert [kind for kind, _ in messages] == [KIND_UUID, KIND_SOUND]
    assert len(messages[1][1]) == 320
    assert not buffer


async def test_an_end_names_itself_speaks_and_is_heard() -> None:
    ears = Ears(tones_of)
    host, _, port = (await ears.start("127.0.0.1")).partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(pack(KIND_UUID, UUID(audio_id(caller(3))).bytes))
    for frame in bursts(tones_of(caller(3))):
        writer.write(pack(KIND_SOUND, frame))
    assert await ears.all_here(1, 60)
    said = await reader.readexactly(10 * 323)
    assert said == b"".join(ears.sayings(caller(3))[:10])
    end = ears.ends[caller(3)]
    while len(end.heard) < 40:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    assert tones_in(samples_of(end.heard)) == set(tones_of(caller(3)))
    assert len(end.began) == 1
    ears.hang_up()
    assert (await reader.read()).endswith(b"\0\0\0")
    while ears.talking():  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    writer.close()
    await writer.wait_closed()
    await ears.close()
    assert end.until is not None


def _ends(partner: dict[int, int], delay_s: float) -> dict[str, End]:
    """Callers and phones that hear each other with this delay."""
    ends = {}
    for index, phone in partner.items():
        for number, other in ((caller(index), answering_phone(phone)), (answering_phone(phone), caller(index))):
            began = [0.8 * cycle for cycle in range(6)]
            ends[number] = End(number, 0.0, began, _stream(tones_of(other), delay_s, 6))
    return ends


def test_who_talked_with_whom_is_heard() -> None:
    pairs = pair_up(_ends({1: 2, 2: 1}, 0.012), 2, 0.5, 3.0)
    assert [(pair.caller, pair.phone) for pair in pairs] == [(1, 2), (2, 1)]
    heard = pairs[0].caller_to_phone
    assert heard is not None
    assert (len(heard.delays_s), heard.lost) == (3, 0)
    assert heard.delays_s == pytest.approx([0.012] * 3)


def test_a_call_heard_one_way_is_no_pair() -> None:
    ends = _ends({1: 1}, 0.01)
    ends[answering_phone(1)].heard = []
    assert pair_up(ends, 1, 0.5, 3.0) == (Pair(1, None),)


BEGAN = datetime(2026, 1, 2, tzinfo=UTC)
LOAD = Load(0.25, 60_000_000, 70_000_000)
ROUND = Round(
    BEGAN,
    0.7,
    (Pair(1, 2, Way((0.001,), 0), Way((0.003,), 1)),),
    LOAD,
    LOAD,
    {2: BEGAN.timestamp() + 0.5},
    {1: BEGAN.timestamp() + 1.0},
    {1: BEGAN.timestamp() + 31.0},
)
ROW = {
    "caller": caller(1),
    "outcome": "answered",
    "answered_by": "talker-2",
    "ended_by": "caller",
    "recording": "abc",
    "answered_at": "2026-01-02T00:00:01.100Z",
    "ended_at": "2026-01-02T00:00:30.900Z",
    "talked_s": 29.8,
    "legs": [{"result": "elsewhere"}, {"result": "talked", "answered_at": "2026-01-02T00:00:00.600Z"}],
}


def test_a_right_row_has_no_mistake() -> None:
    assert mistakes(ROUND, [ROW]) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"answered_by": "talker-1"}, "answered_by"),
        ({"outcome": "cut"}, "outcome"),
        ({"recording": None}, "no recording"),
        ({"talked_s": 28.5}, "talked_s"),
        ({"ended_at": None}, "ended_at"),
        ({"legs": []}, "the leg's answered_at"),
        ({"caller": caller(9)}, "0 rows"),
    ],
)
def test_a_wrong_row_is_told(change: dict[str, object], words: str) -> None:
    assert words in " ".join(mistakes(ROUND, [{**ROW, **change}]))


def test_calls_twice_in_the_log_or_not_heard_are_told() -> None:
    assert "2 rows" in mistakes(ROUND, [ROW, ROW])[0]
    deaf = replace(ROUND, pairs=(Pair(1, None),))
    assert "not heard both ways" in mistakes(deaf, [ROW])[0]


def test_a_recording_must_hold_both_sides(tmp_path: Path) -> None:
    first, second = code_of(1), code_of(20)
    sides = [samples_of(_stream(code, 0.0, 5)) for code in (first, second)]
    for name, samples in (("both", [a + b for a, b in zip(*sides, strict=True)]), ("one", sides[0])):
        with wave.open(str(tmp_path / f"{name}.wav"), "wb") as file:
            file.setparams((1, 2, 8000, 0, "NONE", ""))
            file.writeframes(array("h", samples).tobytes())
    assert both_sides(tmp_path / "both.wav", first, second)
    assert not both_sides(tmp_path / "both.wav", first, code_of(30))
    assert not both_sides(tmp_path / "one.wav", first, second)
    assert not both_sides(tmp_path / "none.wav", first, second)


def test_the_section_tells_what_was_lost() -> None:
    record = Record(20.0, {Through.EXCHANGE: [ROUND], Through.DIAL: [ROUND, replace(ROUND, connected_s=0.9)]})
    record.rows, record.rows_wrong = 50, ["+420602100001: no recording"]
    page = markdown(as_section(record))
    assert "1 calls, 0 not heard both ways, 1 of 3 bursts lost, 0 without both sides recorded." in page
    assert "50 rows held against what the ends heard and when, 1 wrong: +420602100001: no recording." in page
    assert "| 25.0 / 25.0 | 70.0 / 70.0 | 10.0 / 10.0 |" in page
    assert "0.80 / 0.90" in page


async def test_two_calls_are_heard_both_ways_through_dial(monkeypatch) -> None:
    monkeypatch.setattr(rounds, "SETTLING_S", 0.3)
    monkeypatch.setattr(rounds, "AFTERMATH_S", 0.0)
    ears = Ears(tones_of)
    address = await ears.start("127.0.0.1")
    async with site(Wanted(answering=2, ears=address, exchange=False)) as made:
        played = await play(made, ears, Through.DIAL, 2, 2.0)
    await ears.close()
    assert [pair.phone for pair in played.pairs] == [1, 2]
    for pair in played.pairs:
        for one in (pair.caller_to_phone, pair.phone_to_caller):
            assert one is not None
            assert len(one.delays_s) > one.lost  # a burst that a busy machine brings too late counts as lost
    assert set(played.connected_at) == set(played.ended_at) == {1, 2}
    assert all(played.connected_at[index] < played.ended_at[index] for index in (1, 2))
