from __future__ import annotations

import asyncio

import pytest

from appliance.modem.channel import Channel, NoAnswerError, PortGoneError, PortSilentError
from appliance.modem.dialogue import Request
from bench import virtual_time
from tests.modem.peers import MARKER, Script

CSQ = Request("AT+CSQ", ("+CSQ:",))


async def channel_on(script: Script, lines: list[str] | None = None, **options: object) -> Channel:
    channel = Channel((lines if lines is not None else []).append, lambda: None, **options)  # type: ignore[arg-type]
    await channel.open(script.open, "memory", 115200)
    return channel


async def played(script: Script, left: int) -> None:
    for _ in range(1000):
        if len(script.steps) == left:
            return
        await asyncio.sleep(0)


@pytest.mark.parametrize("piece", [0, 1, 3])
async def test_questions_take_turns_and_each_gets_its_own_answer(piece: int) -> None:
    script = Script(
        MARKER,
        ("AT+CSQ", "RING\n+CSQ: 20,99\nOK"),
        ("AT+COPS?", '+COPS: 0,0,"OK Mobile"\nOK'),
        ("AT+X", "+CME ERROR: 3"),
        piece=piece,
    )
    lines: list[str] = []
    channel = await channel_on(script, lines)
    signal, operator, refused = await asyncio.gather(
        channel.ask(CSQ), channel.ask(Request("AT+COPS?", ("+COPS:",))), channel.ask(Request("AT+X"))
    )
    assert signal.lines == ("+CSQ: 20,99",)
    assert signal.exchange.sent == "AT+CSQ"
    assert signal.exchange.received == ("+CSQ: 20,99", "OK")
    assert operator.lines == ('+COPS: 0,0,"OK Mobile"',)
    assert (refused.ok, refused.final.code) == (False, 3)
    assert lines == ["RING"]
    script.finished()
    await channel.close()


async def test_a_vanished_port_ends_whoever_waits_and_whoever_comes_later() -> None:
    script = Script(MARKER, ("AT+CSQ", None))
    ends: list[bool] = []
    channel = Channel(lambda line: None, lambda: ends.append(True))
    await channel.open(script.open, "memory", 115200)
    waiting = [asyncio.create_task(channel.ask(CSQ)) for _ in range(3)]
    await played(script, 0)
    script.vanish()
    outcomes = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [PortGoneError] * 3
    assert outcomes[0].exchange.received == ("[the port vanished]",)
    assert outcomes[1].exchange is None  # was never sent
    with pytest.raises(PortGoneError):
        await channel.ask(CSQ)
    await channel.close()
    assert ends == [True]


async def test_a_cancelled_question_leaves_the_port_usable() -> None:
    script = Script(
        MARKER, ("AT+CCFC=0,2", None), ("AT+CMEE?", "+CME ERROR: 31\n+CMEE: 1\nOK"), ("AT+CSQ", "+CSQ: 9,0\nOK")
    )
    channel = await channel_on(script)
    waiting = asyncio.create_task(channel.ask(Request("AT+CCFC=0,2", ("+CCFC:",), timeout_s=160.0)))
    await played(script, 2)
    waiting.cancel()
    assert (await channel.ask(CSQ)).lines == ("+CSQ: 9,0",)
    script.finished()
    await channel.close()


async def test_secrets_are_in_no_exchange_and_no_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    script = Script(MARKER, ('AT+CPIN="1234"', b'AT+CPIN="1234"\r\r\n+CPIN: SIM PIN 1234\r\nERROR\r\n'))
    channel = await channel_on(script)
    answer = await channel.ask(Request('AT+CPIN="1234"', ("+CPIN:",), secret=True))
    assert answer.exchange.sent == "AT+CPIN=***"
    assert answer.exchange.received == ("***", "ERROR")
    assert "1234" not in caplog.text
    await channel.close()


def test_a_network_that_is_silent_for_160_seconds() -> None:
    async def story() -> None:
        loop = asyncio.get_running_loop()
        script = Script(
            MARKER,
            ("AT+CCFC=0,2", None),
            ("AT+CMEE?", "+CCFC: 0,7\nOK\n+CMEE: 1\nOK"),
            ("AT+CSQ", "+CSQ: 9,0\nOK"),
        )
        channel = await channel_on(script, clock=loop.time)
        begun = loop.time()
        asked = asyncio.create_task(channel.ask(Request("AT+CCFC=0,2", ("+CCFC:",), timeout_s=160.0)))
        await asyncio.sleep(100.0)
        waiting = asyncio.create_task(channel.ask(CSQ))  # a poll does not interrupt it
        with pytest.raises(NoAnswerError) as caught:
            await asked
        assert loop.time() - begun == 160.0
        assert caught.value.exchange is not None
        assert caught.value.exchange.took_s == 160.0
        assert (await waiting).lines == ("+CSQ: 9,0",)
        script.finished()
        await channel.close()

    virtual_time.run(story())


def test_a_port_that_answers_nothing_is_silent() -> None:
    async def story() -> None:
        script = Script(*[(command, None) for command in ("AT+CMEE?", "AT+CMEE=?", "AT+CREG=?")])
        channel = await channel_on(script, clock=asyncio.get_running_loop().time)
        with pytest.raises(PortSilentError):
            await channel.ask(CSQ)
        script.finished()
        await channel.close()

    virtual_time.run(story())
