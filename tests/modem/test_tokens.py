from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.modem.tokens import MAX_LINE_BYTES, Final, FinalKind, Line, Prompt, Token, Tokenizer


def tokens_of(*pieces: bytes) -> list[Token]:
    tokenizer = Tokenizer()
    return [token for piece in pieces for token in tokenizer.feed(piece)]


@pytest.mark.parametrize(
    ("text", "kind", "code"),
    [
        ("OK", FinalKind.OK, None),
        ("ERROR", FinalKind.ERROR, None),
        ("+CME ERROR: 30", FinalKind.CME_ERROR, 30),
        ("+CME ERROR:100", FinalKind.CME_ERROR, 100),
        ("+CME ERROR: SIM not inserted", FinalKind.CME_ERROR, 10),
        ("+CME ERROR: no network service", FinalKind.CME_ERROR, 30),
        ("+CME ERROR: something of the vendor's", FinalKind.CME_ERROR, None),
        ("+CMS ERROR: 304", FinalKind.CMS_ERROR, 304),
        ("NO CARRIER", FinalKind.NO_CARRIER, None),
        ("BUSY", FinalKind.BUSY, None),
        ("NO ANSWER", FinalKind.NO_ANSWER, None),
        ("NO DIALTONE", FinalKind.NO_DIALTONE, None),
        ("NO DIAL TONE", FinalKind.NO_DIALTONE, None),
        ("CONNECT", FinalKind.CONNECT, None),
        ("CONNECT 115200", FinalKind.CONNECT, None),
        ("COMMAND NOT SUPPORT", FinalKind.NOT_SUPPORTED, None),
        ("TOO MANY PARAMETERS", FinalKind.TOO_MANY_PARAMETERS, None),
    ],
)
def test_final_result_codes(text: str, kind: FinalKind, code: int | None) -> None:
    assert tokens_of(f"\r\n{text}\r\n".encode()) == [Final(kind, text, code)]


@pytest.mark.parametrize(
    "text", ["OK Mobile", "ERROR log cleared", "OKAY", "BUSY LINE", "CONNECTED", "+CME ERRORS: 1"]
)
def test_only_a_whole_line_is_a_final_result(text: str) -> None:
    assert tokens_of(f"{text}\r\n".encode()) == [Line(text)]


@pytest.mark.parametrize("end", [b"\r\n", b"\r", b"\n", b"\r\r\n"])
def test_every_line_end(end: bytes) -> None:
    assert tokens_of(b"+CSQ: 1,99" + end + b"OK" + end) == [Line("+CSQ: 1,99"), Final(FinalKind.OK, "OK")]


def test_prompt_needs_no_line_end_and_stands_at_the_start_of_a_line_only() -> None:
    assert tokens_of(b"\r\n> ") == [Prompt()]
    assert tokens_of(b"\r\n>", b" ") == [Prompt()]
    assert tokens_of(b"a > b\r\n") == [Line("a > b")]


def test_undecodable_bytes_are_replaced_and_control_bytes_dropped() -> None:
    assert tokens_of(b"\x00\x00\x11RDY\xff\xfe\r\n") == [Line("RDY\ufffd\ufffd")]
    assert tokens_of(b"\x00OK\r\n") == [Final(FinalKind.OK, "OK")]


def test_a_half_line_is_kept() -> None:
    tokenizer = Tokenizer()
    assert tokenizer.feed(b"+CRE") == []
    assert tokenizer.pending == b"+CRE"
    assert tokenizer.feed(b"G: 1\r\n") == [Line("+CREG: 1")]


def test_an_overlong_line_is_cut_and_the_next_one_is_whole() -> None:
    line, final = tokens_of(b"x" * 10_000 + b"\r\nOK\r\n")
    assert line == Line("x" * MAX_LINE_BYTES)
    assert final == Final(FinalKind.OK, "OK")


stream = st.lists(
    st.one_of(
        st.sampled_from(
            [b"OK\r\n", b"\r\n+CREG: 1\r\n", b"> ", b"ERROR\r", b"\n", b"+CME ERROR: 3\r\n", b"\x00", b"\xff"]
        ),
        st.binary(max_size=12),
    ),
    max_size=20,
).map(b"".join)


@given(stream, st.lists(st.integers(0, 200), max_size=8))
@settings(max_examples=150)
def test_however_the_stream_is_cut_the_tokens_are_the_same(data: bytes, cuts: list[int]) -> None:
    places = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    pieces = [data[start:end] for start, end in itertools.pairwise(places)]
    assert tokens_of(*pieces) == tokens_of(data) == tokens_of(*(bytes([byte]) for byte in data))


@given(st.binary(max_size=300))
def test_whatever_came_before_a_line_end_the_next_answer_is_read(garbage: bytes) -> None:
    assert tokens_of(garbage, b"\r\n", b"+CSQ: 1,99\r\nOK\r\n")[-2:] == [
        Line("+CSQ: 1,99"),
        Final(FinalKind.OK, "OK"),
    ]
