"""Bad manners do what they say, and stop when they are switched off."""

from __future__ import annotations

import asyncio
import contextlib
from random import Random

import pytest

from bench.mobile.rudeness import WRONG_ANSWERS, Rudeness

from .conftest import Terminal, running
from .virtual import run

CSQ = b"\r\n+CSQ: 17,99\r\n\r\nOK\r\n"


def test_a_frozen_modem_says_nothing_until_it_is_mended() -> None:
    async def story() -> None:
        async with running() as modem:
            terminal = Terminal(modem)
            modem.rudeness.frozen = True
            terminal.link.write(b"AT+CSQ\r")
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(terminal.link.read(), 1000)
            modem.rudeness.frozen = False
            assert await terminal.at("AT+CSQ") == CSQ

    run(story())


async def test_a_late_answer_comes_before_the_next_one() -> None:
    async with running() as modem:
        terminal = Terminal(modem)
        modem.rudeness.late_answers = 1
        terminal.link.write(b"AT+CSQ\r")
        await asyncio.sleep(0.01)
        terminal.link.write(b"AT+CREG?\r")
        heard = b""
        while heard.count(b"OK") < 2:
            heard += await terminal.link.read()
        assert heard == CSQ + b"\r\n+CREG: 0,1\r\n\r\nOK\r\n"


async def test_wrong_and_empty_answers_and_noise() -> None:
    async with running("huawei") as modem:
        terminal = Terminal(modem)
        modem.rudeness.wrong_answers = modem.rudeness.empty_answers = 1
        assert (await terminal.lines("AT+CCFC=0,2"))[:-1] in WRONG_ANSWERS
        assert await terminal.lines("AT+CCFC=0,2") == ["OK"]
        modem.rudeness.noise_in_replies = True
        noisy = await terminal.lines("AT+CCFC=0,2")
        assert len(noisy) == 3
        assert set(noisy) - set(modem.personality.noise) == {"+CCFC: 0,255", "OK"}


@pytest.mark.parametrize(
    ("echo", "heard"), [("as_set", b"AT\r"), ("double", b"AT\rAT\r"), ("half", b"A"), ("off", b"")]
)
async def test_echo(echo: str, heard: bytes) -> None:
    async with running(rudeness=Rudeness(echo=echo)) as modem:  # type: ignore[arg-type]
        modem.settings.echo = True
        assert await Terminal(modem).at("AT") == heard + b"\r\nOK\r\n"


def test_half_lines_with_pauses_and_slow_answers() -> None:
    async def story() -> None:
        async with running(rudeness=Rudeness(chunk_bytes=5, chunk_delay_s=1, slow_s=10)) as modem:
            terminal = Terminal(modem)
            terminal.link.write(b"AT+CSQ\r")
            assert await terminal.link.read() == CSQ[:5]
            assert asyncio.get_running_loop().time() == pytest.approx(10)
            assert await terminal.link.read() == CSQ[5:10]
            assert asyncio.get_running_loop().time() == pytest.approx(11)

    run(story())


def test_the_wire_garbles_by_its_seed() -> None:
    def garbled(seed: int) -> bytes:
        return Rudeness(garble_rate=0.2, undecodable_rate=0.2, chance=Random(seed)).wire(CSQ)

    assert garbled(1) == garbled(1) != garbled(2)
    assert garbled(1) != CSQ
    with pytest.raises(UnicodeDecodeError):
        Rudeness(undecodable_rate=1, chance=Random(1)).wire(CSQ).decode()


def test_lines_are_dropped_and_doubled() -> None:
    assert Rudeness(drop_line_rate=1).lines(["a", "b"], ()) == []
    assert Rudeness(duplicate_line_rate=1).lines(["a", "b"], ()) == ["a", "a", "b", "b"]


async def test_too_many_commands_at_once_are_lost_not_queued_for_ever() -> None:
    async with running() as modem:
        terminal = Terminal(modem)
        terminal.link.write(b"AT+CSQ\r" * 200)
        heard = b""
        with contextlib.suppress(TimeoutError):  # no more comes
            while True:
                heard += await asyncio.wait_for(terminal.link.read(), 1.0)
        assert heard.count(b"OK") == 32
