from __future__ import annotations

import re

import pytest

from appliance.modem.dialogue import (
    Dialogue,
    Lost,
    Output,
    Reply,
    Request,
    Silence,
    Stray,
    Transmit,
    Unsolicited,
)

CSQ = Request("AT+CSQ", ("+CSQ:",))
CCFC = Request("AT+CCFC=0,2", ("+CCFC:",), timeout_s=160.0)
MARKER = Transmit(b"AT+CMEE?\r")


def sent(outputs: list[Output]) -> list[bytes]:
    return [output.data for output in outputs if isinstance(output, Transmit)]


def in_step(now: float = 0.0) -> Dialogue:
    dialogue = Dialogue()
    dialogue.begin(Request("AT"), now)
    dialogue.receive(b"+CMEE: 0\r\nOK\r\nOK\r\n", now)
    assert dialogue.idle
    return dialogue


def reply_lines(outputs: list[Output]) -> tuple[str, ...]:
    (reply,) = [output for output in outputs if isinstance(output, Reply)]
    return reply.lines


def test_a_new_port_is_brought_into_step_before_the_first_command() -> None:
    dialogue = Dialogue()
    assert dialogue.begin(CSQ, 0.0) == [MARKER]
    stale = dialogue.receive(b'\r\n+CCFC: 1,1,"1234567",129\r\n\r\nOK\r\n', 0.1)
    assert sent(stale) == []
    assert sent(dialogue.receive(b"\r\n+CMEE: 0\r\n\r\nOK\r\n", 0.2)) == [b"AT+CSQ\r"]
    outputs = dialogue.receive(b"\r\n+CSQ: 20,99\r\n\r\nOK\r\n", 0.3)
    assert reply_lines(outputs) == ("+CSQ: 20,99",)


def test_one_command_in_flight() -> None:
    dialogue = in_step()
    dialogue.begin(CSQ, 1.0)
    with pytest.raises(RuntimeError):
        dialogue.begin(CSQ, 1.0)


def test_unsolicited_codes_in_the_middle_of_a_reply() -> None:
    dialogue = in_step()
    dialogue.begin(CCFC, 1.0)
    outputs = dialogue.receive(
        b'+CCFC: 1,2,"111",129\r\nRING\r\n+CLIP: "+420777",145\r\n+CREG: 5\r\n+CCFC: 1,1,"222",129\r\nOK\r\n', 1.1
    )
    assert reply_lines(outputs) == ('+CCFC: 1,2,"111",129', '+CCFC: 1,1,"222",129')
    assert [output.text for output in outputs if isinstance(output, Unsolicited)] == [
        "RING",
        '+CLIP: "+420777",145',
        "+CREG: 5",
    ]


def test_a_shape_tells_a_reply_from_an_unsolicited_code_of_the_same_prefix() -> None:
    dialogue = in_step()
    request = Request("AT+CREG?", ("+CREG:",), shape=re.compile(r"^\+CREG: \d,\d"))
    dialogue.begin(request, 1.0)
    outputs = dialogue.receive(b'+CREG: 2,"00A1","01"\r\n+CREG: 2,1,"00A1","01",2\r\nOK\r\n', 1.1)
    assert reply_lines(outputs) == ('+CREG: 2,1,"00A1","01",2',)
    assert outputs[0] == Unsolicited('+CREG: 2,"00A1","01"')


def test_a_bare_reply_takes_lines_without_prefix_and_no_others() -> None:
    dialogue = in_step()
    dialogue.begin(Request("AT+CGMM", ("+CGMM:",), bare=True), 1.0)
    outputs = dialogue.receive(b"AT+CGMM\r\r\nEC25\r\n^RSSI: 12\r\nRING\r\nOK\r\n", 1.1)
    assert reply_lines(outputs) == ("EC25",)
    assert [output.text for output in outputs if isinstance(output, Unsolicited)] == ["^RSSI: 12", "RING"]


@pytest.mark.parametrize("echo", [b"", b"AT+CSQ\r", b"AT+CSQ\r\n"])
def test_echo_on_or_off(echo: bytes) -> None:
    dialogue = in_step()
    dialogue.begin(CSQ, 1.0)
    outputs = dialogue.receive(echo + b"\r\n+CSQ: 3,99\r\nOK\r\n", 1.1)
    assert outputs == [Reply(CSQ, ("+CSQ: 3,99",), outputs[-1].final, 1.0)]  # type: ignore[union-attr]


def test_no_carrier_ends_a_dialling_command_only() -> None:
    dialogue = in_step()
    dialogue.begin(CSQ, 1.0)
    assert dialogue.receive(b"NO CARRIER\r\n", 1.1) == [Unsolicited("NO CARRIER")]
    assert reply_lines(dialogue.receive(b"+CSQ: 3,99\r\nOK\r\n", 1.2)) == ("+CSQ: 3,99",)
    dialogue.begin(Request("ATD*#21#;", ("+CCFC:",), dials=True), 2.0)
    (reply,) = dialogue.receive(b"NO CARRIER\r\n", 2.1)
    assert isinstance(reply, Reply)
    assert not reply.final.ok


def test_silence_ends_after_the_requests_own_time() -> None:
    dialogue = in_step()
    dialogue.begin(CCFC, 10.0)
    assert dialogue.deadline == 170.0
    dialogue.receive(b"RING\r\n", 100.0)
    assert dialogue.tick(169.9) == []
    assert dialogue.tick(170.0) == [Silence(CCFC, (), 10.0)]
    assert dialogue.deadline is None


def test_a_late_answer_is_not_taken_for_the_next_commands() -> None:
    dialogue = in_step()
    dialogue.begin(CCFC, 0.0)
    dialogue.tick(160.0)
    assert dialogue.begin(CSQ, 161.0) == [MARKER]
    late = dialogue.receive(b'+CCFC: 1,1,"111",129\r\nOK\r\n', 161.5)
    assert late == [Stray('+CCFC: 1,1,"111",129'), Stray("OK")]
    assert sent(dialogue.receive(b"+CMEE: 1\r\nOK\r\n", 161.6)) == [b"AT+CSQ\r"]
    assert reply_lines(dialogue.receive(b"+CSQ: 3,99\r\nOK\r\n", 161.7)) == ("+CSQ: 3,99",)


def test_a_late_answer_before_the_next_command_is_nobodys() -> None:
    dialogue = in_step()
    dialogue.begin(CCFC, 0.0)
    dialogue.tick(160.0)
    assert dialogue.receive(b"\r\nERROR\r\n", 160.5) == [Stray("ERROR")]
    assert dialogue.begin(CSQ, 161.0) == [MARKER]


def test_a_late_secret_is_not_shown() -> None:
    dialogue = in_step()
    secret = Request('AT+CPIN="1234"', ("+CPIN:",), secret=True)
    dialogue.begin(secret, 0.0)
    dialogue.tick(5.0)
    dialogue.begin(CSQ, 6.0)
    assert dialogue.receive(b'AT+CPIN="1234"\r', 6.1) == [Stray("")]


def test_a_modem_that_refuses_the_marker_is_in_step_after_an_answer_and_quiet() -> None:
    dialogue = Dialogue()
    dialogue.begin(CSQ, 0.0)
    dialogue.receive(b"ERROR\r\n", 0.1)
    assert sent(dialogue.tick(0.6)) == [b"AT+CMEE=?\r"]
    dialogue.receive(b"ERROR\r\n", 0.7)
    assert dialogue.tick(0.8) == []
    due = dialogue.deadline
    assert due is not None
    assert sent(dialogue.tick(due)) == [b"AT+CSQ\r"]


def test_a_modem_that_answers_nothing_is_lost() -> None:
    dialogue = Dialogue()
    outputs = dialogue.begin(CSQ, 0.0)
    while (due := dialogue.deadline) is not None:
        outputs += dialogue.tick(due)
    assert sent(outputs) == [b"AT+CMEE?\r", b"AT+CMEE=?\r", b"AT+CREG=?\r"]
    assert outputs[-1] == Lost(CSQ)
    assert dialogue.idle


def test_markers_answered_late_do_not_end_the_next_command() -> None:
    dialogue = Dialogue()
    dialogue.begin(CSQ, 0.0)
    while (due := dialogue.deadline) is not None:
        dialogue.tick(due)
    assert sent(dialogue.begin(CSQ, 10.0)) == [b"AT+CSQ=?\r"]
    outputs: list[Output] = []
    for line in (b"+CMEE: 1", b"+CMEE: (0-2)", b"+CREG: (0-2)", b"+CSQ: (0-31,99),(0-7,99)"):
        assert sent(outputs) == []  # the modem had kept all of them
        outputs += dialogue.receive(line + b"\r\nOK\r\n", 10.1)
    assert sent(outputs) == [b"AT+CSQ\r"]
    assert reply_lines(dialogue.receive(b"+CSQ: 3,99\r\nOK\r\n", 10.2)) == ("+CSQ: 3,99",)


def test_a_marker_thrown_away_by_a_busy_modem_is_not_waited_for() -> None:
    dialogue = Dialogue()
    dialogue.begin(CSQ, 0.0)
    assert sent(dialogue.tick(1.0)) == [b"AT+CMEE=?\r"]
    assert sent(dialogue.receive(b"+CMEE: (0-2)\r\nOK\r\n", 1.1)) == [b"AT+CSQ\r"]


def test_a_marker_answered_while_the_next_command_is_in_flight_is_told_apart() -> None:
    dialogue = in_step()
    dialogue.begin(CSQ, 1.0)
    outputs = dialogue.receive(b"+CMEE: 1\r\nOK\r\n+CSQ: 3,99\r\nOK\r\n", 1.1)
    assert reply_lines(outputs) == ("+CSQ: 3,99",)


def test_an_abandoned_command_leaves_the_dialogue_out_of_step() -> None:
    dialogue = in_step()
    dialogue.begin(CCFC, 0.0)
    dialogue.abandon()
    assert dialogue.idle
    assert dialogue.begin(CSQ, 1.0) == [MARKER]


def test_a_text_is_sent_at_the_prompt_and_once() -> None:
    dialogue = in_step()
    request = Request("AT+CMGS=12", ("+CMGS:",), payload="0011")
    assert sent(dialogue.begin(request, 0.0)) == [b"AT+CMGS=12\r"]
    assert sent(dialogue.receive(b"\r\n> ", 0.1)) == [b"0011\x1a"]
    assert sent(dialogue.receive(b"\r\n> ", 0.2)) == []
    assert reply_lines(dialogue.receive(b"0011\r\n+CMGS: 5\r\nOK\r\n", 0.3)) == ("+CMGS: 5",)


def test_an_open_prompt_is_left_before_the_next_command() -> None:
    dialogue = in_step()
    dialogue.begin(Request("AT+CMGS=12", ("+CMGS:",), payload="0011"), 0.0)
    dialogue.tick(5.0)
    assert sent(dialogue.begin(CSQ, 6.0)) == [b"\x1bAT+CMEE?\r"]


def test_a_flood_of_reply_lines_is_bounded() -> None:
    dialogue = in_step()
    dialogue.begin(CSQ, 1.0)
    outputs = dialogue.receive(b"+CSQ: 1,99\r\n" * 5000 + b"OK\r\n", 1.1)
    assert len(reply_lines(outputs)) == 1000


def test_a_port_that_only_babbles_is_lost() -> None:
    dialogue, now = Dialogue(), 0.0
    outputs = dialogue.begin(CSQ, now)
    while not dialogue.idle and now < 100:
        now += 0.2
        outputs += dialogue.receive(b"OK\r\n", now) + dialogue.tick(now)
    assert outputs[-1] == Lost(CSQ)
    assert now < 30
